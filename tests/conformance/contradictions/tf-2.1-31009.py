import numpy as np
from tensorflow import keras
import tensorflow as tf

np.random.seed(7)


class Stepper(keras.Model):
    def __init__(self):
        super(Stepper, self).__init__()
        self.body = keras.layers.Dense(5, activation='tanh', name='step_dense_1')
        self.head = keras.layers.Dense(1, name='step_dense_2')

    def call(self, x, training=None):
        return self.head(self.body(x))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        variables = self.head.trainable_variables
        grads = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(grads, variables))
        return {"loss": loss}


def set_trainable(model, flag):
    model.trainable = flag
    for layer in model.layers:
        layer.trainable = flag


net = Stepper()

data = np.random.rand(32, 4).astype('float32')
Y = np.random.rand(32, 1).astype('float32')

net(data[:1])

net.get_layer('step_dense_2').trainable = False
net.compile(keras.optimizers.SGD(learning_rate=0.1), loss='mse')
net.fit(data, Y, epochs=1, batch_size=8, validation_split=0.25, verbose=0)
before = net.predict(data)
set_trainable(net, flag=True)

net.compile(loss='mse', optimizer=keras.optimizers.SGD(learning_rate=0.05))
for i in range(0, 32, 16):
    net.train_on_batch(data[i:i + 16], Y[i:i + 16])
