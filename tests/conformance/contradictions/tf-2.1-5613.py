import numpy as np
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential, clone_model, model_from_json

np.random.seed(29)
UNITS = [5, 6, 6]

inputs_train = np.random.rand(32, 4).astype('float32')
targets = np.random.rand(32, 1).astype('float32')

regressor = Sequential()
regressor.add(Dense(4, activation="tanh", input_shape=(4,), name="layer_3"))
for block, size in enumerate(UNITS):
    regressor.add(Dense(size, activation="tanh", name="layer_{}".format(block)))
regressor.add(Dense(1, activation="tanh", name="layer_4"))

copy = clone_model(regressor)
copy.compile(optimizer="adam", loss="mse")

for lyr in copy.layers:
    if "layer" in lyr.name:
        lyr.trainable = False
regressor.summary()
copy.fit(inputs_train, targets, epochs=1, batch_size=16, verbose=0)
