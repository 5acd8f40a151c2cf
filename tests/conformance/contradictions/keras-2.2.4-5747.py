import numpy as np
from keras.layers import BatchNormalization, Dense, InputLayer
from keras.models import Sequential
from keras.optimizers import SGD

np.random.seed(82)

extractor = Sequential([
    InputLayer(input_shape=(6,)),
    Dense(3, activation="tanh", name="feat1"),
    BatchNormalization(name="feat2"),
    Dense(3, name="feat3"),
    BatchNormalization(name="feat4"),
    Dense(5, activation="tanh", name="feat5"),
    BatchNormalization(name="feat6"),
])
model = Sequential([extractor, Dense(1, name="out1")])

x_train = np.random.rand(32, 6)
y = np.random.rand(32, 1)

# freeze
for layer in extractor.layers[-5:]:
    layer.trainable = False
# compile
model.compile(optimizer=SGD(0.05), loss="mse")

print("trainable:", len(model.trainable_weights))

model.fit(x_train, y, epochs=1, verbose=0)

for idx, layer in enumerate(extractor.layers):
    if idx >= 2:
        layer.trainable = True
    else:
        layer.trainable = False

# compile
model.compile(SGD(0.1, momentum=0.9), "mse")

model.fit(x_train, y, epochs=1, verbose=0)
