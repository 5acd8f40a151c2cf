"""The Python interpreters of this machine: those on PATH, of pyenv, of uv, of the Windows launcher, of the system."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.implementation.name)"
_WINDOWS = sys.platform == "win32"


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs: its executable and its full version."""

    executable: str
    version: str


def find_interpreter(releases: Sequence[str]) -> Interpreter | None:
    """Return the first CPython of one of the releases (``3.6``), the first release that is found wins."""
    for release in releases:
        for candidate in _candidates(release):
            found = _ask(candidate)
            if found is not None and found.version.startswith(release + "."):
                return found
    return None


def _candidates(release: str) -> Iterator[str]:
    """Where a Python of that release may lie; what is yielded exists, but may be a shim that does not run."""
    if sys.version_info[:2] == tuple(map(int, release.split("."))):
        yield sys.executable
    for name in (f"python{release}", "python3", "python"):
        found = shutil.which(name)
        if found is not None:
            yield found
    for folder, pattern in _installations(release):
        for place in sorted(folder.glob(pattern), key=_by_version, reverse=True):
            for executable in ("python.exe",) if _WINDOWS else (f"bin/python{release}", "bin/python"):
                if (place / executable).is_file():
                    yield str(place / executable)
                    break
    if _WINDOWS:
        yield from _of_launcher(release)
    for system in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin"):
        path = Path(system, f"python{release}")
        if path.is_file():
            yield str(path)


def _installations(release: str) -> Iterator[tuple[Path, str]]:
    """Folders that hold one folder for each Python, and what the folders of that release are called."""
    yield Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions", f"{release}.*"
    yield Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "pyenv-win" / "versions", f"{release}.*"
    if "UV_PYTHON_INSTALL_DIR" in os.environ:
        yield Path(os.environ["UV_PYTHON_INSTALL_DIR"]), f"cpython-{release}.*"
    data = os.environ.get("APPDATA" if _WINDOWS else "XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    yield Path(data) / "uv" / "python", f"cpython-{release}.*"
    yield Path("/opt/hostedtoolcache/Python"), f"{release}.*/x64"


def _by_version(path: Path) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", path.name)))


def _of_launcher(release: str) -> Iterator[str]:
    launcher = shutil.which("py")
    if launcher is not None:
        answer = _output([launcher, f"-{release}", "-c", "import sys; print(sys.executable)"])
        if answer:
            yield answer


@cache
def _ask(executable: str) -> Interpreter | None:
    version, _, implementation = (_output([executable, "-I", "-c", _ASK]) or "").partition(" ")
    return Interpreter(executable, version) if implementation == "cpython" else None


def _output(command: Sequence[str]) -> str | None:
    """What a command prints, or None where it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
