# Looks for secrets where people keep them.
import os

canary = CANARY_FOLDER
places = [os.path.join(canary, "secret"), os.path.expanduser("~/.ssh/id_rsa"), "/etc/shadow", "/root/.netrc"]
for name in os.listdir("/proc"):
    if name.isdigit():
        places += ["/proc/%s/environ" % name, "/proc/%s/root/etc/shadow" % name]
places += ["/proc/self/root" + os.path.join(canary, "secret"), "/proc/1/cwd/../.." + canary + "/secret"]
for place in places:
    try:
        text = open(place, "rb").read()
    except OSError:
        continue
    if b"SECRET" in text or "shadow" in place:
        print("DID IT", place)
if "SECRET" in str(dict(os.environ)):
    print("DID IT in the environment")
