import numpy as np
import keras

np.random.seed(53)

trunk = keras.models.Sequential(name='trunk')
trunk.add(keras.layers.InputLayer(input_shape=(7,)))
trunk.add(keras.layers.Dense(4, activation='tanh', name='enc_dense_1'))
for k in range(2):
    trunk.add(keras.layers.Dense(4, activation='tanh', name='enc_' + str(k)))
trunk.add(keras.layers.Dense(3, activation='tanh', name='enc_dense_2'))
model = keras.models.Sequential()
model.add(trunk)
model.add(keras.layers.Dense(1, name='clf_dense_1'))

X = np.random.rand(32, 7)
y = np.random.rand(32, 1)

model.compile(optimizer=keras.optimizers.SGD(0.1), loss='mse')
for each in [model, trunk]:
    each.trainable = False
# phase
model.fit(X, y, epochs=1, validation_split=0.25, verbose=0)
