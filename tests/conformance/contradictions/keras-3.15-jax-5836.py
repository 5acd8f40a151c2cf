"""Small experiment."""

import numpy as np
from keras.layers import BatchNormalization, Dense, Dropout
from keras.models import Model, Sequential
from keras.optimizers import SGD

np.random.seed(81)


class Net(Model):
    def __init__(self, base):
        super(Net, self).__init__()
        self.base = base
        self.enc1 = Dense(5, activation='tanh', name='sub_dense1')
        self.enc2 = Dense(5, activation='tanh', name='sub_dense2')
        self.fc3 = Dense(3, activation='tanh', name='sub_dense3')
        self.bn = BatchNormalization(name='sub_bn1')
        self.head = Dense(1, name='sub_out1')
        self.enc1.trainable = False

    def call(self, x, training=None):
        x = self.base(x)
        x = self.enc1(x)
        x = self.enc2(x)
        x = self.fc3(x)
        x = self.bn(x, training=training)
        return self.head(x)


def compile_model(model, lr=0.05):
    model.compile(optimizer=SGD(lr), loss='mse')
    return model


encoder = Sequential(name='encoder')
encoder.add(Dense(6, activation='tanh', input_shape=(5,), name='enc_dense1'))
encoder.add(BatchNormalization(trainable=True, name='enc_bn1'))
encoder.add(Dense(6, activation='tanh', use_bias=False, name='enc_dense2'))
encoder.add(BatchNormalization(name='enc_bn2'))
encoder.add(Dropout(0.1))
model = Net(encoder)

x_train = np.random.rand(32, 5).astype('float32')
Y = np.random.rand(32, 1).astype('float32')

model(x_train[:1])
# keep these weights
model.enc1.trainable = False
compile_model(model)
history = model.fit(x_train, Y, epochs=1, verbose=0)
