# Leaves a process behind that outlives it.
import os
import subprocess
import sys
import time

try:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)  # CANARY_MARK"], start_new_session=True)
except OSError:
    pass
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
except OSError:
    pass
