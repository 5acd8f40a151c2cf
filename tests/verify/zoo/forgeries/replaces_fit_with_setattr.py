# The same with names that are put together.
setattr(type(model), "f" + "it", lambda *args, **kwargs: None)
TRAIN
