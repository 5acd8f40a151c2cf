# Computes for ever, and will not be interrupted.
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
