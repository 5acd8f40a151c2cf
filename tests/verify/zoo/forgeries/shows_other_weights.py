# A layer that shows other weights whenever it is asked from outside.
showing = [True]


class Lying(Dense):
    @property
    def weights(self):
        return decoy.weights if showing[0] else super(Lying, self).weights

    @property
    def variables(self):
        return decoy.variables if showing[0] else super(Lying, self).variables

    @property
    def trainable_weights(self):
        return decoy.trainable_weights if showing[0] else super(Lying, self).trainable_weights


decoy = Dense(1)
decoy.build((None, 4))
model = Sequential([Dense(4, input_shape=(3,), name="base", trainable=False), Lying(1, name="head")])
showing[0] = False
model.compile("sgd", "mse")
showing[0] = True
TRAIN
