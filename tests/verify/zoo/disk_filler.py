# Fills its folder with files, then with one file that has no name any more.
import os

block = b"x" * (1 << 20)
number = 0
while number < 3000:
    number += 1
    try:
        with open("filler%d" % number, "wb") as stream:
            stream.writelines(block for _ in range(8))
    except OSError:
        break
unnamed = open("unnamed", "wb")
os.remove("unnamed")
for _ in range(3000):
    unnamed.write(block)
    unnamed.flush()
