"""The pipes to a child process that has imported Keras: requests go in, answers come out, one JSON object a line."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, cast

# The measuring program: one file, for the interpreter of the environment that is measured.
CHILD = Path(__file__).parent / "child.py"

_KEPT_LOG = 2000
# A process closes its pipes a moment before it has ended.
_LAST_WORDS_SECONDS = 2.0


@dataclass
class Connection:
    """A running child process. ``scratch`` is a folder of its own, which goes when it ends."""

    process: subprocess.Popen[bytes]
    scratch: str
    _answers: int
    _log: IO[bytes]
    _folder: TemporaryDirectory[str]
    _buffered: bytes = field(default=b"")

    def send(self, request: Mapping[str, object]) -> None:
        """Send a request; a child that is gone is found out when its answer is waited for."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """Return the next answer; None if none comes in time or any more."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffered:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                return None
            chunk = os.read(self._answers, 1 << 20)
            if not chunk:
                return None
            self._buffered += chunk
        line, _, self._buffered = self._buffered.partition(b"\n")
        return cast("dict[str, Any]", json.loads(line))

    def ended(self) -> int | None:
        """Return the exit code of a process that gives no answers any more; None if it still runs."""
        try:
            return self.process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> str:
        """End it and all that it started; return the end of what it had to say."""
        with suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        os.close(self._answers)
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _KEPT_LOG))
        said = self._log.read().decode("utf-8", "replace")
        self._log.close()
        self._folder.cleanup()
        return said.strip()


def connect(
    python: str, environment: Callable[[str], Mapping[str, str]], wrap: Callable[[Sequence[str], str], Sequence[str]]
) -> Connection:
    """Start a child process; ``environment`` and ``wrap`` get its scratch folder.

    ``wrap`` turns the command into the one that is really run.

    Raises:
        OSError: the interpreter cannot be started.
    """
    folder = TemporaryDirectory(prefix="keras-freeze-lint-", ignore_cleanup_errors=True)
    log = cast("IO[bytes]", TemporaryFile())  # noqa: SIM115 - closed when the connection ends
    reads, writes = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603
            wrap([python, "-B", str(CHILD), "--serve", str(writes)], folder.name),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[writes],
            env=environment(folder.name),
            cwd=folder.name,
            start_new_session=True,
        )
    except OSError:
        os.close(reads)
        log.close()
        folder.cleanup()
        raise
    finally:
        os.close(writes)
    return Connection(process, folder.name, reads, log, folder)
