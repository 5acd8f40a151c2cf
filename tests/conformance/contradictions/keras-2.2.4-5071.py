import numpy as np
from keras.layers import BatchNormalization, Dense as FC, Input, InputLayer
from keras.models import Model, Sequential
from keras.optimizers import SGD

np.random.seed(97)


def main():
    inputs_train = np.random.rand(32, 5)

    inp = Input((5,))
    t = FC(3, activation="tanh", use_bias=False, name="disc_1")(inp)
    t = BatchNormalization(name="disc_2")(t)
    t = FC(5, activation="tanh", name="disc_3")(t)
    t = BatchNormalization(name="disc_4")(t)
    t = FC(1, activation="tanh", name="disc_5")(t)
    disc = Model(inputs=inp, outputs=t, name="disc")
    generator = Sequential()
    generator.add(InputLayer(input_shape=(3,)))
    generator.add(FC(3, activation="tanh", name="gen_1"))
    generator.add(FC(5, activation="tanh", name="gen_2"))
    disc.compile(loss="mse", optimizer=SGD(0.1))
    gan = Sequential([generator, disc])
    gan.compile(loss="mse", optimizer=SGD(0.1))

    ones = np.ones((16, 1))
    fake_y = np.zeros((8, 1))
    for epoch in range(2):
        fake = generator.predict(np.random.normal(0, 1, (8, 3)))
        disc.trainable = True
        disc.train_on_batch(inputs_train[:8], np.ones((8, 1)))
        disc.train_on_batch(fake, fake_y)
        disc.trainable = False
        noise = np.random.normal(0, 1, (16, 3))
        gan.train_on_batch(noise, ones)


if __name__ == "__main__":
    main()
