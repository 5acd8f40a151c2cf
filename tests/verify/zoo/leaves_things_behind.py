# Leaves files and shared memory wherever others would find them, and mounts what it can.
import ctypes
import os

for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/root", os.path.expanduser("~"), "."):
    for name in ("CANARY_MARK", ".CANARY_MARK"):
        try:
            with open(os.path.join(folder, name), "w") as stream:
                stream.write("left")
        except OSError:
            pass
    try:
        os.mkfifo(os.path.join(folder, "CANARY_MARK-pipe"))
    except OSError:
        pass
libc = ctypes.CDLL(None, use_errno=True)
if libc.shmget(0x6B666C, 4096, 0o1666) >= 0:
    print("DID IT: shared memory of System V")
for library in ("librt.so.1", None):
    try:
        ctypes.CDLL(library).shm_open(b"/CANARY_MARK", os.O_CREAT | os.O_RDWR, 0o666)
    except (OSError, AttributeError):
        pass
libc.mount(b"tmpfs", CANARY_FOLDER.encode(), b"tmpfs", 0, None)
