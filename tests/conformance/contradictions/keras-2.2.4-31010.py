"""Fine-tuning example."""

import numpy as np
from keras import layers
from keras.models import Model, Sequential, load_model
from keras.optimizers import SGD

np.random.seed(18)

data = np.random.rand(32, 5, 3)
targets = np.random.rand(32, 1)

input_tensor = layers.Input(shape=(5, 3))
x = layers.Conv1D(3, 3, padding='same', activation='tanh', name='trunk_1')(input_tensor)
x = layers.SimpleRNN(3, name='trunk_2')(x)
x = layers.Dense(6, activation='tanh', name='trunk_3')(x)
x = layers.BatchNormalization(name='trunk_4')(x)
x = layers.Dense(6, activation='tanh', name='trunk_5')(x)
base = Model(inputs=input_tensor, outputs=x)
model = Sequential([base, layers.Dense(1, activation='tanh', name='pred_1')])

# freeze the base
for layer in base.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.trainable = False
model.compile(SGD(0.1), loss='mse')
model.save('model.h5')
model2 = load_model('model.h5')
# compile
model2.compile(optimizer='sgd', loss='mse')
for epoch in range(2):
    model2.fit(data, targets, epochs=1, verbose=0)
