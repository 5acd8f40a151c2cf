"""1xx: when a freeze takes effect."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import TrainingRecord
from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import Defect, Rule, all_the_same, line_of, named, prediction, shown, stations
from keras_freeze_lint.rules.gaps import Cause, Gap, gaps_of
from keras_freeze_lint.rules.history import reaches
from keras_freeze_lint.rules.predictions import differing


def _slots(gap: Gap) -> dict[str, str]:
    frozen = not gap.effects[0].intended
    layers = named(effect.layer for effect in gap.effects)
    return {
        "layers": layers,
        "flag": str(gap.write.value) if gap.write is not None else str(not frozen),
        "effect": all_the_same(layers, trains=frozen),
        "error": (gap.record.raised or "").partition(":")[0],
        "line": str(getattr(gap.record.node, "lineno", 0)),
    }


def _unseen_between(replay: Replay) -> Iterator[Defect]:
    """A model that another module built and compiled: trained, changed, and trained again without a compile()."""
    records = replay.records
    if replay.behaviour.flags_read not in ("compile", "trace") or any(record.model is None for record in records):
        return
    if len({id(record.model) for record in records}) != 1 or any(isinstance(e, events.Compiled) for e in replay.events):
        return
    for first, second in pairwise(records):
        model = second.model
        assert model is not None
        if (
            model.kind != "opaque"
            or model.initial_flag is None
            or (first.start.node is not second.start.node and not _alike(first, second))
        ):
            continue
        for event in replay.events[first.index : second.index]:
            if isinstance(event, events.SetFlag) and event.value is not None and reaches(replay, model, event.target):
                yield Defect(
                    "KFL102",
                    event.node,
                    "",
                    {
                        "layers": shown(event.target),
                        "flag": str(event.value),
                        "effect": "stays as it was" if event.value else "still trains",
                        "line": str(line_of(second.node)),
                    },
                    stations((first.node, "trained here"), (event.node, "changed here"), (second.node, "trained here")),
                )


def _opened_between(replay: Replay) -> Iterator[Defect]:
    """A model that another module built is compiled here, trained, opened, and trained again without a compile().

    Nothing in this file has closed it: what is opened is what its builder closed.
    """
    for record in replay.records:
        state, model, read_at = record.compiled, record.model, record.read_at
        if state is None or model is None or model.kind != "opaque" or model.initial_flag is not True:
            continue
        if read_at is None or state.trained_at is None or record.raised or state.event.loaded:
            continue
        told = [
            (index, event)
            for index, event in enumerate(replay.events[: record.index])
            if isinstance(event, events.SetFlag) and reaches(replay, model, event.target)
        ]
        others = (event.model for event in replay.events if isinstance(event, events.Compiled))
        if any(other is not model and reaches(replay, other, model) for other in others) or replay.intents.by_hand:
            continue
        if any(event.value is not True for _, event in told) or _is_handed_out(replay, model):
            continue
        for index, event in told:
            if index > max(read_at, state.trained_at):
                slots = {
                    "layers": shown(event.target),
                    "flag": "True",
                    "effect": "stays as it was",
                    "line": str(line_of(record.node)),
                }
                path = stations(
                    (state.event.node, "compiled here"), (event.node, "opened here"), (record.node, "trained here")
                )
                yield Defect("KFL102", event.node, "", slots, path)


def _is_handed_out(replay: Replay, model: Layer) -> bool:
    """Whether code elsewhere gets the model: it may build another one around it."""
    return any(isinstance(event, events.HandedOut) and reaches(replay, event.layer, model) for event in replay.events)


def _alike(first: TrainingRecord, second: TrainingRecord) -> bool:
    left, right = first.start, second.start
    return isinstance(left, events.TrainStart) and isinstance(right, events.TrainStart) and left.batch == right.batch


# A program with more compiles than this is no GAN whose training is elsewhere.
_MANY_COMPILES = 12


def _unseen_gan(replay: Replay) -> Iterator[Defect]:
    """Keras 3: a discriminator that is compiled, frozen for the combined model, and trained by code elsewhere."""
    if replay.behaviour.flags_read == "compile" or replay.records:
        return
    compiled = [
        (index, event)
        for index, event in enumerate(replay.events)
        if isinstance(event, events.Compiled) and not event.loaded
    ]
    if len(compiled) > _MANY_COMPILES:
        return
    for index, own in compiled:
        for later, combined in compiled:
            if later <= index or own.model is combined.model or not reaches(replay, combined.model, own.model):
                continue
            frozen = [
                event
                for event in replay.events[index:later]
                if isinstance(event, events.SetFlag) and event.value is False and event.target is own.model
            ]
            if frozen and replay.flags.flag(own.model) is False:
                slots = {"flag": "False", "layers": shown(own.model), "line": "elsewhere"}
                path = stations(
                    (own.node, "compiled here"), (frozen[-1].node, "frozen here"), (combined.node, "compiled here")
                )
                yield Defect("KFL103", frozen[-1].node, "elsewhere", slots, path)


def _own_optimizer(replay: Replay) -> Iterator[Defect]:
    """``model.compile(model.optimizer, ...)`` of a model from elsewhere, after its layers were reopened."""
    if not replay.behaviour.optimizer_refuses_new:
        return
    opened: list[events.SetFlag] = []
    for event in replay.events:
        if isinstance(event, events.SetFlag) and event.value:
            opened.append(event)
        elif isinstance(event, events.Mistake) and event.kind == "own optimizer" and isinstance(event.target, Layer):
            model = event.target
            mine = [one for one in opened if reaches(replay, model, one.target)]
            if mine:
                slots = {"error": "KeyError" if replay.behaviour.flags_read == "compile" else "ValueError", "line": ""}
                path = stations((mine[-1].node, "reopened here"), (event.node, "compiled with the old optimizer"))
                yield Defect("KFL106", event.node, "own", slots, path)


def _defect(code: str, gap: Gap, replay: Replay, message: str = "") -> Defect | None:
    if gap.write is None:
        return None
    compiled = gap.record.compiled
    trained = next((one for one in replay.records if one.compiled is compiled and one is not gap.record), None)
    earlier = trained if trained is not None and trained.index < gap.write.index else None
    return Defect(
        code,
        gap.write.event.node,
        message,
        _slots(gap),
        stations(
            (compiled.event.node if compiled else None, "compiled here"),
            (earlier.node if earlier else None, "trained here"),
            (gap.write.event.node, "changed here"),
            (gap.record.node, "trained here"),
        ),
        prediction(replay, gap.record, gap.effects, gap.quantity),
    )


def _after_compile(replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is Cause.AFTER_COMPILE:
            defect = _defect("KFL101", gap, replay, "freeze" if not gap.effects[0].intended else "")
            if defect is not None:
                yield defect


def _between_fits(replay: Replay) -> Iterator[Defect]:
    yield from _unseen_between(replay)
    yield from _opened_between(replay)
    for gap in gaps_of(replay):
        if gap.cause is Cause.BETWEEN_FITS:
            defect = _defect("KFL102", gap, replay, "raises" if gap.record.raised else "")
            if defect is not None:
                yield defect


def _gan(replay: Replay) -> Iterator[Defect]:
    yield from _unseen_gan(replay)
    for gap in gaps_of(replay):
        if gap.cause is Cause.GAN:
            dead = gap.effects[0].weights is False
            defect = _defect("KFL103", gap, replay, "" if dead else "cross-trained")
            if defect is not None:
                yield defect


def _same_optimizer(replay: Replay) -> Iterator[Defect]:
    yield from _own_optimizer(replay)
    for gap in gaps_of(replay):
        compiled = gap.record.compiled
        if gap.cause is Cause.SHARED_OPTIMIZER and compiled is not None:
            path = stations((compiled.event.node, "compiled with it"), (gap.record.node, "raises here"))
            told = prediction(replay, gap.record, gap.effects, gap.quantity)
            yield Defect("KFL106", compiled.event.node, "shared", _slots(gap), path, told)
        elif gap.cause is Cause.SAME_OPTIMIZER:
            start = gap.record.start
            own_loop = isinstance(start, events.AppliedGradients)
            node = start.node if own_loop or compiled is None else compiled.event.node
            yield Defect(
                "KFL106",
                node,
                "loop" if own_loop else "",
                _slots(gap),
                stations(
                    (gap.write.event.node if gap.write else None, "changed here"),
                    (compiled.event.node if compiled else None, "compiled again with the same optimizer"),
                    (gap.record.node, "raises here"),
                ),
                prediction(replay, gap.record, gap.effects, gap.quantity),
            )


def _recompiled(replay: Replay) -> Iterator[Defect]:
    for record in replay.records:
        if record.recompiled is not None:
            raises = record.raised is not None
            yield Defect(
                "KFL107",
                record.recompiled.node,
                "" if raises else "ignored",
                {"error": (record.raised or "").partition(":")[0], "line": str(line_of(record.node))},
                stations((record.node, "training begins here"), (record.recompiled.node, "compiled inside it")),
                _inside(replay, record),
            )


def _inside(replay: Replay, record: TrainingRecord) -> Prediction | None:
    effects = list(record.effects.values()) if record.raised else differing(record.effects.values())
    return prediction(replay, record, effects, "weights") if effects else None


TIMING_RULES = (
    Rule(
        "KFL101",
        "trainable-after-compile",
        "a flag set after compile() and before the first training call has no effect",
        {
            "": "trainable={flag} after compile() has no effect {where}: {layers} {effect}; set it before compile() or compile again",
            "freeze": "trainable={flag} after compile() has no effect {where}: {layers} {effect}; freeze before compile() or compile again",
        },
        _after_compile,
    ),
    Rule(
        "KFL102",
        "trainable-between-fits",
        "a flag changed after a training call has no effect until the trained model is compiled again",
        {
            "": "trainable={flag} after training has no effect {where}: {layers} {effect} on line {line}; compile the trained model again",
            "raises": "trainable={flag} after training makes line {line} raise {error} {where}; compile again with a new optimizer",
        },
        _between_fits,
    ),
    Rule(
        "KFL103",
        "gan-frozen-discriminator",
        "freezing the discriminator for the combined model also stops its own training",
        {
            "": "trainable={flag} also stops the own training of {layers} (line {line}) {where}; set it True before each own step",
            "elsewhere": "trainable={flag} also stops the own training of {layers} {where}: it was not trained before; set it True for its own steps",
            "cross-trained": "trainable={flag} lets the combined step (line {line}) train {layers} {where}; set it False before each such step",
        },
        _gan,
    ),
    Rule(
        "KFL106",
        "optimizer-reused",
        "a used optimizer refuses variables that were unfrozen after it was built",
        {
            "": "this optimizer was built for other variables: training on line {line} raises {error} {where}; compile with a new optimizer",
            "shared": "another model trained with this optimizer before: training on line {line} raises {error} {where}; give each model its own",
            "own": "model.optimizer was built before these layers were reopened: training raises {error} {where}; compile with a new optimizer",
            "loop": "this optimizer was built for other variables: apply_gradients raises {error} {where}; make a new optimizer",
        },
        _same_optimizer,
    ),
    Rule(
        "KFL107",
        "recompile-in-callback",
        "compile() inside a running fit is ignored or makes it raise",
        {
            "": "compile() inside fit (line {line}) makes its next step raise {error} {where}; end fit, compile, and fit again",
            "ignored": "compile() inside fit (line {line}) changes nothing until the next fit {where}; end fit, compile, and fit again",
        },
        _recompiled,
    ),
)
