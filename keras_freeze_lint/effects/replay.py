"""Replaying one path's events under one behaviour of Keras: flags, compile states, what each training call moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras_freeze_lint.effects import building, handwritten, optimizers, training
from keras_freeze_lint.effects.progress import Progress, Replay
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.timeline import Event
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.semantics import Behaviour


def replay(path: Sequence[Event], behaviour: Behaviour) -> Replay:
    """What this path's training calls do on this Keras."""
    progress = Progress(path, behaviour)
    _prepare_children(progress)
    for index, event in enumerate(path):
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            progress.index = index
            handler(progress, event)
            if progress.outcome.stopped_at is not None:
                break
    return progress.outcome


def _prepare_children(progress: Progress) -> None:
    """Layers that are added later are not there from the start."""
    added: dict[int, set[int]] = {}
    models: dict[int, Layer] = {}
    for event in progress.path:
        if isinstance(event, events.Added):
            models[event.model.serial] = event.model
            added.setdefault(event.model.serial, set()).add(event.layer.serial)
    for serial, model in models.items():
        progress.flags.hold(model, [child for child in model.children if child.serial not in added[serial]])


_HANDLERS: dict[type[Event], Callable[[Progress, Any], None]] = {
    events.Built: building.on_built,
    events.Added: building.on_added,
    events.Called: building.on_called,
    events.SetFlag: building.on_set_flag,
    events.Obscured: building.on_obscured,
    events.Mistake: building.on_mistake,
    events.SetVariableFlag: building.on_set_variable,
    events.Copied: building.on_copied,
    events.Compiled: training.on_compiled,
    events.TrainStart: training.on_start,
    events.TrainStep: training.on_step,
    events.TrainEnd: training.on_end,
    events.Evaluated: optimizers.on_evaluated,
    events.Predicted: handwritten.on_predicted,
    events.ReadVariables: handwritten.on_read,
    events.AppliedGradients: handwritten.on_applied,
    events.BuiltOptimizer: optimizers.on_built_optimizer,
    events.ReadWeights: building.on_weights,
    events.WroteWeights: building.on_weights,
}
