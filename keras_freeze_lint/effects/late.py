"""Models whose inputs nothing tells before their first batch: Keras really compiles them then."""

from __future__ import annotations

import ast

from keras_freeze_lint.effects.progress import Progress
from keras_freeze_lint.effects.records import CompileState
from keras_freeze_lint.interpreter.values import Layer

_TELLING = frozenset({"input_shape", "batch_input_shape", "input_dim"})
_DEPTH = 30


def compiled_by_first_step(progress: Progress, model: Layer, state: CompileState) -> bool:
    """Whether ``compile()`` has only kept its arguments, so that the flags are read by the first step."""
    if not progress.behaviour.compiles_late or not state.unseen_inputs:
        return False
    if model.kind == "subclassed":
        return model.graph is None
    return progress.called_at.get(model.serial, state.index) >= state.index and learns_inputs_late(progress, model)


def learns_inputs_late(progress: Progress, model: Layer) -> bool:
    """Whether a Sequential has no inputs yet: its first layer tells no shape, or is out of its sight.

    Where a Sequential does not list its InputLayer, a Sequential that begins with it sees a layer without a shape.
    """
    if model.kind != "sequential" or progress.behaviour.sequential_lists_input:
        return False
    first = next(iter(progress.flags.children_of(model)), None)
    for _ in range(_DEPTH):
        if first is None or not first.is_model:
            break
        seen = progress.flags.children_of(first)
        if first.kind == "sequential":
            seen = [child for child in seen if child.cls != "InputLayer"]
        elif first.kind != "functional":
            return False
        first = next(iter(seen), None)
    if first is None or first.kind != "leaf" or first.cls in {"InputLayer", "Embedding"}:
        return False
    return not _TELLING & set(first.config) and not _takes_any(first)


def _takes_any(layer: Layer) -> bool:
    """Whether the call that makes it hands on arguments that are not spelt out: a shape may be among them."""
    call = layer.node
    return isinstance(call, ast.Call) and any(keyword.arg is None for keyword in call.keywords)
