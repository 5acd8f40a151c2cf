"""1xx: when a freeze takes effect."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import Dense, Input
from keras.models import Model, Sequential
"""

# KFL101. Keras 1 and 2 read the flags at compile(), Keras 3 at the first step.
AFTER_COMPILE = """
## script that freezes after compile [keras 2, tensorflow==1.14, tf_keras; silent: keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
base.trainable = False  # error: KFL101
model.fit(x, y)

## script that freezes before compile [everywhere, -keras==2.0.8]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
model = Sequential([base, Dense(1, name="q")])
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## script that unfreezes after compile [keras 2; silent: keras 3]
first = Dense(4, input_shape=(4,), trainable=False, name="p")
model = Sequential([first, Dense(1, name="q")])
model.compile("sgd", "mse")
first.trainable = True  # error: KFL101
model.fit(x, y)

## function that compiles too early [keras 2; silent: keras 3]
def build():
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    model.compile("sgd", "mse")
    return model
model = build()
model.layers[0].trainable = False  # error: KFL101
model.fit(x, y)

## function that compiles last [everywhere]
def build():
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    return model
model = build()
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## class with phases in methods [keras 2; silent: keras 3]
class Trainer:
    def __init__(self):
        self.model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
        self.model.compile("sgd", "mse")
    def freeze(self):
        self.model.layers[0].trainable = False  # error: KFL101
    def train(self):
        self.model.fit(x, y)
trainer = Trainer()
trainer.freeze()
trainer.train()

## class that compiles after the freeze [everywhere]
class Trainer:
    def __init__(self):
        self.model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    def freeze(self):
        self.model.layers[0].trainable = False
    def train(self):
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
trainer = Trainer()
trainer.freeze()
trainer.train()

## loop over the layers [keras 2; silent: keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
model.compile("sgd", "mse")
for layer in model.layers[:-1]:
    layer.trainable = False  # error: KFL101
model.fit(x, y)

## loop over the layers, then compile [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
for layer in model.layers[:-1]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## enumerate [keras 2; silent: keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
model.compile(loss="mse", optimizer="sgd")
for i, layer in enumerate(model.layers):
    if i < 2:
        layer.trainable = False  # error: KFL101
model.fit(x, y)

## comprehension with setattr [keras 2; silent: keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
[setattr(layer, "trainable", False) for layer in model.layers[:1]]  # error: KFL101
model.fit(x, y)

## comprehension with setattr in time [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
[setattr(layer, "trainable", False) for layer in model.layers[:1]]
model.compile("sgd", "mse")
model.fit(x, y)

## helper with a flag argument [keras 2; silent: keras 3]
def set_trainable(model, flag):
    for layer in model.layers:
        layer.trainable = flag  # error: KFL101
base = Sequential([Dense(4, input_shape=(4,), name="p")])
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
set_trainable(base, False)
model.fit(x, y)

## helper with a flag argument in time [everywhere]
def set_trainable(model, flag):
    for layer in model.layers:
        layer.trainable = flag
base = Sequential([Dense(4, input_shape=(4,), name="p")])
model = Sequential([base, Dense(1, name="q")])
set_trainable(base, False)
model.compile("sgd", "mse")
model.fit(x, y)

## functional model [keras 2; silent: keras 3]
i = Input((4,))
first = Dense(4, name="p")
model = Model(i, Dense(1, name="q")(first(i)))
model.compile("sgd", "mse")
first.trainable = False  # error: KFL101
model.fit(x, y)

## subclassed model [tensorflow==2.4, keras==2.15; silent: keras 3]
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Dense(4, name="p")
        self.last = Dense(1, name="q")
    def call(self, inputs):
        return self.last(self.first(inputs))
model = Net()
model.compile("sgd", "mse")
model.first.trainable = False  # error: KFL101
model.fit(x, y)

## pretrained base [keras 2; silent: keras 3]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", pooling="avg")
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
base.trainable = False  # error: KFL101
model.fit(x, y)

## pretrained base in time [everywhere, -keras==2.0.8]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", pooling="avg")
base.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## strategy scope [tensorflow==2.4, tensorflow==2.15; silent: keras==3.15]
import tensorflow as tf
strategy = tf.distribute.MirroredStrategy()
with strategy.scope():
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    model.compile("sgd", "mse")
model.layers[0].trainable = False  # error: KFL101
model.fit(x, y)

## strategy scope that holds all [tensorflow==2.4, tensorflow==2.15, keras==3.15]
import tensorflow as tf
strategy = tf.distribute.MirroredStrategy()
with strategy.scope():
    model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
model.fit(x, y)

## the same value again is no mistake [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.layers[0].trainable = True
model.fit(x, y)

## frozen and opened again before training [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.layers[0].trainable = False
model.layers[0].trainable = True
model.fit(x, y)

## compiled again before training [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## guard on the freeze and on the second compile [everywhere]
import os
FREEZE = bool(os.environ.get("FREEZE"))
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
if FREEZE:
    model.layers[0].trainable = False
if FREEZE:
    model.compile("sgd", "mse")
model.fit(x, y)

## guard on the freeze alone [keras 2; silent: keras 3]
import os
FREEZE = bool(os.environ.get("FREEZE"))
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
if FREEZE:
    model.layers[0].trainable = False  # error: KFL101
model.fit(x, y)
"""

# KFL102. After a training call nobody reads the flags, but torch, which reads them at every step.
BETWEEN_FITS = """
## two phases in a script [keras 2, keras==3.15/tensorflow, keras==3.15/jax]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = True  # error: KFL102
model.fit(x, y)

## two phases with a compile between them [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## frozen between two phases [keras 2, keras==3.15/tensorflow, keras==3.15/jax; silent: keras==3.15/torch]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = False  # error: KFL102
model.fit(x, y)

## opened between two phases on torch, where the optimizer refuses [keras==3.15/torch, keras==3.15/jax]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = True  # error: KFL102
model.fit(x, y)

## another batch size is traced anew on Keras 3 [keras 2; silent: keras==3.15/tensorflow, keras==3.15/torch]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y, batch_size=8)
model.layers[0].trainable = False  # error: KFL102
model.fit(x, y, batch_size=4)

## phases in methods [keras 2, keras==3.15, -keras==2.0.8]
class Trainer:
    def __init__(self):
        self.base = Sequential([Dense(4, input_shape=(4,), name="p")])
        self.model = Sequential([self.base, Dense(1, name="q")])
    def phase_one(self):
        self.base.trainable = False
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
    def phase_two(self):
        self.base.trainable = True  # error: KFL102
        self.model.fit(x, y)
trainer = Trainer()
trainer.phase_one()
trainer.phase_two()

## phases in methods that compile [everywhere, -keras==2.0.8]
class Trainer:
    def __init__(self):
        self.base = Sequential([Dense(4, input_shape=(4,), name="p")])
        self.model = Sequential([self.base, Dense(1, name="q")])
    def phase_one(self):
        self.base.trainable = False
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
    def phase_two(self):
        self.base.trainable = True
        self.model.compile("sgd", "mse")
        self.model.fit(x, y)
trainer = Trainer()
trainer.phase_one()
trainer.phase_two()

## gradual unfreezing in a loop [keras 2, keras==3.15]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
for layer in model.layers[:2]:
    layer.trainable = False
model.compile("sgd", "mse")
for number in (1, 0):
    model.fit(x, y)
    model.layers[number].trainable = True  # error: KFL102
model.fit(x, y)

## gradual unfreezing in a loop that compiles [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r"), Dense(1, name="q")])
for layer in model.layers[:2]:
    layer.trainable = False
model.compile("sgd", "mse")
for number in (1, 0):
    model.fit(x, y)
    model.layers[number].trainable = True
    model.compile("sgd", "mse")
model.fit(x, y)

## callback that opens a layer at a later epoch [keras 2, keras==3.15]
class Unfreeze(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            self.model.layers[0].trainable = True  # error: KFL102
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y, epochs=5, callbacks=[Unfreeze()])

## callback that only looks [everywhere]
class Watch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(self.model.layers[0].trainable)
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y, epochs=5, callbacks=[Watch()])

## the base is compiled again instead of the model [keras 2, keras==3.15, -keras==2.0.8]
base = Sequential([Dense(4, input_shape=(4,), name="p")])
base.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True  # error: KFL102
base.compile("sgd", "mse")
model.fit(x, y)

## pretrained base in two phases [keras 2, keras==3.15]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", pooling="avg")
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)
for layer in base.layers[-4:]:
    layer.trainable = True  # error: KFL102
model.fit(x, y)

## pretrained base in two phases, compiled twice [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", pooling="avg")
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)
for layer in base.layers[-4:]:
    layer.trainable = True
model.compile(keras.optimizers.SGD(1e-5), "mse")
model.fit(x, y)

## context manager that does not compile [keras 2, keras==3.15]
from contextlib import contextmanager
@contextmanager
def frozen(layer):
    layer.trainable = False  # error: KFL102
    yield
    layer.trainable = True
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
with frozen(model.layers[0]):
    model.fit(x, y)

## train_on_batch in a loop, compiled in each turn [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for flag in (False, True):
    model.layers[0].trainable = flag
    model.compile("sgd", "mse")
    model.train_on_batch(x, y)

## change after the last training [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.save("model.h5")

## prediction is no training [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.predict(x)
"""

# KFL103. The GAN idiom relies on flags that compile() has read: right on Keras 1 and 2, not on Keras 3.
GANS = """
## script [keras 3; silent: keras 2]
critic = Sequential([Dense(4, input_shape=(4,), name="d"), Dense(1, name="e")])
critic.compile("sgd", "mse")
generator = Sequential([Dense(4, input_shape=(4,), name="g")])
critic.trainable = False  # error: KFL103
combined = Sequential([generator, critic])
combined.compile("sgd", "mse")
for step in range(3):
    critic.train_on_batch(x, y)
    combined.train_on_batch(x, y)

## script that sets the flag around each step and compiles twice [everywhere]
critic = Sequential([Dense(4, input_shape=(4,), name="d"), Dense(1, name="e")])
generator = Sequential([Dense(4, input_shape=(4,), name="g")])
combined = Sequential([generator, critic])
critic.trainable = True
critic.compile("sgd", "mse")
critic.trainable = False
combined.compile("sgd", "mse")
for step in range(3):
    critic.trainable = True
    critic.train_on_batch(x, y)
    critic.trainable = False
    combined.train_on_batch(x, y)

## class [keras 3; silent: keras 2]
class GAN:
    def __init__(self):
        self.discriminator = self.build_discriminator()
        self.discriminator.compile("sgd", "mse")
        self.generator = Sequential([Dense(4, input_shape=(4,), name="g")])
        z = Input(shape=(4,))
        image = self.generator(z)
        self.discriminator.trainable = False  # error: KFL103
        self.combined = Model(z, self.discriminator(image))
        self.combined.compile("sgd", "mse")
    def build_discriminator(self):
        model = Sequential([Dense(4, input_shape=(4,), name="d"), Dense(1, name="e")])
        return model
    def train(self, epochs):
        for epoch in range(epochs):
            self.discriminator.train_on_batch(x, y)
            self.combined.train_on_batch(x, y)
if __name__ == "__main__":
    GAN().train(epochs=10)

## functions [keras 3; silent: keras 2]
def make_discriminator():
    model = Sequential([Dense(4, input_shape=(4,), name="d"), Dense(1, name="e")])
    model.compile("sgd", "mse")
    return model
def make_generator():
    return Sequential([Dense(4, input_shape=(4,), name="g")])
def make_gan(generator, discriminator):
    discriminator.trainable = False  # error: KFL103
    model = Sequential([generator, discriminator])
    model.compile("sgd", "mse")
    return model
def train(generator, discriminator, gan):
    for epoch in range(5):
        discriminator.train_on_batch(x, y)
        gan.train_on_batch(x, y)
discriminator = make_discriminator()
generator = make_generator()
gan = make_gan(generator, discriminator)
train(generator, discriminator, gan)

## loop over the layers of the discriminator [keras 3; silent: keras 2]
critic = Sequential([Dense(4, input_shape=(4,), name="d"), Dense(1, name="e")])
critic.compile("sgd", "mse")
generator = Sequential([Dense(4, input_shape=(4,), name="g")])
for layer in critic.layers:
    layer.trainable = False  # error: KFL103
combined = Sequential([generator, critic])
combined.compile("sgd", "mse")
for step in range(3):
    critic.train_on_batch(x, y)
    combined.train_on_batch(x, y)

## two critics that are reopened after the combined model was compiled [keras==3.15/tensorflow; silent: keras 2]
first = Sequential([Dense(4, input_shape=(4,), name="d")])
second = Sequential([Dense(4, input_shape=(4,), name="e")])
first.compile("sgd", "mse")
second.compile("sgd", "mse")
generator = Sequential([Dense(4, input_shape=(4,), name="g")])
first.trainable = False
second.trainable = False
z = Input(shape=(4,))
combined = Model(z, [first(generator(z)), second(generator(z))])
combined.compile("sgd", "mse")
first.trainable = True  # error: KFL103
second.trainable = True  # error: KFL103
for step in range(3):
    first.train_on_batch(x, y)
    second.train_on_batch(x, y)
    combined.train_on_batch(x, y)

## the generator's turn comes first [keras==3.15/tensorflow; silent: keras 2]
critic = Sequential([Dense(4, input_shape=(4,), name="d")])
generator = Sequential([Dense(4, input_shape=(4,), name="g")])
critic.compile("sgd", "mse")
critic.trainable = False
combined = Sequential([generator, critic])
combined.compile("sgd", "mse")
critic.trainable = True  # error: KFL103
for step in range(3):
    combined.train_on_batch(x, y)
    critic.train_on_batch(x, y)

## an encoder that two critics see is frozen too late for both [keras 2; silent: keras==3.15/tensorflow]
encoder = Sequential([Dense(4, input_shape=(4,), name="e")])
i = Input(shape=(4,))
first = Model(i, Dense(1, name="p")(encoder(i)))
second = Model(i, Dense(1, name="q")(encoder(i)))
first.compile("sgd", "mse")
second.compile("sgd", "mse")
encoder.trainable = False  # error: KFL101
first.fit(x, y)
second.fit(x, y)

## only the combined model trains [everywhere]
critic = Sequential([Dense(4, input_shape=(4,), name="d"), Dense(1, name="e")])
critic.compile("sgd", "mse")
critic.fit(x, y)
generator = Sequential([Dense(4, input_shape=(4,), name="g")])
critic.trainable = False
combined = Sequential([generator, critic])
combined.compile("sgd", "mse")
combined.fit(x, y)
"""

# KFL106. New-style optimizers refuse variables that they were not built with.
OPTIMIZERS = """
## the same optimizer object for both phases
## [keras 3, tensorflow==2.11, keras==2.15; silent: keras==2.2.4, tensorflow==2.4]
optimizer = keras.optimizers.Adam(1e-3)
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile(optimizer, "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.compile(optimizer, "mse")  # error: KFL106
model.fit(x, y)

## the boundary on tf.keras [tensorflow==2.11; silent: tensorflow==2.10]
optimizer = keras.optimizers.SGD(1e-3)
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile(optimizer, "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.compile(optimizer, "mse")  # error: KFL106
model.fit(x, y)

## the optimizer of the model [keras 3, keras==2.15; silent: keras==2.2.4]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.compile(model.optimizer, "mse")  # error: KFL106
model.fit(x, y)

## a new optimizer for the second phase [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile(keras.optimizers.Adam(1e-3), "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.compile(keras.optimizers.Adam(1e-5), "mse")
model.fit(x, y)

## fewer variables are no problem [keras 2, keras==3.15/tensorflow, keras==3.15/torch]
optimizer = keras.optimizers.Adam(1e-3)
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.compile(optimizer, "mse")
model.fit(x, y)
model.layers[0].trainable = False
model.compile(optimizer, "mse")
model.fit(x, y)

## one optimizer for both models of a GAN whose flags are right
## [keras==3.15/tensorflow, keras==2.15; silent: keras==2.2.4, tensorflow==2.4]
optimizer = keras.optimizers.Adam(1e-3)
critic = Sequential([Dense(1, input_shape=(4,), name="judge")])
critic.compile(optimizer, "mse")
maker = Sequential([Dense(4, input_shape=(4,), name="make")])
combined = Sequential([maker, critic])
critic.trainable = False
combined.compile(optimizer, "mse")  # error: KFL106
for step in range(10):
    critic.trainable = True
    critic.train_on_batch(x, y)
    critic.trainable = False
    combined.train_on_batch(x, y)

## one optimizer for models that have nothing in common [everywhere]
optimizer = keras.optimizers.Adam(1e-3)
for count in (1, 2):
    model = Sequential([Dense(4, input_shape=(4,), trainable=False), Dense(count)])
    model.compile(optimizer, "mse")
    model.fit(x, y)

## legacy optimizers take new variables [tensorflow==2.11, keras==2.15]
optimizer = keras.optimizers.legacy.Adam(1e-3)
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile(optimizer, "mse")
model.fit(x, y)
model.layers[0].trainable = True
model.compile(optimizer, "mse")
model.fit(x, y)
"""

# KFL104 and KFL107.
OTHERS = """
## a second instance is trained [everywhere]
def build():
    return Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
frozen = build()
frozen.layers[0].trainable = False  # error: KFL104
model = build()
model.compile("sgd", "mse")
model.fit(x, y)

## every critic is frozen by the same line [keras 2]
class GAN:
    def __init__(self):
        self.start()
    def start(self):
        self.critic = Sequential([Dense(1, input_shape=(4,), name="d")])
        self.critic.compile("sgd", "mse")
        self.critic.trainable = False
        self.combined = Sequential([Dense(4, input_shape=(4,), name="g"), self.critic])
        self.combined.compile("sgd", "mse")
gan = GAN()
gan.start()
gan.critic.train_on_batch(x, y)
gan.combined.train_on_batch(x, y)

## the same instance is trained [everywhere]
def build():
    return Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
frozen = build()
frozen.layers[0].trainable = False
model = frozen
model.compile("sgd", "mse")
model.fit(x, y)

## compile inside fit [keras 3, tensorflow==2.4, keras==2.15, keras==2.2.4]
class Unfreeze(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            self.model.layers[0].trainable = True
            self.model.compile("sgd", "mse")  # error: KFL107
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y, epochs=5, callbacks=[Unfreeze()])

## one fit a phase instead [everywhere]
model = Sequential([Dense(4, input_shape=(4,), trainable=False, name="p"), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y, epochs=3)
model.layers[0].trainable = True
model.compile("sgd", "mse")
model.fit(x, y, epochs=5, initial_epoch=3)
"""

FAMILY = [
    program for text in (AFTER_COMPILE, BETWEEN_FITS, GANS, OPTIMIZERS, OTHERS) for program in programs(text, PRELUDE)
]


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_when_a_freeze_takes_effect(program: Program) -> None:
    assert found(program) == program.marked
