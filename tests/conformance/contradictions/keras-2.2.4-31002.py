import numpy as np
from keras.layers import *
from keras.models import *
from keras.optimizers import *

np.random.seed(15)


def train_model(model, x, y, batch_size=16, **kwargs):
    return model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, **kwargs)


def main():
    rnn = Bidirectional(LSTM(3), name='enc_layer_1')
    encoder = Sequential()
    encoder.add(Conv1D(3, 3, padding='same', activation='tanh', input_shape=(6, 2), name='enc_conv_1'))
    encoder.add(BatchNormalization(name='enc_bn_1'))
    encoder.add(Conv1D(2, 3, padding='same', activation='tanh', name='enc_conv_2'))
    encoder.add(BatchNormalization(name='enc_bn_2'))
    encoder.add(rnn)
    encoder.add(Dense(5, activation='tanh', name='enc_dense_1'))
    encoder.add(BatchNormalization(name='enc_bn_3'))
    encoder.add(Dense(5, name='enc_dense_2'))
    encoder.add(BatchNormalization(name='enc_bn_4'))
    encoder.add(Dense(6, name='enc_dense_3'))
    encoder.add(BatchNormalization(trainable=False, name='enc_bn_5'))
    classifier = Sequential([
        encoder,
        Dense(4, activation='tanh', name='head_dense_1'),
        BatchNormalization(name='head_bn_1'),
        Dense(1, activation='tanh', name='head_dense_2'),
    ])

    train_x = np.random.rand(32, 6, 2)
    y_train = np.random.rand(32, 1)

    classifier.compile(optimizer=SGD(0.1), loss='mse')
    print("trainable:", len(classifier.trainable_weights))
    for lay in encoder.layers:
        lay.trainable = False

    classifier.save('model.h5')
    model2 = load_model('model.h5', compile=False)

    model2.compile(optimizer='sgd', loss='mse')

    # phase
    train_model(model2, train_x, y_train, shuffle=False)


if __name__ == "__main__":
    main()
