"""Measure programs in the environments, and remember what came out."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from keras_freeze_lint.verify.connection import CHILD, Connection, connect

# Importing Keras may take this long.
_IMPORT_SECONDS = 300.0
# The list of results is written after so many of them: it grows with each.
_KEPT_EACH = 20
# Programs of our own: nothing watches them, and nothing holds them in.
_REQUEST = {
    "id": 0,
    "watch": False,
    "gpu": False,
    "forbidden": None,
    "control": None,
    "wall": {"namespaces": False, "filter": None},
}


@dataclass(frozen=True)
class Environment:
    """A Python with some Keras, and the backend that Keras 3 is to use."""

    name: str
    python: str
    backend: str = "tensorflow"

    def settings(self) -> dict[str, str]:
        """The environment variables of the child."""
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
        return {**os.environ, **quiet, "KERAS_BACKEND": self.backend}


def measure_version() -> str:
    """What tells one state of the measuring program from the next."""
    return hashlib.sha256(CHILD.read_bytes()).hexdigest()


@dataclass
class Measurer:
    """A child process in which Keras stays loaded; each program runs in a fork of it."""

    environment: Environment
    limit: float = 120.0
    _connection: Connection | None = field(init=False, default=None)
    _works: bool = field(init=False, default=False)

    def __enter__(self) -> Measurer:  # noqa: PYI034  typing.Self is newer than Python 3.10
        """Start nothing yet: the child is started when there is something to measure."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child."""
        if self._connection is not None:
            self._connection.end()

    def run(self, program: Path, target: Path) -> str:
        """Measure one program; the answer is "ok" or what went wrong."""
        answer = self._ask(program.read_text(encoding="utf-8"), str(program))
        if "trace" not in answer:
            return str(answer["message"])
        target.write_text(json.dumps(answer["trace"], indent=1) + "\n", encoding="utf-8")
        return "ok"

    def trace(self, text: str, name: str = "program.py") -> dict[str, Any] | None:
        """What a program does, or None if that cannot be measured."""
        trace: dict[str, Any] | None = self._ask(text, name).get("trace")
        return trace

    def _ask(self, text: str, name: str) -> dict[str, Any]:
        connection = self._connection = self._connection or self._start()
        connection.send(
            {**_REQUEST, "text": text, "name": name, "scratch": connection.scratch, "limits": self._limits()}
        )
        answer = connection.receive(self.limit + _IMPORT_SECONDS)
        if answer is None:
            self._connection = None
            said = f"the measuring process of {self.environment.name} ended: {connection.end()}"
            if not self._works:
                raise RuntimeError(said)
            self._works = (
                False  # the next program gets another process, and if that one answers nothing either it is over
            )
            return {"message": said}
        self._works = True
        return answer

    def _limits(self) -> dict[str, object]:
        return {
            "wall": self.limit,
            "cpu": 100 * int(self.limit),
            "memory": 16 << 30,
            "output": 1 << 30,
            "files": 1 << 30,
            "processes": 64,
            "bound_data": False,
        }

    def _start(self) -> Connection:
        return connect(self.environment.python, lambda _: self.environment.settings(), lambda command, _: command)


def read_trace(path: Path) -> dict[str, Any]:
    """A trace from its file."""
    trace: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return trace


@dataclass(frozen=True)
class Sample:
    """A generated program with its measured trace, which is None where measuring failed."""

    seed: int
    program: Path
    trace: dict[str, Any] | None


@dataclass
class Cache:
    """A folder with the programs and measured traces of one environment: seed000.py and seed000.json.

    A result counts for exactly the text that lies beside it; `made-by.json` tells which measuring program made it.
    """

    folder: Path
    _made_by: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find what is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._register.exists():
            self._made_by = json.loads(self._register.read_text(encoding="utf-8"))

    @property
    def _register(self) -> Path:
        return self.folder / "made-by.json"

    def program(self, seed: int) -> Path:
        return self.folder / f"seed{seed:03d}.py"

    def put(self, seed: int, text: str) -> None:
        """Store a program; a result for another text is thrown away."""
        program = self.program(seed)
        if not program.exists() or program.read_text(encoding="utf-8") != text:
            self.result(seed).unlink(missing_ok=True)
            self._made_by.pop(str(seed), None)
            program.write_text(text, encoding="utf-8")

    def result(self, seed: int) -> Path:
        return self.program(seed).with_suffix(".json")

    def stale(self, seeds: Sequence[int]) -> list[int]:
        """The seeds whose result comes from another state of the measuring program."""
        version = measure_version()
        return [
            seed for seed in seeds if self.known(seed) and self._made_by.get(str(seed), "").split()[0:1] != [version]
        ]

    def known(self, seed: int) -> bool:
        """Whether it was measured, be it without success."""
        return str(seed) in self._made_by

    def measure(self, seeds: Sequence[int], measurer: Measurer) -> Iterator[tuple[int, str]]:
        """Measure what is not known yet, one after the other."""
        version = measure_version()
        try:
            for number, seed in enumerate(seeds, 1):
                verdict = measurer.run(self.program(seed), self.result(seed))
                self._made_by[str(seed)] = f"{version} {verdict}"
                if number % _KEPT_EACH == 0:
                    self._write()
                yield seed, verdict
        finally:
            self._write()

    def _write(self) -> None:
        self._register.write_text(json.dumps(self._made_by, indent=0) + "\n", encoding="utf-8")

    def sample(self, seed: int) -> Sample:
        result = self.result(seed)
        return Sample(seed, self.program(seed), read_trace(result) if result.exists() else None)
