"""What each fix makes of a program, as pairs that read like documentation."""

from __future__ import annotations

from dataclasses import dataclass

from keras_freeze_lint.settings import Settings
from tests.fix_examples_recompile import LATE, OPTIMIZERS

PRELUDE = """\
import keras
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential

base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")])
model = Sequential([base, Dense(1, name="q")])
"""

KERAS_2, KERAS_3 = Settings(keras="keras==2.15"), Settings(keras="keras==3.15")


@dataclass(frozen=True)
class Pair:
    """A program before and after its fixes; without ``after`` nothing may change."""

    name: str
    before: str
    after: str | None = None
    settings: Settings = KERAS_2
    safe: bool = True


def pairs(text: str, settings: Settings, safe: bool) -> list[Pair]:
    """Chapters ``## name``, each with what it is before and, below a line ``=>``, after."""
    chapters = [chapter.partition("\n") for chapter in text.split("## ")[1:]]
    return [
        Pair(name, before.strip("\n") + "\n", after.strip("\n") + "\n" if arrow else None, settings, safe)
        for name, _, body in chapters
        for before, arrow, after in [body.partition("\n=>\n")]
    ]


SAFE = """
## KFL401 an attribute is renamed, comments stay
base.trainble = False  # keep the features
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False  # keep the features
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 what reads it back is renamed too
base.trainble = False
print(base.trainble)
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False
print(base.trainable)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 read back under another name
base.trainble = False
print(model.layers[0].trainble)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 a name for setattr keeps its quotes
for layer in base.layers:
    setattr(layer, r'trainabel', False)
model.compile("sgd", "mse")
model.fit(x, y)
=>
for layer in base.layers:
    setattr(layer, r'trainable', False)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL401 a keyword of a constructor
frozen = Dense(
    4,
    trainble=False,  # not yet
    input_shape=(4,),
)
model = Sequential([frozen, Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)
=>
frozen = Dense(
    4,
    trainable=False,  # not yet
    input_shape=(4,),
)
model = Sequential([frozen, Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 a comparison
base.trainable==False
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable=False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 a test for identity
base.trainable is False  # frozen
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False  # frozen
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 an annotation
base.trainable: False
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL402 an annotation that names a type
base.trainable: int
model.compile("sgd", "mse")
model.fit(x, y)

## KFL403 a call, beside another statement
base.trainable(False); print("frozen")
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False; print("frozen")
model.compile("sgd", "mse")
model.fit(x, y)

## KFL403 a call whose result is used
result = base.trainable(False)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 a text that names a truth
base.trainable = 'False'
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 as an argument
setattr(base, "trainable", "False")
model.compile("sgd", "mse")
model.fit(x, y)
=>
setattr(base, "trainable", False)
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 a constructor's argument
head = keras.layers.Dense(1, trainable="false")
model = keras.Sequential([base, head])
model.compile("sgd", "mse")
model.fit(x, y)
=>
head = keras.layers.Dense(1, trainable=False)
model = keras.Sequential([base, head])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 a comma too many
base.trainable = False,  # frozen
model.compile("sgd", "mse")
model.fit(x, y)
=>
base.trainable = False  # frozen
model.compile("sgd", "mse")
model.fit(x, y)

## KFL405 any other text
base.trainable = "no"
model.compile("sgd", "mse")
model.fit(x, y)
"""

LISTS = """
## KFL404 a slice becomes a loop
if True:
    base.layers[:-1].trainable = False  # all but the last
model.compile("sgd", "mse")
model.fit(x, y)
=>
if True:
    for layer in base.layers[:-1]:
        layer.trainable = False  # all but the last
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 setattr becomes a loop
def train():
    setattr(base.layers[:1], "trainable", False)
    model.compile("sgd", "mse")
    model.fit(x, y)
train()
=>
def train():
    for layer in base.layers[:1]:
        setattr(layer, "trainable", False)
    model.compile("sgd", "mse")
    model.fit(x, y)
train()

## KFL404 a name that is taken is not taken again
for layer in base.layers:
    print(layer)
base.layers.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
=>
for layer in base.layers:
    print(layer)
for each_layer in base.layers:
    each_layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL404 a loop needs lines of its own
base.layers.trainable = False; print("frozen")
model.compile("sgd", "mse")
model.fit(x, y)
"""

ORDER = """
## KFL502 the model first, then its layers
# Only the second layer learns.
base.layers[0].trainable = False
base.layers[1].trainable = True
# All of it.
base.trainable = True  # at first
model.compile("sgd", "mse")
model.fit(x, y)
=>
# Only the second layer learns.
# All of it.
base.trainable = True  # at first
base.layers[0].trainable = False
base.layers[1].trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## KFL502 the model is made between them
first = Dense(4, input_shape=(4,), name="first")
first.trainable = False
whole = Sequential([first, Dense(1, name="last")])
whole.trainable = True
whole.compile("sgd", "mse")
whole.fit(x, y)

## KFL502 at the end of a loop, and of the file
for epoch in range(2):
    model.compile("sgd", "mse")
    model.fit(x, y)
    base.layers[0].trainable = False
    base.trainable = True
=>
for epoch in range(2):
    model.compile("sgd", "mse")
    model.fit(x, y)
    base.trainable = True
    base.layers[0].trainable = False

## KFL502 a loop between them may do anything
base.layers[0].trainable = False
for layer in base.layers:
    print(layer)
base.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## KFL502 the layers are frozen in a loop
# Not the features.
for layer in base.layers[:1]:
    if layer.name != "r":
        layer.trainable = False  # p
base.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)
=>
# Not the features.
base.trainable = True
for layer in base.layers[:1]:
    if layer.name != "r":
        layer.trainable = False  # p
model.compile("sgd", "mse")
model.fit(x, y)

## KFL502 the loop's variable is used
for part in model.layers[:1]:
    part.layers[0].trainable = False
part.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)
"""

LOOPS = """
## KFL601 in both places that are paired by their order
optimizer = keras.optimizers.SGD(0.1)
base.trainable = False
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
gradients = tape.gradient(loss, model.variables)
optimizer.apply_gradients(zip(gradients, model.variables))
print(len(model.variables))
=>
optimizer = keras.optimizers.SGD(0.1)
base.trainable = False
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
gradients = tape.gradient(loss, model.trainable_variables)
optimizer.apply_gradients(zip(gradients, model.trainable_variables))
print(len(model.variables))

## KFL601 where the list gets its name
optimizer = keras.optimizers.SGD(0.1)
base.trainable = False
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
everything = model.weights
gradients = tape.gradient(loss, everything)
optimizer.apply_gradients(zip(gradients, everything))
=>
optimizer = keras.optimizers.SGD(0.1)
base.trainable = False
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
everything = model.trainable_variables
gradients = tape.gradient(loss, everything)
optimizer.apply_gradients(zip(gradients, everything))

## KFL601 the gradients have another order
optimizer = keras.optimizers.SGD(0.1)
base.trainable = False
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
everything = model.variables
gradients = tape.gradient(loss, everything)
optimizer.apply_gradients(zip(gradients, model.variables))
"""

PARENTS = """
## KFL501 the parent is frozen layer by layer
base.trainable = False  # the features
for layer in base.layers[-1:]:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)
=>
for each_layer in base.layers:
    each_layer.trainable = False  # the features
for layer in base.layers[-1:]:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## KFL501 in a function, by name
def build():
    base.trainable = False
    base.get_layer("r").trainable = True
    return model

build().compile("sgd", "mse")
model.fit(x, y)
=>
def build():
    for layer in base.layers:
        layer.trainable = False
    base.get_layer("r").trainable = True
    return model

build().compile("sgd", "mse")
model.fit(x, y)

## KFL501 several statements on a line
base.trainable = False; base.layers[1].trainable = True
model.compile("sgd", "mse")
model.fit(x, y)
"""

SLICES = """
## KFL504 the last none
LAST = 0
base.layers[0].trainable = False
for layer in base.layers[-LAST:]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
=>
LAST = 0
base.layers[0].trainable = False
for layer in base.layers[len(base.layers) - LAST:]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL504 all but none
for layer in base.layers[:-0]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
=>
for layer in base.layers[:len(base.layers)]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
"""

PAIRS = [
    *pairs(PARENTS, KERAS_2, safe=False),
    *pairs(SLICES, KERAS_3, safe=False),
    *pairs(SAFE, KERAS_3, safe=True),
    *pairs(LISTS, KERAS_3, safe=False),
    *pairs(LATE, KERAS_2, safe=False),
    *pairs(OPTIMIZERS, KERAS_3, safe=False),
    *pairs(ORDER, KERAS_2, safe=False),
    *pairs(LOOPS, KERAS_2, safe=False),
]
