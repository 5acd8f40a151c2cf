"""Builtins and the methods of plain containers, as far as they carry layers, flags or numbers of layers."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from keras_freeze_lint.interpreter import conditions, containers, layers
from keras_freeze_lint.interpreter import timeline as events
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
    Method,
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
        raise Stopped(exhausted=False)
    if name in _CONVERSIONS and args:
        return _converted(run, name, args, node)
    return Unknown(("builtin", name, *(conditions.key_of(arg) for arg in args[:3])))


def _unknown(node: ast.AST) -> Unknown:
    return Unknown(("call", id(node)))


def _attribute_builtin(run: Run, name: str, args: list[Value], node: ast.Call) -> Value:
    from keras_freeze_lint.interpreter.attributes import get_attribute, set_attribute

    attribute = args[1]
    if not isinstance(attribute, str):
        return _unknown(node)
    if name == "setattr":
        if len(args) == 3:
            set_attribute(run, args[0], attribute, args[2], node, "setattr")
        return None
    if name == "hasattr":
        return _has_attribute(args[0], attribute)
    value = get_attribute(run, args[0], attribute, node)
    return value


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
        if attribute in ("kernel", "bias", "units", "filters") and value.user_class is None and value.kind == "leaf":
            return _HAS.get(attribute, frozenset()).__contains__(value.cls)
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


def _converted(run: Run, name: str, args: list[Value], node: ast.Call) -> Value:
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
        return containers.Enumerated(args[0].model, layers.spans(args[0], start))
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


def _set(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    made = _listed(run, args, keywords, node)
    return made


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
            import builtins

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
    from keras_freeze_lint.interpreter.attributes import get_attribute

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
    "set": _set, "frozenset": _set, "dict": _dict, "len": _length, "range": _range, "isinstance": _isinstance,
    "type": _type, "bool": _bool, "any": _any, "all": _all, "sum": _sum, "max": _extreme, "min": _extreme,
    "next": _next, "iter": _iter, "print": _print, "id": _iter,
}  # fmt: skip


# --- methods of plain values ------------------------------------------------------------------------------------------


def call_method(
    run: Run, receiver: Value, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call, call: _Call,
    scope: Scope,
) -> Value:  # fmt: skip
    """A method of a string, a list, a dict, a set, an array or a layer's name."""
    if isinstance(receiver, bool) and name == "trainable":
        run.emit(events.Mistake(*run.place(node), "called", receiver, name))
    if isinstance(receiver, LayerName):
        return _layer_name_method(run, receiver, name, args, node)
    if isinstance(receiver, str):
        return _string_method(receiver, name, args, keywords, node)
    if isinstance(receiver, list):
        return _list_method(run, receiver, name, args, node)
    if isinstance(receiver, LayerList):
        if name in ("index",) and args and isinstance(args[0], Layer):
            found = [i for i, slot in enumerate(receiver.slots) if args[0] in slot.layers]
            return found[0] if found and receiver.exact else _unknown(node)
        if name == "copy":
            return receiver
        return None
    if isinstance(receiver, dict):
        return _dict_method(receiver, name, args, keywords, node)
    if isinstance(receiver, set | frozenset):
        if name in ("add", "update", "discard"):
            return None
        return _unknown(node)
    if isinstance(receiver, tuple) and name == "index":
        return receiver.index(args[0]) if args and args[0] in receiver else _unknown(node)
    if isinstance(receiver, Data):
        return _data_method(receiver, name, args, node)
    foreign = isinstance(receiver, Method)
    return Unknown(("method", conditions.key_of(receiver), name, *(conditions.key_of(a) for a in args[:3])), foreign)


def _layer_name_method(run: Run, receiver: LayerName, name: str, args: list[Value], node: ast.Call) -> Value:
    if name in ("startswith", "endswith", "__contains__", "count") and args:
        words = args[0] if isinstance(args[0], tuple) else (args[0],)
        if all(isinstance(word, str) for word in words):
            answers = [conditions.matches_word(run, receiver.layer, word) for word in words]
            return True if True in answers else next((a for a in answers if isinstance(a, Condition)), False)
    if name in ("lower", "upper", "strip"):
        return receiver
    return Unknown(("name of", receiver.layer.serial, name, *(conditions.key_of(arg) for arg in args)))


_STRING_METHODS = frozenset(
    """startswith endswith lower upper strip lstrip rstrip split rsplit replace join format find index count isdigit
    title capitalize splitlines partition rpartition zfill isalpha isupper islower removeprefix removesuffix""".split()
)


def _string_method(receiver: str, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    plain = all(isinstance(arg, str | int | float | tuple | list) for arg in [*args, *keywords.values()])
    if name in _STRING_METHODS and plain:
        try:
            return getattr(receiver, name)(*args, **keywords)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError):
            return _unknown(node)
    return Unknown(("text", id(node), receiver[:40], name))


def _list_method(run: Run, receiver: list[Value], name: str, args: list[Value], node: ast.Call) -> Value:
    if name == "append" and args:
        if len(receiver) < containers.MAX_ITEMS * 4:
            receiver.append(args[0])
        return None
    if name == "extend" and args:
        receiver.extend(containers.items_of(run, args[0]) or [])
        return None
    if name == "insert" and len(args) == 2 and isinstance(args[0], int):
        receiver.insert(args[0], args[1])
        return None
    if name == "pop":
        index = args[0] if args else -1
        if isinstance(index, int) and receiver and -len(receiver) <= index < len(receiver):
            return receiver.pop(index)
        return _unknown(node)
    if name == "index" and args:
        return next((i for i, item in enumerate(receiver) if item is args[0] or item == args[0]), _unknown(node))
    if name == "copy":
        return list(receiver)
    if name == "reverse":
        receiver.reverse()
        return None
    if name == "remove" and args and args[0] in receiver:
        receiver.remove(args[0])
        return None
    if name == "clear":
        receiver.clear()
        return None
    return None if name == "sort" else _unknown(node)


def _dict_method(
    receiver: dict[Value, Value], name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call
) -> Value:
    if name == "get" and args:
        try:
            if args[0] in receiver:
                return receiver[args[0]]
        except TypeError:
            return _unknown(node)
        plain = isinstance(args[0], str | int | float | bool)
        return (
            (args[1] if len(args) > 1 else None)
            if plain
            else Unknown(("get", id(receiver), conditions.key_of(args[0])))
        )
    if name == "items":
        return list(receiver.items())
    if name == "values":
        return list(receiver.values())
    if name == "keys":
        return list(receiver)
    if name == "update":
        for source in [*args, keywords]:
            if isinstance(source, dict):
                receiver.update(source)
        return None
    if name == "setdefault" and len(args) == 2 and isinstance(args[0], str | int):
        return receiver.setdefault(args[0], args[1])
    if name == "pop" and args and isinstance(args[0], str | int):
        return receiver.pop(args[0], args[1] if len(args) > 1 else _unknown(node))
    if name == "copy":
        return dict(receiver)
    return _unknown(node)


_SAME_ROWS = frozenset("astype copy numpy tolist repeat shuffle cache prefetch with_options".split())


def _data_method(receiver: Data, name: str, args: list[Value], node: ast.Call) -> Value:
    if name in _SAME_ROWS:
        return receiver if name != "repeat" else Data(None, ("repeat", receiver.key), receiver.dataset)
    if name == "reshape" and args:
        first = args[0][0] if isinstance(args[0], tuple) and args[0] else args[0]
        if isinstance(first, int) and first >= 0:
            return Data(first, ("reshape", receiver.key, first))
        return Data(receiver.rows if first == -1 else None, ("reshape", receiver.key))
    if name in ("batch", "map", "take", "skip"):
        return Data(None, (name, receiver.key, *(conditions.key_of(arg) for arg in args)), True)
    return Unknown(("method", receiver.key, name, id(node)), foreign=True)
