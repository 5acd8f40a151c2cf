"""Builtin functions, as far as they carry layers, flags or numbers of layers."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from keras_freeze_lint.interpreter import conditions, containers, layers
from keras_freeze_lint.interpreter.attributes import get_attribute, set_attribute
from keras_freeze_lint.interpreter.state import Run, Stopped
from keras_freeze_lint.interpreter.values import (
    Api,
    Class,
    Condition,
    Data,
    Gradients,
    Instance,
    Layer,
    LayerList,
    LayerName,
    Length,
    Scope,
    Unknown,
    Value,
    Variables,
    WeightIndex,
    Weights,
)
from keras_freeze_lint.keras.api import BN_CLASSES

_Call = Callable[[Run, Value, list[Value], dict[str, Value], ast.Call, Scope], Value]
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str, "abs": abs, "round": round}


def call_builtin(
    run: Run, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call, call: _Call, scope: Scope
) -> Value:
    """The value of a builtin function."""
    if name in ("setattr", "getattr", "hasattr") and len(args) >= 2:
        return _attribute_builtin(run, name, args, node)
    handler = _BUILTINS.get(name)
    if handler is not None:
        return handler(run, args, keywords, node)
    if name == "map" and len(args) == 2:
        items = containers.items_of(run, args[1])
        return [call(run, args[0], [item], {}, node, scope) for item in items] if items is not None else _unknown(node)
    if name == "filter" and len(args) == 2:
        return _filter(run, args, node, call, scope)
    if name in ("exit", "quit"):
        raise Stopped
    if name in _CONVERSIONS and args:
        return _converted(name, args, node)
    return Unknown(("builtin", name, *(conditions.key_of(arg) for arg in args[:3])))


def _unknown(node: ast.AST) -> Unknown:
    return Unknown(("call", id(node)))


def _attribute_builtin(run: Run, name: str, args: list[Value], node: ast.Call) -> Value:
    attribute = args[1]
    if not isinstance(attribute, str):
        return _unknown(node)
    if name == "setattr":
        if len(args) == 3:
            set_attribute(run, args[0], attribute, args[2], node, "setattr")
        return None
    if name == "hasattr":
        return _has_attribute(args[0], attribute)
    return get_attribute(run, args[0], attribute, node)


_DENSE_AND_CONV = frozenset(
    "Dense Conv1D Conv2D Conv3D Convolution1D Convolution2D Conv2DTranspose Conv1DTranspose Conv3DTranspose".split()
)
_HAS = {
    "kernel": _DENSE_AND_CONV,
    "bias": _DENSE_AND_CONV,
    "units": frozenset({"Dense", "LSTM", "GRU", "SimpleRNN"}),
    "filters": _DENSE_AND_CONV - {"Dense"},
}


def _has_attribute(value: Value, attribute: str) -> Value:
    if isinstance(value, Layer):
        if attribute == "layers":
            return value.is_model if value.kind != "rest" else Condition(("has", value.serial, attribute))
        if attribute in ("trainable", "name"):
            return True
        if attribute in ("layer", "forward_layer"):
            return value.kind in ("wrapper", "bidirectional")
        if attribute in value.attributes or attribute in value.config:
            return True
        if attribute in _HAS and value.user_class is None and value.kind == "leaf":
            return value.cls in _HAS[attribute]
    if isinstance(value, Instance):
        return attribute in value.attributes or value.cls.lookup(attribute) is not None
    return Condition(("has", conditions.key_of(value), attribute))


def _filter(run: Run, args: list[Value], node: ast.Call, call: _Call, scope: Scope) -> Value:
    items = containers.items_of(run, args[1])
    if items is None:
        return _unknown(node)
    kept: list[Value] = []
    for item in items:
        truth = conditions.truth(call(run, args[0], [item], {}, node, scope))
        if run.decide(truth) if isinstance(truth, Condition) else truth:
            kept.append(item)
    return kept


def _converted(name: str, args: list[Value], node: ast.Call) -> Value:
    value = args[0]
    if name == "str" and isinstance(value, LayerName):
        return value
    if isinstance(value, Length) and name in ("int", "round"):
        return value
    if isinstance(value, int | float | str):
        try:
            return _CONVERSIONS[name](value)
        except (ValueError, OverflowError, TypeError):
            return _unknown(node)
    return Unknown(("builtin", name, conditions.key_of(value)))


def _enumerate(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    start = keywords.get("start", args[1] if len(args) > 1 else 0)
    start = start if isinstance(start, int) else 0
    if args and isinstance(args[0], LayerList):
        return containers.Enumerated(args[0].model, layers.spans(args[0], start), args[0].odd)
    if args and isinstance(args[0], Weights | Variables):
        return [(WeightIndex(), Unknown(("weight", id(node))))]
    items = containers.items_of(run, args[0]) if args else None
    return [(index, item) for index, item in enumerate(items, start)] if items is not None else _unknown(node)


def _zip(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if len(args) == 2 and isinstance(args[1], Variables):
        return Gradients(args[1])
    if args and isinstance(args[0], Gradients):
        return args[0]
    columns = [containers.items_of(run, arg) for arg in args]
    known = [column for column in columns if column is not None]
    if not known:
        return _unknown(node)
    rows = min(len(column) for column in known)
    return [
        tuple(column[i] if column is not None else Unknown(("zip", id(node), c, i)) for c, column in enumerate(columns))
        for i in range(rows)
    ]


def _reversed(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if args and isinstance(args[0], LayerList):
        return args[0].layers[::-1]
    items = containers.items_of(run, args[0]) if args else None
    return items[::-1] if items is not None else _unknown(node)


def _listed(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if not args:
        return []
    if isinstance(args[0], LayerList) and all(slot.high - slot.low == 1 for slot in args[0].slots):
        return args[0].layers
    if isinstance(args[0], LayerList | Variables | Gradients | Data):
        return args[0]
    items = containers.items_of(run, args[0])
    return items if items is not None else args[0] if isinstance(args[0], Unknown) else _unknown(node)


def _sorted(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    items = containers.items_of(run, args[0]) if args else None
    if items is None:
        return _unknown(node)
    try:
        return sorted(items, reverse=keywords.get("reverse") is True) if "key" not in keywords else items
    except TypeError:
        return items


def _tuple(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    made = _listed(run, args, keywords, node)
    return tuple(made) if isinstance(made, list) else made


def _dict(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    made = dict(args[0]) if args and isinstance(args[0], dict) else {}
    made.update(keywords)
    return made


def _length(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return containers.size_of(args[0]) if args else _unknown(node)


def _range(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return containers.range_of(args)


def _isinstance(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if len(args) != 2:
        return _unknown(node)
    wanted = args[1] if isinstance(args[1], tuple | list) else (args[1],)
    answers = [instance_of(args[0], cls) for cls in wanted]
    if True in answers:
        return True
    undecided = [answer for answer in answers if isinstance(answer, Condition)]
    return undecided[0] if undecided else False


def instance_of(value: Value, cls: Value) -> bool | Condition:
    """``isinstance(value, cls)``."""
    if isinstance(value, Layer):
        return _layer_is(value, cls)
    if isinstance(value, Instance):
        return (
            cls in value.cls.ancestry()
            if isinstance(cls, Class)
            else Condition(("is", id(value), conditions.key_of(cls)))
        )
    if isinstance(value, bool | int | float | str | list | tuple | dict | type(None)) and isinstance(cls, Api):
        if cls.path.startswith("builtins."):
            wanted = getattr(builtins, cls.name, None)
            return isinstance(value, wanted) if isinstance(wanted, type) else False
        return False
    return Condition(("is", conditions.key_of(value), conditions.key_of(cls)))


def _layer_is(layer: Layer, cls: Value) -> bool | Condition:
    if isinstance(cls, Class):
        return layer.user_class is not None and cls in layer.user_class.ancestry()
    if not isinstance(cls, Api):
        return Condition(("is", layer.serial, conditions.key_of(cls)))
    wanted = cls.name
    if wanted in BN_CLASSES:
        return layer.is_bn if layer.is_bn is not None else Condition(("bn", layer.serial))
    if wanted == "Layer":
        return True
    if wanted in ("Model", "Functional", "Network", "Container"):
        return layer.is_model if layer.kind != "rest" else False
    if wanted == "Sequential":
        return layer.kind == "sequential"
    if layer.kind == "rest":
        return False if layer.is_bn else Condition(("is", layer.serial, wanted))
    if wanted == "Wrapper":
        return layer.kind in ("wrapper", "bidirectional")
    if layer.user_class is not None:
        return any(
            isinstance(base, Api) and base.name == wanted for one in layer.user_class.ancestry() for base in one.bases
        )
    return _same_class(layer.cls, wanted)


_OLD_NAMES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "MaxPool2D": "MaxPooling2D",
}


def _same_class(left: str, right: str) -> bool:
    return _OLD_NAMES.get(left, left) == _OLD_NAMES.get(right, right)


def _type(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if len(args) == 1 and isinstance(args[0], Layer | Instance):
        if isinstance(args[0], Layer) and args[0].kind == "rest":
            return Unknown(("type", args[0].serial))
        return get_attribute(run, args[0], "__class__", node)
    return _unknown(node)


def _bool(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return conditions.truth(args[0]) if args else False


def _any(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return _quantified(run, args, node, True)


def _all(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return _quantified(run, args, node, False)


def _quantified(run: Run, args: list[Value], node: ast.Call, wanted: bool) -> Value:
    items = containers.items_of(run, args[0]) if args else None
    if items is None:
        return Condition(("any" if wanted else "all", id(node)))
    truths = [conditions.truth(item) for item in items]
    if wanted in truths:
        return wanted
    undecided = [one for one in truths if isinstance(one, Condition)]
    if len(undecided) == 1:
        return undecided[0]
    if undecided:
        return Condition(("or" if wanted else "and", *((one.key, one.negated) for one in undecided)))
    return not wanted


def _sum(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    items = containers.items_of(run, args[0]) if args else None
    if items is not None and len(args) == 2 and args[1] == []:
        return [part for item in items if isinstance(item, list) for part in item]
    if items is not None and all(isinstance(item, int | float) for item in items):
        return sum(items)
    return _unknown(node)


def _extreme(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    items = args if len(args) > 1 else containers.items_of(run, args[0]) if args else None
    if items and all(isinstance(item, int | float) for item in items):
        chosen = max if isinstance(node.func, ast.Name) and node.func.id == "max" else min
        return chosen(items)
    return _unknown(node)


def _next(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    items = containers.items_of(run, args[0]) if args else None
    if items:
        return items[0]
    if items == [] and len(args) > 1:
        return args[1]
    return Unknown(("next", conditions.key_of(args[0]) if args else None))


def _iter(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return args[0] if args else _unknown(node)


def _print(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return None


_BUILTINS: dict[str, Callable[[Run, list[Value], dict[str, Value], ast.Call], Value]] = {
    "enumerate": _enumerate, "zip": _zip, "reversed": _reversed, "list": _listed, "sorted": _sorted, "tuple": _tuple,
    "set": _listed, "frozenset": _listed, "dict": _dict, "len": _length, "range": _range, "isinstance": _isinstance,
    "type": _type, "bool": _bool, "any": _any, "all": _all, "sum": _sum, "max": _extreme, "min": _extreme,
    "next": _next, "iter": _iter, "print": _print, "id": _iter,
}  # fmt: skip
