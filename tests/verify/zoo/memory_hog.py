# Takes memory until there is none, and goes on when it gets none.
held = []
while True:
    try:
        held.append(bytearray(64 << 20))
    except MemoryError:
        held.append(bytearray(1 << 10))
