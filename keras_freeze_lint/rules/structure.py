"""5xx, continued: what an assignment covers or overrides."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import Write
from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.cuts import NO_LAYER
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import Defect, Rule, named, prediction, shown, stations
from keras_freeze_lint.rules.history import next_record, previous_write, reaches, unchanged_by, untouched_between
from keras_freeze_lint.rules.predictions import leaves_with_weights, meant_otherwise, raised_at


def _overridden(replay: Replay) -> Iterator[Defect]:
    """A model's flag that undoes what was set on some of its layers just before."""
    if not replay.behaviour.setter_reaches_children:
        return
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.SetFlag) or event.value is None or not event.target.is_model:
            continue
        leaves = [leaf for leaf in replay.flags.leaves(event.target) if leaf.has_weights is not False]
        undone = [leaf for leaf in leaves if _undoes(replay, index, event, leaf)]
        if not undone or len(undone) == len(leaves):
            continue
        if replay.behaviour.same_value_skipped and unchanged_by(replay, Write(index, event, event.value)):
            continue
        record = next_record(replay, undone[0], index)
        effects = [record.effects[leaf.serial] for leaf in undone if leaf.serial in record.effects] if record else []
        effects = [effect for effect in effects if effect.weights is event.value and effect.intended is event.value]
        if record is not None and effects:
            yield Defect(
                "KFL502",
                event.node,
                "" if event.value else "closes",
                {
                    "target": shown(event.target),
                    "flag": str(event.value),
                    "layers": named(one.layer for one in effects),
                },
                stations(
                    (_node_before(replay, undone[0], index), "set here"),
                    (event.node, "overridden here"),
                    (record.node, "trained here"),
                ),
                prediction(replay, record, effects, "weights", not event.value),
            )


def _undoes(replay: Replay, index: int, event: events.SetFlag, leaf: Layer) -> bool:
    before = previous_write(replay, leaf, index)
    return (
        before is not None
        and before.value is (not event.value)
        and before.event.target is not event.target
        and before.event.how != "constructor"
        and not leaf.is_bn
        and not reaches(replay, before.event.target, event.target)
        and untouched_between(replay, before.index, index)
    )


def _node_before(replay: Replay, leaf: Layer, index: int) -> ast.AST | None:
    before = previous_write(replay, leaf, index)
    return before.event.node if before is not None else None


_SLICES = {
    "minus zero": "zero",
    "empty slice": "",
    "nested empty": "skipped",
    "long slice": "long",
    "nested is one": "nested",
}


def _left_out(replay: Replay, index: int, event: events.Mistake) -> Prediction | None:
    """An empty slice leaves out all that it was to reach; a full one takes in a layer at its end, which it was to leave."""
    leaves = leaves_with_weights(replay, [event.target]) if isinstance(event.target, Layer) else []
    if not leaves or not isinstance(event.value, bool | int):
        return None
    flag = bool(event.value)
    # At -0 it is the start of a slice that takes all, and the end of one that takes nothing.
    full = event.kind in ("long slice", "nested is one") or (event.kind == "minus zero" and event.detail.endswith(":"))
    meant = not flag if full else flag
    end = leaves[0] if event.kind != "minus zero" and event.detail.endswith(":") else leaves[-1]
    # The loop stands behind its slice: what it sets is no later correction.
    return meant_otherwise(replay, [end], _end_of_loop(replay, index, end) if full else index, meant)


def _end_of_loop(replay: Replay, index: int, last: Layer) -> int:
    """The event with which the loop that begins at ``index`` has set its last layer's flag."""
    for position in range(index + 1, len(replay.events)):
        event = replay.events[position]
        if isinstance(event, events.SetFlag) and reaches(replay, event.target, last):
            return position
    return index


def _slices(replay: Replay) -> Iterator[Defect]:
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.Mistake):
            continue
        if event.kind in _SLICES:
            yield Defect(
                "KFL504",
                event.node,
                _SLICES[event.kind],
                {"cut": event.detail[:24], "count": str(event.count)},
                stations((event.node, "sliced here")),
                _left_out(replay, index, event),
            )
        elif event.kind == NO_LAYER:
            yield Defect(
                "KFL504",
                event.node,
                "index",
                {"cut": event.detail, "count": str(event.count)},
                prediction=raised_at(replay, event.node, [], bool(event.value)),
            )


STRUCTURE_RULES = (
    Rule(
        "KFL502",
        "parent-overrides-children",
        "a model's flag undoes what was set on its layers before",
        {
            "": "{target}.trainable={flag} reopens {layers}, frozen just before {where}; set the model first, then its layers",
            "closes": "{target}.trainable={flag} closes {layers}, reopened just before {where}; set the model first, then its layers",
        },
        _overridden,
    ),
    Rule(
        "KFL504",
        "slice-misses",
        "a slice of layers that covers everything or nothing",
        {
            "": "[{cut}] is empty: the model has {count} layers, no flag is set here; take a smaller index",
            "skipped": "[{cut}] is empty: a nested model counts as one of {count} layers; loop over that model's layers",
            "index": "layers[{cut}] raises IndexError: the model has only {count} layers; take a smaller index",
            "long": "[{cut}] is all of the model: it has only {count} layers, nothing stays as it was; take a smaller index",
            "nested": "[{cut}] is all of the model: a nested model counts as one of its {count} layers; loop over that model's layers",
            "zero": "[{cut}] with 0 layers means all or none of them, for -0 is 0; count from the start or test for 0",
        },
        _slices,
    ),
)
