"""1xx: when a freeze takes effect."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.replay import Replay
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.rules.base import Defect, Rule, named, prediction, stations
from keras_freeze_lint.rules.gaps import Cause, Gap, gaps_of


def _slots(gap: Gap) -> dict[str, str]:
    frozen = not gap.effects[0].intended
    return {
        "layers": named(effect.layer for effect in gap.effects),
        "flag": "False" if frozen else "True",
        "effect": "still trains" if frozen else "stays frozen",
        "error": (gap.record.raised or "").partition(":")[0],
        "line": str(getattr(gap.record.node, "lineno", 0)),
    }


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
    for gap in gaps_of(replay):
        if gap.cause is Cause.BETWEEN_FITS:
            defect = _defect("KFL102", gap, replay, "raises" if gap.record.raised else "")
            if defect is not None:
                yield defect


def _gan(replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is Cause.GAN:
            dead = gap.effects[0].weights is False
            defect = _defect("KFL103", gap, replay, "" if dead else "cross-trained")
            if defect is not None:
                yield defect


def _same_optimizer(replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is Cause.SAME_OPTIMIZER:
            start = gap.record.start
            compiled = gap.record.compiled
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
            "loop": "this optimizer was built for other variables: apply_gradients raises {error} {where}; make a new optimizer",
        },
        _same_optimizer,
    ),
)
