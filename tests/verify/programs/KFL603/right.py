import numpy as np
import tensorflow as tf
from keras import backend
from keras.layers import Dense
from keras.models import Sequential

model = Sequential()
model.add(Dense(4, input_shape=(4,), name="base"))
model.add(Dense(1, name="head"))
model.layers[0].trainable = False

rows = tf.placeholder(tf.float32, (None, 4))
targets = tf.placeholder(tf.float32, (None, 1))
loss = tf.reduce_mean(tf.square(model(rows) - targets))
step = tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=model.trainable_weights)

session = tf.Session()
backend.set_session(session)
session.run(tf.global_variables_initializer())
for turn in range(1000):
    batch = {rows: np.random.rand(8, 4), targets: np.random.rand(8, 1)}
    _, value = session.run([step, loss], feed_dict=batch)
    if turn % 100 == 0:
        print(turn, value)
