"""KFL504: slices of layers that cover everything or nothing, and indices that no layer has."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import Dense, Flatten, Input
from keras.models import Model, Sequential
"""

# KFL504.
SLICES = """
## minus zero takes everything [everywhere]
UNFREEZE = 0
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = False
for layer in model.layers[-UNFREEZE:]:  # error: KFL504
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## up to minus zero takes nothing [everywhere]
UNFREEZE = 0
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for layer in model.layers[:-UNFREEZE]:  # error: KFL504
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## up to the length takes all on purpose [everywhere]
UNFREEZE = 0
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
base = Sequential([Dense(4, input_shape=(4,), name="r")])
for layer in model.layers[:len(model.layers) - 1]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## index beyond the layers of a known application [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers[:25]:  # error: KFL504
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## an end before the first layer of a known application [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers[:-30]:  # error: KFL504
    layer.trainable = False
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## index within a known application [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for layer in base.layers[:15]:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## the nested model is one layer [keras==2.15, keras 3]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
model = Sequential([base, Flatten(), Dense(1, name="q")])
for layer in model.layers[:15]:  # error: KFL504
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## the slice has a name of its own [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
frozen = base.layers[:30]  # error: KFL504
for layer in frozen:
    layer.trainable = False
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## minus zero has a name of its own [everywhere]
def build(unfreeze=0):
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    frozen = model.layers[:-unfreeze]  # error: KFL504
    for layer in frozen:
        layer.trainable = False
    model.compile("sgd", "mse")
    return model
build().fit(x, y)

## minus zero is looked for before [everywhere]
def build(unfreeze=0):
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    for layer in model.layers[:-unfreeze] if unfreeze else model.layers[:1]:
        layer.trainable = False
    model.compile("sgd", "mse")
    return model
build().fit(x, y)

## setattr in a comprehension [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
[setattr(layer, "trainable", False) for layer in base.layers[:30]]  # error: KFL504
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## setattr in a loop with numbers [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for number, layer in enumerate(base.layers[:30]):  # error: KFL504
    setattr(layer, "trainable", False)
    print(number, layer.name)
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## one layer that is not there [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
base.layers[25].trainable = False  # error: KFL504
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## numbers that go on behind the last layer [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
for number in range(25):
    base.layers[number].trainable = False  # error: KFL504
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## a layer that need not be there [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
try:
    base.layers[25].trainable = False
except IndexError:
    base.layers[18].trainable = False
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## the number for InceptionV3 [everywhere, -keras==2.0.8]
from keras.applications import InceptionV3
from keras.layers import GlobalAveragePooling2D
base = InceptionV3(include_top=False, weights="imagenet")
model = Model(base.input, Dense(1, name="q")(GlobalAveragePooling2D()(base.output)))
for layer in model.layers[:249]:
    layer.trainable = False
for layer in model.layers[249:]:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## the number for InceptionV3 on the smaller Xception [everywhere, -keras==2.0.8]
from keras.applications import Xception
from keras.layers import GlobalAveragePooling2D
base = Xception(include_top=False, weights="imagenet")
model = Model(base.input, Dense(1, name="q")(GlobalAveragePooling2D()(base.output)))
for layer in model.layers[:249]:  # error: KFL504
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## the last ten layers of a model that has three [keras==2.15, tensorflow==2.4, keras 3]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
model = Sequential([base, Flatten(), Dense(1, name="q")])
base.trainable = False
for layer in model.layers[-10:]:  # error: KFL504
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## all but the last four of a model that has three [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
model = Sequential([base, Flatten(), Dense(1, name="q")])
for layer in model.layers[:-4]:  # error: KFL504
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## a small model with a number that is too large [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(3, name="r"), Dense(1, name="q")])
for layer in model.layers[:10]:  # error: KFL504
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## arithmetic that counts as a layer on some releases [tensorflow==2.4, keras==2.15, keras 3]
i = Input((4,))
h = Dense(4, name="p")(i)
model = Model(i, Dense(1, name="q")(h * 2 + 1))
for layer in model.layers[:4]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## a layer that the command line chooses is opened [everywhere]
import sys
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(3, name="r"), Dense(1, name="q")])
for layer in model.layers:
    layer.trainable = False
model.layers[int(sys.argv[1])].trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## as many layers as somebody asks for [everywhere]
import sys
model = Sequential()
for number in range(int(sys.argv[1])):
    model.add(Dense(4))
model.add(Dense(1, name="q"))
for layer in model.layers[:10]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
"""

FAMILY = programs(SLICES, PRELUDE)


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_slices_that_miss(program: Program) -> None:
    assert found(program) == program.marked
