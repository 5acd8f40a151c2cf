# Kills whom it can reach: its parent, its group, everybody.
import os
import signal

for pid in (os.getppid(), 1, 0, -1, CANARY_PID):
    if pid == os.getpid():
        continue
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
for stop in (lambda: os.killpg(0, signal.SIGKILL), lambda: os.killpg(os.getpgid(os.getppid()), signal.SIGSTOP)):
    try:
        stop()
    except OSError:
        pass
print("still here")
