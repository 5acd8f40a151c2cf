# Removes and spoils what is not its own.
import os
import shutil

canary = CANARY_FOLDER
for action in (
    lambda: shutil.rmtree(canary),
    lambda: os.remove(os.path.join(canary, "secret")),
    lambda: open(os.path.join(canary, "secret"), "w").write("spoiled"),
    lambda: open(os.path.join(canary, "new"), "w").write("new"),
    lambda: os.chmod(os.path.join(canary, "secret"), 0),
    lambda: os.rename(canary, canary + "-moved"),
    lambda: os.symlink(canary, os.path.join(canary, "link")),
    lambda: os.truncate(os.path.join(canary, "secret"), 0),
    lambda: os.utime(os.path.join(canary, "secret"), (0, 0)),
):
    try:
        action()
        print("DID IT")
    except OSError:
        pass
