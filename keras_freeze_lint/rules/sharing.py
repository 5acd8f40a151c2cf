"""5xx, continued: layers that two models share have one flag for both."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, prediction, shown, stations
from keras_freeze_lint.rules.gaps import Cause, gaps_of
from keras_freeze_lint.rules.history import reaches


def _shared(replay: Replay) -> Iterator[Defect]:
    yield from _through_containers(replay)
    for gap in gaps_of(replay):
        if gap.cause is Cause.SHARED and gap.write is not None:
            compiled = gap.record.compiled
            yield Defect(
                "KFL503",
                gap.write.event.node,
                "" if gap.effects[0].weights is False else "opens",
                {
                    "flag": str(gap.write.value),
                    "layers": named(effect.layer for effect in gap.effects),
                    "line": str(line_of(gap.record.node)),
                },
                stations(
                    (compiled.event.node if compiled else None, "compiled here"),
                    (gap.write.event.node, "changed for another model here"),
                    (gap.record.node, "trained here"),
                ),
                prediction(replay, gap.record, gap.effects, "weights"),
            )


def _through_containers(replay: Replay) -> Iterator[Defect]:
    """Two models around the same layers: the flag of one is pushed down to the layers, and so holds in the other."""
    if not replay.behaviour.setter_reaches_children:
        return
    for record in replay.records:
        found: dict[int, list[LayerEffect]] = {}
        for effect in record.effects.values():
            if _closed_from_outside(replay, record, effect) and effect.write is not None:
                found.setdefault(id(effect.write.event.node), []).append(effect)
        for effects in found.values():
            write = effects[0].write
            assert write is not None
            yield Defect(
                "KFL503",
                write.event.node,
                "container",
                {
                    "target": shown(write.event.target),
                    "layers": named(effect.layer for effect in effects),
                    "line": str(line_of(record.node)),
                },
                stations((write.event.node, "frozen here"), (record.node, "trained here")),
                prediction(replay, record, effects, "weights", meant=True),
            )


def _closed_from_outside(replay: Replay, record: TrainingRecord, effect: LayerEffect) -> bool:
    """Whether a layer is still only because of the flag of a container that the trained model does not hold.

    That is a mistake for certain where this model has a container of its own around the layer, to which nobody gave a
    flag, and where another model that is trained holds the frozen one.
    """
    write, model = effect.write, record.model
    if model is None or write is None or effect.weights is not False or write.event.value is not False:
        return False
    frozen = write.event.target
    if not reaches(replay, frozen, effect.layer):
        return False  # a copy, which has the flag of its source
    if not frozen.is_model or frozen is model or reaches(replay, model, frozen) or reaches(replay, frozen, model):
        return False
    own = [
        one
        for one in replay.flags.below(model)
        if one is not model and one.is_model and reaches(replay, one, effect.layer) and not reaches(replay, frozen, one)
    ]
    others = {
        id(one.model)
        for one in replay.records
        if one.model is not None and one.model is not frozen and reaches(replay, one.model, frozen)
    }
    given = {id(one.event.target) for one in replay.intents.writes.get(effect.layer.serial, ())}
    return bool(own) and bool(others) and not any(id(one) in given for one in (*own, effect.layer))


SHARING_RULES = (
    Rule(
        "KFL503",
        "shared-layer-leak",
        "a flag that was changed for one model also holds for another model that shares the layers",
        {
            "": "trainable={flag} for another model also stops {layers} on line {line} {where}: they share it; set the flag anew for each",
            "opens": "trainable={flag} for another model also trains {layers} on line {line} {where}: they share it; set the flag anew for each",
            "container": "{target}.trainable=False also stops {layers} on line {line} {where}: both models share these layers; set the flag anew for each",
        },
        _shared,
    ),
)
