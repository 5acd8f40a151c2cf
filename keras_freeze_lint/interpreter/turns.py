"""Which turns of a loop are run: all, those that tell something, or one for each stretch of unseen layers."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter.expressions import evaluate
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import LayerList, Scope, SpanRange, Value

# Fewer positions than this are looked at one by one.
_FEW = 9


def over_stretches(run: Run, node: ast.For, source: Value, scope: Scope) -> Value:
    """``for i in range(100): model.layers[i]...`` goes over one stretch of unseen layers, not over 100 cuts."""
    if not isinstance(source, range) or len(source) < _FEW or source.step != 1 or source.start < 0:
        return source
    if not isinstance(node.target, ast.Name) or run.is_training(node):
        return source
    for child in ast.walk(node):
        if isinstance(child, ast.Subscript) and isinstance(child.slice, ast.Name) and child.slice.id == node.target.id:
            listed = evaluate(run, child.value, scope) if _is_plain(child.value) else None
            if isinstance(listed, LayerList) and any(slot.high - slot.low > 1 for slot in listed.slots):
                return SpanRange(source.start, source.stop, listed)
    return source


def _is_plain(node: ast.expr) -> bool:
    """Whether looking at it changes nothing: a name, or attributes of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def telling_turns(node: ast.For, numbers: range) -> list[Value]:
    """Of a long training loop: the first turns, the last, and those that its own conditions name."""
    wanted = {numbers[0], numbers[1], numbers[2], numbers[-1]}
    for child in ast.walk(node):
        if isinstance(child, ast.Compare | ast.BinOp):
            for part in ast.walk(child):
                if isinstance(part, ast.Constant) and type(part.value) is int:
                    wanted |= {turn for turn in (part.value, part.value + 1) if turn in numbers}
    return sorted(wanted)[:12]
