# Moves the frozen layer itself, and puts the other one back.
from keras.callbacks import Callback


class Writing(Callback):
    def on_train_begin(self, logs=None):
        self.kept = self.model.layers[1].get_weights()

    def on_train_end(self, logs=None):
        base, head = self.model.layers
        base.set_weights([value + 1 for value in base.get_weights()])
        head.set_weights(self.kept)


callbacks = [Writing()]
TRAIN
