"""The wall of namespaces: processes, network, mounts and users of its own, and a root with nothing else in it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from keras_freeze_lint.verify.sandbox import kernel

# Where programs write: a file system in memory, which goes with the processes. A name that no machine uses, because an
# environment may itself lie in /tmp; where none does, /tmp is this, too.
SCRATCH = "/witness"
_TEMPORARY = "tmp"

_DEVICES = ("null", "zero", "full", "random", "urandom")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "shm": SCRATCH}
_PASSWD = f"root:x:0:0:witness:{SCRATCH}:/bin/false\n"
# What a mount of a stranger may not lose when it is mounted again.
_KEPT_FLAGS = {
    "ro": kernel.MS_RDONLY,
    "nosuid": kernel.MS_NOSUID,
    "nodev": kernel.MS_NODEV,
    "noexec": kernel.MS_NOEXEC,
    "noatime": kernel.MS_NOATIME,
    "nodiratime": kernel.MS_NODIRATIME,
    "relatime": kernel.MS_RELATIME,
}


def leave() -> None:
    """Leave the namespaces of the machine; the next fork is the first process of its own. Raises OSError."""
    user, group = os.getuid(), os.getgid()
    kernel.unshare(
        kernel.CLONE_NEWUSER
        | kernel.CLONE_NEWNS
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWUTS
        | kernel.CLONE_NEWCGROUP
    )
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")


def build_root(folder: str, visible: Sequence[str], devices: Sequence[str], size: int) -> None:
    """Build a root in a folder from what shall be visible, and enter it. Raises OSError.

    ``size`` is what may be written in all, in bytes.
    """
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", folder, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=4m,mode=0755")
    root = Path(folder)
    for path in (*visible, "/sys"):
        _show(path, root, kernel.MS_NODEV)
    (root / "proc").mkdir()
    kernel.mount(
        "proc", str(root / "proc"), "proc", kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    )
    for path in [*(f"/dev/{name}" for name in _DEVICES), *devices]:
        _show(path, root, 0)
    for name, target in _LINKS.items():
        (root / "dev" / name).symlink_to(target)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "passwd").write_text(_PASSWD, encoding="ascii")
    scratch = root / SCRATCH[1:]
    scratch.mkdir()
    if not (root / _TEMPORARY).exists():
        (root / _TEMPORARY).symlink_to(SCRATCH)
    kernel.mount("tmpfs", str(scratch), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"size={size},mode=0700")
    _enter(root)


def _show(path: str, root: Path, more: int) -> None:
    """Make a path of the machine visible below the new root, unchangeable; links stay links."""
    source, target = Path(path), root / path[1:]
    if target.exists() or target.is_symlink():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    kernel.mount(path, str(target), None, kernel.MS_BIND | kernel.MS_REC)
    for mounted, flags in _mounts_below(str(target)):
        again = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID
        kernel.mount("none", mounted, None, again | flags | more)


def _mounts_below(target: str) -> list[tuple[str, int]]:
    """The mounts at and below a path, each with the flags that it has."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields = line.split(" ")
        path = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), fields[4])
        if path == target or path.startswith(target + "/"):
            flags = 0
            for option in fields[5].split(","):
                flags |= _KEPT_FLAGS.get(option, 0)
            found.append((path, flags))
    return found


def _enter(root: Path) -> None:
    old = root / "old"
    old.mkdir()
    kernel.pivot_root(str(root), str(old))
    os.chdir("/")
    kernel.detach("/old")
    Path("/old").rmdir()
    kernel.mount(
        "none", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    )
    os.chdir(SCRATCH)
