# Writes over numbers in memory.
import ctypes

ctypes.memset(id(1.0), 0, 1)
TRAIN
