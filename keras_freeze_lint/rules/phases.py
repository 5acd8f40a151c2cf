"""5xx, continued: training calls that train nothing, or the same as before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.api import APPLICATIONS
from keras_freeze_lint.rules.base import Defect, Rule, line_of, prediction, shown, stations
from keras_freeze_lint.rules.gaps import gaps_of
from keras_freeze_lint.rules.history import next_record, reaches


def _nothing_trainable(replay: Replay) -> Iterator[Defect]:
    """A training call that moves no weight, because every layer was frozen."""
    strange = {id(gap.record) for gap in gaps_of(replay)}
    for record in replay.records:
        effects = [effect for effect in record.effects.values() if effect.layer.has_weights is not False]
        if (
            record.model is None
            or record.raised
            or len(effects) < 2
            or id(record) in strange
            or record.compiled is None
            or _is_sliced_oddly(replay, record.model)
        ):
            continue
        late = _closed_before_the_head(replay, record, effects)
        if late is not None:
            yield late
        elif all(effect.weights is False and effect.intended is False and effect.write for effect in effects):
            one_line = len({id(effect.layer.node) for effect in effects}) < 2
            if one_line and not all(_is_whole(effect, record) for effect in effects) and not _is_known(record.model):
                continue
            last = max((effect.write for effect in effects if effect.write), key=lambda write: write.index)
            yield Defect(
                "KFL505",
                last.event.node,
                "",
                {"line": str(line_of(record.node)), "count": str(len(effects))},
                stations((last.event.node, "the last layer is frozen here"), (record.node, "trained here")),
                prediction(replay, record, effects[-1:], "weights", meant=True),
                settled_at=record.node,
            )


def _is_sliced_oddly(replay: Replay, model: Layer) -> bool:
    """Whether a slice of the model's layers, or of a part of it, took others than its author meant."""
    sliced = [
        event.target
        for event in replay.events
        if isinstance(event, events.Mistake) and event.kind in ("nested is one", "long slice", "minus zero")
    ]
    return any(not isinstance(one, Layer) or reaches(replay, model, one) for one in sliced)


def _is_known(model: Layer) -> bool:
    """A model of keras.applications, all of whose layers one line builds."""
    return model.label in APPLICATIONS


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
    """A later phase that freezes or opens only what was frozen or open already, compiles again and trains the same."""
    for number, record in enumerate(replay.records):
        before = next((one for one in reversed(replay.records[:number]) if one.model is record.model), None)
        if before is None or record.model is None or record.compiled is None or record.compiled is before.compiled:
            continue
        writes = [
            event
            for event in replay.events[before.index : record.index]
            if isinstance(event, events.SetFlag) and reaches(replay, record.model, event.target)
        ]
        if not writes or not _left(replay, record, writes):
            continue
        frozen = all(event.value is False and event.looped is not None for event in writes)
        opened = all(event.value is True for event in writes) and not _repeats(replay, before, writes)
        if (frozen and _all_were(replay, before, writes, False)) or (opened and _same(replay, before, record, writes)):
            yield Defect(
                "KFL508",
                writes[0].node,
                "phase" if frozen else "opened",
                {"line": str(line_of(record.node))},
                stations(
                    (before.node, "trained here"),
                    (writes[0].node, "frozen again" if frozen else "opened again"),
                    (record.node, "trained the same"),
                ),
                prediction(replay, record, _left(replay, record, writes), "weights", meant=True),
                settled_at=record.node,
            )


def _repeats(replay: Replay, before: TrainingRecord, writes: list[events.SetFlag]) -> bool:
    """Whether the same lines set these flags for the phase before: it is the same phase, once more."""
    nodes = {id(event.node) for event in replay.events[: before.index] if isinstance(event, events.SetFlag)}
    return any(id(event.node) in nodes for event in writes)


def _same(replay: Replay, before: TrainingRecord, record: TrainingRecord, writes: list[events.SetFlag]) -> bool:
    """Whether what is opened was open before, and the two phases train the same."""
    effects = [effect for effect in record.effects.values() if effect.layer.has_weights is not False]
    alike = all(
        effect.layer.serial in before.effects and before.effects[effect.layer.serial].weights is effect.weights
        for effect in effects
    )
    return alike and _all_were(replay, before, writes, True)


def _all_were(replay: Replay, before: TrainingRecord, writes: list[events.SetFlag], flag: bool) -> bool:
    """Whether the phase before meant and did with these layers what is assigned again."""
    leaves = [leaf for event in writes for leaf in replay.flags.leaves(event.target)]
    effects = [before.effects[leaf.serial] for leaf in leaves if leaf.serial in before.effects]
    effects = [effect for effect in effects if effect.layer.has_weights is not False]
    if flag:
        return bool(effects) and all(effect.intended is not False and effect.weights is True for effect in effects)
    return bool(effects) and all(effect.intended is False and effect.weights is False for effect in effects)


def _left(replay: Replay, record: TrainingRecord, writes: list[events.SetFlag]) -> list[LayerEffect]:
    """The layers that the loop left out and that are frozen all the same: those it was to let train."""
    covered = {leaf.serial for event in writes for leaf in replay.flags.leaves(event.target)}
    rest = [e for e in record.effects.values() if e.layer.serial not in covered and e.layer.has_weights is not False]
    return [effect for effect in rest if effect.weights is False]


def _repeated(replay: Replay) -> Iterator[Defect]:
    """All of a model is frozen, then all but some of its layers again: the rest was meant to train."""
    yield from _same_phase(replay)
    steps = _freezes(replay)
    for first, again in pairwise(steps):
        left = [leaf for serial, leaf in first.leaves.items() if serial not in again.leaves]
        if not left or not again.leaves or not again.leaves.keys() <= first.leaves.keys():
            continue
        if again.looped is None or not first.whole or not _only_flags_between(replay, first.last, again.first):
            continue
        record = next_record(replay, left[0], again.last)
        if record is not None and _still(record, left, first.node):
            yield Defect(
                "KFL508",
                again.node,
                "",
                {"target": shown(first.model), "line": str(line_of(first.node))},
                stations(
                    (first.node, "all frozen here"), (again.node, "some frozen again"), (record.node, "trained here")
                ),
                prediction(replay, record, [record.effects[leaf.serial] for leaf in left], "weights", meant=True),
                settled_at=record.node,
            )


@dataclass(frozen=True)
class _Freeze:
    """One statement that freezes, with all the turns of its loop: which leaves of which model, and whether all."""

    node: ast.AST
    model: Layer
    looped: Layer | None
    first: int
    last: int
    leaves: dict[int, Layer]
    whole: bool


def _freezes(replay: Replay) -> list[_Freeze]:
    """The freezing statements in the order in which they ran, each loop as one."""
    turns: list[list[tuple[int, events.SetFlag]]] = []
    for index, event in enumerate(replay.events):
        if not isinstance(event, events.SetFlag) or event.value is not False or event.how == "constructor":
            continue
        if turns and event.looped is not None and turns[-1][0][1].node is event.node:
            turns[-1].append((index, event))
        else:
            turns.append([(index, event)])
    return [_freeze(replay, group) for group in turns]


def _freeze(replay: Replay, turns: list[tuple[int, events.SetFlag]]) -> _Freeze:
    event = turns[0][1]
    model = event.looped or event.target
    leaves = {leaf.serial: leaf for _, turn in turns for leaf in _weighted(replay, turn.target)}
    whole = model.is_model and leaves.keys() >= {leaf.serial for leaf in _weighted(replay, model)}
    return _Freeze(event.node, model, event.looped, turns[0][0], turns[-1][0], leaves, whole)


def _weighted(replay: Replay, layer: Layer) -> list[Layer]:
    return [leaf for leaf in replay.flags.leaves(layer) if leaf.has_weights is not False]


def _only_flags_between(replay: Replay, low: int, high: int) -> bool:
    """Whether nothing is opened, compiled or trained between two events."""
    return not any(
        isinstance(event, events.Compiled | events.TrainStep)
        or (isinstance(event, events.SetFlag) and event.value is not False)
        for event in replay.events[low + 1 : high]
    )


def _still(record: TrainingRecord, leaves: list[Layer], node: ast.AST) -> bool:
    """Whether the leaves are still because of the assignment at this node."""
    effects = [record.effects.get(leaf.serial) for leaf in leaves]
    return all(effect is not None and _frozen_by(effect, node) for effect in effects)


def _frozen_by(effect: LayerEffect, node: ast.AST) -> bool:
    return effect.weights is False and effect.write is not None and effect.write.event.node is node


PHASE_RULES = (
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
            "opened": "these layers are open already: line {line} trains what the phase before trained; set the others True",
            "phase": "these layers are frozen already: line {line} trains what the phase before trained; set the others True",
        },
        _repeated,
    ),
)
