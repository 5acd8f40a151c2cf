"""5xx, continued: what an assignment covers, overrides or repeats."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord, Write
from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, prediction, shown, stations
from keras_freeze_lint.rules.gaps import gaps_of
from keras_freeze_lint.rules.history import next_record, previous_write, reaches, unchanged_by, untouched_between
from keras_freeze_lint.rules.predictions import leaves_with_weights, meant_otherwise


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


_SLICES = {"minus zero": "zero", "empty slice": "", "long slice": "long", "nested is one": "nested"}


def _left_out(replay: Replay, index: int, event: events.Mistake) -> Prediction | None:
    """An empty slice leaves out all that it was to reach; a full one takes in the last layer, which it was to leave."""
    leaves = leaves_with_weights(replay, [event.target]) if isinstance(event.target, Layer) else []
    if not leaves or not isinstance(event.value, bool | int):
        return None
    flag = bool(event.value)
    # At -0 it is the start of a slice that takes all, and the end of one that takes nothing.
    full = event.kind in ("long slice", "nested is one") or (event.kind == "minus zero" and event.detail.endswith(":"))
    meant = not flag if full else flag
    # The loop stands behind its slice: what it sets is no later correction.
    return meant_otherwise(replay, leaves[-1:], _end_of_loop(replay, index, leaves[-1]) if full else index, meant)


def _end_of_loop(replay: Replay, index: int, last: Layer) -> int:
    """The event with which the loop that begins at ``index`` has set its last layer's flag."""
    for position in range(index + 1, len(replay.events)):
        event = replay.events[position]
        if isinstance(event, events.SetFlag) and reaches(replay, event.target, last):
            return position
    return index


def _slices(replay: Replay) -> Iterator[Defect]:
    for index, event in enumerate(replay.events):
        if isinstance(event, events.Mistake) and event.kind in _SLICES:
            yield Defect(
                "KFL504",
                event.node,
                _SLICES[event.kind],
                {"cut": event.detail[:24], "count": str(event.count)},
                stations((event.node, "sliced here")),
                _left_out(replay, index, event),
            )


def _nothing_trainable(replay: Replay) -> Iterator[Defect]:
    """A training call that moves no weight, because every layer was frozen."""
    if any(
        isinstance(event, events.Mistake) and event.kind in ("nested is one", "long slice") for event in replay.events
    ):
        return
    strange = {id(gap.record) for gap in gaps_of(replay)}
    for record in replay.records:
        effects = [effect for effect in record.effects.values() if effect.layer.has_weights is not False]
        if (
            record.model is None
            or record.raised
            or len(effects) < 2
            or id(record) in strange
            or record.compiled is None
        ):
            continue
        late = _closed_before_the_head(replay, record, effects)
        if late is not None:
            yield late
        elif all(effect.weights is False and effect.intended is False and effect.write for effect in effects):
            if len({id(effect.layer.node) for effect in effects}) < 2 and not all(
                _is_whole(effect, record) for effect in effects
            ):
                continue
            last = max((effect.write for effect in effects if effect.write), key=lambda write: write.index)
            yield Defect(
                "KFL505",
                last.event.node,
                "",
                {"line": str(line_of(record.node)), "count": str(len(effects))},
                stations((last.event.node, "the last layer is frozen here"), (record.node, "trained here")),
                prediction(replay, record, effects[-1:], "weights", meant=True),
            )


def _is_whole(effect: LayerEffect, record: TrainingRecord) -> bool:
    return effect.write is not None and effect.write.event.target is record.model and len(record.effects) > 2


def _closed_before_the_head(replay: Replay, record: TrainingRecord, effects: list[LayerEffect]) -> Defect | None:
    """A Sequential frozen as a whole, to which the head was added afterwards."""
    if any(effect.weights is not False for effect in effects):
        return None
    for index, event in enumerate(replay.events[: record.index]):
        if isinstance(event, events.SetFlag) and event.value is False and event.target is record.model:
            added = [
                e
                for e in replay.events[index : record.index]
                if isinstance(e, events.Added) and e.model is record.model
            ]
            if added and any(effect.write is None for effect in effects):
                return Defect(
                    "KFL505",
                    event.node,
                    "closed",
                    {"line": str(line_of(record.node))},
                    stations((event.node, "frozen here"), (added[0].node, "added here"), (record.node, "trained here")),
                    prediction(replay, record, [effect for effect in effects if effect.write is None], "weights", True),
                )
    return None


def _same_phase(replay: Replay) -> Iterator[Defect]:
    """A later phase that freezes only what was frozen already, compiles again and trains the same."""
    for number, record in enumerate(replay.records):
        before = next((one for one in reversed(replay.records[:number]) if one.model is record.model), None)
        if before is None or record.model is None or record.compiled is None or record.compiled is before.compiled:
            continue
        writes = [
            event
            for event in replay.events[before.index : record.index]
            if isinstance(event, events.SetFlag) and reaches(replay, record.model, event.target)
        ]
        if not writes or any(event.value is not False or event.looped is None for event in writes):
            continue
        if _all_frozen_before(replay, before, writes) and _left(replay, record, writes):
            yield Defect(
                "KFL508",
                writes[0].node,
                "phase",
                {"line": str(line_of(record.node))},
                stations(
                    (before.node, "trained here"), (writes[0].node, "frozen again"), (record.node, "trained the same")
                ),
                prediction(replay, record, _left(replay, record, writes), "weights", meant=True),
            )


def _all_frozen_before(replay: Replay, before: TrainingRecord, writes: list[events.SetFlag]) -> bool:
    leaves = [leaf for event in writes for leaf in replay.flags.leaves(event.target)]
    effects = [before.effects[leaf.serial] for leaf in leaves if leaf.serial in before.effects]
    return bool(effects) and all(effect.intended is False and effect.weights is False for effect in effects)


def _left(replay: Replay, record: TrainingRecord, writes: list[events.SetFlag]) -> list[LayerEffect]:
    """The layers that the loop left out and that are frozen all the same: those it was to let train."""
    covered = {leaf.serial for event in writes for leaf in replay.flags.leaves(event.target)}
    rest = [e for e in record.effects.values() if e.layer.serial not in covered and e.layer.has_weights is not False]
    return [effect for effect in rest if effect.weights is False]


def _repeated(replay: Replay) -> Iterator[Defect]:
    """All of a model is frozen, then all but some of its layers again: the rest was meant to train."""
    yield from _same_phase(replay)
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.SetFlag) or event.value is not False or not event.target.is_model:
            continue
        again = _frozen_again(replay, index, event)
        leaves = replay.flags.leaves(event.target)
        covered = {leaf.serial for write in again for leaf in replay.flags.leaves(write.target)}
        left = [leaf for leaf in leaves if leaf.serial not in covered and leaf.has_weights is not False]
        if not again or not left:
            continue
        record = next_record(replay, left[0], index)
        if record is not None and _still(record, left, event):
            yield Defect(
                "KFL508",
                again[0].node,
                "",
                {"target": shown(event.target), "line": str(line_of(event.node))},
                stations(
                    (event.node, "all frozen here"), (again[0].node, "some frozen again"), (record.node, "trained here")
                ),
                prediction(replay, record, [record.effects[leaf.serial] for leaf in left], "weights", meant=True),
            )


def _frozen_again(replay: Replay, index: int, event: events.SetFlag) -> list[events.SetFlag]:
    """The assignments of False in one loop over the model's layers that directly follows."""
    found: list[events.SetFlag] = []
    for later in replay.events[index + 1 :]:
        if isinstance(later, events.SetFlag):
            if later.value is not False or later.looped is not event.target:
                break
            if found and later.node is not found[0].node:
                break
            found.append(later)
        elif isinstance(later, events.Compiled | events.TrainStep):
            break
    return found


def _still(record: TrainingRecord, leaves: list[Layer], event: events.SetFlag) -> bool:
    effects = [record.effects.get(leaf.serial) for leaf in leaves]
    return all(effect is not None and _frozen_by(effect, event) for effect in effects)


def _frozen_by(effect: LayerEffect, event: events.SetFlag) -> bool:
    return effect.weights is False and effect.write is not None and effect.write.event is event


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


STRUCTURE_RULES = (
    Rule(
        "KFL104",
        "freeze-without-effect",
        "the frozen layers belong to an instance that is never trained",
        {
            "": "{target} is frozen here, but line {line} trains another instance that the same code built; freeze the trained one"
        },
        _other_instance,
    ),
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
            "long": "[{cut}] is all of the model: it has only {count} layers, nothing stays as it was; take a smaller index",
            "nested": "[{cut}] is all of the model: a nested model counts as one of its {count} layers; loop over that model's layers",
            "zero": "[{cut}] with 0 layers means all or none of them, for -0 is 0; count from the start or test for 0",
        },
        _slices,
    ),
    Rule(
        "KFL505",
        "nothing-trainable",
        "every layer of the trained model is frozen",
        {
            "": "nothing trains on line {line}: all layers are frozen here, the head too; freeze the base before adding the head",
            "closed": "nothing trains on line {line} {where}: the frozen model also holds the layers added later; freeze its layers instead",
        },
        _nothing_trainable,
    ),
    Rule(
        "KFL508",
        "phase-without-change",
        "layers are frozen again that were frozen already, and the rest stays frozen",
        {
            "": "{target} is frozen as a whole on line {line}: freezing some of it again changes nothing; set it True first",
            "phase": "these layers are frozen already: line {line} trains what the phase before trained; set the others True",
        },
        _repeated,
    ),
)
