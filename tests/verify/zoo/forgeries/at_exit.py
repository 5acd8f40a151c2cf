# Waits for the end to answer itself.
import atexit


@atexit.register
def late():
    print('{"status": "finished"}')


TRAIN
