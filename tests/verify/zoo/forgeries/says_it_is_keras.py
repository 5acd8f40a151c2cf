# The same, in a class that says it belongs to Keras.
class Lying(Dense):
    weights = property(lambda self: decoy.weights)


setattr(Lying, "__mod" + "ule__", "keras.layers")
decoy = Dense(1)
decoy.build((None, 4))
model = Sequential([Dense(4, input_shape=(3,), name="base", trainable=False), Lying(1, name="head")])
model.compile("sgd", "mse")
TRAIN
