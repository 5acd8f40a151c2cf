"""2xx: BatchNormalization."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord, Write
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, prediction, shown, stations
from keras_freeze_lint.rules.gaps import Cause, gaps_of
from keras_freeze_lint.rules.history import next_record, reaches, untouched_between
from keras_freeze_lint.rules.inference import moved_at_inference
from keras_freeze_lint.rules.predictions import raised_at


def _frozen_old_keras(replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is Cause.OLD_BN and gap.write is not None:
            yield Defect(
                "KFL201",
                gap.write.event.node,
                "" if replay.behaviour.frozen_bn_statistics == "move" else "nested",
                {"layers": named((effect.layer for effect in gap.effects), 1), "line": str(line_of(gap.record.node))},
                stations((gap.write.event.node, "frozen here"), (gap.record.node, "statistics move here")),
                prediction(replay, gap.record, gap.effects, "statistics"),
                only_if_everywhere=True,
            )


def _unprotected(replay: Replay) -> Iterator[Defect]:
    """Keras 3: ``base(x, training=False)`` is overridden by fit once the base is trainable."""
    if replay.behaviour.training_false_holds:
        return
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.Called) or event.training is not False or not event.symbolic or event.inside:
            continue
        if not event.layer.is_model:
            continue
        moving = _moving(replay, index, event.layer)
        if moving is not None:
            record, effects = moving
            if not event.layer.pretrained and not all(_was_frozen(replay, effect) for effect in effects):
                continue
            opened = next((effect.write.event.node for effect in effects if effect.write is not None), event.node)
            yield Defect(
                "KFL202",
                opened,
                "",
                {"target": shown(event.layer), "line": str(line_of(record.node))},
                stations(
                    (event.node, "called with training=False"),
                    (opened, "reopened here"),
                    (record.node, "statistics move here"),
                ),
                prediction(replay, record, effects, "statistics", meant=False),
            )


def _was_frozen(replay: Replay, effect: LayerEffect) -> bool:
    return any(write.value is False for write in replay.intents.writes.get(effect.layer.serial, ()))


def _moving(replay: Replay, index: int, model: Layer) -> tuple[TrainingRecord, list[LayerEffect]] | None:
    for record in replay.records:
        if record.index > index and record.model is not None and not record.raised:
            effects = [
                effect
                for effect in record.effects.values()
                if effect.layer.is_bn and effect.statistics and reaches(replay, model, effect.layer)
            ]
            if effects:
                return record, effects
    return None


def _baked(replay: Replay) -> Iterator[Defect]:
    """Keras 2: ``base(x, training=True)`` in the graph holds in predict too."""
    if replay.behaviour.trains_by != "ancestors" or not replay.behaviour.setter_reaches_children:
        return
    for index, event in enumerate(replay.events):
        if (
            isinstance(event, events.Called)
            and event.training
            and event.symbolic
            and event.layer.is_model
            and not event.inside
        ):
            norm = next((leaf for leaf in replay.flags.leaves(event.layer) if leaf.is_bn), None)
            record = next_record(replay, norm, index) if norm is not None else None
            if record is not None:
                used = moved_at_inference(replay, event, record.index)
                yield Defect(
                    "KFL203",
                    event.node,
                    "",
                    {"target": shown(event.layer)},
                    stations(
                        (event.node, "called with training=True"),
                        (record.node, "trained here"),
                        (used.node if used else None, "statistics move here, too"),
                    ),
                    used.prediction if used else None,
                )


def _not_reached(replay: Replay) -> Iterator[Defect]:
    yield from _reopened(replay)
    yield from _closed(replay)
    for index, event in enumerate(replay.events):
        if (
            not isinstance(event, events.Mistake)
            or event.kind != "bn out of reach"
            or not isinstance(event.target, Layer)
        ):
            continue
        for leaf in replay.flags.leaves(event.target):
            record = next_record(replay, leaf, index) if leaf.is_bn else None
            effect = record.effects[leaf.serial] if record is not None else None
            if record is not None and effect is not None and effect.statistics and effect.intended:
                yield Defect(
                    "KFL204",
                    event.node,
                    "nested",
                    {"target": shown(event.target), "line": str(line_of(record.node))},
                    stations((event.node, "looked for here"), (record.node, "statistics move here")),
                    prediction(replay, record, [effect], "statistics", meant=False),
                )
                break


def _reopened(replay: Replay) -> Iterator[Defect]:
    """BatchNormalization frozen on purpose, and reopened by a later assignment that means all layers."""
    for record in replay.records:
        reopened: dict[int, list[LayerEffect]] = {}
        for effect in record.effects.values():
            if not effect.layer.is_bn or effect.write is None or not effect.write.value or not effect.statistics:
                continue
            written = replay.intents.writes[effect.layer.serial]
            position = written.index(effect.write)
            before = written[position - 1] if position else None
            if before is None or before.value is not False or not _means_bn(replay, before.event.node):
                continue
            if untouched_between(replay, before.index, effect.write.index) and not _means_bn(
                replay, effect.write.event.node
            ):
                reopened.setdefault(id(before.event.node), []).append(effect)
        for effects in reopened.values():
            write = effects[0].write
            assert write is not None
            written = replay.intents.writes[effects[0].layer.serial]
            frozen = written[written.index(write) - 1]
            yield Defect(
                "KFL204",
                frozen.event.node,
                "",
                {"layers": named(effect.layer for effect in effects), "line": str(line_of(write.event.node))},
                stations(
                    (frozen.event.node, "frozen here"),
                    (write.event.node, "reopened here"),
                    (record.node, "statistics move here"),
                ),
                prediction(replay, record, effects, "statistics", meant=False),
            )


def _closed(replay: Replay) -> Iterator[Defect]:
    """BatchNormalization kept trainable on purpose, and frozen by a later assignment that means all layers."""
    for record in replay.records:
        closed: dict[int, list[LayerEffect]] = {}
        for effect in record.effects.values():
            before = _write_before(replay, effect)
            if (
                not effect.layer.is_bn
                or before is None
                or effect.write is None
                or effect.write.value is not False
                or before.value is not True
                or effect.weights is not False
                or record.raised
            ):
                continue
            alone = _means_bn(replay, before.event.node) and not _means_bn(replay, effect.write.event.node)
            if alone and untouched_between(replay, before.index, effect.write.index):
                closed.setdefault(id(before.event.node), []).append(effect)
        for effects in closed.values():
            before, write = _write_before(replay, effects[0]), effects[0].write
            assert before is not None
            assert write is not None
            yield Defect(
                "KFL204",
                before.event.node,
                "closed",
                {"layers": named(effect.layer for effect in effects), "line": str(line_of(write.event.node))},
                stations(
                    (before.event.node, "kept trainable here"),
                    (write.event.node, "frozen here"),
                    (record.node, "gamma and beta stay still"),
                ),
                prediction(replay, record, effects, "weights", meant=True),
            )


def _write_before(replay: Replay, effect: LayerEffect) -> Write | None:
    """The assignment before the one that the layer's intent comes from."""
    written = replay.intents.writes.get(effect.layer.serial, [])
    position = written.index(effect.write) if effect.write in written else 0
    return written[position - 1] if position else None


def _means_bn(replay: Replay, node: object) -> bool:
    """Whether every flag that this line sets is a BatchNormalization's, while its model has other layers."""
    targets = [event.target for event in replay.events if isinstance(event, events.SetFlag) and event.node is node]
    return bool(targets) and all(target.is_bn for target in targets)


def _learning_phase(replay: Replay) -> Iterator[Defect]:
    phase: events.LearningPhase | None = None
    seen: set[int] = set()
    starts = {id(record.start): record for record in replay.records}
    for event in replay.events:
        if isinstance(event, events.LearningPhase):
            phase = event if event.value is False else None
        record = starts.get(id(event))
        if record is None or phase is None or id(phase) in seen:
            continue
        effects = [effect for effect in record.effects.values() if effect.layer.is_bn and effect.statistics]
        if effects:
            seen.add(id(phase))
            gone = replay.behaviour.trains_by == "variables"
            yield Defect(
                "KFL205",
                phase.node,
                "gone" if gone else "",
                {"layers": named(effect.layer for effect in effects), "line": str(line_of(record.node))},
                stations((phase.node, "set here"), (record.node, "statistics move here")),
                raised_at(replay, phase.node, [effect.layer for effect in effects], False)
                if gone
                else prediction(replay, record, effects, "statistics", meant=False),
            )


BATCHNORM_RULES = (
    Rule(
        "KFL201",
        "bn-frozen-old-keras",
        "a frozen BatchNormalization still updates its moving statistics on old releases",
        {
            "": "frozen BatchNormalization still updates its statistics {where} ({layers}, line {line}); upgrade, or call it with training=False",
            "nested": "BatchNormalization frozen inside a nested model still updates its statistics {where} ({layers}); freeze the nested model itself",
        },
        _frozen_old_keras,
    ),
    Rule(
        "KFL202",
        "bn-unfrozen-in-finetune",
        "on Keras 3 training=False at the call does not protect BatchNormalization of a reopened base",
        {
            "": "training=False does not protect the BatchNormalization of {target} in fit {where} (line {line}); keep these layers frozen"
        },
        _unprotected,
    ),
    Rule(
        "KFL203",
        "bn-training-flag-conflict",
        "training=True at the call stays in the graph, also for predict",
        {
            "": "training=True stays in the graph of {target}: predict uses and updates batch statistics {where}; leave training out"
        },
        _baked,
    ),
    Rule(
        "KFL204",
        "bn-not-reached",
        "BatchNormalization that was to be frozen is reopened later or out of the loop's reach",
        {
            "": "frozen BatchNormalization ({layers}) is reopened on line {line}: its statistics move; freeze it after that line",
            "closed": "{layers}, kept trainable here, is frozen again on line {line}: it stays still; set it True after that line",
            "nested": "this loop does not reach the BatchNormalization inside {target}: it trains on line {line}; loop over its layers too",
        },
        _not_reached,
    ),
    Rule(
        "KFL205",
        "learning-phase-hack",
        "set_learning_phase(0) does not freeze BatchNormalization",
        {
            "": "set_learning_phase(0) does not freeze {layers}: statistics still move on line {line} {where}; set trainable=False",
            "gone": "set_learning_phase does not exist {where}: AttributeError; freeze BatchNormalization with trainable=False",
        },
        _learning_phase,
    ),
)
