"""Questions about the events of a path that several rules ask."""

from __future__ import annotations

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import TrainingRecord, Write
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer

_MILESTONES = (events.Compiled, events.TrainStep, events.AppliedGradients)


def untouched_between(replay: Replay, low: int, high: int) -> bool:
    """Whether nothing was compiled or trained between two events."""
    return not any(isinstance(event, _MILESTONES) for event in replay.events[low + 1 : high])


def reaches(replay: Replay, holder: Layer, layer: Layer) -> bool:
    """Whether a model is or holds a layer."""
    return any(one is layer for one in replay.flags.below(holder))


def takes_part(replay: Replay, record: TrainingRecord, layer: Layer) -> bool:
    """Whether a training call is about a layer: a hand-written step is only about models that it moves a part of."""
    if record.model is not None:
        return True
    moved = [effect.layer for effect in record.effects.values() if effect.weights is not False]
    built = [event.layer for event in replay.events if isinstance(event, events.Built) and event.layer.is_model]
    copied = [event.copy for event in replay.events if isinstance(event, events.Copied)]
    return any(
        reaches(replay, model, layer) and any(reaches(replay, model, one) for one in moved) for model in built + copied
    )


def next_record(replay: Replay, layer: Layer, after: int) -> TrainingRecord | None:
    """The first training call after an event that has this leaf in its model."""
    return next((one for one in replay.records if one.index > after and layer.serial in one.effects), None)


def previous_write(replay: Replay, leaf: Layer, before: int) -> Write | None:
    """The last assignment to a leaf before an event."""
    earlier = [write for write in replay.intents.writes.get(leaf.serial, ()) if write.index < before]
    return earlier[-1] if earlier else None


def unchanged_by(replay: Replay, write: Write) -> bool:
    """Whether the assigned model's own flag had the assigned value before."""
    value = write.event.target.initial_flag
    for event in replay.events[: write.index]:
        if isinstance(event, events.SetFlag) and reaches(replay, event.target, write.event.target):
            value = event.value
    return value is write.value
