import numpy as np
from tensorflow import keras
import tensorflow as tf
from tensorflow.keras import layers

np.random.seed(59)


def compile_model(model, lr=0.05):
    model.compile(optimizer=keras.optimizers.SGD(lr), loss='mse')
    return model


def create():
    inputs = layers.Input(shape=(6,))
    x = layers.Dense(3)(inputs)
    for n in range(3):
        x = layers.Dense(6, activation="tanh", name="enc_{}".format(n))(x)
    proj = layers.Dense(4, name="enc_dense_1")
    x = proj(x)
    enc = keras.Model(inputs, x, name="enc_3")
    dec = keras.Sequential()
    dec.add(layers.Dense(4, activation="tanh", input_shape=(4,), name="dec_dense_1"))
    dec.add(layers.Dense(5, activation="tanh", trainable=False, name="dec_dense_2"))
    dec.add(layers.Dense(6, activation="tanh"))
    ae = keras.Sequential([enc, dec])
    return ae, enc


def freeze_base(enc):
    for l in enc.layers[-1:]:
        setattr(l, "trainable", False)


def score(ae, enc, x2, targets):
    print(ae.evaluate(x2, targets, verbose=0))
    train_ds = tf.data.Dataset.from_tensor_slices((x2, targets)).batch(16)
    ae.fit(train_ds, epochs=1, verbose=0)
    for _ in range(2):
        ae.fit(x2, targets, epochs=1, verbose=0)
    seen = False
    for l in enc.layers:
        if l.name == "enc_1":
            seen = True
        l.trainable = seen


def train(ae, x2, targets):
    ae.fit(x2, targets, epochs=1, batch_size=8, verbose=0)


def fit_model(ae, x2, targets):
    # train
    hist = ae.fit(x2, targets, epochs=1, verbose=0)


if __name__ == "__main__":
    ae, enc = create()
    x2 = np.random.rand(32, 6).astype('float32')
    targets = np.random.rand(32, 6).astype('float32')

    freeze_base(enc)
    compile_model(ae)
    score(ae, enc, x2, targets)
    print("trainable:", len(ae.trainable_weights))
    train(ae, x2, targets)
    fit_model(ae, x2, targets)
