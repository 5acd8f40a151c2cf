"""How far a flag reaches: children, parents, wrappers, constructors, copies."""

import os
import tempfile

import numpy as np
from lab import (
    Dense,
    DoesNotApply,
    Input,
    VERSION,
    Model,
    Sequential,
    around,
    compiled,
    experiment,
    fit,
    inner,
    is_eager,
    is_standalone,
    keras,
    layers,
    leaves,
    moved,
    moved_layers,
    named,
    numbers,
    stack,
    two,
    versions,
)


@experiment
def setter_reaches_children():
    model = inner()
    model.trainable = False
    return not any(layer.trainable for layer in leaves(model) if layer.get_weights())


@experiment
def same_value_skipped():
    """False on the model, True on a layer of it, False on the model again."""
    model = inner()
    model.trainable = False
    named(model, "i2").trainable = True
    model.trainable = False
    return setter_reaches_children() and bool(named(model, "i2").trainable)


@experiment
def trains_by():
    """Open a layer of a frozen model."""
    part = inner()
    model = around(part)
    part.trainable = False
    named(model, "i2").trainable = True
    return "variables" if moved(compiled(model), "i2") else "ancestors"


@experiment
def sequential_add_resets_flag():
    """Freeze a Sequential model, then add to it."""
    model = stack(Dense(3, input_shape=(4,), name="a"))
    model.trainable = False
    model.add(Dense(1, name="b"))
    return bool(model.trainable)


@experiment
def sequential_lists_input():
    model = stack(layers.InputLayer(input_shape=(4,)), Dense(1, name="a"))
    return type(model.layers[0]).__name__ == "InputLayer"


@experiment
def sequential_merges_first():
    """Freeze a model that a Sequential model begins with, by its own flag alone."""
    start = Input(shape=(4,))
    part = Model(start, Dense(3, name="i1")(start))
    model = Sequential()
    model.add(part)
    model.add(Dense(1, name="h"))
    part.trainable = False
    return moved(compiled(model), "i1")


def wrapped(dense=None):
    """TimeDistributed(Dense td) w, then Dense h."""
    wrapper = layers.TimeDistributed(dense or Dense(3, name="td"), input_shape=(2, 2), name="w")
    return wrapper, stack(layers.Reshape((2, 2), input_shape=(4,)), wrapper, layers.Flatten(), Dense(1, name="h"))


@experiment
def wrapper_flag():
    """Freeze the wrapper; where that freezes, freeze it and open the layer inside."""
    wrapper, model = wrapped()
    wrapper.trainable = False
    if moved(compiled(model), "w"):
        return "ignored"
    wrapper, model = wrapped()
    wrapper.trainable = False
    was = bool(wrapper.layer.trainable)
    wrapper.layer.trainable = True
    if was:
        return "shadow"
    return "alias" if wrapper.trainable and moved(compiled(model), "w") else "container"


@experiment
def wrapper_resets_inner():
    """Freeze a layer, then wrap it."""
    dense = Dense(3, name="td")
    dense.trainable = False
    _, model = wrapped(dense)
    return moved(compiled(model), "w")


@experiment
def constructor_flag():
    model = stack(Dense(3, input_shape=(4,), name="a", trainable=False), Dense(1, name="b"))
    return "ignored" if moved(compiled(model), "a") else "works"


@experiment
def bidirectional_constructor():
    model = stack(
        layers.Bidirectional(layers.LSTM(3), input_shape=(2, 2), name="w", trainable=False), Dense(1, name="b")
    )
    compiled(model)
    before = model.layers[0].get_weights()
    model.train_on_batch(np.ones((4, 2, 2)), np.ones((4, 1)))
    after = model.layers[0].get_weights()
    return "ignored" if any((old != new).any() for old, new in zip(before, after)) else "works"


@experiment
def model_constructor_flag():
    start = Input(shape=(4,))
    try:
        part = Model(start, Dense(3, name="i1")(start), trainable=False)
    except TypeError:
        return "raises"
    if not moved(compiled(around(part)), "i1"):
        return "nested"
    start = Input(shape=(4,))
    hidden = Dense(3, name="i1")(start)
    model = Model(start, Dense(1, name="h")(hidden), trainable=False)
    try:
        return "ignored" if moved_layers(compiled(model)) else "itself"
    except ValueError:
        return "itself"  # a Keras that refuses to train nothing


@experiment
def sublayers_tracked():
    """The layers that a layer of the program's own stores on itself."""

    class Block(layers.Layer):
        def __init__(self, **options):
            super(Block, self).__init__(**options)
            self.fc = Dense(2, name="fc")

        def call(self, inputs):
            return self.fc(inputs)

        def compute_output_shape(self, shape):
            return (shape[0], 2)

    start = Input(shape=(4,))
    model = Model(start, Dense(1, name="h")(Block(name="block")(start)))
    return len(model.trainable_weights) == 4


@experiment
def weights_order():
    """Freeze the first layer inside: of a nested model, of a TimeDistributed model; does get_weights() change order?"""

    def shapes(model):
        return [value.shape for value in model.get_weights()]

    model = around(inner())
    before = shapes(model)
    named(model, "i1").trainable = False
    if shapes(model) != before:
        return "nested"
    part = stack(Dense(3, input_shape=(4,), name="i1"), Dense(2, name="i2"))
    model = stack(layers.TimeDistributed(part, input_shape=(2, 4), name="w"), layers.Flatten(), Dense(1, name="h"))
    before = shapes(model)
    part.layers[-2].trainable = False
    return "composite" if shapes(model) != before else "never"


@experiment
def copies_keep_model_flag():
    """Freeze a model by its own flag and take it through JSON."""
    model = two()
    model.trainable = False
    copy = keras.models.model_from_json(model.to_json())
    if len(copy.trainable_weights) == 0:
        return "in layers"
    return "lost" if all(layer.trainable for layer in leaves(copy)) else "variables lost"


@experiment
def savedmodel_keeps_flags():
    """Freeze a layer and take the model through a SavedModel."""
    if is_standalone() or not is_eager() or versions()["package"] == "keras" and numbers(VERSION) >= (3,):
        raise DoesNotApply("save() writes no SavedModel")
    model = two()
    named(model, "a").trainable = False
    fit(compiled(model))
    path = os.path.join(tempfile.mkdtemp(), "saved")
    model.save(path, save_format="tf")
    return not keras.models.load_model(path).layers[0].trainable


@experiment
def class_flag_reaches():
    """Put the flag on a class when one of its layers is built and another is not."""
    early = two()
    Dense.trainable = False
    late = two()
    built_already, built_later = not moved(compiled(early), "a"), not moved(compiled(late), "a")
    if built_already and built_later:
        return "all"
    return "built later" if built_later else "built already" if built_already else "none"


@experiment
def variable_flag():
    """Set the flag of every variable of a layer."""
    model = two()
    layer = named(model, "a")
    try:
        for variable in layer.weights:
            variable.trainable = False
    except AttributeError:
        return "raises"
    return "nothing" if moved(compiled(model), "a") else "works"
