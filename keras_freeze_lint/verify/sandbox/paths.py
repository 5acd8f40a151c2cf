"""What an interpreter needs to see of the file system, and nothing more: its own files and those of the system."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

# The libraries and programs of the system, the files that its loader reads, and the stores of Nix and Guix.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
_SETTINGS = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime")
# Never whole: what people and services keep there is theirs.
_PRIVATE = frozenset("/ /home /root /etc /var /run /tmp /srv /mnt /media /opt /proc /dev".split())

_ASK = (
    "import json,sys,site;print(json.dumps([sys.prefix,sys.base_prefix,sys.exec_prefix,sys.base_exec_prefix]+sys.path))"
)
_SECONDS = 60


@cache
def visible(python: str) -> tuple[str, ...]:
    """Return the paths that a program on this interpreter must be able to read, outer ones before inner ones."""
    wanted = [*_SYSTEM, *_SETTINGS, *_links(python)]
    try:
        done = subprocess.run(  # noqa: S603
            [python, "-I", "-c", _ASK], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        wanted += [path for path in json.loads(done.stdout) if isinstance(path, str)]
    except (OSError, subprocess.TimeoutExpired, ValueError):
        pass  # starting the child will fail, and say why
    wanted += os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return tuple(_outermost(_allowed(wanted)))


def _links(python: str) -> list[str]:
    """The interpreter, and each link on the way to its file."""
    found, path = [], Path(python).absolute()
    for _ in range(20):
        found.append(str(path))
        if not path.is_symlink():
            break
        path = path.parent / path.readlink()
    return [*found, str(path.resolve())]


def _allowed(wanted: Iterable[str]) -> list[str]:
    """What exists and is nobody's home, nor holds one; with what it resolves to."""
    home = Path.home()
    found: dict[str, None] = {}
    for text in wanted:
        path = Path(os.path.normpath(text)) if text.startswith("/") else None
        if path is None or not path.exists():
            continue
        for one in (path, path.resolve()):
            if str(one) not in _PRIVATE and one != home and one not in home.parents:
                found[str(one)] = None
    return list(found)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Paths without those that lie in another of them; links count by themselves."""
    found: list[str] = []
    for path in sorted(paths, key=lambda one: (len(Path(one).parts), one)):
        inside = any(Path(path).is_relative_to(outer) and not Path(outer).is_symlink() for outer in found)
        if not inside:
            found.append(path)
    return found
