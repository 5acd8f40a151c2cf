"""Slices of layer lists that cover everything or nothing, and indices that no layer has."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import LayerList, OddSlice, Unknown

# Old releases built some applications from a few layers more or less.
_TOLERANCE = 1.1
NO_LAYER = "no layer"


def odd_slice(run: Run, whole: LayerList, low: int | None, high: int | None, node: ast.AST) -> OddSlice | None:
    """What is odd about ``whole[low:high]``, if anything."""
    cut = node.slice if isinstance(node, ast.Subscript) else None
    if not isinstance(cut, ast.Slice):
        return None
    for bound, value in ((cut.lower, low), (cut.upper, high)):
        if isinstance(bound, ast.UnaryOp) and isinstance(bound.op, ast.USub) and value == 0:
            return OddSlice("minus zero", whole.model, node, ast.unparse(cut), 0)
    count = known_length(run, whole)
    kind = _kind(whole, count, low, high, cut) if count else None
    return OddSlice(kind, whole.model, node, ast.unparse(cut), count or 0) if kind else None


def _kind(whole: LayerList, count: int, low: int | None, high: int | None, cut: ast.Slice) -> str | None:
    most = count if whole.origin is None else count * _TOLERANCE
    if any(isinstance(part, ast.BinOp) for bound in (cut.lower, cut.upper) if bound for part in ast.walk(bound)):
        return None  # a number that grows with a loop or callback may well pass the end
    nested = any(layer.is_model and len(layer.children) > 1 for layer in whole.layers)
    # One end that is exactly the number of layers is a slip only where it is written out.
    begins_behind = low is not None and (low > most or (low == count and isinstance(cut.lower, ast.Constant)))
    ends_before = high is not None and (-high > most or (-high == count and _is_number(cut.upper)))
    if begins_behind or ends_before:
        return "nested empty" if nested else "empty slice"
    if (low is not None and -low > most) or (high is not None and high > most):
        return "nested is one" if nested else "long slice"
    return None


def _is_number(bound: ast.expr | None) -> bool:
    return isinstance(bound, ast.UnaryOp) and isinstance(bound.operand, ast.Constant)


@contextmanager
def turning(run: Run, counted: bool) -> Iterator[None]:
    """Remember which layers a loop builds of which nobody knows how often it turns."""
    start = len(run.timeline)
    try:
        yield
    finally:
        if not counted:
            built = (event.layer for event in run.timeline[start:] if isinstance(event, events.Built))
            run.uncounted.update(layer.serial for layer in built)


def known_length(run: Run, whole: LayerList) -> int | None:
    """The number of layers in a list, where it is known for sure."""
    if not whole.exact or whole.model.user_class is not None or not whole.slots:
        return None
    if any(layer.kind == "operation" or layer.serial in run.uncounted for layer in whole.layers):
        return None
    return sum(slot.high - slot.low for slot in whole.slots)


def is_vague(run: Run, whole: LayerList, bounds: Sequence[int | None]) -> bool:
    """Whether the slice counts past layers of which there may be more or fewer."""
    if run.uncounted.isdisjoint(layer.serial for layer in whole.layers):
        return False
    return any(
        layer.serial in run.uncounted
        for bound in bounds
        if bound
        for layer in (whole.layers[:bound] if bound > 0 else whole.layers[bound:])
    )


def missing_layer(run: Run, whole: LayerList, index: int) -> Unknown | None:
    """What ``whole[index]`` gives where it raises IndexError for sure."""
    count = known_length(run, whole)
    most = (count or 0) * (1 if whole.origin is None else _TOLERANCE)
    if count is None or -most <= index < most:
        return None
    return Unknown((NO_LAYER, whole.model.serial, index, count), foreign=True)


def note_missing(run: Run, target: Unknown, value: object, node: ast.AST) -> None:
    """The flag of such a layer is set: IndexError, unless somebody waits for it."""
    key = target.key
    if not isinstance(key, tuple) or key[0] != NO_LAYER or run.guarded:
        return
    models = (event.layer for event in run.timeline if isinstance(event, events.Built))
    model = next((layer for layer in models if layer.serial == key[1]), None)
    run.emit(events.Mistake(*run.place(node), NO_LAYER, model, str(key[2]), value, key[3]))
