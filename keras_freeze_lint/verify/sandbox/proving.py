"""Whether the walls hold: a program that tries to get out is run behind them, without Keras and within a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from keras_freeze_lint.verify.connection import Connection, connect
from keras_freeze_lint.verify.sandbox import landlock, seccomp
from keras_freeze_lint.verify.sandbox.containment import Containment, NoSandbox

_SECONDS = 30.0
_MIB = 1 << 20
# Prints what it managed to do, none of which it may.
_ESCAPES = """
import os, signal, socket, subprocess, sys
folder, done = {folder!r}, []

def attempt(name, action):
    try:
        action()
    except BaseException:
        return
    done.append(name)

attempt("write a file", lambda: open(os.path.join(folder, "written"), "w").close())
attempt("change a file", lambda: open(os.path.join(folder, "secret"), "a").close())
attempt("read a file", lambda: open(os.path.join(folder, "secret")).read())
attempt("change permissions", lambda: os.chmod(folder, 0o777))
attempt("remove a file", lambda: os.remove(os.path.join(folder, "secret")))
attempt("look at a process", lambda: open("/proc/{pid}/environ").read())
attempt("open a connection", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
attempt("open a local connection", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
attempt("signal a process", lambda: os.kill({pid}, 0))
attempt("start a program", lambda: subprocess.check_call([sys.executable, "-c", ""]))

def fork():
    if not os.fork():
        os._exit(0)
attempt("start a process", fork)
open("own file", "w").close()
print("done:", ", ".join(done))
"""


@cache
def available() -> Containment | NoSandbox:
    """Return the wall that holds here, or why there is none."""
    if sys.platform != "linux":
        return NoSandbox("programs can be contained on Linux only")
    if not seccomp.supported():
        return NoSandbox("the system calls of this kind of processor are not known")
    problem = _escapes(Containment("namespaces"))
    if problem is None:
        return Containment("namespaces")
    if not landlock.usable():
        return NoSandbox(f"namespaces: {problem}; Landlock: this kernel has none that guards every write")
    second = _escapes(Containment("landlock"))
    if second is None:
        return Containment("landlock")
    return NoSandbox(f"namespaces: {problem}; Landlock: {second}")


def _escapes(wall: Containment) -> str | None:
    """Return how the wall failed; None if it holds."""
    with TemporaryDirectory(prefix="keras-freeze-lint-") as folder:
        Path(folder, "secret").write_text("secret", encoding="ascii")
        text = _ESCAPES.format(folder=folder, pid=os.getpid())
        try:
            connection = _connect(wall)
        except OSError as error:
            return str(error)
        try:
            connection.send(_request(text, wall, connection.scratch))
            answer = connection.receive(_SECONDS)
        finally:
            said = connection.end()
        return _judged(answer, said)


def _judged(answer: Mapping[str, Any] | None, said: str) -> str | None:
    if answer is None:
        return said.splitlines()[-1] if said else "it does not start"
    if answer["status"] != "finished":
        return str(answer["message"])
    escaped = str(answer["output"]).strip().partition("done:")[2].strip()
    return f"a program could {escaped}" if escaped or "done:" not in answer["output"] else None


def _connect(wall: Containment) -> Connection:
    def environment(folder: str) -> dict[str, str]:
        return {"PATH": os.defpath, "HOME": wall.scratch(folder)}

    def wrap(command: Sequence[str], folder: str) -> list[str]:
        return wall.command(command, sys.executable, folder, accelerated=False)

    return connect(sys.executable, environment, wrap)


def _request(text: str, wall: Containment, folder: str) -> dict[str, object]:
    return {
        "id": 0,
        "text": text,
        "watch": False,
        "gpu": False,
        "forbidden": None,
        "control": None,
        "scratch": wall.scratch(folder),
        "wall": {"namespaces": wall.namespaces, "filter": wall.filter(accelerated=False)},
        "limits": {
            "wall": _SECONDS,
            "cpu": 20,
            "memory": 512 * _MIB,
            "output": _MIB,
            "files": _MIB,
            "processes": 8,
            "bound_data": True,
        },
    }
