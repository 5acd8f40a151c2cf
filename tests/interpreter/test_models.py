"""Keras: whatever way a model is built, taken apart, copied, stored, and its layers are found again."""

from __future__ import annotations

import pytest

from tests.interpreter.marked import THREE, Program, chapters, each_version, expected, predicted

IMPORTS = """
## import keras
import keras
net = keras.Sequential([keras.layers.Dense(4, name="a", trainable=False), keras.layers.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## import keras under another name
import keras as k
net = k.models.Sequential([k.layers.Dense(4, name="a", trainable=False), k.layers.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## from keras import modules
from keras import layers, models as m
net = m.Sequential([layers.Dense(4, name="a", trainable=False), layers.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## import of a module by its dotted name
import keras.layers as L
import keras.models
net = keras.models.Sequential([L.Dense(4, name="a", trainable=False), L.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## star imports
from keras.layers import *
from keras.models import *
net = Sequential([Dense(4, name="a", trainable=False), Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## names under other names
from keras.layers import Dense as Linear
from keras import Sequential as Stack
net = Stack([Linear(4, name="a", trainable=False), Linear(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## tensorflow as tf
import tensorflow as tf
net = tf.keras.Sequential([tf.keras.layers.Dense(4, name="a", trainable=False), tf.keras.layers.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## from tensorflow import keras
from tensorflow import keras
from tensorflow.keras.layers import Dense
net = keras.Sequential([Dense(4, name="a", trainable=False), keras.layers.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## tensorflow.python.keras [keras 2, not measured]
from tensorflow.python.keras.layers import Dense
from tensorflow.python.keras.models import Sequential
net = Sequential([Dense(4, name="a", trainable=False), Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## tf_keras [keras 2, not measured]
import tf_keras as keras
net = keras.Sequential([keras.layers.Dense(4, name="a", trainable=False), keras.layers.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## module in a variable
import tensorflow as tf
K = tf.keras
L = K.layers
net = K.Sequential([L.Dense(4, name="a", trainable=False), L.Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## import inside a function
def build():
    from keras.layers import Dense
    from keras.models import Sequential
    return Sequential([Dense(4, name="a", trainable=False), Dense(1, name="b")])
net = build()
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b

## import that falls back
try:
    from tensorflow.keras.layers import Dense
    from tensorflow.keras.models import Sequential
except ImportError:
    from keras.layers import Dense
    from keras.models import Sequential
net = Sequential([Dense(4, name="a", trainable=False), Dense(1, name="b")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b
"""

SEQUENTIAL = """
## list of layers
net = Sequential([Input((4,)), Dense(4, name="p"), Dense(1, name="q")])
net.layers[0].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## add
net = Sequential()
net.add(Input((4,)))
net.add(Dense(4, name="p", trainable=False))
net.add(Dense(1, name="q"))
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## add in a loop
net = Sequential(name="net")
for number in range(2):
    net.add(Dense(4, name="p%d" % number))
net.add(Dense(1, name="q"))
net.layers[1].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p1, moves p0 q

## pop
net = Sequential([Input((4,)), Dense(4, name="p"), Dense(1, name="q"), Dense(7, name="r")])
net.pop()
net.layers[-1].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still q, moves p

## flag of the model after add
net = Sequential([Input((4,)), Dense(4, name="p")])
net.trainable = False
net.add(Dense(1, name="q"))
net.layers[-1].trainable = True
net.compile("sgd", "mse")
net.fit(x, y)  # still p q

## flag of the model
model.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b c

## flag of the model, then of one layer
model.trainable = False
c.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)  # still a b c

## a Sequential as a layer of another
base = Sequential([Input((4,)), Dense(4, name="p"), Dense(4, name="q")])
base.trainable = False
net = Sequential([base, Dense(1, name="r")])
net.compile("sgd", "mse")
net.fit(x, y)  # still p q, moves r

## nested Sequential, one inner layer
base = Sequential([Input((4,)), Dense(4, name="p"), Dense(4, name="q")], name="base")
net = Sequential([base, Dense(1, name="r")])
net.layers[0].layers[0].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q r

## inner layer open in a frozen Sequential
base = Sequential([Input((4,)), Dense(4, name="p"), Dense(4, name="q")])
base.trainable = False
base.layers[1].trainable = True
net = Sequential([base, Dense(1, name="r")])
net.compile("sgd", "mse")
net.fit(x, y)  # keras 2: still p q, moves r; keras 3: still p, moves q r

## layers of one model put into another
net = Sequential(model.layers[:2] + [Dense(1, name="d")])
model.layers[0].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b d

## BatchNormalization
from keras.layers import BatchNormalization
net = Sequential([Input((4,)), Dense(4, name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
net.layers[1].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still bn, moves p q, statistics still bn

## BatchNormalization that trains
from keras.layers import BatchNormalization
net = Sequential([Input((4,)), Dense(4, name="p", trainable=False), BatchNormalization(name="bn"), Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves bn q, statistics moves bn

## names that Keras gives
net = Sequential([Input((4,)), Dense(4), Dense(4), Dense(1)])
net.layers[0].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still dense, moves dense_1 dense_2
"""

FINDING_LAYERS = """
## index
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## negative index
model.layers[-1].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still c, moves a b

## slice
for layer in model.layers[:2]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## slice with a negative end
for layer in model.layers[:-1]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## slice with a step
for layer in model.layers[::2]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a c, moves b

## slice of minus zero takes everything
COUNT = 0
for layer in model.layers[-COUNT:]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b c

## slice up to minus zero takes nothing
COUNT = 0
for layer in model.layers[:-COUNT]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## enumerate with a condition on the index
for i, layer in enumerate(model.layers):
    if i < 2:
        layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## range of the length
for i in range(len(model.layers) - 1):
    model.layers[i].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## reversed
for layer in reversed(model.layers):
    if layer.name == "b":
        break
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still c, moves a b

## reversed by slice
for layer in model.layers[::-1][:1]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still c, moves a b

## get_layer by name
model.get_layer("b").trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## get_layer by keyword
model.get_layer(name="a").trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## get_layer by index
model.get_layer(index=1).trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## isinstance
from keras.layers import BatchNormalization
net = Sequential([Input((4,)), Dense(4, name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
for layer in net.layers:
    if isinstance(layer, BatchNormalization):
        layer.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still bn, moves p q, statistics still bn

## isinstance with a tuple and not
from keras.layers import BatchNormalization, Dropout
net = Sequential([Input((4,)), Dense(4, name="p"), BatchNormalization(name="bn"), Dropout(0.1), Dense(1, name="q")])
for layer in net.layers:
    if not isinstance(layer, (BatchNormalization, Dropout)):
        layer.trainable = False
net.layers[-1].trainable = True
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves bn q, statistics moves bn

## name of the class
from keras.layers import BatchNormalization
net = Sequential([Input((4,)), Dense(4, name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
for layer in net.layers:
    layer.trainable = layer.__class__.__name__ != "BatchNormalization"
net.compile("sgd", "mse")
net.fit(x, y)  # still bn, moves p q, statistics still bn

## type is
from keras.layers import BatchNormalization
net = Sequential([Input((4,)), Dense(4, name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
for layer in net.layers:
    if type(layer) is Dense:
        layer.trainable = False
net.layers[-1].trainable = True
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves bn q

## name starts with
net = Sequential([Input((4,)), Dense(4, name="block1_a"), Dense(4, name="block2_a"), Dense(1, name="top")])
for layer in net.layers:
    if layer.name.startswith("block1"):
        layer.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still block1_a, moves block2_a top

## part of a name
net = Sequential([Input((4,)), Dense(4, name="block1_a"), Dense(4, name="block2_a"), Dense(1, name="top")])
for layer in net.layers:
    layer.trainable = "block" not in layer.name
net.compile("sgd", "mse")
net.fit(x, y)  # still block1_a block2_a, moves top

## regular expression on a name
import re
net = Sequential([Input((4,)), Dense(4, name="block1_a"), Dense(4, name="block2_a"), Dense(1, name="top")])
for layer in net.layers:
    layer.trainable = bool(re.match("(block2.*)|(top)", layer.name))
net.compile("sgd", "mse")
net.fit(x, y)  # still block1_a, moves block2_a top

## switch that turns at a name
net = Sequential([Input((4,)), Dense(4, name="block1_a"), Dense(4, name="block2_a"), Dense(1, name="top")])
set_trainable = False
for layer in net.layers:
    if layer.name == "block2_a":
        set_trainable = True
    if set_trainable:
        layer.trainable = True
    else:
        layer.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still block1_a, moves block2_a top

## index of a name
names = [layer.name for layer in model.layers]
for layer in model.layers[:names.index("c")]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## condition on an attribute
for layer in model.layers:
    if layer.units == 4:
        layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## hasattr
from keras.layers import Dropout
net = Sequential([Input((4,)), Dense(4, name="p"), Dropout(0.1), Dense(1, name="q")])
for layer in net.layers[:-1]:
    if hasattr(layer, "kernel"):
        layer.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## layers of a nested model by recursion
def freeze(layer):
    if hasattr(layer, "layers"):
        for inner in layer.layers:
            freeze(inner)
    else:
        layer.trainable = False
base = Sequential([Input((4,)), Dense(4, name="p"), Dense(4, name="q")])
net = Sequential([base, Dense(1, name="r")])
freeze(net.layers[0])
net.compile("sgd", "mse")
net.fit(x, y)  # still p q, moves r
"""

FUNCTIONAL = """
## a chain
from keras.models import Model
i = Input((4,))
h = Dense(4, name="p", trainable=False)(i)
net = Model(i, Dense(1, name="q")(h))
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## layers kept in variables
from keras.models import Model
first, last = Dense(4, name="p"), Dense(1, name="q")
i = Input((4,))
net = Model(inputs=i, outputs=last(first(i)))
first.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## input is layer zero
from keras.models import Model
i = Input((4,))
net = Model(i, Dense(1, name="q")(Dense(4, name="p")(i)))
net.layers[1].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## several inputs
from keras.models import Model
from keras.layers import Concatenate
one, two = Input((4,)), Input((4,))
left, right = Dense(3, name="left")(one), Dense(3, name="right")(two)
net = Model([one, two], Dense(1, name="q")(Concatenate()([left, right])))
net.get_layer("left").trainable = False
net.compile("sgd", "mse")
net.fit([x, x], y)  # still left, moves right q

## several outputs
from keras.models import Model
i = Input((4,))
h = Dense(4, name="p")(i)
net = Model(i, [Dense(1, name="q")(h), Dense(1, name="r")(h)])
net.get_layer("q").trainable = False
net.compile("sgd", ["mse", "mse"])
net.fit(x, [y, y])  # still q, moves p r

## shared layer
from keras.models import Model
from keras.layers import Add
one, two = Input((4,)), Input((4,))
shared = Dense(3, name="shared")
shared.trainable = False
net = Model([one, two], Dense(1, name="q")(Add()([shared(one), shared(two)])))
net.compile("sgd", "mse")
net.fit([x, x], y)  # still shared, moves q

## a layer that two models share
from keras.models import Model
shared = Dense(4, name="shared")
i = Input((4,))
h = shared(i)
first, second = Model(i, Dense(1, name="q")(h)), Model(i, Dense(1, name="r")(h))
shared.trainable = False
first.compile("sgd", "mse")
shared.trainable = True
second.compile("sgd", "mse")
second.fit(x, y)  # moves shared r

## nested model
from keras.models import Model
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
base.trainable = False
j = Input((4,))
net = Model(j, Dense(1, name="q")(base(j)))
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## nested model found by its name
from keras.models import Model
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
j = Input((4,))
net = Model(j, Dense(1, name="q")(base(j)))
net.get_layer("base").trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## model from the tensors of another
from keras.models import Model
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
net = Model(base.input, Dense(1, name="q")(base.output))
base.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## model up to an inner layer
from keras.models import Model
cut = Model(model.inputs, model.get_layer("b").output)
cut.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## model up to the last but one layer
from keras.models import Model
top = Dense(1, name="top")(model.layers[-2].output)
net = Model(inputs=model.inputs, outputs=top)
for layer in model.layers:
    layer.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still a b, moves top

## tensor in a loop
from keras.models import Model
h = i = Input((4,))
for number in range(3):
    h = Dense(4, name="d%d" % number, trainable=number > 0)(h)
net = Model(i, Dense(1, name="q")(h))
net.compile("sgd", "mse")
net.fit(x, y)  # still d0, moves d1 d2 q

## operators between layers
from keras.models import Model
from keras.layers import Activation, Dropout, Reshape
i = Input((4,))
h = Dropout(0.1)(Activation("tanh")(Dense(4, name="p", trainable=False)(i)))
net = Model(i, Dense(1, name="q")(Reshape((4,))(h)))
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## sums of tensors
from keras.models import Model
i = Input((4,))
h = Dense(4, name="p", trainable=False)(i) + Dense(4, name="r")(i)
net = Model(i, Dense(1, name="q")(h))
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q r

## model that is called by two others
from keras.models import Model
encoder = Sequential([Input((4,)), Dense(4, name="e")])
decoder = Sequential([Input((4,)), Dense(4, name="d")])
i = Input((4,))
auto = Model(i, decoder(encoder(i)))
encoder.trainable = False
net = Sequential([encoder, Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(x, y)  # still e, moves q
encoder.trainable = True
auto.compile("sgd", "mse")
auto.fit(x, x)  # moves e d

## wrapper
from keras.layers import GlobalAveragePooling1D, Reshape, TimeDistributed
net = Sequential([Input((4,)), Reshape((2, 2)), TimeDistributed(Dense(3, name="p"), name="w")])
net.add(GlobalAveragePooling1D())
net.add(Dense(1, name="q"))
net.get_layer("w").trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q
"""

SUBCLASSES = """
## subclassed model
from keras.models import Model
class Net(Model):
    def __init__(self):
        super().__init__()
        self.first = Dense(4, name="p")
        self.last = Dense(1, name="q")
    def call(self, inputs):
        return self.last(self.first(inputs))
net = Net()
net.first.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## subclassed model with the old super and a flag argument
import keras
class Net(keras.Model):
    def __init__(self, freeze, **kwargs):
        super(Net, self).__init__(**kwargs)
        self.first = Dense(4, name="p", trainable=not freeze)
        self.last = Dense(1, name="q")
    def call(self, inputs, training=None):
        h = self.first(inputs)
        return self.last(h)
net = Net(freeze=True)
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## subclassed model with a method that freezes
import keras
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.base = Sequential([Dense(4, name="p"), Dense(4, name="q")])
        self.head = Dense(1, name="r")
    def call(self, inputs):
        return self.head(self.base(inputs))
    def freeze(self):
        self.base.trainable = False
net = Net()
net.freeze()
net.compile("sgd", "mse")
net.fit(x, y)  # still p q, moves r

## subclassed model with layers in a list
import keras
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Dense(4, name="p%d" % number) for number in range(2)]
        self.head = Dense(1, name="q")
    def call(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return self.head(inputs)
net = Net()
net.blocks[0].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p0, moves p1 q

## layer that holds layers
import keras
class Block(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Dense(4, name="p")
    def call(self, inputs):
        return self.inner(inputs)
block = Block(name="block")
net = Sequential([Input((4,)), block, Dense(1, name="q")])
block.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## layer of one's own with weights
import keras
class Scale(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(4,), initializer="ones")
    def call(self, inputs):
        return inputs * self.scale
net = Sequential([Input((4,)), Scale(name="s"), Dense(1, name="q")])
net.layers[0].trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still s, moves q

## flag set in the constructor of the subclass
import keras
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Dense(4, name="p")
        self.first.trainable = False
        self.last = Dense(1, name="q")
    def call(self, inputs):
        return self.last(self.first(inputs))
net = Net()
net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q
"""

COPIES = """
## clone_model keeps the flags of layers
from keras.models import clone_model
a.trainable = False
twin = clone_model(model)
twin.compile("sgd", "mse")
twin.fit(x, y)  # still a, moves b c

## a clone has layers of its own
from keras.models import clone_model
twin = clone_model(model)
model.trainable = False
twin.compile("sgd", "mse")
twin.fit(x, y)  # moves a b c

## copy through json
from keras.models import model_from_json
a.trainable = False
twin = model_from_json(model.to_json())
twin.layers[1].trainable = False
twin.compile("sgd", "mse")
twin.fit(x, y)  # still a b, moves c

## copy through its configuration
a.trainable = False
twin = Sequential.from_config(model.get_config())
twin.compile("sgd", "mse")
twin.fit(x, y)  # still a, moves b c

## saved and loaded
from keras.models import load_model
a.trainable = False
model.compile("sgd", "mse")
model.save("net.keras")
twin = load_model("net.keras")
twin.compile("sgd", "mse")
twin.fit(x, y)  # still a, moves b c

## saved and loaded from h5
from keras.models import load_model
a.trainable = False
model.compile("sgd", "mse")
model.save("net.h5")
twin = load_model("net.h5", compile=False)
twin.get_layer("b").trainable = False
twin.compile("sgd", "mse")
twin.fit(x, y)  # still a b, moves c

## a layer built again from its configuration
twin = Dense.from_config(a.get_config())
twin.trainable = False
net = Sequential([Input((4,)), twin, Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves q

## weights copied from one to another
from keras.models import clone_model
twin = clone_model(model)
twin.set_weights(model.get_weights())
twin.layers[0].trainable = False
twin.compile("sgd", "mse")
twin.fit(x, y)  # still a, moves b c
"""

APPLICATIONS = """
## VGG16 frozen as a whole
from keras.applications import VGG16
from keras.layers import Flatten
base = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
base.trainable = False
net = Sequential([base, Flatten(), Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(np.ones((2, 32, 32, 3)), np.zeros((2, 1)))  # moves q, still *

## VGG16 by its layer names
from keras.applications.vgg16 import VGG16
from keras.layers import Flatten
base = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
for layer in base.layers:
    layer.trainable = layer.name.startswith("block5")
net = Sequential([base, Flatten(), Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(np.ones((2, 32, 32, 3)), np.zeros((2, 1)))  # moves block5_conv1 block5_conv2 block5_conv3 q, still *

## VGG16 up to an index
from keras import applications
from keras.layers import Flatten
from keras.models import Model
base = applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
for layer in base.layers[:15]:
    layer.trainable = False
net = Model(base.input, Dense(1, name="q")(Flatten()(base.output)))
net.compile("sgd", "mse")
net.fit(np.ones((2, 32, 32, 3)), np.zeros((2, 1)))  # moves block5_conv1 block5_conv2 block5_conv3 q, still *

## VGG16 from the end
import keras
base = keras.applications.vgg16.VGG16(weights=None, include_top=False, pooling="avg", input_shape=(32, 32, 3))
for layer in base.layers[:-4]:
    layer.trainable = False
net = Sequential([base, Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(np.ones((2, 32, 32, 3)), np.zeros((2, 1)))  # moves block5_conv2 block5_conv3 q, still *

## VGG16 by get_layer
from keras.applications import VGG16
base = VGG16(weights=None, include_top=False, pooling="avg", input_shape=(32, 32, 3))
base.get_layer("block1_conv1").trainable = False
net = Sequential([base, Dense(1, name="q")])
net.compile("sgd", "mse")
net.fit(np.ones((2, 32, 32, 3)), np.zeros((2, 1)))  # still block1_conv1, moves *
"""

TRAINING = """
## flags of a model nested in the compiled one change after compile
a.trainable = False
model.compile("sgd", "mse")
a.trainable = True
model.fit(x, y)  # keras 2: still a, moves b c; keras 3: moves a b c

## flags change between two calls of fit
a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c
b.trainable = False
model.fit(x, y)  # still a, moves b c

## two models with one layer in common, each with its own compile
other = Sequential([Input((4,)), a, Dense(1, name="d")])
a.trainable = False
model.compile("sgd", "mse")
a.trainable = True
other.compile("sgd", "mse")
other.fit(x, y)  # moves a d
model.fit(x, y)  # keras 2: still a, moves b c; keras 3: moves a b c

## a callback that freezes
import keras
class Freeze(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[0].trainable = False
        self.model.compile("sgd", "mse")
model.compile("sgd", "mse")
model.fit(x, y, epochs=1, callbacks=[Freeze()])  # moves a b c
model.fit(x, y)  # still a, moves b c

## optimizer object
import keras
a.trainable = False
model.compile(optimizer=keras.optimizers.SGD(0.1), loss=keras.losses.MeanSquaredError())
model.fit(x, y)  # still a, moves b c

## scope of a strategy
import tensorflow as tf
strategy = tf.distribute.get_strategy()
with strategy.scope():
    net = Sequential([Input((4,)), Dense(4, name="p"), Dense(1, name="q")])
    net.layers[0].trainable = False
    net.compile("sgd", "mse")
net.fit(x, y)  # still p, moves q

## hand-written loop over the trainable variables
import keras
import tensorflow as tf
optimizer = keras.optimizers.SGD(0.1)
a.trainable = False
for step in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))  # still a, moves b c

## hand-written loop over all variables
import keras
import tensorflow as tf
optimizer = keras.optimizers.SGD(0.1)
a.trainable = False
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
gradients = tape.gradient(loss, model.variables)
optimizer.apply_gradients(zip(gradients, model.variables))  # moves a b c

## generative adversarial network
discriminator = Sequential([Input((4,)), Dense(4, name="d"), Dense(1, name="e")])
discriminator.compile("sgd", "mse")
generator = Sequential([Input((4,)), Dense(4, name="g")])
discriminator.trainable = False
combined = Sequential([generator, discriminator])
combined.compile("sgd", "mse")
discriminator.train_on_batch(x, y)  # keras 2: moves d e; keras 3: still d e
combined.train_on_batch(x, y)  # moves g, still d e
"""

PROGRAMS = [
    *chapters(IMPORTS),
    *chapters(SEQUENTIAL, THREE),
    *chapters(FINDING_LAYERS, THREE),
    *chapters(FUNCTIONAL, THREE),
    *chapters(SUBCLASSES, THREE),
    *chapters(COPIES, THREE),
    *chapters(APPLICATIONS, THREE),
    *chapters(TRAINING, THREE),
]


@pytest.mark.parametrize(("program", "major"), each_version(PROGRAMS))
def test_the_right_layers_train(program: Program, major: int) -> None:
    assert predicted(program, major) == expected(program, major)
