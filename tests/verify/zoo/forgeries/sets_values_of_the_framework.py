# The same, with what lies below the variables of Keras.
from keras.callbacks import Callback


class Writing(Callback):
    def on_train_end(self, logs=None):
        for layer in self.model.layers:
            for variable in layer.weights:
                getattr(variable, "value", variable).assign(np.zeros([int(size) for size in variable.shape]))


callbacks = [Writing()]
TRAIN
