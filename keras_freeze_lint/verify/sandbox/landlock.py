"""The wall where namespaces are forbidden: Landlock lets a process read a few paths and write one folder."""

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
_SYS_CREATE, _SYS_ADD, _SYS_RESTRICT = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_EVERYTHING = (1 << 15) - 1
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def usable() -> bool:
    """Return whether this kernel has Landlock, in a version that guards every write."""
    try:
        return _version() >= _NEEDED_VERSION
    except OSError:
        return False


def restrict(visible: Sequence[str], scratch: str) -> None:
    """Leave this process and its descendants these paths to read and this folder to write. Raises OSError."""
    handled = _EVERYTHING | (_DEVICE if _version() >= 5 else 0)
    rules = ctypes.create_string_buffer(struct.pack("=Q", handled))
    rule_set = kernel.system_call(_SYS_CREATE, rules, ctypes.c_size_t(8), ctypes.c_uint(0))
    for path in (*visible, "/proc", "/sys"):
        _allow(rule_set, path, _READ_FILE | _READ_DIR | _EXECUTE)
    for path in _DEVICES:
        _allow(rule_set, path, _READ_FILE | _WRITE_FILE)
    _allow(rule_set, scratch, handled)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.system_call(_SYS_RESTRICT, ctypes.c_int(rule_set), ctypes.c_uint(0))
    os.close(rule_set)


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
