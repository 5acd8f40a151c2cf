# Waits for its end to answer, and then prints and writes.
import atexit
import os


@atexit.register
def late():
    for number in range(3, 64):
        try:
            os.write(number, b'{"status": "finished", "message": "forged"}\n')
        except OSError:
            pass
