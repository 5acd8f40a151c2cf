"""4xx: assignments that do nothing. Silent mistakes are silent on every Keras, so these speak everywhere."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import Dense, Dropout, Input
from keras.models import Model, Sequential
"""

MISTAKES = """
## KFL401 misspelt on a layer [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainble = False  # error: KFL401
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 misspelt in a loop [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for layer in model.layers[:-1]:
    layer.tranable = False  # error: KFL401
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 misspelt for setattr [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for layer in model.layers[:-1]:
    setattr(layer, "trainabel", False)  # error: KFL401
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 misspelt in a method [everywhere]
class Trainer:
    def __init__(self):
        self.base = Sequential([Dense(4, input_shape=(4,), name="p")])
        self.base.Trainable = False  # error: KFL401
        self.model = Sequential([self.base, Dense(1, name="q")])
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
Trainer()

## KFL401 misspelt on a model that comes as an argument [everywhere]
def freeze(model):
    for layer in model.layers:
        layer.trainble = False  # error: KFL401
    model.compile("sgd", "mse")
    model.fit(x, y)

## KFL401 misspelt keyword of a layer [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainble=False), Dense(1, name="q")])  # error: KFL401
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 misspelt keyword of an application [keras==2.15, keras 3]
base = keras.applications.VGG16(include_top=False, Trainable=False)  # error: KFL401
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 an attribute of another object with such a name [everywhere]
class Trainer:
    pass
trainer = Trainer()
trainer.trainer = "adam"
trainer.trained = True
model = Sequential([Dense(1, input_shape=(4,), name="q")])
model.trained = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 near names on a layer of Keras [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainables = False  # error: KFL401
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 near names on a layer of one's own [everywhere]
class Gate(Dense):
    def __init__(self, units, **options):
        super().__init__(units, **options)
        self.is_trainable = False
        self.trainables = []
model = Sequential([Input((4,)), Gate(4, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 compared [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable == False  # error: KFL402
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 compared in a loop [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for layer in model.layers[:-1]:
    layer.trainable == False  # error: KFL402
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 annotated [everywhere]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
base.trainable: False  # error: KFL402
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 comparisons that are used [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
assert model.layers[0].trainable == True
if model.layers[0].trainable == True:
    print("opened")
count = sum(layer.trainable == True for layer in model.layers)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL403 called [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable(False)  # error: KFL403
model.compile("sgd", "mse")
model.fit(x, y)

## KFL403 a method of one's own with that name [everywhere]
class Switch:
    def trainable(self, flag):
        self.flag = flag
switch = Switch()
switch.trainable(False)
model = Sequential([Dense(1, input_shape=(4,), name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 on a slice [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[:-1].trainable = False  # error: KFL404
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 on the list of layers [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers.trainable = False  # error: KFL404
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 on one layer of the list [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[:-1][0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 on a list of variables [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].weights.trainable = False  # error: KFL404
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 on a list that the model keeps: Keras 3 takes the attribute and nobody looks at it, tf.keras heeds it
## [keras 3; silent: tensorflow==2.4, keras==2.15]
class Blocks(Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Dense(4), Dense(4)]
        self.head = Dense(1)
    def call(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return self.head(inputs)
model = Blocks()
model.blocks.trainable = False  # error: KFL404
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 a text [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = "False"  # error: KFL405
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 a text for a constructor [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainable="False"), Dense(1, name="q")])  # error: KFL405
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 an option of the command line that is a text [everywhere]
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--trainable", default="False")
options = parser.parse_args()
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = options.trainable  # error: KFL405
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 an option that is no text [everywhere]
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--trainable", action="store_true")
options = parser.parse_args()
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = options.trainable
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 an option without a type or a default [everywhere]
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--trainable", help="train the base?")
options = parser.parse_args()
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = options.trainable  # error: KFL405
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 an option of type bool, handed to a function [everywhere]
import argparse
def build(args):
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    model.layers[0].trainable = args.train_base  # error: KFL405
    model.compile("sgd", "mse")
    return model
parser = argparse.ArgumentParser()
parser.add_argument("--train-base", type=bool, default=False)
build(parser.parse_args()).fit(x, y)

## KFL405 options that are read as what they say [everywhere]
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--first", type=lambda text: text == "True", default=False)
parser.add_argument("--second", type=int, default=0)
parser.add_argument("--third", default="False")
parser.add_argument("--fourth", action=argparse.BooleanOptionalAction, default=False)
options = parser.parse_args()
model = Sequential([Dense(4, input_shape=(4,)), Dense(4), Dense(4), Dense(4), Dense(1, name="q")])
model.layers[0].trainable = options.first
model.layers[1].trainable = options.second
model.layers[2].trainable = options.third == "True"
model.layers[3].trainable = options.fourth
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 the environment and the command line [everywhere]
import os
import sys
model = Sequential([Dense(4, input_shape=(4,)), Dense(4), Dense(4), Dense(1, name="q")])
model.layers[0].trainable = os.environ.get("TRAINABLE", "False")  # error: KFL405
model.layers[1].trainable = os.environ["TRAINABLE"]  # error: KFL405
model.layers[2].trainable = sys.argv[1]  # error: KFL405
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 the environment, compared [everywhere]
import os
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = os.environ.get("TRAINABLE", "False") == "True"
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 zero and None do freeze [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
model.layers[0].trainable = 0
model.layers[1].trainable = None
model.compile("sgd", "mse")
model.fit(x, y)

## KFL406 on the output of a layer [everywhere]
i = Input((4,))
h = Dense(4, name="p")(i)
h.trainable = False  # error: KFL406
model = Model(i, Dense(1, name="q")(h))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL406 on the output of a base [everywhere]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
base.output.trainable = False  # error: KFL406
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL406 on the layer that makes the tensor [everywhere]
i = Input((4,))
first = Dense(4, name="p")
h = first(i)
first.trainable = False
model = Model(i, Dense(1, name="q")(h))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 on the class before its layers are built
## [keras==2.0.8, keras==2.2.4; silent: tensorflow==2.4, keras==2.15, keras 3]
Dense.trainable = False  # error: KFL407
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 on the class after its layers are built
## [keras==2.0.8, keras==2.2.4, keras 3; silent: tensorflow==2.4, keras==2.15]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
Dense.trainable = False  # error: KFL407
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 in the body of a class [keras==2.0.8, keras==2.2.4; silent: tensorflow==2.4, keras==2.15, keras 3]
class Frozen(Dense):
    trainable = False  # error: KFL407
model = Sequential([Frozen(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 on each variable of a layer
## [keras==2.1.3, keras==2.2.4, tensorflow==2.1, tensorflow==2.4, keras==2.15; silent: keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for weight in model.layers[0].weights:
    weight.trainable = False  # error: KFL407
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 on one variable from the list [keras==2.2.4, tensorflow==2.4, keras==2.15; silent: keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable_weights[0].trainable = False  # error: KFL407
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 variables that are only looked at [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for weight in model.weights:
    print(weight.name, weight.shape, weight.trainable)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL407 a class of one's own for layers that start frozen [keras==2.15, keras==3.15]
class Frozen(Dense):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, trainable=False, **kwargs)
model = Sequential([Input((4,)), Frozen(4, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL408 the private attribute [keras 3; silent: keras==2.15, tensorflow==2.4]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
base._trainable = False  # error: KFL408
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## the flag as a field of something else [everywhere]
from dataclasses import dataclass
@dataclass
class Settings:
    trainable: bool = False
settings = Settings()
settings.trainable = "no"
model = Sequential([Dense(1, input_shape=(4,), name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
"""

FAMILY = programs(MISTAKES, PRELUDE)


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_assignments_that_do_nothing(program: Program) -> None:
    assert found(program) == program.marked
