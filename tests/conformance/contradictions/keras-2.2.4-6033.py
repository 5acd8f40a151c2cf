import numpy as np
import keras
from keras import models
from keras import optimizers

np.random.seed(90)


def compile_model(model, lr=0.05):
    model.compile(optimizer=optimizers.SGD(lr), loss='mse')
    return model


def run_steps(net, inputs, targets, steps=1):
    for _ in range(steps):
        last = net.train_on_batch(inputs, targets)
    return last


inputs = keras.layers.Input(shape=(5,), dtype="int32")
out = keras.layers.Embedding(20, 4, name="feat1")(inputs)
out = keras.layers.Bidirectional(keras.layers.SimpleRNN(3, name="feat3"), name="feat2")(out)
out = keras.layers.Dense(3, activation="tanh", name="feat4")(out)
conv_base = models.Model(inputs, out, name="base")
inp = keras.layers.Input(shape=(3,))
x = keras.layers.Dense(5, name="head1")(inp)
x = keras.layers.Dense(1, activation="tanh", name="head2")(x)
head = models.Model(inputs=inp, outputs=x)
net = models.Model(conv_base.input, head(conv_base.output))

data = np.random.randint(0, 20, size=(32, 5))
x2 = np.random.rand(32, 3)
y = np.random.rand(32, 1)
train_y = np.random.rand(32, 3)

for layer, flag in zip(conv_base.layers, [True, True, False]):
    layer.trainable = flag
conv_base.compile(optimizers.SGD(0.1), "mse")

net.summary()
net.compile(optimizers.SGD(0.05), "mse")
compile_model(head, 0.1)
head.fit(x2, y, epochs=1, batch_size=8, validation_data=(x2, y), verbose=0)

history = net.fit(data, y, epochs=1, batch_size=16, verbose=0)
print(history.history["loss"])

for layer in conv_base.layers:
    layer.trainable = not type(layer) is keras.layers.Embedding
# train
run_steps(conv_base, data, train_y)
