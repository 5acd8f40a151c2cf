"""5xx: models inside models."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import Dense, Flatten, Input
from keras.models import Model, Sequential
"""

# KFL501. On Keras 1 and 2 a frozen model hides what its layers say; on Keras 3 the layer's own flag counts.
FROZEN_PARENT = """
## inner layer opened under a frozen base [keras==2.2.4, tensorflow==2.1, tensorflow==2.4, keras==2.15; silent: keras 3]
stem = Dense(4, input_shape=(4,), name="stem")
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
base.trainable = False
base.layers[-1].trainable = True  # error: KFL501
model = Sequential([stem, base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## inner layers opened in a loop [keras==2.2.4, tensorflow==2.4, keras==2.15; silent: keras 3]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
base.trainable = False
for layer in base.layers[-1:]:
    layer.trainable = True  # error: KFL501
j = Input((4,))
model = Model(j, Dense(1, name="q")(base(j)))
model.compile("sgd", "mse")
model.fit(x, y)

## the base open and its first layers frozen [everywhere]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
base.trainable = True
for layer in base.layers[:-1]:
    layer.trainable = False
j = Input((4,))
model = Model(j, Dense(1, name="q")(base(j)))
model.compile("sgd", "mse")
model.fit(x, y)

## the layers of the base in a flat model [tensorflow==1.15, tensorflow==2.4, keras==2.15, keras 3]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
base.trainable = False
base.layers[-1].trainable = True
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)

## an application whose last block is opened [tensorflow==2.4, keras==2.15; silent: keras 3]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
base.trainable = False
for layer in base.layers:
    if layer.name.startswith("block5"):
        layer.trainable = True  # error: KFL501
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## class with phases in methods [keras==2.2.4, keras==2.15; silent: keras 3]
class Trainer:
    def __init__(self):
        i = Input((4,))
        self.base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
        self.base.trainable = False
        j = Input((4,))
        self.model = Model(j, Dense(1, name="q")(self.base(j)))
    def train(self):
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
    def fine_tune(self):
        self.base.layers[-1].trainable = True  # error: KFL501
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
trainer = Trainer()
trainer.train()
trainer.fine_tune()
"""

# KFL503. Keras 3 goes by the flag that was set last, whichever model it was for; Keras 2 keeps that of each compile.
# From tf.keras 1.14 on a container's flag is its layers', and so that of the other models around them.
SHARED = """
## one layer frozen for the first of two models and open for the second
## [keras 3; silent: keras 2]
i = Input((4,))
layer = Dense(1, name="r")
layer.trainable = False
frozen_model = Model(i, layer(i))
frozen_model.compile("sgd", "mse")
layer.trainable = True  # error: KFL503
open_model = Model(i, layer(i))
open_model.compile("sgd", "mse")
frozen_model.fit(x, y)
open_model.fit(x, y)

## the flag set anew before each model's training [keras 3, keras 2]
i = Input((4,))
layer = Dense(1, name="r")
frozen_model = Model(i, layer(i))
open_model = Model(i, layer(i))
layer.trainable = False
frozen_model.compile("sgd", "mse")
frozen_model.fit(x, y)
layer.trainable = True
open_model.compile("sgd", "mse")
open_model.fit(x, y)

## a trunk frozen for the second of two heads [keras 3; silent: keras 2]
i = Input((4,))
trunk = Dense(2, name="trunk")
first = Model(i, Dense(1, name="p")(trunk(i)))
first.compile("sgd", "mse")
trunk.trainable = False  # error: KFL503
second = Model(i, Dense(1, name="q")(trunk(i)))
second.compile("sgd", "mse")
second.fit(x, y)
first.fit(x, y)

## one of two containers frozen
## [tensorflow==1.15, tensorflow==2.1, tensorflow==2.4, keras==2.15, keras 3; silent: keras==2.2.4]
i = Input((4,))
h = Dense(2, name="s")(i)
open_part = Model(i, h, name="open_part")
closed_part = Model(i, h, name="closed_part")
closed_part.trainable = False  # error: KFL503
j, k = Input((4,)), Input((4,))
learner = Model(j, Dense(1, name="p")(open_part(j)))
reader = Model(k, Dense(1, name="q")(closed_part(k)))
learner.compile("sgd", "mse")
reader.compile("sgd", "mse")
learner.fit(x, y)
reader.fit(x, y)

## both containers given their flags in time [tensorflow==2.4, keras==2.15, keras 3]
i = Input((4,))
h = Dense(2, name="s")(i)
open_part = Model(i, h, name="open_part")
closed_part = Model(i, h, name="closed_part")
j, k = Input((4,)), Input((4,))
learner = Model(j, Dense(1, name="p")(open_part(j)))
reader = Model(k, Dense(1, name="q")(closed_part(k)))
closed_part.trainable = False
reader.compile("sgd", "mse")
reader.fit(x, y)
closed_part.trainable = True
learner.compile("sgd", "mse")
learner.fit(x, y)

## a frozen part of a base, used by the model that is trained [everywhere]
i = Input((4,))
base = Model(i, Dense(2, name="r")(Dense(4, name="s")(i)), name="base")
lower = Model(i, base.layers[1].output, name="lower")
for layer in lower.layers:
    layer.trainable = False
j = Input((4,))
model = Model(j, Dense(1, name="q")(base(j)))
model.compile("sgd", "mse")
model.fit(x, y)
"""

# KFL502. Only where a model's flag is pushed down to its layers does it undo what they said.
OVERRIDES = """
## the base closes the layers that were opened before
## [tensorflow==2.4, keras==2.15, keras 3; silent: keras==2.2.4, tensorflow==1.13]
base = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(4, name="r")], name="base")
base.layers[-1].trainable = True
base.trainable = False  # error: KFL502
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## the base opens the layers that were frozen before [tensorflow==2.4, keras==2.15]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
for layer in base.layers[:1]:
    layer.trainable = False
base.trainable = True  # error: KFL502
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## first the base, then its layers [everywhere]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
base.trainable = True
base.layers[1].trainable = False
j = Input((4,))
model = Model(j, Dense(1, name="q")(base(j)))
model.compile("sgd", "mse")
model.fit(x, y)

## all frozen, then all open again in the next phase [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
for layer in model.layers[:-1]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
for layer in model.layers:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)
"""

# KFL506. Standalone Keras and tf.keras before 1.14 do not push a model's flag down to its layers.
NOT_INHERITED = """
## model from the tensors of a frozen base
## [standalone, tensorflow==1.13; silent: tensorflow==1.14, keras==2.15, keras 3]
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
base.trainable = False  # error: KFL506
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)

## frozen layer by layer [everywhere, tensorflow==1.13]
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)

## layers of a frozen base in another model
## [keras==2.1.3, keras==2.2.4, tensorflow==1.13; silent: tensorflow==1.14, keras==2.15, keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")])
base.trainable = False  # error: KFL506
model = Sequential()
for layer in base.layers:
    model.add(layer)
model.add(Dense(1, name="q"))
model.compile("sgd", "mse")
model.fit(x, y)

## application as a base [keras==2.2.4, keras==2.3.1; silent: tensorflow==2.1, keras==2.15, keras 3]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 3))
base.trainable = False  # error: KFL506
model = Model(inputs=base.input, outputs=Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## a Sequential inside a Sequential on Keras 2.0 [keras==2.0.8; silent: keras==2.2.4, keras==2.15, keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
base.trainable = False  # error: KFL506
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## a base opened again whose layers were frozen one by one [standalone, tensorflow==1.13; silent: tensorflow==2.4, keras==2.15]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
for layer in base.layers:
    layer.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True  # error: KFL506
model.compile("sgd", "mse")
model.fit(x, y)

## a base that a callback freezes after an epoch moves before [keras==3.15/torch]
from keras.callbacks import Callback
class FreezeLater(Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.layers[0].trainable = False
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y, epochs=2, callbacks=[FreezeLater()])

## flag of TimeDistributed
## [keras==2.0.8, keras==2.1.3, tensorflow==1.4; silent: keras==2.1.4, tensorflow==1.10, keras==2.15, keras 3]
from keras.layers import Reshape, TimeDistributed
wrapper = TimeDistributed(Dense(3), input_shape=(2, 2), name="w")
wrapper.trainable = False  # error: KFL506
model = Sequential([wrapper, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x.reshape(8, 2, 2), y)
"""

# KFL506, by constructor: Keras 3 and some releases of tf.keras do not hand the flag on.
BY_CONSTRUCTOR = """
## Bidirectional frozen by its constructor
## [tensorflow==2.4, keras==2.6, keras 3; silent: keras==2.2.4, tensorflow==2.1, tensorflow==2.3, keras==2.12, keras==2.15]
from keras.layers import LSTM, Bidirectional
model = Sequential([Input((2, 2)), Bidirectional(LSTM(3), trainable=False), Dense(1, name="q")])  # error: KFL506
model.compile("sgd", "mse")
model.fit(x.reshape(8, 2, 2), y)

## Bidirectional frozen by its attribute [keras==2.2.4, tensorflow==2.1, tensorflow==2.4, keras==2.15, keras 3]
from keras.layers import LSTM, Bidirectional
model = Sequential([Input((2, 2)), Bidirectional(LSTM(3)), Dense(1, name="q")])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x.reshape(8, 2, 2), y)
"""

# KFL507. Keras 3 on tensorflow skips the assignment of the value that the attribute already has.
SKIPPED = """
## opened although the base says it is open [keras==3.15/tensorflow; silent: keras==3.15/torch, keras==3.15/jax]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
for layer in base.layers:
    layer.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True  # error: KFL507
model.compile("sgd", "mse")
model.fit(x, y)

## frozen and opened as a whole [everywhere, -keras==2.0.8]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
base.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## frozen a second time [keras==3.15/tensorflow]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
base.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.layers[1].trainable = True
base.trainable = False  # error: KFL507
model.compile("sgd", "mse")
model.fit(x, y)

## frozen a second time, where the assignment arrives [keras==3.15/torch, keras==3.15/jax, keras==2.15, tensorflow==2.4]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
base.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.layers[1].trainable = True
base.trainable = False  # error: KFL502
model.compile("sgd", "mse")
model.fit(x, y)
"""

FAMILY = [
    program
    for text in (FROZEN_PARENT, OVERRIDES, SHARED, NOT_INHERITED, BY_CONSTRUCTOR, SKIPPED)
    for program in programs(text, PRELUDE)
]


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_models_inside_models(program: Program) -> None:
    assert found(program) == program.marked
