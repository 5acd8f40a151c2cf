"""Truth, comparison and membership of values: a bool where it is known, a Condition to be decided where it is not."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from keras_freeze_lint.interpreter import counting
from keras_freeze_lint.interpreter.values import (
    Api,
    Class,
    Condition,
    Data,
    Function,
    Instance,
    Layer,
    LayerList,
    LayerName,
    Length,
    Optimizer,
    Span,
    SpanRange,
    Tensor,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from keras_freeze_lint.interpreter.state import Run

_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OBJECTS = (Layer, Instance, Class, Function, Optimizer, Tensor, Api, LayerList)
_PLAIN = (bool, int, float, complex, str, bytes, type(None), tuple, list, dict, set, frozenset, range)


def key_of(value: Value) -> Hashable:
    """A hashable stand-in by which equal run-time values can be told."""
    if isinstance(value, Unknown | Condition):
        return value.key if _is_small(value.key) else ("large", id(value.key))
    if isinstance(value, Data):
        return ("data", value.key)
    if isinstance(value, LayerName):
        return ("name of", value.layer.serial)
    if isinstance(value, Layer | Optimizer):
        return ("object", value.serial)
    if isinstance(value, Api):
        return ("api", value.path)
    if isinstance(value, tuple | list):
        return ("items", *(key_of(item) for item in value[:8]))
    if isinstance(value, dict):
        return ("dict", *((str(name), key_of(item)) for name, item in list(value.items())[:8]))
    if isinstance(value, bool | int | float | str | bytes | type(None)):
        return value
    return ("id", id(value))


_MOST_PARTS = 64


def _is_small(key: Hashable) -> bool:
    """Whether a key has few parts: keys that are built of each other in a loop would grow without end."""
    if not isinstance(key, tuple):
        return True
    pending: list[Hashable] = list(key)
    for _ in range(_MOST_PARTS):
        if not pending:
            return True
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(part)
    return False


def truth(value: Value) -> bool | Condition:
    """Whether a value counts as true."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Condition):
        return value
    if isinstance(value, _PLAIN):
        return bool(value)
    if isinstance(value, Unknown | LayerName | Span):
        return Condition(("truth", key_of(value)))
    return True


def negate(value: bool | Condition) -> bool | Condition:
    """The truth of ``not value``."""
    if isinstance(value, Condition):
        return Condition(value.key, not value.negated)
    return not value


def compare(run: Run, op: ast.cmpop, left: Value, right: Value) -> Value:
    """The outcome of one comparison."""
    counted = counting.compared(run, op, left, right)
    if counted is not None:
        return counted
    if isinstance(op, ast.In | ast.NotIn):
        found = contains(run, right, left)
        return negate(found) if isinstance(op, ast.NotIn) else found
    if isinstance(op, ast.Eq | ast.Is):
        return _equal(run, left, right, isinstance(op, ast.Is))
    if isinstance(op, ast.NotEq | ast.IsNot):
        return negate(_equal(run, left, right, isinstance(op, ast.IsNot)))
    if isinstance(left, Span) and isinstance(right, int):
        return _span_order(run, op, left, right)
    if isinstance(right, Span) and isinstance(left, int):
        mirrored = {ast.Lt: ast.Gt(), ast.LtE: ast.GtE(), ast.Gt: ast.Lt(), ast.GtE: ast.LtE()}[type(op)]
        return _span_order(run, mirrored, right, left)
    if _has_order(left) and _has_order(right):
        try:
            return bool(_ORDER[type(op)](left, right))
        except TypeError:
            pass
    return Condition((type(op).__name__, key_of(left), key_of(right)))


def _has_order(value: Value) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, Length)


def _span_order(run: Run, op: ast.cmpop, span: Span, bound: int) -> Value:
    compared = _ORDER[type(op)]
    first, last = bool(compared(span.low, bound)), bool(compared(span.high - 1, bound))
    if first is last:
        return first
    run.cuts.at(span.origin, bound if isinstance(op, ast.Lt | ast.GtE) else bound + 1)
    return first


def _equal(run: Run, left: Value, right: Value, identity: bool) -> bool | Condition:
    if isinstance(right, LayerName | Span):
        left, right = right, left
    if isinstance(left, LayerName):
        return (
            matches_word(run, left.layer, right)
            if isinstance(right, str)
            else Condition(("==", key_of(left), key_of(right)))
        )
    if isinstance(left, Span):
        if isinstance(right, int):
            return _span_equal(run, left, right)
        return Condition(("==", key_of(left), key_of(right)))
    if isinstance(left, Length) or isinstance(right, Length):
        return Condition(("==", key_of(left), key_of(right)))
    if isinstance(left, _PLAIN) and isinstance(right, _PLAIN):
        return _plain_equal(left, right, identity)
    if isinstance(left, _OBJECTS) and isinstance(right, _OBJECTS):
        if isinstance(left, Api) and isinstance(right, Api):
            return left.path == right.path
        return left is right
    if isinstance(left, _OBJECTS) and isinstance(right, _PLAIN):
        return False
    if isinstance(right, _OBJECTS) and isinstance(left, _PLAIN):
        return False
    if isinstance(left, Condition) and isinstance(right, bool):
        return left if right else negate(left)
    if isinstance(left, Unknown) and isinstance(right, Unknown) and left.key == right.key:
        return True
    if isinstance(left, _PLAIN):
        left, right = right, left
    return Condition(("==", key_of(left), key_of(right)))


def _plain_equal(left: Value, right: Value, identity: bool) -> bool | Condition:
    if identity and (left is None or right is None or isinstance(left, bool) or isinstance(right, bool)):
        return left is right
    if _mixed(left) or _mixed(right):
        return Condition(("==", key_of(left), key_of(right)))
    return bool(left == right)


def _mixed(value: Value) -> bool:
    """Whether a container holds anything that is not a plain constant."""
    if isinstance(value, tuple | list | set | frozenset):
        return any(not isinstance(item, _PLAIN) or _mixed(item) for item in value)
    if isinstance(value, dict):
        return any(not isinstance(item, _PLAIN) or _mixed(item) for item in value.values())
    return False


def _span_equal(run: Run, span: Span, number: int) -> bool:
    if not span.low <= number < span.high:
        return False
    if span.high - span.low == 1:
        return True
    run.cuts.at(span.origin, number)
    run.cuts.at(span.origin, number + 1)
    return False


def contains(run: Run, container: Value, item: Value) -> bool | Condition:
    """``item in container``."""
    if isinstance(item, LayerName):
        return _name_in(run, item.layer, container)
    if isinstance(container, LayerName):
        if isinstance(item, str):
            return matches_word(run, container.layer, item)
        return Condition(("in", key_of(item), key_of(container)))
    if isinstance(container, LayerList):
        return item in container.layers if isinstance(item, Layer) else False
    if isinstance(container, SpanRange):
        return _undecided_or(isinstance(item, int), lambda: container.low <= item < container.high, container, item)
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if isinstance(container, range) and isinstance(item, int):
        return item in container
    if isinstance(container, range | tuple | list | set | frozenset | dict):
        return _in_items(run, container, item)
    return Condition(("in", key_of(item), key_of(container)))


def _undecided_or(decided: bool, answer: Callable[[], bool], container: Value, item: Value) -> bool | Condition:
    return answer() if decided else Condition(("in", key_of(item), ("id", id(container))))


def _in_items(run: Run, container: Value, item: Value) -> bool | Condition:
    if isinstance(item, Span):
        if all(isinstance(member, int) for member in container):
            matches = [_span_equal(run, item, member) for member in container]
            return True in matches
        return Condition(("in", key_of(item), key_of(list(container))))
    undecided = False
    for member in container:
        same = _equal(run, item, member, False)
        if same is True:
            return True
        undecided = undecided or isinstance(same, Condition)
    return Condition(("in", key_of(item), key_of(list(container)))) if undecided else False


def _name_in(run: Run, layer: Layer, container: Value) -> bool | Condition:
    if isinstance(container, tuple | list | set | frozenset | dict):
        answers = [matches_word(run, layer, word) for word in container if isinstance(word, str)]
        if len(answers) == len(container):
            return True in answers
    return Condition(("in", ("name of", layer.serial), key_of(container)))


_BN_WORDS = ("bn", "batch", "norm")


def matches_word(run: Run, layer: Layer, word: str) -> bool | Condition:
    """Whether a run of unseen layers is the one that a name (or a part of one) picks out.

    Raises:
        Restart: the word picks out layers of this model for the first time.
    """
    if layer.name is not None:
        return word in layer.name
    if layer.is_bn is not False and any(part in word.lower() for part in _BN_WORDS):
        return True if layer.is_bn else Condition(("word", layer.serial, word))
    if layer.attributes.get("word") == word:
        return True
    run.cuts.for_word(layer.origin, word)
    return False
