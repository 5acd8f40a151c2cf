"""3xx: weights and their order."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
import tensorflow as tf
from keras.layers import BatchNormalization, Dense, Embedding, Flatten, Input
from keras.models import Model, Sequential
"""

# KFL301. Nested models reorder their list on standalone Keras, composite layers on tf.keras from 1.14, none on Keras 3.
ORDER = """
## part of a nested model frozen between get and set
## [keras==2.2.4, keras==2.3.1, tensorflow==1.13; silent: tensorflow==1.14, tensorflow==2.15, keras 3]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
j = Input((4,))
model = Model(j, Dense(4, name="q")(base(j)))
weights = model.get_weights()
base.layers[1].trainable = False
model.set_weights(weights)  # error: KFL301
model.compile("sgd", "mse")
model.fit(x, x)

## flags put back before the weights are set [everywhere, keras==2.3.1]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
j = Input((4,))
model = Model(j, Dense(4, name="q")(base(j)))
weights = model.get_weights()
base.layers[1].trainable = False
model.compile("sgd", "mse")
model.fit(x, x)
base.layers[1].trainable = True
model.set_weights(weights)

## a flat model never reorders [everywhere, keras==2.3.1]
model = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
weights = model.get_weights()
model.layers[0].trainable = False
model.set_weights(weights)
model.compile("sgd", "mse")
model.fit(x, y)

## a Bidirectional with one direction frozen [tensorflow==1.15, tensorflow==2.15; silent: keras 3]
from keras.layers import Bidirectional, LSTM
wrapper = Bidirectional(LSTM(3), name="both")
model = Sequential([Input((4, 1)), wrapper, Dense(1, name="q")])
weights = model.get_weights()
wrapper.forward_layer.trainable = False
model.set_weights(weights)  # error: KFL301
model.compile("sgd", "mse")
model.fit(x[..., None], y)

## h5 file across a partial freeze of a nested model [keras==2.2.4, tensorflow==2.15]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
j = Input((4,))
model = Model(j, Dense(4, name="q")(base(j)))
model.save_weights("weights.h5")
base.layers[1].trainable = False
model.load_weights("weights.h5")  # error: KFL301
model.compile("sgd", "mse")
model.fit(x, x)

## h5 file loaded with the flags that it was saved with [keras==2.2.4, tensorflow==2.15]
i = Input((4,))
base = Model(i, Dense(4, name="r")(Dense(4, name="p")(i)), name="base")
j = Input((4,))
model = Model(j, Dense(4, name="q")(base(j)))
model.save_weights("weights.h5")
model.load_weights("weights.h5")
base.layers[1].trainable = False
model.compile("sgd", "mse")
model.fit(x, x)
"""

# KFL302 and KFL303.
RANDOM = """
## KFL302 weights arrive after the training that relied on them [everywhere]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
for layer in base.layers:
    layer.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
base.load_weights("base.h5")  # error: KFL302
model.save("model.h5")

## KFL302 weights arrive before the training [everywhere]
base = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(4, name="r")], name="base")
base.load_weights("base.h5")
for layer in base.layers:
    layer.trainable = False
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
model.save("model.h5")

## KFL303 application without weights, frozen [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False  # error: KFL303
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 application whose weights are loaded from a file [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
base.load_weights("vgg16_notop.h5")
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 application with pretrained weights [everywhere]
from keras.applications import VGG16
base = VGG16(include_top=False, input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 Embedding without a matrix, frozen [keras==2.2.4, keras==2.15, keras==3.15]
model = Sequential([Embedding(50, 8, trainable=False), Flatten(), Dense(1)])  # error: KFL303
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 Embedding without a matrix, frozen in a hand-written loop [keras==2.15, keras==3.15]
start = Input((4,))
words = Embedding(50, 8)
model = Model(start, Dense(1)(Flatten()(words(start))))
words.trainable = False  # error: KFL303
optimizer = keras.optimizers.SGD(0.1)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x) - y) ** 2)
optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))

## KFL303 a frozen Embedding while another model has a hand-written loop [keras==2.15, keras==3.15]
start = Input((4,))
other = Model(start, Dense(1)(Flatten()(Embedding(50, 8)(start))))
other.trainable = False
model = Sequential([Input((4,)), Dense(4), Dense(1)])
optimizer = keras.optimizers.SGD(0.1)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x) - y) ** 2)
optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))

## KFL302 weights of a frozen model that come after another model's hand-written loop [keras==2.15, keras==3.15]
start = Input((4,))
other = Model(start, Dense(2)(Dense(8)(start)))
other.trainable = False
model = Sequential([Input((4,)), Dense(4), Dense(1)])
optimizer = keras.optimizers.SGD(0.1)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x) - y) ** 2)
optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
other.load_weights("other.h5")

## KFL303 Embedding of a critic that has its own training [keras==2.2.4, keras==2.15]
critic = Sequential([Embedding(50, 8), Flatten(), Dense(1)])
critic.compile("sgd", "mse")
generator = Sequential([Dense(4, input_shape=(4,))])
critic.trainable = False
combined = Sequential([generator, critic])
combined.compile("sgd", "mse")
for step in range(3):
    combined.train_on_batch(x, y)
    critic.train_on_batch(x, y)

## KFL303 Embedding whose matrix comes with it [keras==2.2.4, keras==2.15]
model = Sequential([Embedding(50, 8, weights=[matrix], input_length=4, trainable=False), Flatten(), Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 Embedding whose matrix is its initializer [keras==2.15, keras==3.15]
start = keras.initializers.Constant(matrix)
model = Sequential([Embedding(50, 8, embeddings_initializer=start, trainable=False), Flatten(), Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 Embedding whose matrix is set before training [keras==2.15, keras==3.15]
words = Embedding(50, 8)
model = Sequential([Input((4,)), words, Flatten(), Dense(1)])
words.set_weights([matrix])
words.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 clone of a pretrained model, frozen [keras==2.15, keras==3.15]
from keras.applications import VGG16
base = keras.models.clone_model(VGG16(include_top=False, input_shape=(32, 32, 3)))
for layer in base.layers:
    layer.trainable = False  # error: KFL303
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## KFL303 clone of a model with a layer from TensorFlow Hub, which brings its weights [keras==2.15]
import tensorflow_hub as hub
encoder = hub.KerasLayer("https://tfhub.dev/google/nnlm-en-dim50/2", input_shape=[], trainable=False)
model = Sequential([encoder, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
again = keras.models.clone_model(model)
again.compile("sgd", "mse")
again.fit(x, y)

## KFL303 clone that gets the weights [keras==2.15, keras==3.15]
from keras.applications import VGG16
pretrained = VGG16(include_top=False, input_shape=(32, 32, 3))
base = keras.models.clone_model(pretrained)
base.set_weights(pretrained.get_weights())
for layer in base.layers:
    layer.trainable = False
model = Sequential([base, Flatten(), Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)
"""

# KFL304.
INDICES = """
## KFL304 the index of a weight used for a layer [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for i in range(len(model.get_weights())):
    model.layers[i].trainable = False  # error: KFL304
model.compile("sgd", "mse")
model.fit(x, y)

## KFL304 the index of a layer used for a layer [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
for i in range(len(model.layers) - 1):
    model.layers[i].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
"""

FAMILY = [program for text in (ORDER, RANDOM, INDICES) for program in programs(text, PRELUDE)]


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_weights(program: Program) -> None:
    assert found(program) == program.marked
