# Asks the kernel for powers that it gave away.
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
for name, call in {
    "user namespace": lambda: libc.unshare(0x10000000),
    "mount namespace": lambda: libc.unshare(0x00020000),
    "mount": lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "remount": lambda: libc.mount(b"none", b"/", None, 0x20 | 0x1000, None),
    "chroot": lambda: libc.chroot(b"/"),
    "ptrace": lambda: libc.ptrace(16, 1, 0, 0),
}.items():
    if call() == 0:
        print("DID IT", name)
