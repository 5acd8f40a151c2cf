"""Freeze some layers."""

import numpy as np
from tensorflow.keras.layers import Dense, Dropout, Input
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.callbacks import Callback

np.random.seed(38)


class Unfreeze(Callback):
    def __init__(self, part):
        super(Unfreeze, self).__init__()
        self.part = part

    def on_epoch_begin(self, epoch, logs=None):
        for layer in self.part.layers:
            layer.trainable = False


def main():
    x_train = np.random.rand(32, 4).astype('float32')
    y_train = np.random.rand(32, 1).astype('float32')

    inp = Input((4,))
    hidden = Dense(5, name="enc_dense_1")
    out = hidden(inp)
    out = Dense(3, use_bias=False, name="enc_dense_2")(out)
    out = Dense(3, activation="tanh", name="enc_dense_3")(out)
    out = Dropout(0.1)(out)
    features = Model(inp, out, name="features")
    dense = Dense(6, activation="tanh", name="clf_dense_1")
    full_model = Sequential([features, dense, Dense(1, name="clf_dense_2")])

    hidden.trainable = False
    dense.trainable = False

    # compile
    full_model.compile(loss="mse", optimizer="sgd")

    print(full_model.name, "has", full_model.count_params(), "parameters")
    full_model.train_on_batch(x_train, y_train)

    full_model.fit(x_train, y_train, epochs=2, verbose=0, callbacks=[Unfreeze(features)])


if __name__ == "__main__":
    main()
