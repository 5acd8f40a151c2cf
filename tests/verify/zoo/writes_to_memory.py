# Opens the memory of the processes around it for writing.
import os

for pid in ["self", "1", str(os.getppid())]:
    try:
        open("/proc/%s/mem" % pid, "r+b")
        print("DID IT", pid)
    except OSError:
        pass
