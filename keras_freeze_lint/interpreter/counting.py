"""Whether a layer has weights, as programs ask it: ``len(layer.get_weights()) > 0``, ``0 == len(layer.weights)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from keras_freeze_lint.interpreter.timeline import ReadVariables
from keras_freeze_lint.interpreter.values import Condition, Layer, Value, Variables, WeightIndex, Weights

if TYPE_CHECKING:
    from keras_freeze_lint.interpreter.state import Run

_MIRRORED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_SOME = {(ast.Gt, 0), (ast.GtE, 1), (ast.NotEq, 0)}
_NONE = {(ast.Lt, 1), (ast.LtE, 0), (ast.Eq, 0)}


def compared(run: Run, op: ast.cmpop, left: Value, right: Value) -> bool | Condition | None:
    """The outcome of comparing the number of a layer's weights with none or one; None for anything else."""
    kind = type(op)
    if isinstance(right, WeightIndex) and not isinstance(left, WeightIndex):
        left, right, kind = right, left, _MIRRORED.get(kind, kind)
    if not isinstance(left, WeightIndex) or left.whole is None or not isinstance(right, int):
        return None
    asked = (kind, int(right))
    if asked not in _SOME and asked not in _NONE:
        return None
    found = _has_any(run, left.whole)
    if isinstance(found, Condition):
        return Condition(found.key, not found.negated) if asked in _NONE else found
    return found if found is None or asked in _SOME else not found


def _has_any(run: Run, whole: Weights | Variables) -> bool | Condition | None:
    """Whether a list of all weights of a layer has any; None for a list of a part of them, which hangs on flags.

    A layer of a kind that has weights counts as built: those of a ``Sequential`` without an input shape are not yet.
    """
    if isinstance(whole, Weights):
        return _has_weights(whole.layer)
    reads = [event for event in run.timeline if isinstance(event, ReadVariables) and event.serial in whole.reads]
    if len(reads) != 1 or reads[0].which != "all":
        return None
    return _has_weights(reads[0].source)


def _has_weights(layer: Layer) -> bool | Condition:
    if layer.has_weights is None:
        return Condition(("has weights", layer.serial))
    return layer.has_weights
