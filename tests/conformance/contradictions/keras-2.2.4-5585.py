"""Transfer learning test."""

import numpy as np
from keras.layers import Dense, InputLayer
import keras.models as M
from keras.optimizers import Adam

np.random.seed(69)


def build_model():
    conv_base = M.Sequential(name="conv_base")
    conv_base.add(InputLayer(input_shape=(7,)))
    conv_base.add(Dense(4, activation="tanh"))
    for n, size in enumerate([5, 4]):
        conv_base.add(Dense(size, activation="tanh", name=f"block_{n}"))
    model = M.Sequential()
    model.add(conv_base)
    model.add(Dense(1, activation="tanh", name="out_dense1"))
    return model, conv_base


def fit_model(conv_base, inputs_train, Y):
    conv_base.fit(inputs_train, Y, epochs=1, verbose=0)


def fit_model2(conv_base, inputs_train, Y):
    conv_base.train_on_batch(inputs_train[:16], Y[:16])


model, conv_base = build_model()
inputs_train = np.random.rand(32, 7)
Y = np.random.rand(32, 4)
y = np.random.rand(32, 1)

# compile so that the change takes effect
conv_base.compile(optimizer=Adam(1e-3), loss="mse")
fit_model(conv_base, inputs_train, Y)
# keep these weights
for m in [model, conv_base]:
    m.trainable = False
model.compile(Adam(1e-2), "mse")
model.fit(inputs_train, y, epochs=1, batch_size=16, verbose=0)
fit_model2(conv_base, inputs_train, Y)
