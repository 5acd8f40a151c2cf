# The same through a name that nothing tells is Keras.
for cls in [Sequential]:
    cls.fit = lambda *args, **kwargs: None
TRAIN
