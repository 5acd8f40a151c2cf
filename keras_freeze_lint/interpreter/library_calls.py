"""Calls into other libraries, as far as they carry rows of data, gradients, optimizers or callables."""

from __future__ import annotations

import ast
from typing import Any

from keras_freeze_lint.interpreter import conditions, containers, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.classes import set_by_constructor, tensors_in
from keras_freeze_lint.interpreter.imports import is_foreign
from keras_freeze_lint.interpreter.state import Run, Stopped
from keras_freeze_lint.interpreter.values import (
    Api,
    Class,
    Data,
    Function,
    Instance,
    Layer,
    Optimizer,
    Partial,
    Scope,
    Unknown,
    Value,
)
from keras_freeze_lint.keras.api import TF1_OPTIMIZERS

_ROWS_FROM_SHAPE = frozenset(
    "zeros ones empty full random random_sample standard_normal zeros_like ones_like eye".split()
)
_ROWS_FROM_SIZE = frozenset(
    "normal uniform randint integers choice binomial poisson exponential beta random_integers".split()
)
_ROWS_OF_ARGUMENT = frozenset(
    """array asarray float32 float64 expand_dims cast constant convert_to_tensor to_categorical normalize abs sin cos
    exp square copy ascontiguousarray clip tanh sqrt log""".split()
)


def call_library(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    """``library.<path>(...)``."""
    path, name = api.path, api.name
    if path == "functools.partial" and args:
        return Partial(args[0], args[1:], keywords)
    if path in ("collections.namedtuple", "types.SimpleNamespace", "argparse.Namespace"):
        return _record(run, name, args, keywords)
    if path in ("itertools.chain", "itertools.chain.from_iterable"):
        return _chained(run, args if name == "chain" else containers.items_of(run, args[0]) or [], node)
    if path in ("sys.exit", "os._exit", "os.abort"):
        raise Stopped
    if path in ("copy.copy", "copy.deepcopy") and args:
        return args[0]
    if path.startswith("re.") and args and all(isinstance(arg, str) for arg in args[:2]):
        return _regular_expression(name, args, node)
    if path == "tensorflow.function" and args and isinstance(args[0], Function):
        function = args[0]
        return Function(function.node, function.scope, function.defaults, function.keyword_defaults, function.owner,
                        function.decorators, True)  # fmt: skip
    if path.startswith("tensorflow.") and name in ("disable_eager_execution", "disable_v2_behavior"):
        run.emit(events.GraphMode(*run.place(node)))
    if path.endswith("GradientTape"):
        run.recording = True
        return Unknown(("tape", id(node)), foreign=True)
    if name in TF1_OPTIMIZERS:
        return Optimizer(run.serial(), name, node, "tf1")
    if path == "tensorflow_hub.KerasLayer":
        return _hub_layer(run, keywords, node)
    if path in ("tensorflow.trainable_variables", "tensorflow.compat.v1.trainable_variables"):
        return Unknown(("all variables",), foreign=True)
    tensors = [tensor for value in [*args, *keywords.values()] for tensor in tensors_in(value)]
    if tensors and path.startswith("tensorflow"):
        return containers.operation(tensors)
    rows = _rows(name, args, keywords, node, path)
    if rows is not None:
        return rows
    # What a class makes is new each time: two InstanceNormalization() are two layers.
    made = (run.serial(),) if name[:1].isupper() and run.uses_keras else ()
    told = (("trainable", keywords["trainable"] is not False),) if "trainable" in keywords else ()
    key = ("library", path, *(conditions.key_of(arg) for arg in args[:3]), *made, *told)
    foreign = is_foreign(path) or (path.startswith("tensorflow") and not path.startswith("tensorflow_hub"))
    return Unknown(key if len(repr(key)) < 300 else ("library", path, id(node)), foreign)


def _hub_layer(run: Run, keywords: dict[str, Value], node: ast.Call) -> Layer:
    """``hub.KerasLayer(...)``: a model from elsewhere, frozen unless it is told otherwise."""
    truth = conditions.truth(keywords.get("trainable", False))
    layer = layers.unseen_model(
        run, "KerasLayer", node, ("hub", id(node)), length=None, holds_bn=False,
        flag=truth if isinstance(truth, bool) else None,
        name=keywords.get("name", False), label="KerasLayer", pretrained=True,
    )  # fmt: skip
    if "trainable" in keywords:
        set_by_constructor(run, layer, keywords["trainable"], node)
    return layer


def _record(run: Run, name: str, args: list[Value], keywords: dict[str, Value]) -> Value:
    """A class for ``namedtuple``, an object for ``SimpleNamespace``: as if the program had written them out."""
    fields: list[str] = []
    if name == "namedtuple" and len(args) > 1:
        given = args[1].replace(",", " ").split() if isinstance(args[1], str) else args[1]
        fields = (
            [one for one in given if isinstance(one, str) and one.isidentifier()]
            if isinstance(given, list | tuple)
            else []
        )
    source = "class Record:\n    pass\n" + "".join(f"    {one}: object\n" for one in fields)
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.ClassDef)
    cls = Class(node, [], {"__dataclass__": True}, Scope({}))
    return cls if name == "namedtuple" else Instance(cls, dict(keywords))


def _chained(run: Run, parts: list[Value], node: ast.Call) -> Value:
    columns = [containers.items_of(run, part) for part in parts]
    if None in columns:
        return Unknown(("comprehension", id(node)))
    return [item for column in columns if column is not None for item in column]


def _regular_expression(name: str, args: list[Value], node: ast.Call) -> Value:
    import re

    function: Any = {"match": re.match, "fullmatch": re.fullmatch, "search": re.search}.get(name)
    if function is None or len(args) < 2 or len(args[0]) > 200 or len(args[1]) > 200:
        return Unknown(("regex", id(node)), foreign=True)
    try:
        return True if function(args[0], args[1]) else None
    except (re.error, RecursionError):
        return Unknown(("regex", id(node)), foreign=True)


def _rows(name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call, path: str) -> Data | None:
    """How many rows an array has, where numpy (or TensorFlow) makes one."""
    if not path.startswith(("numpy", "tensorflow")) and name != "to_categorical":
        return None
    if name in ("rand", "randn") and args:
        return Data(args[0] if isinstance(args[0], int) else None, ("array", id(node)))
    if name in _ROWS_FROM_SHAPE:
        return Data(_first(args[0] if args else keywords.get("shape", keywords.get("size"))), ("array", id(node)))
    if name in _ROWS_FROM_SIZE:
        size = keywords.get("size", keywords.get("shape", args[-1] if args else None))
        return Data(_first(size), ("array", id(node)))
    if name in _ROWS_OF_ARGUMENT and args:
        if isinstance(args[0], Data):
            return args[0]
        if isinstance(args[0], list):
            return Data(len(args[0]), ("array", id(node)))
    if name == "arange" and len(args) == 1 and isinstance(args[0], int):
        return Data(args[0], ("array", id(node)))
    if name in ("concatenate", "vstack", "hstack") and args and isinstance(args[0], list | tuple):
        return _stacked(name, args[0], node)
    if name in ("from_tensor_slices", "from_tensors", "from_generator"):
        return Data(None, ("dataset", id(node)), True)
    return None


def _stacked(name: str, parts: Value, node: ast.Call) -> Data:
    rows = [part.rows if isinstance(part, Data) else None for part in parts]
    if name == "hstack" or None in rows:
        return Data(None, ("array", id(node)))
    return Data(sum(row for row in rows if row is not None), ("array", id(node)))


def _first(shape: Value) -> int | None:
    if isinstance(shape, tuple | list) and shape:
        shape = shape[0]
    return shape if isinstance(shape, int) and not isinstance(shape, bool) else None
