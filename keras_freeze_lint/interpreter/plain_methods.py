"""Methods of strings, lists, dicts, arrays and names of layers, as far as they carry layers or flags."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import conditions, containers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Condition,
    Data,
    Layer,
    LayerList,
    LayerName,
    Method,
    Unknown,
    Value,
)


def call_method(
    run: Run, receiver: Value, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call
) -> Value:
    """A method of a string, a list, a dict, a set, an array or a layer's name."""
    if isinstance(receiver, bool) and name == "trainable":
        run.emit(events.Mistake(*run.place(node), "called", receiver, name))
    if isinstance(receiver, LayerName):
        return _layer_name_method(run, receiver, name, args)
    if isinstance(receiver, str):
        return _string_method(receiver, name, args, keywords, node)
    if isinstance(receiver, list):
        return _list_method(run, receiver, name, args, node)
    if isinstance(receiver, LayerList):
        if name == "index" and args and isinstance(args[0], Layer):
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


def _unknown(node: ast.AST) -> Unknown:
    return Unknown(("call", id(node)))


def _layer_name_method(run: Run, receiver: LayerName, name: str, args: list[Value]) -> Value:
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
