"""7xx: flags that do not survive a copy."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, prediction, stations
from keras_freeze_lint.rules.gaps import Cause, gaps_of
from keras_freeze_lint.rules.history import reaches


def _lost(replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is Cause.LOST_BY_COPY and gap.write is not None:
            copied = _copied(replay, gap.effects[0].layer)
            if copied is not None:
                yield Defect(
                    "KFL701",
                    copied.node,
                    "",
                    {
                        "how": {"clone_model": "clone_model"}.get(copied.how, copied.how.removeprefix("file ")),
                        "layers": named(effect.layer for effect in gap.effects),
                        "line": str(line_of(gap.record.node)),
                    },
                    stations(
                        (gap.write.event.node, "frozen here"),
                        (copied.node, "copied here"),
                        (gap.record.node, "trained here"),
                    ),
                    prediction(replay, gap.record, gap.effects, "weights"),
                )


def _copied(replay: Replay, layer: Layer) -> events.Copied | None:
    found = None
    for event in replay.events:
        if isinstance(event, events.Copied) and event.how != "snapshot" and reaches(replay, event.copy, layer):
            found = event
    return found


PERSISTENCE_RULES = (
    Rule(
        "KFL701",
        "trainable-lost",
        "a copy, a file or a clone of a model does not keep all flags",
        {
            "": "the copy ({how}) does not keep the flags {where}: {layers} trains again on line {line}; freeze the copy before compile()"
        },
        _lost,
    ),
)
