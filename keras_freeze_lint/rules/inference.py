"""Which BatchNormalization moves its statistics where a model is only used, because training=True is part of its graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import key, line_of
from keras_freeze_lint.rules.history import reaches

_OTHERWISE = (events.GraphMode, events.LearningPhase)
# Models whose calls are in view: what they call, they call as their graph says.
_IN_VIEW = ("functional", "sequential")


@dataclass(frozen=True)
class Use:
    """A call that only uses a model, and what a run must show there."""

    node: ast.AST
    prediction: Prediction


def moved_at_inference(replay: Replay, called: events.Called, after: int) -> Use | None:
    """The first inference call, after some event, at which a model called with training=True moves its statistics.

    None where there is no such call, and where anything else may say how these layers are run.
    """
    if not replay.behaviour.training_true_at_inference or not _only_so(replay, called.layer):
        return None
    for index, event in _inference(replay):
        if index <= after or not _runs(replay, event.model, called.layer):
            continue
        norms = [leaf for leaf in replay.flags.leaves(called.layer) if _moves(replay, event.model, leaf, index)]
        if norms:
            names = tuple(dict.fromkeys(key(leaf, replay) for leaf in norms))
            return Use(event.node, Prediction(line_of(event.node), names, "frozen", "moves", "statistics"))
    return None


def _only_so(replay: Replay, layer: Layer) -> bool:
    """Whether a model is part of graphs by one call only, and no call inside it nor any setting speaks of a mode."""
    inner = {one.serial for one in replay.flags.below(layer) if one is not layer}
    return (
        len(layer.calls) == 1
        and all(one.kind in _IN_VIEW for one in replay.flags.below(layer) if one.is_model)
        and not any(
            isinstance(event, _OTHERWISE)
            or (isinstance(event, events.Called) and event.symbolic and event.told and event.layer.serial in inner)
            for event in replay.events
        )
    )


def _inference(replay: Replay) -> Iterator[tuple[int, events.Predicted | events.Evaluated]]:
    """The calls that use a model, outside of training calls and alone on their lines."""
    trained = {line_of(record.node) for record in replay.records}
    running = 0
    for index, event in enumerate(replay.events[: replay.stopped_at]):
        running += isinstance(event, events.TrainStart) - isinstance(event, events.TrainEnd)
        if running or line_of(event.node) in trained:
            continue
        if isinstance(event, events.Predicted | events.Evaluated):
            yield index, event


def _runs(replay: Replay, model: Layer, layer: Layer) -> bool:
    """Whether a model runs a layer by the call in a functional graph; a class of the program's own may do anything."""
    holders = [one for one in replay.flags.below(model) if one is not layer and reaches(replay, one, layer)]
    return all(one.kind in _IN_VIEW and one.user_class is None for one in holders) and any(
        one.kind == "functional" and any(child is layer for child in replay.flags.children_of(one)) for one in holders
    )


def _moves(replay: Replay, model: Layer, leaf: Layer, at: int) -> bool:
    """Whether a layer certainly normalizes by the batch, once it is told to train.

    That asks for its flag as it was when the model was compiled last, and functions are made after that.
    """
    if leaf.cls != "BatchNormalization" or leaf.is_bn is not True or leaf.user_class is not None:
        return False
    momentum = leaf.config.get("momentum", 0.99)
    if not isinstance(momentum, float) or not 0 <= momentum < 1:
        return False
    holders = [one for one in replay.flags.below(model) if reaches(replay, one, leaf)]
    if leaf.serial in replay.intents.hidden or not all(one.initial_flag is True for one in holders):
        return False
    written = [write for write in replay.intents.writes.get(leaf.serial, ()) if write.index < at]
    if not all(write.value is True for write in written):
        last = written[-1]
        compiled = [index for index, event in enumerate(replay.events[:at]) if _compiles(event, model)]
        if last.value is not True or not compiled or last.index > compiled[-1]:
            return False
        return all(reaches(replay, last.event.target, write.event.target) for write in written)
    return True


def _compiles(event: events.Event, model: Layer) -> bool:
    return isinstance(event, events.Compiled) and event.model is model
