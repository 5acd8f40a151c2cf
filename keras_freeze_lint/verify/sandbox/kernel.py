"""Calls of the Linux kernel that Python has no functions for."""

from __future__ import annotations

import ctypes
import os
from functools import cache

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 0x1, 0x2, 0x4, 0x8, 0x20
MS_NOATIME, MS_NODIRATIME, MS_RELATIME = 0x400, 0x800, 0x200000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


@cache
def _libc() -> ctypes.CDLL:
    """The C library that this process has loaded; where there is none (Windows), nobody asks."""
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> None:
    """Set an option of this process. Raises OSError."""
    zero = ctypes.c_ulong(0)
    _checked(_libc().prctl(option, ctypes.c_ulong(value), zero, zero, zero), "prctl")


def unshare(flags: int) -> None:
    """Leave namespaces. Raises OSError."""
    _checked(_libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount. Raises OSError."""
    arguments = (os.fsencode(source), os.fsencode(target), kind.encode() if kind else None)
    result = _libc().mount(*arguments, ctypes.c_ulong(flags), options.encode() or None)
    _checked(result, f"mounting {target}")


def detach(target: str) -> None:
    """Take a mount out of view, with all below it. Raises OSError."""
    _checked(_libc().umount2(os.fsencode(target), MNT_DETACH), f"unmounting {target}")


def pivot_root(new: str, old: str) -> None:
    """Make another mount the root. Raises OSError."""
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _checked(system_call(number, ctypes.c_char_p(os.fsencode(new)), ctypes.c_char_p(os.fsencode(old))), "pivot_root")


def system_call(number: int, *arguments: object) -> int:
    """Make a system call by its number. Raises OSError."""
    return _checked(int(_libc().syscall(ctypes.c_long(number), *arguments)), f"system call {number}")
