"""Loops that freeze something else than they seem to: empty and over-full slices, BatchNormalization out of reach."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Layer, LayerList, Scope, Value
from keras_freeze_lint.keras.api import APPLICATIONS


def inspect_loop(run: Run, node: ast.For, source: Value, scope: Scope) -> None:
    """Note what is odd about a loop over layers that sets their flags."""
    if not isinstance(source, LayerList) or not _sets_flags(node):
        return
    _inspect_slice(run, node, source, scope, _flag_set_by(node))
    if _only_for_bn(node):
        for layer in source.layers:
            if layer.is_model and any(one.is_bn for one in _below(layer)):
                run.emit(events.Mistake(*run.place(node), "bn out of reach", layer, "isinstance"))


def _sets_flags(node: ast.For) -> bool:
    return any(
        isinstance(child, ast.Attribute) and child.attr == "trainable" and isinstance(child.ctx, ast.Store)
        for child in ast.walk(node)
    )


def _flag_set_by(node: ast.For) -> object:
    """The constant that the loop assigns to its layers' flags, if it is one."""
    for child in ast.walk(node):
        if isinstance(child, ast.Assign) and isinstance(child.value, ast.Constant):
            target = child.targets[0]
            if isinstance(target, ast.Attribute) and target.attr == "trainable":
                return child.value.value
    return None


def _inspect_slice(run: Run, node: ast.For, source: LayerList, scope: Scope, flag: object) -> None:
    from keras_freeze_lint.interpreter.expressions import evaluate

    cut = _unwrapped(node.iter)
    if not isinstance(cut, ast.Subscript) or not isinstance(cut.slice, ast.Slice):
        return
    for bound in (cut.slice.lower, cut.slice.upper):
        if isinstance(bound, ast.UnaryOp) and isinstance(bound.op, ast.USub) and evaluate(run, bound, scope) == 0:
            run.emit(events.Mistake(*run.place(cut), "minus zero", source.model, ast.unparse(cut.slice), flag))
            return
    whole = evaluate(run, cut.value, scope)
    upper = evaluate(run, cut.slice.upper, scope) if cut.slice.upper is not None else None
    if isinstance(whole, LayerList) and whole.exact and isinstance(upper, int):
        _inspect_upper(run, cut, whole, upper, flag)
    if isinstance(whole, LayerList) and whole.exact and whole.slots and not source.slots:
        lower = evaluate(run, cut.slice.lower, scope) if cut.slice.lower is not None else 0
        count = sum(slot.high - slot.low for slot in whole.slots)
        if (isinstance(lower, int) and lower > count) or (isinstance(upper, int) and -upper > count):
            run.emit(events.Mistake(*run.place(cut), "empty slice", source.model, ast.unparse(cut.slice), flag, count))


def _inspect_upper(run: Run, cut: ast.Subscript, whole: LayerList, upper: int, flag: object) -> None:
    """More layers than there are: of a known application, or of a model in which a nested model counts as one."""
    count = sum(slot.high - slot.low for slot in whole.slots)
    if whole.model.label in APPLICATIONS and upper > count * (1 if whole.origin is None else 1.1):
        run.emit(events.Mistake(*run.place(cut), "long slice", whole.model, ast.unparse(cut.slice), flag, count))
    elif upper > count and any(layer.is_model and len(layer.children) > 1 for layer in whole.layers):
        run.emit(events.Mistake(*run.place(cut), "nested is one", whole.model, ast.unparse(cut.slice), flag, count))


def _unwrapped(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name):
        node = node.args[0]
    return node


def _only_for_bn(node: ast.For) -> bool:
    """``for layer in ...: if isinstance(layer, BatchNormalization): layer.trainable = False``."""
    first = node.body[0]
    if len(node.body) != 1 or not isinstance(first, ast.If) or first.orelse:
        return False
    names = {part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in ast.walk(first.test)}
    return "isinstance" in names and "BatchNormalization" in names


def _below(layer: Layer) -> list[Layer]:
    found, pending = [], [layer]
    while pending:
        current = pending.pop()
        found.append(current)
        pending.extend(current.children)
        if len(found) > 5000:
            break
    return found
