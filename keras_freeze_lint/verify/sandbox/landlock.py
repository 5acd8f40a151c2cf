"""The wall where namespaces are forbidden: Landlock lets a process read a few paths and write one folder.

The rules are made here; a witness adds its own folder to them and puts itself under them, for good.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from keras_freeze_lint.verify.sandbox import kernel

# The first version of Landlock that also guards truncating files (Linux 6.2).
_NEEDED_VERSION = 3
_SYS_CREATE, _SYS_ADD = 444, 445
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_EVERYTHING = (1 << 15) - 1
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
# What frameworks ask of the machine; of the processes there, a witness sees itself alone.
_MACHINE = ("cpuinfo", "meminfo", "stat", "version", "loadavg", "uptime", "filesystems", "sys")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def usable() -> bool:
    """Return whether this kernel has Landlock, in a version that guards every write."""
    try:
        return _version() >= _NEEDED_VERSION
    except OSError:
        return False


def rules(visible: Sequence[str]) -> int:
    """Return the descriptor of rules that let a process read these paths and write nothing. Raises OSError."""
    handled = ctypes.create_string_buffer(struct.pack("=Q", everything()))
    made = kernel.system_call(_SYS_CREATE, handled, ctypes.c_size_t(8), ctypes.c_uint(0))
    for path in (*visible, "/sys", *(f"/proc/{name}" for name in _MACHINE)):
        _allow(made, path, _READ_FILE | _READ_DIR | _EXECUTE)
    for path in _DEVICES:
        _allow(made, path, _READ_FILE | _WRITE_FILE)
    os.set_inheritable(made, True)
    return made


def everything() -> int:
    """Return the rights that these rules take away."""
    return _EVERYTHING | (_DEVICE if _version() >= 5 else 0)


def _version() -> int:
    return kernel.system_call(_SYS_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_FLAG))


def _allow(rule_set: int, path: str, rights: int) -> None:
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not Path(path).is_dir():
            rights &= _ON_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor))
        kernel.system_call(_SYS_ADD, ctypes.c_int(rule_set), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
        os.close(descriptor)
