import numpy as np
from tensorflow.keras.layers import *
from tensorflow.keras.models import *
from tensorflow.keras.optimizers import *

np.random.seed(53)
FINE_TUNE_AT = 4


def train_model(model, x, y, batch_size=16, **kwargs):
    return model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, **kwargs)


def make_model():
    i = Input((6, 3))
    out = Conv1D(4, 3, padding='same', activation='tanh', name='feat_conv1')(i)
    bn = BatchNormalization(name='feat_bn1')
    out = bn(out)
    out = Conv1D(5, 3, padding='same', activation='tanh', name='feat_conv2')(out)
    out = BatchNormalization(name='feat_bn2')(out)
    out = Flatten()(out)
    out = Dense(3, activation='tanh', name='feat_dense1')(out)
    out = BatchNormalization(name='feat_bn3')(out)
    proj = Dense(4, activation='tanh', name='feat_dense2')
    out = proj(out)
    bn2 = BatchNormalization(name='feat_bn4')
    out = bn2(out)
    out = Dense(3, activation='tanh', name='feat_dense3')(out)
    out = BatchNormalization(name='feat_bn5')(out)
    conv_base = Model(i, out)
    dense = Dense(4, activation='tanh', name='top_dense1')
    out2 = dense(conv_base.output)
    out2 = Dense(1, activation='tanh', name='top_dense2')(out2)
    full_model = Model(conv_base.inputs, out2)
    return full_model, conv_base


def setup_training(full_model):
    # compile so that the change takes effect
    full_model.compile(optimizer=SGD(learning_rate=0.05), loss='mse')


def freeze(conv_base):
    # freeze
    for layer in conv_base.layers:
        layer.trainable = layer.name.startswith('feat_bn')


if __name__ == "__main__":
    full_model, conv_base = make_model()
    x_train = np.random.rand(32, 6, 3).astype('float32')
    y_train = np.random.rand(32, 1).astype('float32')

    for layer in conv_base.layers[-FINE_TUNE_AT:]:
        layer.trainable = False
    setup_training(full_model)
    full_model.fit(x_train, y_train, epochs=1, batch_size=8, verbose=0)
    freeze(conv_base)
    for _ in range(1):
        train_model(full_model, x_train, y_train, batch_size=8)
