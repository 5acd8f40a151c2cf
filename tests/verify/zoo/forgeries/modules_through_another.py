# The same, out of a module that imports it.
import logging

for known in list(logging.sys.modules.values()):
    if hasattr(known, "Meter"):
        known.differ = lambda *args: True
TRAIN
