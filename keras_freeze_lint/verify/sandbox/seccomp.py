"""Seccomp filters: which system calls a witness may not make, as the instructions that the kernel takes."""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass

# Each system call with its number on x86-64 and on 64-bit Arm; -1 where it does not exist.
_NEVER = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, -1), "ioperm": (173, -1), "open_by_handle_at": (304, 265), "memfd_secret": (447, 447),
    # memory that no limit counts
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip
_NEW_PROCESSES = {"fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281)}
# What reaches beyond the process where no namespace and no mount stands in the way.
_BEYOND = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424), "chmod": (90, -1), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1),
    "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "sched_setaffinity": (203, 122),
}  # fmt: skip
# Libraries ask for these first and know another way.
_NOT_THERE = {"clone3": (435, 435), "memfd_create": (319, 279)}
_CLONE, _SOCKET, _PRLIMIT = (56, 220), (41, 198), (302, 261)
_CLONE_THREAD = 0x00010000
# Flags of clone() that make namespaces.
_CLONE_NEW = 0x7E020000
_AF_UNIX = 1

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16


@dataclass(frozen=True)
class Rules:
    """What a filter allows beyond computing: new processes, sockets within the machine, reaching other processes."""

    processes: bool
    local_sockets: bool
    beyond: bool


def supported() -> bool:
    """Return whether the numbers of the system calls of this machine are known."""
    return platform.machine() in _ARCHITECTURES


def instructions(rules: Rules) -> bytes:
    """Return the filter for this machine."""
    column, architecture = _ARCHITECTURES[platform.machine()]
    program = [_code(_LOAD, _ARCHITECTURE), _code(_EQUAL, architecture, 1, 0), _code(_RETURN, _KILL)]
    program.append(_code(_LOAD, _NUMBER))
    if column == 0:
        program += [_code(_AT_LEAST, _X32, 0, 1), _code(_RETURN, _KILL)]
    denied = dict(_NEVER)
    if not rules.processes:
        denied |= _NEW_PROCESSES
    if not rules.beyond:
        denied |= _BEYOND
    program += _denials((numbers[column] for numbers in denied.values()), errno.EPERM)
    program += _denials((numbers[column] for numbers in _NOT_THERE.values()), errno.ENOSYS)
    program += _where(_CLONE[column], _ANY_BIT, _CLONE_NEW, deny_if=True)
    if not rules.processes:
        program += _where(_CLONE[column], _ANY_BIT, _CLONE_THREAD, deny_if=False)
    if rules.local_sockets:
        program += _where(_SOCKET[column], _EQUAL, _AF_UNIX, deny_if=False)
    else:
        program += _denials([_SOCKET[column]], errno.EPERM)
    if not rules.beyond:
        program += _where(_PRLIMIT[column], _EQUAL, 0, deny_if=False)
    return b"".join([*program, _code(_RETURN, _ALLOW)])


def _code(operation: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, operand)


def _denials(numbers: Iterable[int], error: int) -> list[bytes]:
    found: list[bytes] = []
    for number in numbers:
        if number >= 0:
            found += [_code(_EQUAL, number, 0, 1), _code(_RETURN, _ERROR | error)]
    return found


def _where(number: int, test: int, operand: int, *, deny_if: bool) -> list[bytes]:
    """Deny a call by its first argument. The number of the call is loaded again afterwards."""
    verdict = (0, 1) if deny_if else (1, 0)
    return [
        _code(_EQUAL, number, 0, 4),
        _code(_LOAD, _FIRST_ARGUMENT),
        _code(test, operand, *verdict),
        _code(_RETURN, _ERROR | errno.EPERM),
        _code(_LOAD, _NUMBER),
    ]
