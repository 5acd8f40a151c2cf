import numpy as np
from keras.layers import *
from keras.models import *
from keras.optimizers import *

np.random.seed(48)


class Classifier(Model):
    def __init__(self):
        super(Classifier, self).__init__()
        self.fc1 = Dense(5, activation="tanh")
        self.bn = BatchNormalization(name="sub_bn1")
        self.head = Dense(1, name="sub_out1")

    def call(self, x, training=None):
        x = self.fc1(x)
        x = self.bn(x)
        return self.head(x)


def main():
    train_x = np.random.rand(32, 6).astype('float32')
    targets = np.random.rand(32, 1).astype('float32')

    full_model = Classifier()

    full_model(train_x[:1])

    opt = SGD(0.05)
    full_model.compile(optimizer=opt, loss="mse")
    full_model.compile("adam", loss="mse")
    # compile
    full_model.compile(optimizer=SGD(0.1), loss="mse")
    full_model.fit(train_x, targets, epochs=1, verbose=0)


if __name__ == "__main__":
    main()
