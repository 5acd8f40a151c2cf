"""Loops that freeze something else than they seem to: empty and over-full slices, BatchNormalization out of reach."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.containers import Enumerated
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Layer, LayerList, Scope, Value


def inspect_loop(run: Run, node: ast.For, source: Value) -> None:
    """Note what is odd about a loop over layers that sets their flags."""
    note_slice(run, node, source)
    if isinstance(source, LayerList) and _sets_flags(node) and _only_for_bn(node):
        for layer in source.layers:
            if layer.is_model and any(one.is_bn for one in _below(layer)):
                run.emit(events.Mistake(*run.place(node), "bn out of reach", layer, "isinstance"))


def leave_variable(run: Run, node: ast.For, source: Value, scope: Scope) -> None:
    """Note that a loop that only looks at layers is over, and what its variable holds from now on."""
    if isinstance(node.target, ast.Name) and isinstance(source, LayerList) and not _sets_flags(node):
        last = scope.variables.get(node.target.id)
        if isinstance(last, Layer) and len(source.layers) > 1:
            run.left_over[id(scope), node.target.id] = last, source.layers


def inspect_stale(run: Run, node: ast.For, source: Value, scope: Scope) -> None:
    """``for l in model.layers: layer.trainable = False``: the flag goes to what an earlier loop left in ``layer``."""
    if not isinstance(node.target, ast.Name) or not isinstance(source, LayerList):
        return
    for statement in node.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(target, ast.Attribute) and _is_flag(target) and isinstance(target.value, ast.Name):
            name = target.value.id
            if name != node.target.id and _is_left_over(run, name, scope):
                _note_stale(run, target, name, source.layers, _flag_set_by(statement))


def inspect_after_loop(run: Run, target: ast.Attribute, value: Value, scope: Scope) -> None:
    """``layer.trainable = False`` behind the loop that it was to be in."""
    if not run.loops and isinstance(target.value, ast.Name) and _is_left_over(run, target.value.id, scope):
        _note_stale(run, target, target.value.id, run.left_over[id(scope), target.value.id][1], value)


def _is_left_over(run: Run, name: str, scope: Scope) -> bool:
    left = run.left_over.get((id(scope), name))
    return left is not None and scope.variables.get(name) is left[0]


def _note_stale(run: Run, node: ast.AST, name: str, meant: list[Layer], value: Value) -> None:
    run.emit(events.Mistake(*run.place(node), "stale variable", meant, name, value))


def note_slice(run: Run, node: ast.AST, source: Value) -> None:
    """Note that a loop (or comprehension) sets the flags of a slice of layers that covers everything or nothing."""
    odd = source.odd if isinstance(source, LayerList | Enumerated) else None
    if odd is not None and _sets_flags(node):
        place = run.place(odd.node)
        run.emit(events.Mistake(*place, odd.kind, odd.model, odd.cut, _flag_set_by(node), odd.count))


def _sets_flags(node: ast.AST) -> bool:
    return any(_is_flag(child) or _is_setattr(child) for child in ast.walk(node))


def _is_flag(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "trainable" and isinstance(node.ctx, ast.Store)


def _is_setattr(node: ast.AST) -> bool:
    """``setattr(layer, "trainable", ...)``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr"):
        return False
    name = node.args[1] if len(node.args) == 3 else None
    return isinstance(name, ast.Constant) and name.value == "trainable"


def _flag_set_by(node: ast.AST) -> object:
    """The constant that the loop assigns to its layers' flags, if it is one."""
    for child in ast.walk(node):
        value: ast.expr | None = None
        if isinstance(child, ast.Assign) and _is_flag(child.targets[0]):
            value = child.value
        elif isinstance(child, ast.Call) and _is_setattr(child):
            value = child.args[2]
        if isinstance(value, ast.Constant):
            return value.value
    return None


def _only_for_bn(node: ast.For) -> bool:
    """Whether its body is ``if isinstance(layer, BatchNormalization): layer.trainable = False``, or opens others."""
    first = node.body[0]
    if len(node.body) != 1 or not isinstance(first, ast.If) or first.orelse:
        return False
    test, meant = first.test, False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, meant = test.operand, True
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn | ast.NotEq | ast.IsNot):
        meant = True
    return _asks_for_bn(test) and _flag_set_by(first) is meant


def _asks_for_bn(test: ast.expr) -> bool:
    """Whether a test asks if a layer is BatchNormalization, by class or by name."""
    if not isinstance(test, ast.Call | ast.Compare):
        return False
    names: set[str] = set()
    texts: set[str] = set()
    for part in ast.walk(test):
        names.add(part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", ""))
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            texts.add(part.value.lower())
    by_class = "BatchNormalization" in names and not {"isinstance", "type", "__class__"}.isdisjoint(names)
    # Applications call their layers block1_bn or batch_normalization_7: a name tells as much as the class.
    told = any(text == "bn" or "batchnorm" in text or "batch_norm" in text for text in texts)
    return by_class or (told and not {"name", "__name__", "str"}.isdisjoint(names))


def _below(layer: Layer) -> list[Layer]:
    found, pending = [], [layer]
    while pending:
        current = pending.pop()
        found.append(current)
        pending.extend(current.children)
        if len(found) > 5000:
            break
    return found
