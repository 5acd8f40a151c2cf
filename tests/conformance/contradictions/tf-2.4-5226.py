"""Two phase training."""

import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Activation, BatchNormalization, Dense, Input
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.optimizers import SGD

np.random.seed(81)


def compile_model(model, lr=0.05):
    model.compile(optimizer=SGD(lr), loss='mse')
    return model


train_x = np.random.rand(32, 6).astype('float32')
y = np.random.rand(32, 6).astype('float32')
y2 = np.random.rand(32, 1).astype('float32')

hidden = Dense(3, activation='tanh', input_shape=(6,), name='b_1')
trunk = Sequential([
    hidden,
    BatchNormalization(name='b_2'),
    Activation('tanh'),
    Dense(6, activation='tanh', name='b_3'),
    BatchNormalization(name='b_4'),
])
inputs = Input(shape=(6,))
x = trunk(inputs, training=False)
x = Dense(1, activation='tanh', name='fc_1')(x)
model = Model(inputs=inputs, outputs=x)

trunk.compile(SGD(learning_rate=0.05), 'mse')
model.set_weights(model.get_weights())
train_ds = tf.data.Dataset.from_tensor_slices((train_x, y)).batch(16)
trunk.fit(train_ds, epochs=1, verbose=0)

hidden.trainable = False
# compile
compile_model(model, lr=0.02)

model.fit(train_x, y2, epochs=1, batch_size=8, verbose=0)

# warm up
trunk.fit(train_x, y, epochs=1, batch_size=8, verbose=0)
