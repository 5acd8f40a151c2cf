import contextlib
import os

import numpy as np
from keras.layers import BatchNormalization, Bidirectional, Conv1D, Dense, Input, SimpleRNN
from keras.models import Model
from keras.optimizers import SGD

np.random.seed(98)


@contextlib.contextmanager
def frozen(part):
    before = [l.trainable for l in part.layers]
    part.trainable = False
    yield part
    for l, flag in zip(part.layers, before):
        l.trainable = flag


i = Input((8, 2))
t = Conv1D(3, 3, padding="same", activation="tanh", name="feat_conv1")(i)
t = BatchNormalization(name="feat_bn1")(t)
t = Conv1D(3, 3, padding="same", activation="tanh", name="feat_conv2")(t)
t = BatchNormalization(name="feat_bn2")(t)
cell = Bidirectional(SimpleRNN(3, name="feat_inner1"), name="feat_layer1")
t = cell(t)
t = Dense(6, name="feat_dense1")(t)
t = BatchNormalization(name="feat_bn3")(t)
t = Dense(3, activation="tanh", name="feat_dense2")(t)
t = BatchNormalization(name="feat_bn4")(t)
t = Dense(4, activation="tanh", trainable=False, name="feat_dense3")(t)
t = BatchNormalization(name="feat_bn5")(t)
features = Model(i, t, name="base")
out = Dense(5, use_bias=False, name="top_dense1")(features.get_layer("feat_dense3").output)
out = Dense(1, name="top_dense2")(out)
regressor = Model(features.input, out)

train_x = np.random.rand(32, 8, 2)
y_train = np.random.rand(32, 1)

for layer in features.layers[:8]:
    layer.trainable = False
for layer in features.layers[8:]:
    layer.trainable = True
regressor.compile(loss="mse", optimizer=SGD(0.1))

regressor.fit(train_x, y_train, epochs=1, batch_size=8, verbose=0)

regressor.fit(train_x, y_train, epochs=1, verbose=0)
# now train more layers
if os.environ.get("FREEZE_LAYERS", "1"):
    for layer in features.layers:
        layer.trainable = True
    for k, layer in enumerate(features.layers):
        layer.trainable = True if k % 2 == 0 else False
regressor.fit(train_x, y_train, epochs=1, verbose=0)
# warm up
with frozen(features):
    regressor.fit(train_x, y_train, epochs=1, validation_split=0.25, verbose=0)
