"""KFL505 and KFL508: training calls that train nothing, or the same as before."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import Dense, Flatten, Input
from keras.models import Model, Sequential
"""

# KFL505 and KFL508.
NOTHING = """
## the whole model is frozen [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for layer in model.layers:
    layer.trainable = False  # error: KFL505
model.compile("sgd", "mse")
model.fit(x, y)

## frozen by its own flag [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.trainable = False  # error: KFL505
model.compile("sgd", "mse")
model.fit(x, y)

## frozen before the head is added [tensorflow==2.4, keras==2.15, keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p")])
model.trainable = False  # error: KFL505
model.add(Dense(1, name="q"))
model.compile("sgd", "mse")
model.fit(x, y)

## frozen layer by layer before the head is added [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p")])
for layer in model.layers:
    layer.trainable = False
model.add(Dense(1, name="q"))
model.compile("sgd", "mse")
model.fit(x, y)

## everything is frozen, and opened again where nobody knows [everywhere]
from settings import wanted
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for layer in model.layers:
    layer.trainable = False
    if layer.name in wanted:
        layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## everything is frozen, and what has weights is opened again [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Flatten(), Dense(1, name="q")])
for layer in model.layers:
    layer.trainable = False
for layer in [one for one in model.layers if len(one.get_weights()) > 0]:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## everything is frozen, and what has no weights is opened again [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Flatten(), Dense(1, name="q")])
for layer in model.layers:
    layer.trainable = False  # error: KFL505
for layer in model.layers:
    if 0 == len(layer.weights):
        layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## a second phase that freezes some and opens what nobody knows [everywhere]
from keras.applications import VGG16
from settings import wanted
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)
for layer in model.layers[:-1]:
    layer.trainable = False
    if wanted(layer):
        layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## everything frozen for prediction only [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.trainable = False
model.compile("sgd", "mse")
model.evaluate(x, y)

## a second phase that freezes what is frozen already [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)
for layer in base.layers[:15]:
    layer.trainable = False  # error: KFL508
model.compile("sgd", "mse")
model.fit(x, y)

## a second phase that opens the rest as well [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)
for layer in base.layers[:15]:
    layer.trainable = False
for layer in base.layers[15:]:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## the layers of an application, one line for all of them [everywhere]
from keras.applications import VGG16
model = VGG16(weights="imagenet")
for layer in model.layers:
    layer.trainable = False  # error: KFL505
model.compile("sgd", "mse")
model.fit(x, y)

## all of a base frozen, then all but the last four again [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
for layer in base.layers[:-4]:
    layer.trainable = False  # error: KFL508
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## all of a base frozen, the last four opened [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
for layer in base.layers[-4:]:
    layer.trainable = True
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## one part frozen, then another [everywhere]
i = Input((4,))
first, second = Dense(4, name="p"), Dense(4, name="r")
left, right = Model(i, first(i)), Model(i, second(i))
for layer in left.layers:
    layer.trainable = False
for layer in right.layers[:-1]:
    layer.trainable = False
model = Model(i, Dense(1, name="q")(keras.layers.concatenate([left.output, right.output])))
model.compile("sgd", "mse")
model.fit(x, y)

## only the head opened, which was open [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[-1].trainable = True  # error: KFL508
model.compile("adam", "mse")
model.fit(x, y)

## a second phase that sets no flag [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)
model.compile("adam", "mse")
model.fit(x, y)

## the same phase for each part of the data [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
base.trainable = False
model = Sequential([base, Flatten(), Dense(1, name="q")])
def train(rows):
    for layer in base.layers:
        layer.trainable = False
    model.layers[-1].trainable = True
    model.compile("sgd", "mse")
    model.fit(x[rows], y[rows])
train([0, 1])
train([2, 3])
"""

FAMILY = programs(NOTHING, PRELUDE)


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_training_that_changes_nothing(program: Program) -> None:
    assert found(program) == program.marked
