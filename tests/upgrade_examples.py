"""One program a fact: the calls that change on the new Keras are marked; ``instead`` does the same on both."""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = """\
import numpy as np
import keras
from keras import layers

x, y = np.ones((8, 4)), np.ones((8, 1))

"""


@dataclass(frozen=True)
class Example:
    """A program and what the advice makes of it, the two Kerases, and the fact that makes the difference."""

    name: str
    fact: str
    old: str
    new: str
    text: str
    instead: str

    @property
    def marked(self) -> list[int]:
        """The lines with a finding."""
        return [number for number, line in enumerate(self.text.splitlines(), 1) if line.endswith("# changes")]


_PROGRAMS = """
## a flag after compile: flags_read [keras==2.15 to keras==3.15]
model = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(1, name="b")])
model.compile("sgd", "mse")
model.layers[0].trainable = False
model.fit(x, y, verbose=0)  # changes
=>
model = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(1, name="b")])
model.compile("sgd", "mse")
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## a GAN: flags_read [keras==2.15 to keras==3.15]
generator = keras.Sequential([layers.Dense(4, input_shape=(4,), name="g")])
discriminator = keras.Sequential([layers.Dense(1, input_shape=(4,), name="d")])
discriminator.compile("sgd", "mse")
discriminator.trainable = False
gan = keras.Sequential([generator, discriminator])
gan.compile("sgd", "mse")
discriminator.train_on_batch(x, y)  # changes
gan.train_on_batch(x, y)
=>
generator = keras.Sequential([layers.Dense(4, input_shape=(4,), name="g")])
discriminator = keras.Sequential([layers.Dense(1, input_shape=(4,), name="d")])
discriminator.compile("sgd", "mse")
discriminator.trainable = False
gan = keras.Sequential([generator, discriminator])
gan.compile("sgd", "mse")
discriminator.trainable = True
discriminator.train_on_batch(x, y)
discriminator.trainable = False
gan.train_on_batch(x, y)

## statistics held by the call: training_false_holds [keras==2.15 to keras==3.15]
inputs = keras.Input((4,))
norm = layers.BatchNormalization(name="norm")
model = keras.Model(inputs, layers.Dense(1, name="head")(norm(inputs, training=False)))
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
inputs = keras.Input((4,))
norm = layers.BatchNormalization(name="norm")
norm.trainable = False
model = keras.Model(inputs, layers.Dense(1, name="head")(norm(inputs, training=False)))
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## a layer reopened inside a frozen model: trains_by [keras==2.15 to keras==3.15]
base = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(4, name="b")])
model = keras.Sequential([base, layers.Dense(1, name="head")])
base.trainable = False
base.layers[1].trainable = True
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
base = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(4, name="b")])
model = keras.Sequential([base, layers.Dense(1, name="head")])
base.trainable = True
base.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## an assignment of the same value: same_value_skipped [keras==2.15 to keras==3.15]
base = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(4, name="b")])
model = keras.Sequential([base, layers.Dense(1, name="head")])
base.layers[0].trainable = False
base.trainable = True
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
base = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(4, name="b")])
model = keras.Sequential([base, layers.Dense(1, name="head")])
base.layers[0].trainable = False
for layer in base.layers:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## a model's flag and its layers: setter_reaches_children [keras==2.2.4 to keras==2.15]
inputs = keras.layers.Input((4,))
features = layers.Dense(4, name="a")(inputs)
base = keras.models.Model(inputs, features)
base.trainable = False
model = keras.models.Model(inputs, layers.Dense(1, name="head")(features))
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
inputs = keras.layers.Input((4,))
features = layers.Dense(4, name="a")(inputs)
base = keras.models.Model(inputs, features)
for layer in base.layers:
    layer.trainable = False
model = keras.models.Model(inputs, layers.Dense(1, name="head")(features))
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## statistics of a frozen layer: frozen_bn_statistics [keras==2.0.8 to keras==2.2.4]
norm = layers.BatchNormalization(input_shape=(4,), name="norm")
model = keras.models.Sequential([norm, layers.Dense(1, name="head")])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
inputs = keras.layers.Input((4,))
norm = layers.BatchNormalization(name="norm")
norm.trainable = False
model = keras.models.Model(inputs, layers.Dense(1, name="head")(norm(inputs, training=False)))
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## a flag given to the constructor: constructor_flag [keras==3.0.5 to keras==3.15]
model = keras.Sequential([layers.Dense(4, trainable=False, input_shape=(4,), name="a"), layers.Dense(1, name="b")])
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
model = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(1, name="b")])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)

## a used optimizer: optimizer_refuses_new [tensorflow==2.8 to tensorflow==2.15]
model = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(1, name="b")])
optimizer = keras.optimizers.SGD(0.1)
model.layers[0].trainable = False
model.compile(optimizer, "mse")
model.fit(x, y, verbose=0)
model.layers[0].trainable = True
model.compile(optimizer, "mse")
model.fit(x, y, verbose=0)  # changes
=>
model = keras.Sequential([layers.Dense(4, input_shape=(4,), name="a"), layers.Dense(1, name="b")])
model.layers[0].trainable = False
model.compile(keras.optimizers.SGD(0.1), "mse")
model.fit(x, y, verbose=0)
model.layers[0].trainable = True
model.compile(keras.optimizers.SGD(0.1), "mse")
model.fit(x, y, verbose=0)

## a layer added to a frozen model: sequential_add_resets_flag [keras==2.2.4 to keras==2.15]
model = keras.models.Sequential([layers.Dense(4, input_shape=(4,), name="a")])
model.trainable = False
model.add(layers.Dense(1, name="b"))
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)  # changes
=>
model = keras.models.Sequential([layers.Dense(4, input_shape=(4,), name="a")])
model.add(layers.Dense(1, name="b"))
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y, verbose=0)
"""


def _examples() -> list[Example]:
    found = []
    for chapter in _PROGRAMS.split("\n## ")[1:]:
        heading, _, body = chapter.partition("\n")
        name, _, rest = heading.partition(": ")
        fact, _, kerases = rest.partition(" [")
        old, _, new = kerases.rstrip("]").partition(" to ")
        text, _, instead = body.partition("\n=>\n")
        found.append(Example(name, fact, old, new, f"{PRELUDE}{text.strip()}\n", f"{PRELUDE}{instead.strip()}\n"))
    return found


EXAMPLES = _examples()
