import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import SGD

np.random.seed(92)


class CustomModel(Model):
    def __init__(self):
        super(CustomModel, self).__init__()
        self.body = Dense(3, activation="tanh", name="step_dense_1")
        self.head = Dense(1, name="step_dense_2")

    def call(self, x, training=None):
        return self.head(self.body(x))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        variables = self.trainable_variables
        grads = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(grads, variables))
        return {"loss": loss}


classifier = CustomModel()

inputs_train = np.random.rand(32, 5).astype('float32')
y_train = np.random.rand(32, 1).astype('float32')

classifier(inputs_train[:1])

for layer_name in ("step_dense_1",):
    classifier.get_layer(layer_name).trainable = False
# compile so that the change takes effect
classifier.compile(loss="mse", optimizer=SGD(0.05))
classifier.fit(inputs_train, y_train, epochs=1, batch_size=16, verbose=0)
classifier.body.trainable = classifier.head.trainable = True

classifier.fit(inputs_train, y_train, epochs=1, batch_size=8, verbose=0)
