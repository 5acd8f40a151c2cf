import numpy as np
import keras
from keras.layers import Activation, BatchNormalization as BN, Dense, Input
from keras.optimizers import SGD

np.random.seed(72)

x = np.random.rand(32, 8)
Y = np.random.rand(32, 1)

i = Input(shape=(8,))
out = Dense(6, name="trunk_dense1")(i)
out = Dense(6, name="trunk_dense2")(out)
base = keras.models.Model(i, out)
h = Dense(4, use_bias=False, name="head_dense1")(base.layers[-1].output)
h = BN(name="head_bn1")(h)
h = Activation("tanh")(h)
h = Dense(1, activation="tanh", name="head_dense2")(h)
model = keras.models.Model(inputs=base.input, outputs=h)

try:
    for layer in model.layers:
        if layer.name == "head_dense1":
            layer.trainable = False
    for layer in base.layers[:1]:
        layer.trainable = True
    for layer in base.layers[1:]:
        layer.trainable = False
finally:
    print("done")
# compile so that the change takes effect
model.compile(SGD(0.1), "mse")
# phase
model.fit(x, Y, epochs=1, verbose=0)
# unfreeze
for layer in model.layers[:-1]:
    layer.trainable = not layer.trainable

for _ in range(2):
    model.train_on_batch(x, Y)
