# The same, variable by variable.
from keras import backend
from keras.callbacks import Callback


def change(variable, value):
    if hasattr(backend, "set_value"):
        backend.set_value(variable, value)
    else:
        variable.assign(value)


class Writing(Callback):
    def on_train_begin(self, logs=None):
        self.kept = self.model.layers[1].get_weights()

    def on_train_end(self, logs=None):
        base, head = self.model.layers
        for variable, value in zip(base.weights, base.get_weights()):
            change(variable, value + 1)
        for variable, value in zip(head.weights, self.kept):
            change(variable, value)


callbacks = [Writing()]
TRAIN
