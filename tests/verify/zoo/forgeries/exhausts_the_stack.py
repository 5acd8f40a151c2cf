# Leaves no room for what measures.
import sys

sys.setrecursionlimit(60)
TRAIN
