"""Gaps between intent and effect, sorted by their cause: what the rules on flags share."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import CompileState, LayerEffect, TrainingRecord, Write
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.history import reaches, unchanged_by


class Cause(Enum):
    """Why a training call does not do what the source says."""

    AFTER_COMPILE = "the flag was set after compile() and before the first training"
    BETWEEN_FITS = "the flag was set after a training call, without compiling again"
    GAN = "the flag was meant for the combined model and reaches the discriminator's own training"
    SHARED = "the flag was meant for another model that shares the layers"
    SAME_OPTIMIZER = "the model was compiled again with the optimizer of the phase before"
    SHARED_OPTIMIZER = "the model was compiled with the optimizer of another model, which trained first"
    FROZEN_PARENT = "a frozen model around the layer hides its flag"
    NOT_INHERITED = "the flag of a container or wrapper does not reach the layers that train"
    SKIPPED = "the assignment was skipped: the attribute had that value already"
    OLD_BN = "moving statistics are updated although the layer is frozen"
    OWN_LOOP = "a hand-written step moves variables of frozen layers"
    OLD_LIST = "the list of variables was read before the flag was set"
    STALE_STEP = "the step was traced before the flag was set"
    TF1_MINIMIZE = "a tf.train optimizer without var_list trains everything"
    LOST_BY_COPY = "a copy of the model does not keep the flag"


@dataclass(frozen=True, eq=False)
class Gap:
    """The layers of one training call that do not do what one assignment says, and why."""

    cause: Cause
    record: TrainingRecord
    write: Write | None
    effects: tuple[LayerEffect, ...]
    quantity: str = "weights"


def gaps_of(replay: Replay) -> tuple[Gap, ...]:
    """All gaps of a replayed path, in order of the training calls."""
    return _cached(replay)


@lru_cache(maxsize=8)
def _cached(replay: Replay) -> tuple[Gap, ...]:
    return tuple(gap for record in replay.records for gap in _gaps(replay, record))


def _gaps(replay: Replay, record: TrainingRecord) -> Iterator[Gap]:
    if record.recompiled is not None:
        return
    if record.raised is not None:
        yield from _raised(replay, record)
        return
    grouped: dict[tuple[Cause, int], list[LayerEffect]] = {}
    writes: dict[tuple[Cause, int], Write | None] = {}
    for effect in record.effects.values():
        if effect.layer.has_weights is False:
            continue
        if effect.intended is None:
            unclear = _late_on_some(replay, record, effect)
            if unclear is not None:
                cause, write = unclear
                grouped.setdefault((cause, id(write.event.node)), []).append(replace(effect, intended=write.value))
                writes[cause, id(write.event.node)] = write
            continue
        if effect.weights is None:
            late = _late_on_unseen(replay, record, effect)
            if late is not None:
                _join(grouped, writes, late, effect.write, effect)
            continue
        if effect.intended is not effect.weights:
            found = _cause(replay, record, effect)
            if found is not None:
                _join(grouped, writes, *found, effect)
    for place, effects in grouped.items():
        yield Gap(place[0], record, writes[place], tuple(effects))
    yield from _statistics(replay, record)


def _join(
    grouped: dict[tuple[Cause, int], list[LayerEffect]],
    writes: dict[tuple[Cause, int], Write | None],
    cause: Cause,
    write: Write | None,
    effect: LayerEffect,
) -> None:
    """Add a layer to the gap of an assignment; of one that freezes some layers and opens others the gap tells one half."""
    place = (cause, id(write.event.node) if write else 0)
    others = grouped.setdefault(place, [])
    if not others or others[0].intended is effect.intended:
        others.append(effect)
        writes[place] = write


def _cause(replay: Replay, record: TrainingRecord, effect: LayerEffect) -> tuple[Cause, Write | None] | None:
    if record.applied is not None:
        return _own_loop(replay, record.applied, effect)
    stolen = _stolen_by(replay, record, effect)
    if stolen is not None:
        return (Cause.GAN if _in_a_gan(replay, record, effect) else Cause.SHARED), stolen
    write = effect.write
    if write is None or record.compiled is None:
        return None
    if record.read_at is not None and write.index > record.read_at:
        before = record.compiled.trained_at
        late = (before is not None and before < write.index) or record.steps_before(write.index)
        return (Cause.BETWEEN_FITS if late else Cause.AFTER_COMPILE), write
    if not effect.intended and record.steps_before(write.index):
        return None  # a callback froze it for the steps after, and it moved before
    return _structural(replay, record, effect, write)


def _late_on_unseen(replay: Replay, record: TrainingRecord, effect: LayerEffect) -> Cause | None:
    """A late flag on layers whose flags at compile() nobody knows: it changes nothing, whatever they were."""
    write, state = effect.write, record.compiled
    if write is None or state is None or record.read_at is None or write.index <= record.read_at:
        return None
    if effect.layer.initial_flag is not None or state.event.eager is None:
        return None
    if write.value and _gives_back(replay, effect, state):
        return None
    late = state.trained_at is not None and state.trained_at < write.index
    return Cause.BETWEEN_FITS if late or record.steps_before(write.index) else Cause.AFTER_COMPILE


def _late_on_some(replay: Replay, record: TrainingRecord, effect: LayerEffect) -> tuple[Cause, Write] | None:
    """A late flag on some layers of a model, nobody knows which: it changes nothing, whichever they are."""
    state, read_at, layer = record.compiled, record.read_at, effect.layer
    if state is None or read_at is None or effect.weights is None or record.model is None:
        return None
    if replay.intents.hidden.get(layer.serial, -1) <= read_at or _is_shared(replay, record.model, layer):
        return None
    for index in range(read_at + 1, record.index):
        event = replay.events[index]
        if isinstance(event, events.Obscured) and event.model is not None:
            shown = (event.node, event.stack, event.guarded)
            event = events.SetFlag(*shown, event.model, event.value, "attribute", event.value)
        if (
            isinstance(event, events.SetFlag)
            and event.value is (not effect.weights)
            and reaches(replay, event.target, layer)
        ):
            late = (state.trained_at is not None and state.trained_at < index) or record.steps_before(index)
            return (Cause.BETWEEN_FITS if late else Cause.AFTER_COMPILE), Write(index, event, event.value)
    return None


def _is_shared(replay: Replay, model: Layer, layer: Layer) -> bool:
    """Whether another model that is compiled or trained by hand has the layer too, and may be meant."""
    compiled = (event.model for event in replay.events if isinstance(event, events.Compiled))
    by_hand = (source for _, source in replay.intents.by_hand)
    return any(one is not model and reaches(replay, one, layer) for one in (*compiled, *by_hand))


def _gives_back(replay: Replay, effect: LayerEffect, state: CompileState) -> bool:
    """Whether the file itself froze the layer since compile(), so that to open it is to leave it as it was."""
    since = (write for write in replay.intents.writes.get(effect.layer.serial, ()) if write.index > state.index)
    first = next(since, None)
    return first is not None and first.value is False


def _stolen_by(replay: Replay, record: TrainingRecord, effect: LayerEffect) -> Write | None:
    """On Keras 3: a later flag, meant for another model, that this model's training goes by."""
    if replay.behaviour.flags_read == "compile" or record.read_at is None:
        return None
    last = [write for write in replay.intents.writes.get(effect.layer.serial, ()) if write.index < record.read_at]
    since = effect.write.index if effect.write is not None else -1
    if not last or last[-1].index <= since or last[-1].value is not effect.weights:
        return None
    return last[-1]


def _in_a_gan(replay: Replay, record: TrainingRecord, effect: LayerEffect) -> bool:
    """Whether the layer's models are those of a GAN, and not merely two that share some layers."""
    models = {event.model.serial: event.model for event in replay.events if isinstance(event, events.Compiled)}
    model = record.model
    others = [one for one in models.values() if one is not model and reaches(replay, one, effect.layer)]
    return model is None or not others or any(_adversarial(replay, model, one, set(models)) for one in others)


def _adversarial(replay: Replay, model: Layer, other: Layer, compiled: set[int]) -> bool:
    """Whether two models with common layers are a GAN's: one holds the other, or an opponent of their own."""
    if reaches(replay, other, model) or reaches(replay, model, other):
        return True
    mine, theirs = (
        {one.serial for one in replay.flags.below(each) if one is not each and one.is_model} for each in (model, other)
    )
    if (mine | theirs) & compiled or len(mine & theirs) > 1:
        return True
    left, right = ({leaf.serial for leaf in replay.flags.leaves(each)} for each in (model, other))
    return left < right or right < left


def _structural(
    replay: Replay, record: TrainingRecord, effect: LayerEffect, write: Write
) -> tuple[Cause, Write | None] | None:
    target = write.event.target
    if not reaches(replay, target, effect.layer):
        return Cause.LOST_BY_COPY, write
    if effect.intended:
        if not replay.behaviour.setter_reaches_children and _closed_below(replay, effect.layer, write):
            return Cause.NOT_INHERITED, write
        if replay.behaviour.same_value_skipped and target is not effect.layer and unchanged_by(replay, write):
            return Cause.SKIPPED, write
        return (Cause.FROZEN_PARENT, write) if target is not record.model else None
    skippable = target is not effect.layer and write.event.how != "constructor"
    if replay.behaviour.same_value_skipped and skippable and unchanged_by(replay, write):
        return Cause.SKIPPED, write
    return Cause.NOT_INHERITED, write


def _closed_below(replay: Replay, layer: Layer, write: Write) -> bool:
    """Whether something inside the opened model was frozen before, which its flag does not reach."""
    target, closed = write.event.target, False
    for event in replay.events[: write.index]:
        if isinstance(event, events.SetFlag) and event.target is not target:
            inside = reaches(replay, target, event.target) and reaches(replay, event.target, layer)
            closed = event.value is False if inside else closed
    return closed


def _own_loop(replay: Replay, start: events.AppliedGradients, effect: LayerEffect) -> tuple[Cause, Write | None] | None:
    if effect.write is None:
        return None
    if start.whole:
        return (Cause.TF1_MINIMIZE, effect.write) if not effect.intended else None
    read = _last_read(replay, start, effect.layer)
    if read is not None and read[1].trace is not None and effect.write.index > _first_traced(replay, read[1].trace):
        return Cause.STALE_STEP, effect.write
    if read is not None and effect.write.index > read[0] and read[1].which == "trainable":
        return Cause.OLD_LIST, effect.write
    return (Cause.OWN_LOOP, effect.write) if not effect.intended else None


def _last_read(replay: Replay, start: events.AppliedGradients, layer: Layer) -> tuple[int, events.ReadVariables] | None:
    wanted = set(start.reads or ())
    found = None
    for index, event in enumerate(replay.events):
        if isinstance(event, events.ReadVariables) and event.serial in wanted and reaches(replay, event.source, layer):
            found = index, event
    return found


def _first_traced(replay: Replay, trace: Hashable) -> int:
    return next(
        index
        for index, event in enumerate(replay.events)
        if isinstance(event, events.ReadVariables) and event.trace == trace
    )


def _raised(replay: Replay, record: TrainingRecord) -> Iterator[Gap]:
    """Keras raised: the flag that changed the set of variables since the optimizer was built."""
    builder = _builder(replay, record)
    if builder is not None and builder.model is not None and record.model not in (None, builder.model):
        # Models without a common layer are no matter of freezing.
        if not builder.effects.keys().isdisjoint(record.effects):
            yield Gap(Cause.SHARED_OPTIMIZER, record, None, tuple(record.effects.values()))
        return
    built, trained = _built_with(record, builder)
    # A callback may have set the flag after the call began.
    raised_at = record.steps[-1] if record.steps else record.index + 1
    late: dict[int, list[LayerEffect]] = {}
    writes: dict[int, Write] = {}
    for effect in record.effects.values():
        written = replay.intents.writes.get(effect.layer.serial, ())
        recent = [write for write in written if built < write.index < raised_at]
        if recent and _is_news(recent[-1], trained.get(effect.layer.serial), replay):
            late.setdefault(id(recent[-1].event.node), []).append(effect)
            writes[id(recent[-1].event.node)] = recent[-1]
    for place, effects in late.items():
        compiled = record.compiled
        again = compiled is None or compiled.index > writes[place].index
        yield Gap(Cause.SAME_OPTIMIZER if again else Cause.BETWEEN_FITS, record, writes[place], tuple(effects))


def _built_with(record: TrainingRecord, builder: TrainingRecord | None) -> tuple[int, dict[int, bool | None]]:
    """When the optimizer was built, and which leaves trained then."""
    if builder is not None:
        return builder.index, {serial: effect.weights for serial, effect in builder.effects.items()}
    state = record.compiled
    return (state.index, state.collected) if state is not None and state.event.loaded else (-1, {})


def _is_news(write: Write, trained: bool | None, replay: Replay) -> bool:
    """Whether the optimizer minds this flag: JAX any other than it was built with, the others new variables."""
    if trained is not None and write.value is trained:
        return False
    return write.value is not False or replay.behaviour.flags_read == "optimizer"


def _builder(replay: Replay, record: TrainingRecord) -> TrainingRecord | None:
    """The training call that first used the optimizer of another one."""
    start = record.start
    if isinstance(start, events.AppliedGradients):
        optimizer = start.optimizer
    else:
        optimizer = record.compiled.event.optimizer if record.compiled else None
    for earlier in replay.records:
        if isinstance(earlier.start, events.AppliedGradients):
            same = earlier.start.optimizer is optimizer
        else:
            same = earlier.compiled is not None and earlier.compiled.event.optimizer is optimizer
        if same and earlier is not record:
            return earlier
    return None


def _statistics(replay: Replay, record: TrainingRecord) -> Iterator[Gap]:
    """BatchNormalization that was frozen in time and updates its statistics all the same.

    From 2.1.3 on that is so only for flags on the layers of a nested model. Where the nested model is trained itself,
    as in a GAN, that moves the statistics anyway.
    """
    quirk = replay.behaviour.frozen_bn_statistics == "stay"
    grouped: dict[int, list[LayerEffect]] = {}
    for effect in record.effects.values():
        write = effect.write
        if effect.layer.is_bn and effect.statistics and effect.intended is False and effect.weights is False and write:
            if quirk and record.model is not None and _is_shared(replay, record.model, effect.layer):
                continue
            if record.read_at is None or write.index <= record.read_at:
                grouped.setdefault(id(write.event.node), []).append(effect)
    for effects in grouped.values():
        yield Gap(Cause.OLD_BN, record, effects[0].write, tuple(effects), "statistics")
