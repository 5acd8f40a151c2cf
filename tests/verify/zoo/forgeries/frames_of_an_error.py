# Climbs from an error, with names that are put together.
try:
    raise ValueError
except ValueError as error:
    trace = getattr(error, "__trace" + "back__")
frame = getattr(trace, "tb_" + "frame")
while frame:
    frame = getattr(frame, "f_" + "back")
TRAIN
