"""6xx and KFL105: hand-written training loops."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
x, y = x.astype("float32"), y.astype("float32")
"""

MODERN = "[tensorflow==2.4, tensorflow==2.15, keras==2.15, keras==3.15]"

EAGER = f"""
## KFL601 gradients over all variables {MODERN}
optimizer = keras.optimizers.SGD(0.1)
model.layers[0].trainable = False
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    gradients = tape.gradient(loss, model.variables)
    optimizer.apply_gradients(zip(gradients, model.variables))  # error: KFL601

## KFL601 gradients over the weights, in a function {MODERN}
optimizer = keras.optimizers.SGD(0.1)
def train_step(model, inputs, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(inputs, training=True) - targets) ** 2)
    weights = model.weights  # error: KFL601
    gradients = tape.gradient(loss, weights)
    optimizer.apply_gradients(zip(gradients, weights))
model.layers[0].trainable = False
train_step(model, x, y)

## KFL601 gradients over the trainable variables {MODERN}
optimizer = keras.optimizers.SGD(0.1)
model.layers[0].trainable = False
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))

## KFL601 all variables of a model that nobody froze {MODERN}
optimizer = keras.optimizers.SGD(0.1)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
gradients = tape.gradient(loss, model.variables)
optimizer.apply_gradients(zip(gradients, model.variables))

## KFL602 list read before the freeze {MODERN}
optimizer = keras.optimizers.SGD(0.1)
variables = model.trainable_variables
model.layers[0].trainable = False  # error: KFL602
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
gradients = tape.gradient(loss, variables)
optimizer.apply_gradients(zip(gradients, variables))

## KFL602 list read after the freeze {MODERN}
optimizer = keras.optimizers.SGD(0.1)
model.layers[0].trainable = False
variables = model.trainable_variables
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
gradients = tape.gradient(loss, variables)
optimizer.apply_gradients(zip(gradients, variables))

## KFL602 list kept in an object {MODERN}
class Trainer:
    def __init__(self, net):
        self.net = net
        self.variables = net.trainable_variables
        self.optimizer = keras.optimizers.SGD(0.1)
    def step(self):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.net(x, training=True) - y) ** 2)
        gradients = tape.gradient(loss, self.variables)
        self.optimizer.apply_gradients(zip(gradients, self.variables))
trainer = Trainer(model)
model.layers[0].trainable = False  # error: KFL602
trainer.step()

## KFL105 flag changed after the step was traced {MODERN}
optimizer = keras.optimizers.SGD(0.1)
@tf.function
def step(inputs, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(inputs, training=True) - targets) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
step(x, y)
model.layers[0].trainable = False  # error: KFL105
step(x, y)

## KFL105 flag changed before the step is traced {MODERN}
optimizer = keras.optimizers.SGD(0.1)
@tf.function
def step(inputs, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(inputs, training=True) - targets) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
model.layers[0].trainable = False
step(x, y)
step(x, y)

## KFL105 the same step without tf.function {MODERN}
optimizer = keras.optimizers.SGD(0.1)
def step(inputs, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(inputs, training=True) - targets) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
step(x, y)
model.layers[0].trainable = False
step(x, y)

## KFL106 new variables for a used optimizer
## [tensorflow==2.11, keras==2.15, keras==3.15; silent: tensorflow==2.4, tensorflow==2.10]
optimizer = keras.optimizers.SGD(0.1)
def step():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))  # error: KFL106
model.layers[0].trainable = False
step()
model.layers[0].trainable = True
step()
"""

GRAPH = """
## KFL603 minimize without a list of variables [keras==2.2.4, tensorflow==1.13, tensorflow==1.15]
inputs, targets = tf.placeholder(tf.float32, (None, 4)), tf.placeholder(tf.float32, (None, 1))
model.layers[0].trainable = False
loss = tf.reduce_mean(tf.square(model(inputs) - targets))
train = tf.train.AdamOptimizer(0.1).minimize(loss)  # error: KFL603
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    session.run(train, {inputs: x, targets: y})

## KFL603 gradients without a list of variables [keras==2.2.4, tensorflow==1.13, tensorflow==1.15]
import tensorflow as tf
model.layers[0].trainable = False
loss = tf.reduce_mean(tf.square(model(tf.constant(x))))
optimizer = tf.train.RMSPropOptimizer(0.1)
train = optimizer.apply_gradients(optimizer.compute_gradients(loss))  # error: KFL603

## KFL603 minimize with the trainable ones [keras==2.2.4, tensorflow==1.13, tensorflow==1.15]
inputs, targets = tf.placeholder(tf.float32, (None, 4)), tf.placeholder(tf.float32, (None, 1))
model.layers[0].trainable = False
loss = tf.reduce_mean(tf.square(model(inputs) - targets))
train = tf.train.AdamOptimizer(0.1).minimize(loss, var_list=model.trainable_weights)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    session.run(train, {inputs: x, targets: y})
"""

FAMILY = [*programs(EAGER, PRELUDE), *programs(GRAPH, PRELUDE)]


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_hand_written_loops(program: Program) -> None:
    assert found(program) == program.marked
