import numpy as np
from keras.layers import BatchNormalization, Dense, Embedding, GlobalAveragePooling1D, Input, InputLayer
from keras.models import Model, Sequential
from keras.optimizers import SGD
from keras.callbacks import Callback

np.random.seed(46)


class FlagCallback(Callback):
    def __init__(self, part):
        super(FlagCallback, self).__init__()
        self.part = part

    def on_train_begin(self, logs=None):
        for layer in self.model.layers:
            layer.trainable = False


def main():
    trunk = Sequential([
        InputLayer(input_shape=(6,)),
        Embedding(20, 4, name="stem_emb_1"),
        GlobalAveragePooling1D(),
        Dense(4, activation="tanh", name="stem_dense_1"),
        Dense(3, name="stem_dense_2"),
        BatchNormalization(name="stem_bn_1"),
    ])
    image_in = Input((6,), dtype="int32")
    out = trunk(image_in)
    out = Dense(2, activation="tanh", name="fc_dense_1")(out)
    model = Model(image_in, out)

    inputs_train = np.random.randint(0, 20, size=(32, 6))
    Y = np.random.rand(32, 2)

    model.compile(loss="mse", optimizer=SGD(0.1))
    for layer in trunk.layers[:3]:
        layer.trainable = False
    for layer in trunk.layers[3:]:
        layer.trainable = True
    for layer in trunk.layers[:-3]:
        layer.trainable = not layer.trainable
    model.fit(inputs_train, Y, epochs=2, verbose=0, callbacks=[FlagCallback(trunk)])
    for offset in range(0, 32, 16):
        model.train_on_batch(inputs_train[offset:offset + 16], Y[offset:offset + 16])


if __name__ == "__main__":
    main()
