# Catches what ends it, and goes on.
import sys

sys.setrecursionlimit(1 << 30)


def deeper():
    try:
        deeper()
    except BaseException:
        deeper()
    deeper()


deeper()
