"""The shapes in which programs come: switches at the top, models that are handed in, classes over classes elsewhere."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """
import numpy as np
x, y = np.ones((8, 4)), np.ones((8, 1))
"""

SHAPES = """
## a switch at the top leaves the training out as the file stands
## [keras==3.15/tensorflow, keras==3.15/torch; silent: keras==2.15, keras==2.2.4]
from keras.layers import Dense, Input
from keras.models import Model, Sequential
mode = "predict"
maker = Sequential([Dense(4, input_shape=(2,))])
if mode == "train":
    critic = Sequential([Dense(1, input_shape=(4,))])
    critic.compile("sgd", "mse")
    critic.trainable = False  # error: KFL103
    noise = Input((2,))
    both = Model(noise, critic(maker(noise)))
    both.compile("sgd", "mse")
    for _ in range(3):
        critic.train_on_batch(x, y)
        both.train_on_batch(np.ones((8, 2)), y)
if mode == "predict":
    maker.predict(np.ones((8, 2)))

## a switch that is off still says what belongs together [keras==2.15, keras==2.2.4]
from keras.layers import Dense
from keras.models import Sequential
FINE_TUNE = False
base = Sequential([Dense(4, input_shape=(4,))])
model = Sequential([base, Dense(1)])
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
if FINE_TUNE:
    base.trainable = True
if FINE_TUNE:
    model.compile("sgd", "mse")
    model.fit(x, y)

## a switch that is off hides no mistake [keras==2.15, keras==2.2.4]
from keras.layers import Dense
from keras.models import Sequential
FINE_TUNE = False
base = Sequential([Dense(4, input_shape=(4,))])
model = Sequential([base, Dense(1)])
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
if FINE_TUNE:
    base.trainable = True  # error: KFL102
    model.fit(x, y)

## a numbered stage that is not run as the file stands [keras==2.15, keras==2.2.4, keras==3.15/tensorflow]
from keras.layers import Dense
from keras.models import Sequential
STAGE = 1
base = Sequential([Dense(4, input_shape=(4,))])
model = Sequential([base, Dense(1)])
for layer in base.layers:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
if STAGE == 2:
    for layer in base.layers:
        layer.trainable = True  # error: KFL102
    model.fit(x, y)

## a switch that leaves out no training is taken as it stands [keras==2.15, keras==3.15/tensorflow]
from keras.layers import Dense
from keras.models import Sequential
FREEZE = False
base = Sequential([Dense(4, input_shape=(4,))])
model = Sequential([base, Dense(1)])
model.compile("sgd", "mse")
if FREEZE:
    base.trainable = False
model.fit(x, y)

## a discriminator that is handed in [keras==3.15/tensorflow, keras==3.15/torch; silent: keras==2.15, keras==2.2.4]
from keras.layers import Input
from keras.models import Model
class Game:
    def __init__(self, critic, maker):
        self.critic, self.maker = critic, maker
        self.critic.compile("sgd", "mse")
        self.critic.trainable = False  # error: KFL103
        noise = Input((2,))
        verdict, kind = self.critic(self.maker(noise))
        self.both = Model(noise, [verdict, kind])
        self.both.compile("sgd", "mse")
    def fit(self, images, noise, labels):
        for _ in range(10):
            self.critic.train_on_batch(images, [labels, labels])
            self.both.train_on_batch(noise, [labels, labels])

## a discriminator that is handed in and reopened for its own steps [keras==3.15/tensorflow, keras==2.15]
from keras.layers import Input
from keras.models import Model
class Game:
    def __init__(self, critic, maker):
        self.critic, self.maker = critic, maker
        self.critic.compile("sgd", "mse")
        self.critic.trainable = False
        noise = Input((2,))
        self.both = Model(noise, self.critic(self.maker(noise)))
        self.both.compile("sgd", "mse")
    def fit(self, images, noise, labels):
        for _ in range(10):
            self.critic.trainable = True
            self.critic.train_on_batch(images, labels)
            self.critic.trainable = False
            self.both.train_on_batch(noise, labels)

## a discriminator of layers that a class elsewhere makes [keras==3.15/tensorflow; silent: keras==2.15]
from keras.layers import Flatten, Input
from keras.models import Model
from project.parts import Composable
class Game(Composable):
    def __init__(self, **options):
        Composable.__init__(self, **options)
        self.maker = self.make()
        self.critic = self.judge()
        self.both = self.join()
    def make(self):
        noise = Input((2,))
        return Model(noise, self.Dense(noise, 4))
    def judge(self):
        image = Input((4,))
        model = Model(image, self.Dense(Flatten()(image), 1))
        model.compile("sgd", "mse")
        model.trainable = False  # error: KFL103
        return model
    def join(self):
        noise = Input((2,))
        model = Model(noise, self.critic(self.maker(noise)))
        model.compile("sgd", "mse")
        return model
    def train(self, images, noise, labels):
        for _ in range(10):
            self.critic.train_on_batch(images, labels)
            self.both.train_on_batch(noise, labels)

## a critic with a loop of its own, closed while the combined model is compiled
## [keras==3.15/tensorflow; silent: keras==2.15, tensorflow==2.4]
import tensorflow as tf
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model, Sequential
critic = Sequential([Dense(1, input_shape=(4,))])
critic.trainable = False
maker = Sequential([Dense(4, input_shape=(2,))])
noise = Input((2,))
both = Model(noise, critic(maker(noise)))
both.compile("sgd", "mse")
critic.trainable = True  # error: KFL103
optimizer = tf.keras.optimizers.SGD()
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic(x))
    gradients = tape.gradient(loss, critic.trainable_variables)
    optimizer.apply_gradients(zip(gradients, critic.trainable_variables))
    both.train_on_batch(np.ones((8, 2)), y)

## a critic whose own loop takes all its variables, for it is closed to the combined model
## [keras==3.15/tensorflow, keras==2.15, tensorflow==2.4]
import tensorflow as tf
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model, Sequential
critic = Sequential([Dense(1, input_shape=(4,))])
critic.trainable = False
maker = Sequential([Dense(4, input_shape=(2,))])
noise = Input((2,))
both = Model(noise, critic(maker(noise)))
both.compile("sgd", "mse")
optimizer = tf.keras.optimizers.SGD()
for _ in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic(x))
    gradients = tape.gradient(loss, critic.variables)
    optimizer.apply_gradients(zip(gradients, critic.variables))
    both.train_on_batch(np.ones((8, 2)), y)

## a critic around the maker, through a layer whose class comes from elsewhere [keras==2.2.4, keras==2.0.8]
from keras.layers import Dense, Input, concatenate
from keras.models import Model
from project.parts import Merging
class Average(Merging):
    def _merge_function(self, inputs):
        return inputs[0] + inputs[1]
given, shown = Input((4,)), Input((8,))
maker = Model(given, Dense(4)(given))
critic = Model(shown, Dense(1)(shown))
critic.compile("sgd", "mse")
maker.compile("sgd", "mse")
real = Input((4,))
made = maker(given)
critic.trainable = False
both = Model(given, [made, critic(concatenate([made, given]))])
both.compile("sgd", "mse")
critic.trainable = True
maker.trainable = False
between = critic(concatenate([Average()([real, made]), given]))
penalised = Model([critic.inputs[0], real, given], [critic.outputs[0], between])
penalised.compile("sgd", "mse")
for _ in range(3):
    penalised.train_on_batch([np.ones((8, 8)), x, x], [y, y])
    both.train_on_batch(x, [x, y])

## an option says from where the layers are reopened [keras==2.15, keras==2.2.4, keras==3.15/tensorflow]
import argparse
from keras.applications import VGG16
from keras.layers import Dense, Flatten
from keras.models import Model
parser = argparse.ArgumentParser()
parser.add_argument("--last", type=int, default=4)
args = parser.parse_args()
base = VGG16(include_top=False, input_shape=(32, 32, 3))
model = Model(base.input, Dense(1)(Flatten()(base.output)))
for layer in base.layers:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
for layer in model.layers[-args.last:]:
    layer.trainable = True  # error: KFL102
model.fit(x, y)

## an option says from where the layers are reopened, and the model is compiled again
## [keras==2.15, keras==2.2.4, keras==3.15/tensorflow]
import argparse
from keras.applications import VGG16
from keras.layers import Dense, Flatten
from keras.models import Model
parser = argparse.ArgumentParser()
parser.add_argument("--last", type=int, default=4)
args = parser.parse_args()
base = VGG16(include_top=False, input_shape=(32, 32, 3))
model = Model(base.input, Dense(1)(Flatten()(base.output)))
for layer in base.layers:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
for layer in model.layers[-args.last:]:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## all is reopened but an unknown beginning [keras==2.15, keras==3.15/tensorflow]
from keras.applications import VGG16
from keras.layers import Dense, Flatten
from keras.models import Sequential
from project.settings import BEGIN
base = VGG16(include_top=False, input_shape=(32, 32, 3))
base.trainable = False
model = Sequential([base, Flatten(), Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True  # error: KFL102
for layer in base.layers[:BEGIN]:
    layer.trainable = False
model.fit(x, y)

## a number that is handed in says what is frozen, too late [keras==2.15, keras==2.2.4; silent: keras==3.15/tensorflow]
from keras.applications import VGG16
from keras.layers import Dense, Flatten
from keras.models import Model
class Net:
    def __init__(self, frozen):
        base = VGG16(include_top=False, input_shape=(32, 32, 3))
        self.model = Model(base.input, Dense(1)(Flatten()(base.output)))
        self.model.compile("sgd", "mse")
        for layer in self.model.layers[:frozen]:
            layer.trainable = False  # error: KFL101
    def train(self):
        self.model.fit(x, y)

## a number that is handed in says which part of the critic is closed to the combined model [keras==2.15, keras==2.2.4]
from keras.layers import Dense, Input
from keras.models import Model, Sequential
def play(closed):
    critic = Sequential([Dense(3, input_shape=(4,)), Dense(1)])
    critic.compile("sgd", "mse")
    maker = Sequential([Dense(4, input_shape=(2,))])
    noise = Input((2,))
    for layer in critic.layers[:closed]:
        layer.trainable = False
    both = Model(noise, critic(maker(noise)))
    both.compile("sgd", "mse")
    for _ in range(3):
        critic.train_on_batch(x, y)
        both.train_on_batch(np.ones((8, 2)), y)

## a module of the project passes the names of Keras on [keras==2.2.4, keras==2.15; silent: keras==3.15/tensorflow]
from keras import backend as K
from project.tools import *
base = Sequential([Dense(4, input_shape=(4,))])
model = Sequential([base, Dense(1)])
model.compile(SGD(0.1), "mse")
base.trainable = False  # error: KFL101
model.fit(x, y)

## a star of a library that is not Keras passes nothing on [keras==2.2.4, keras==2.15]
from keras import backend as K
from torch.nn import *
base = Sequential([Dense(4, input_shape=(4,))])
model = Sequential([base, Dense(1)])
model.compile("sgd", "mse")
base.trainable = False
model.fit(x, y)

## what another module closed is opened between two fits [keras==2.15, keras==2.2.4, keras==3.15/tensorflow]
import keras
from project.models import build
model = build(freeze=True)
model.compile("sgd", "mse")
model.fit(x, y)
for index in range(len(model.layers)):
    model.layers[index].trainable = True  # error: KFL102
model.fit(x, y)

## a critic from elsewhere, which a model from elsewhere is built around [keras==2.15, keras==2.2.4]
import keras
from project.models import build, join
critic = build()
critic.compile("sgd", "mse")
both = join(critic)
for _ in range(3):
    critic.trainable = True
    critic.train_on_batch(x, y)
    both.train_on_batch(x, y)
"""


@pytest.mark.parametrize("program", parameters(programs(SHAPES, PRELUDE)))
def test_the_shape_of_a_program(program: Program) -> None:
    assert found(program) == program.marked
