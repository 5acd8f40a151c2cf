"""What the experiments share: one Keras under one name, small models, one step of training, and what moved in it.

Runs beside the Keras that is asked: Python 3.6 and newer, Keras 2.0 and newer, every backend.  ``KFL_FLAVOUR`` says
which Keras: ``keras``, ``tf.keras`` or ``tf_keras``.
"""

import importlib
import os
import re

import numpy as np

FLAVOUR = os.environ.get("KFL_FLAVOUR", "keras")
if FLAVOUR == "tf.keras":
    keras = importlib.import_module("tensorflow").keras
else:
    keras = importlib.import_module(FLAVOUR)

# The tf.keras of some releases does not tell its version: there it is the package keras.
VERSION = getattr(keras, "__version__", None) or importlib.import_module("keras").__version__

layers = keras.layers
Dense, BatchNormalization, Input = layers.Dense, layers.BatchNormalization, layers.Input
Sequential, Model = keras.models.Sequential, keras.models.Model

EXPERIMENTS = {}


class DoesNotApply(Exception):
    """The question makes no sense for this Keras, or it has no answer that a run could tell."""


def experiment(function):
    """Register the experiment that answers the fact of its name."""
    EXPERIMENTS[function.__name__] = function
    return function


def numbers(version):
    """The leading numbers of a version."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def versions():
    """The package that a release is counted by, its version, and the backend."""
    version = VERSION
    if FLAVOUR == "tf.keras" and numbers(version) < (3,):
        package, version = "tensorflow", importlib.import_module("tensorflow").__version__
    else:
        package = "tf_keras" if FLAVOUR == "tf_keras" else "keras"
    is_new = package == "keras" and numbers(version) >= (3,)
    return {"package": package, "version": version, "backend": keras.backend.backend() if is_new else "tensorflow"}


def is_standalone():
    """Keras to 2.3.1, which is no part of TensorFlow."""
    return FLAVOUR == "keras" and numbers(VERSION) < (2, 4)


def is_eager():
    if is_standalone():
        return False
    if versions()["backend"] != "tensorflow":
        return True
    tf = importlib.import_module("tensorflow")
    return bool(getattr(tf, "executing_eagerly", lambda: False)())


def data(rows=8, width=4, out=1):
    random = np.random.RandomState(5)
    return random.rand(rows, width).astype("float32") + 0.5, random.rand(rows, out).astype("float32") + 1.0


def stack(*members):
    """A Sequential model of these layers."""
    model = Sequential()
    for member in members:
        model.add(member)
    return model


def two():
    """Dense a, then Dense b."""
    return stack(Dense(3, input_shape=(4,), name="a"), Dense(1, name="b"))


def inner():
    """Dense i1, then Dense i2: a model to be part of another one."""
    return stack(Dense(3, input_shape=(4,), name="i1"), Dense(2, name="i2"))


def around(model, **call):
    """A model that calls another one, with a Dense h on top."""
    start = Input(shape=(4,))
    return Model(start, Dense(1, name="h")(model(start, **call)))


def normalised():
    """BatchNormalization bn, then Dense h."""
    return stack(BatchNormalization(input_shape=(4,), name="bn"), Dense(1, name="h"))


def compiled(model, **options):
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", **options)
    return model


def fit(model, **options):
    rows = options.pop("rows", 8)
    x, y = data(rows, out=leaves(model)[-1].units)
    return model.fit(x, y, verbose=0, **dict({"epochs": 1, "batch_size": rows}, **options))


def leaves(model):
    """The layers that hold no others, from the models inside too."""
    found = []
    for member in getattr(model, "layers", None) or []:
        found.extend(leaves(member) if getattr(member, "layers", None) else [member])
    return found


def named(model, name):
    return next(layer for layer in leaves(model) if layer.name == name)


def values(layer):
    return [np.array(value) for value in layer.get_weights()]


def moved(model, name, train=fit):
    """Whether a layer's weights change while a model trains; the moving statistics of a BatchNormalization count."""
    return name in moved_layers(model, train)


def moved_layers(model, train=fit):
    """The names of the layers that change while a model trains."""
    watched = leaves(model)
    before = [values(layer) for layer in watched]
    train(model)
    return {
        layer.name
        for layer, old in zip(watched, before)
        if any(not np.array_equal(one, other) for one, other in zip(old, values(layer)))
    }


def statistics_move(model, train=fit):
    """Whether the moving mean of the BatchNormalization bn changes while a model trains."""
    layer = named(model, "bn")
    before = values(layer)[-2]
    train(model)
    return not np.array_equal(before, values(layer)[-2])
