import numpy as np
from keras.layers import Dense, Input
from keras.models import Sequential, load_model
from keras.optimizers import SGD

np.random.seed(94)

full_model = Sequential()
full_model.add(Input((5,)))
full_model.add(Dense(5, activation='tanh', name='block_dense_1'))
for block in range(1, 3):
    full_model.add(Dense(4, activation='tanh', name='block_{}'.format(block)))
full_model.add(Dense(1, name='block_dense_2'))

x_train = np.random.rand(32, 5).astype('float32')
y_train = np.random.rand(32, 1).astype('float32')

full_model.compile(optimizer=SGD(learning_rate=0.1), loss='mse')
# do not train these
full_model.trainable = False
full_model.save('model.keras')
model2 = load_model('model.keras', compile=False)
for idx, lay in enumerate(model2.layers):
    if idx % 2 == 0:
        lay.trainable = False
    else:
        lay.trainable = True
model2.compile(SGD(0.05), 'mse')
# warm up
for epoch in range(2):
    model2.fit(x_train, y_train, epochs=1, verbose=0)
