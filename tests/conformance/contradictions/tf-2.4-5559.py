import numpy as np
from tensorflow.keras import layers
from tensorflow.keras import models
from tensorflow.keras import optimizers

np.random.seed(60)
FREEZE_BASE = True


class TwoStage(models.Model):
    def __init__(self, base):
        super(TwoStage, self).__init__()
        self.base = base
        self.dense1 = layers.Dense(4, activation="tanh", name="sub_dense1")
        self.dense2 = layers.Dense(4, activation="tanh", name="sub_dense2")
        self.fc3 = layers.Dense(5, activation="tanh", name="sub_dense3")
        self.head = layers.Dense(1, name="sub_out1")

    def call(self, x, training=None):
        x = self.base(x, training=False)
        x = self.dense1(x)
        x = self.dense2(x)
        x = self.fc3(x)
        return self.head(x)


def batches(x, y, size=16):
    while True:
        for start in range(0, len(x), size):
            yield x[start:start + size], y[start:start + size]


inp = layers.Input((8,))
t = layers.Dense(3, name="enc_dense1")(inp)
t = layers.BatchNormalization(name="enc_bn1")(t)
t = layers.Dense(5, activation="tanh", name="enc_dense2")(t)
t = layers.BatchNormalization(name="enc_bn2")(t)
backbone = models.Model(inputs=inp, outputs=t, name="backbone")
model = TwoStage(backbone)

train_x = np.random.rand(32, 8).astype('float32')
y = np.random.rand(32, 5).astype('float32')
y_train = np.random.rand(32, 1).astype('float32')

model(train_x[:1])
backbone.compile(optimizers.SGD(learning_rate=0.05), "mse")
backbone.fit(train_x, y, epochs=1, verbose=0)
if FREEZE_BASE:
    model.head.trainable = False

model.compile(optimizer=optimizers.SGD(0.1), loss="mse")

model.train_on_batch(train_x[:8], y_train[:8])

backbone.fit(batches(train_x, y), steps_per_epoch=2, epochs=1, verbose=0)
