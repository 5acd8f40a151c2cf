"""1xx, continued: flags on layers that no later training has to do with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import TrainingRecord
from keras_freeze_lint.findings import Certainty, Prediction
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.api import APPLICATIONS
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, prediction, shown, stations
from keras_freeze_lint.rules.history import next_record, reaches
from keras_freeze_lint.rules.predictions import layers_in, meant_otherwise


def _without_effect(replay: Replay) -> Iterator[Defect]:
    yield from _other_instance(replay)
    yield from _other_application(replay)
    yield from _stale_variable(replay)
    yield from _after_training(replay)


def _other_instance(replay: Replay) -> Iterator[Defect]:
    """The frozen model is one instance, the trained one another that the same line built."""
    trained = {layer.serial: layer for record in replay.records for layer in _layers(record)}
    sites = {id(layer.node): layer for layer in trained.values()}
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.SetFlag) or event.value is not False or event.how == "constructor":
            continue
        leaves = [leaf for leaf in replay.flags.leaves(event.target) if leaf.has_weights is not False]
        if (
            not leaves
            or any(leaf.serial in trained for leaf in leaves)
            or not _used_otherwise(replay).isdisjoint({event.target.serial, *(leaf.serial for leaf in leaves)})
        ):
            continue
        twins = [sites[id(leaf.node)] for leaf in leaves if id(leaf.node) in sites and leaf.kind != "rest"]
        if any(write.event.node is event.node for one in twins for write in replay.intents.writes.get(one.serial, ())):
            # The same line reaches the trained instance at another time.
            continue
        record = next_record(replay, twins[0], index) if len(twins) == len(leaves) else None
        if record is not None and all(
            effect.weights for effect in (record.effects[one.serial] for one in twins if one.serial in record.effects)
        ):
            yield Defect(
                "KFL104",
                event.node,
                "",
                {"target": shown(event.target), "line": str(line_of(record.node))},
                stations((event.node, "frozen here"), (record.node, "another instance trained here")),
                _trained_twins(replay, record, twins),
            )


def _trained_twins(replay: Replay, record: TrainingRecord, twins: list[Layer]) -> Prediction:
    effects = [record.effects[one.serial] for one in twins if one.serial in record.effects]
    return prediction(replay, record, effects, "weights", meant=False)


def _layers(record: TrainingRecord) -> list[Layer]:
    return [effect.layer for effect in record.effects.values()] if record.model is not None else []


@lru_cache(maxsize=8)
def _used_otherwise(replay: Replay) -> frozenset[int]:
    """Layers that are called on data, copied or read from: frozen or not, they have a purpose of their own."""
    used: set[int] = set()
    for event in replay.events:
        if isinstance(event, events.Called) and not event.symbolic:
            used.add(event.layer.serial)
        elif isinstance(event, events.ReadWeights):
            used.update(one.serial for one in replay.flags.below(event.layer))
        elif isinstance(event, events.Copied):
            used.add(event.source.serial)
    return frozenset(used)


def _other_application(replay: Replay) -> Iterator[Defect]:
    """A pretrained model is frozen and then used for nothing, while another of its kind trains."""
    built = [one.layer for one in replay.events if isinstance(one, events.Built) and one.layer.label in APPLICATIONS]
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.SetFlag) or event.value is not False:
            continue
        owner = next((one for one in built if reaches(replay, one, event.target)), None)
        if owner is None or _has_a_use(replay, owner):
            continue
        for twin in built:
            leaf = next((one for one in replay.flags.leaves(twin) if one.has_weights is not False), None)
            record = next_record(replay, leaf, index) if leaf is not None else None
            if twin is owner or twin.label != owner.label or record is None:
                continue
            effects = [
                record.effects[one.serial]
                for one in replay.flags.leaves(twin)
                if one.serial in record.effects and one.has_weights is not False
            ]
            if all(one.write is None and one.weights is not False for one in effects):
                yield Defect(
                    "KFL104",
                    event.node,
                    "",
                    {"target": shown(owner), "line": str(line_of(record.node))},
                    stations((event.node, "frozen here"), (record.node, "another instance trained here")),
                    prediction(replay, record, [one for one in effects if one.weights], "weights", meant=False)
                    if any(one.weights for one in effects)
                    else None,
                )
                break


def _has_a_use(replay: Replay, owner: Layer) -> bool:
    """Whether anything is done with a model but setting the flags of its layers."""
    leaves = {leaf.serial for leaf in replay.flags.leaves(owner)}
    for event in replay.events:
        if isinstance(event, events.Built | events.Added | events.Called):
            holder = event.model if isinstance(event, events.Added) else event.layer
            if isinstance(event, events.Built) and reaches(replay, owner, holder):
                continue
            if any(leaf.serial in leaves for leaf in replay.flags.leaves(holder)):
                return True
        elif isinstance(event, events.Compiled | events.TrainStart | events.Evaluated | events.Predicted):
            if event.model is owner:
                return True
        elif isinstance(event, events.ReadWeights | events.Copied):
            source = event.layer if isinstance(event, events.ReadWeights) else event.source
            if source.serial in leaves or source is owner:
                return True
        elif isinstance(event, events.HandedOut) and event.layer is owner:
            return True
    return False


def _stale_variable(replay: Replay) -> Iterator[Defect]:
    """The variable of an earlier loop, which holds one layer, gets the flag that was meant for many."""
    for index, event in enumerate(replay.events):
        if isinstance(event, events.Mistake) and event.kind == "stale variable" and isinstance(event.value, bool):
            holders = layers_in(event.target)
            told = meant_otherwise(replay, holders, index, event.value)
            if told is not None:
                yield Defect(
                    "KFL104",
                    event.node,
                    "stale",
                    {"name": event.detail, "flag": str(event.value), "line": str(told.training_call)},
                    stations((event.node, "set here")),
                    told,
                )


def _after_training(replay: Replay) -> Iterator[Defect]:
    """Frozen for the first time when all training is over, and nothing is done with the model any more."""
    if not replay.records or any(record.model is None for record in replay.records):
        return
    last = replay.records[-1]
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.SetFlag) or event.value is not False or index < last.index:
            continue
        if any(isinstance(later, _USES) for later in replay.events[index:]):
            return
        effects = [
            last.effects[leaf.serial] for leaf in replay.flags.leaves(event.target) if leaf.serial in last.effects
        ]
        if effects and all(
            one.weights and len(replay.intents.writes.get(one.layer.serial, ())) == 1 for one in effects
        ):
            yield Defect(
                "KFL104",
                event.node,
                "late",
                {"layers": named(one.layer for one in effects), "line": str(line_of(last.node))},
                stations((last.node, "trained here"), (event.node, "frozen here")),
                certainty=Certainty.POSSIBLE,
            )


_USES = (
    events.Compiled,
    events.TrainStart,
    events.AppliedGradients,
    events.ReadWeights,
    events.Copied,
    events.Built,
    events.HandedOut,
)

EFFECTLESS_RULES = (
    Rule(
        "KFL104",
        "freeze-without-effect",
        "the frozen layers belong to an instance that is never trained",
        {
            "": "{target} is frozen here, but line {line} trains another instance that the same code built; freeze the trained one",
            "stale": "{name} is left from an earlier loop: trainable={flag} reaches one layer only (see line {line}); use this loop's own variable",
            "late": "{layers} is frozen when all training is over (line {line}); freeze before compile() and training",
        },
        _without_effect,
    ),
)
