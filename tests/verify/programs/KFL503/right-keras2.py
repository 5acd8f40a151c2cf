"""Two models on the same input, each with a layer of its own: closing one leaves the other open."""

import keras
import numpy as np
from keras import layers

x, y = np.ones((8, 4)), np.ones((8, 1))

inputs = keras.Input((4,))
open_part = keras.Model(inputs, layers.Dense(4, name="shared")(inputs), name="open_part")
closed_part = keras.Model(inputs, layers.Dense(4, name="closed")(inputs), name="closed_part")
closed_part.trainable = False
learner = keras.Model(inputs, layers.Dense(1, name="learner_head")(open_part(inputs)))
reader = keras.Model(inputs, layers.Dense(1, name="reader_head")(closed_part(inputs)))
learner.compile("sgd", "mse")
reader.compile("sgd", "mse")
learner.fit(x, y, verbose=0)
reader.fit(x, y, verbose=0)
