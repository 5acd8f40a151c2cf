import numpy as np
import keras

layers = keras.layers

np.random.seed(99)

X = np.random.rand(32, 3)

inputs = layers.Input(shape=(3,))
t = layers.Dense(4, activation='tanh', name='gen_dense_1')(inputs)
t = layers.BatchNormalization(name='gen_bn_1')(t)
t = layers.Dropout(0.1)(t)
t = layers.Dense(4, activation='tanh', name='gen_dense_2')(t)
proj = layers.Dense(3, name='gen_dense_3')
t = proj(t)
generator = keras.models.Model(inputs, t)
disc = keras.models.Sequential()
disc.add(layers.Dense(4, activation='tanh', input_dim=3, name='disc_dense_1'))
disc.add(layers.BatchNormalization(name='disc_bn_1'))
disc.add(layers.Dense(5, activation='tanh', name='disc_dense_2'))
disc.add(layers.BatchNormalization(name='disc_bn_2'))
disc.add(layers.Dense(1, activation='tanh', name='disc_dense_3'))
disc.compile('sgd', 'mse')
disc.trainable = False
gan = keras.models.Sequential([generator, disc])
gan.compile(loss='mse', optimizer=keras.optimizers.SGD(0.05))

ones = np.ones((16, 1))
zeros = np.zeros((8, 1))
for step in range(2):
    samples = generator.predict(np.random.normal(0, 1, (8, 3)))
    disc.trainable = True
    disc.train_on_batch(X[:8], np.ones((8, 1)))
    disc.train_on_batch(samples, zeros)
    for layer in list(disc.layers):
        layer.trainable = False
    noise = np.random.normal(0, 1, (16, 3))
    loss = gan.train_on_batch(noise, ones)
