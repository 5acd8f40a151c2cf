"""The few lines that a witness adds: random data of the shapes that a model asks for."""

from __future__ import annotations

# Written for Python 3.6 and every Keras since 2.0, as a witness has to run where the user's program does.
_PRELUDE = """\
# -- random data in the place of the user's; nothing below looks at flags or weights
import numpy as synthetic_numpy

synthetic_random = synthetic_numpy.random.RandomState(7)
"""

_SHAPES = '''

def synthetic_shape(tensor, rows):
    """The shape of a tensor with a batch of that many rows and every open dimension closed."""
    shape = tuple(getattr(tensor, "_keras_shape", None) or tensor.shape)
    shape = [getattr(size, "value", size) for size in shape]
    size = 96 if len(shape) == 4 else 12
    return (rows,) + tuple(int(one) if one else size for one in shape[1:])


def synthetic_layers(model):
    """A model's layers and those inside them."""
    for layer in getattr(model, "layers", None) or []:
        yield layer
        inner = getattr(layer, "layer", None)
        for part in ([inner] if inner is not None else []) + list(synthetic_layers(layer)):
            yield part


def synthetic_sizes(model, rows, shape=None):
    """The shape of a batch for each input; of a model that is not built yet, by the first layer that tells."""
    tensors = list(getattr(model, "inputs", None) or [])
    if tensors:
        return [synthetic_shape(tensor, rows) for tensor in tensors]
    known = [("Conv2D", (32, 32, 3)), ("Embedding", (12,)), ("Conv1D", (12, 8)), ("LSTM", (12, 8)), ("GRU", (12, 8))]
    for layer in synthetic_layers(model) if shape is None else ():
        if getattr(layer, "inputs", None):
            return [synthetic_shape(layer.inputs[0], rows)]
        shape = dict(known + [("Dense", (8,)), ("SimpleRNN", (12, 8))]).get(type(layer).__name__)
        if shape is not None:
            break
    return [(rows,) + tuple(shape or (8,))]


def synthetic_rows(model, rows):
    """As many rows as asked for; of large pictures fewer, but two."""
    largest = max(int(synthetic_numpy.prod(size)) for size in synthetic_sizes(model, 1))
    return min(rows, max(2, 100000 // largest))
'''

_INPUTS = '''

def synthetic_vocabulary(model, tensor):
    """How many words there are in the embedding that an input leads to, or None."""
    layers = [layer for layer in synthetic_layers(model) if type(layer).__name__ == "Embedding"]
    sizes = []
    for layer in layers:
        try:
            if layer.input is tensor:
                sizes.append(layer.input_dim)
        except Exception:
            pass  # used several times, or not yet
    return min(sizes) if sizes else None


def synthetic_inputs(model, rows=8, shape=None):
    """A batch for a model; words of its vocabulary where it embeds them, ones and zeros where it masks."""
    tensors = list(getattr(model, "inputs", None) or [None])
    words = [layer.input_dim for layer in synthetic_layers(model) if type(layer).__name__ == "Embedding"]
    told = any(synthetic_vocabulary(model, tensor) for tensor in tensors)
    batches = []
    for tensor, size in zip(tensors, synthetic_sizes(model, rows, shape)):
        kind = str(getattr(tensor, "dtype", "float32"))
        most = synthetic_vocabulary(model, tensor)
        if "bool" in kind or "mask" in str(getattr(tensor, "name", "")):
            batch = synthetic_random.randint(0, 2, size)
            batch[:, :1] = 1
            batches.append(batch.astype("bool" if "bool" in kind else "int32" if "int" in kind else "float32"))
        elif most or "int" in kind or (words and not told and len(size) == 2):
            batches.append(synthetic_random.randint(0, most or min(words or [2]), size))
        else:
            batches.append(synthetic_random.normal(size=size).astype("float32"))
    return batches[0] if len(batches) == 1 else batches
'''

_TARGETS = '''

def synthetic_loss(model, number, name):
    """What a loss is called: of a model with several outputs the one of that output."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, dict):
        loss = loss.get(name, list(loss.values())[min(number, len(loss) - 1)])
    elif isinstance(loss, (list, tuple)):
        loss = loss[number]
    return str(getattr(loss, "__name__", None) or (loss if isinstance(loss, str) else type(loss).__name__)).lower()


def synthetic_outputs(model, rows, shape=None):
    """The shape of a batch of each output."""
    tensors = list(getattr(model, "outputs", None) or [])
    if tensors:
        return [synthetic_shape(tensor, rows) for tensor in tensors]
    found = model.predict(synthetic_inputs(model, rows, shape))
    found = list(found.values()) if isinstance(found, dict) else found
    return [synthetic_numpy.shape(one) for one in (found if isinstance(found, (list, tuple)) else [found])]


def synthetic_targets(model, rows=8, loss=None, shape=None):
    """Targets for a model: labels where its loss compares classes, else numbers."""
    names = list(getattr(model, "output_names", None) or [])
    targets = []
    for number, size in enumerate(synthetic_outputs(model, rows, shape)):
        name = (loss or synthetic_loss(model, number, names[number] if number < len(names) else None)).lower()
        if "sparse" in name:
            targets.append(synthetic_random.randint(0, size[-1], size[:-1] + (1,)))
        elif "categorical" in name and size[-1] > 1:
            labels = synthetic_random.randint(0, size[-1], size[:-1])
            targets.append(synthetic_numpy.eye(size[-1], dtype="float32")[labels])
        elif "binary" in name or "categorical" in name:
            targets.append(synthetic_random.randint(0, 2, size).astype("float32"))
        else:
            targets.append(synthetic_random.normal(size=size).astype("float32"))
    return targets[0] if len(targets) == 1 else targets
'''

_BATCH = '''

def synthetic_batch(model, rows=None, loss=None, shape=None):
    """Inputs and targets."""
    rows = rows or synthetic_rows(model, 8)
    return synthetic_inputs(model, rows, shape), synthetic_targets(model, rows, loss, shape)
'''

_DATA = '''

def synthetic_data(model):
    """Inputs, and targets where the model has a loss that compares them."""
    if getattr(model, "loss", None):
        return synthetic_batch(model)
    return (synthetic_inputs(model, synthetic_rows(model, 8)),)
'''

_BATCHES = '''

def synthetic_batches(model, turns=None, rows=None, loss=None, shape=None):
    """One batch after the other, each a different one."""
    while turns is None or turns > 0:
        yield synthetic_batch(model, rows or synthetic_rows(model, 4), loss, shape)
        turns = None if turns is None else turns - 1
'''

_DATASET = '''

def synthetic_dataset(shape, classes, rows=128):
    """Random training and test data in the place of a data set that would be downloaded."""
    if classes:
        x = synthetic_random.randint(0, 256, (rows,) + shape).astype("uint8")
        y = synthetic_random.randint(0, classes, (rows, 1) if len(shape) == 3 else (rows,))
    else:
        x, y = synthetic_random.normal(size=(rows,) + shape), synthetic_random.normal(size=rows)
    return (x, y), (x.copy(), y.copy())
'''


_MODEL = '''

def synthetic_model(*shape):
    """A small compiled model in the place of one that comes from elsewhere."""
    from PACKAGE import layers, models

    model = models.Sequential([layers.Dense(8, activation="tanh", **({"input_shape": shape} if shape else {}))])
    for units in (8, 8, 4):
        model.add(layers.Dense(units, activation="softmax" if units == 4 else "tanh"))
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    return model
'''


_FEED = '''

def synthetic_feed(tensor, rows=8):
    """A batch for a placeholder."""
    size, kind = synthetic_shape(tensor, rows), str(tensor.dtype)
    return synthetic_random.randint(0, 2, size) if "int" in kind else synthetic_random.uniform(size=size)
'''


_NORMALIZATION = '''

def synthetic_normalization(*arguments, **options):
    """A layer that changes nothing in the place of one of another package that normalizes."""
    from PACKAGE.layers import Activation

    return Activation("linear")
'''


def helper_text(wanted: set[str], package: str) -> str:
    """Return the helpers that a witness calls, and what those need."""
    parts: list[str] = []
    if wanted & {"synthetic_inputs", "synthetic_targets", "synthetic_batch", "synthetic_batches", "synthetic_data"}:
        parts += [_SHAPES, _INPUTS]
    elif "synthetic_feed" in wanted:
        parts.append(_SHAPES)
    if "synthetic_feed" in wanted:
        parts.append(_FEED)
    if wanted & {"synthetic_targets", "synthetic_batch", "synthetic_batches", "synthetic_data"}:
        parts.append(_TARGETS)
    if wanted & {"synthetic_batch", "synthetic_batches", "synthetic_data"}:
        parts.append(_BATCH)
    if "synthetic_data" in wanted:
        parts.append(_DATA)
    if "synthetic_batches" in wanted:
        parts.append(_BATCHES)
    if "synthetic_model" in wanted:
        parts.append(_MODEL.replace("PACKAGE", package))
    if "synthetic_normalization" in wanted:
        parts.append(_NORMALIZATION.replace("PACKAGE", package))
    if "synthetic_dataset" in wanted:
        parts.append(_DATASET)
    text = _PRELUDE + "".join(parts) + "\n\n# -- the user's program\n" if parts else ""
    return "import argparse\n" + text if "argparse" in wanted else text
