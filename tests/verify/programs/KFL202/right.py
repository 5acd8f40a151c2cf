"""Two phases of fine-tuning: what normalizes the features stays frozen in the second one."""

import keras
import numpy as np
from keras import layers

rng = np.random.RandomState(0)
images, labels = rng.rand(16, 8, 8, 3), rng.rand(16, 1)

base = keras.Sequential(
    [
        keras.Input((8, 8, 3)),
        layers.Conv2D(4, 3, name="edges"),
        layers.BatchNormalization(name="norm"),
        layers.GlobalAveragePooling2D(),
    ],
    name="base",
)
inputs = keras.Input((8, 8, 3))
model = keras.Model(inputs, layers.Dense(1, name="head")(base(inputs, training=False)))

base.trainable = False
model.compile("adam", "mse")
model.fit(images, labels, verbose=0)

base.trainable = True
base.get_layer("norm").trainable = False
model.compile("adam", "mse")
model.fit(images, labels, verbose=0)
