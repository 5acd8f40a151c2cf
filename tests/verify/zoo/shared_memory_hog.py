# Takes memory that is not counted as data of the process.
import mmap

held = []
while True:
    piece = mmap.mmap(-1, 64 << 20)
    for place in range(0, len(piece), 4096):
        piece[place] = 1
    held.append(piece)
