"""2xx: BatchNormalization."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.replay import Replay
from keras_freeze_lint.rules.base import Defect, Rule, named, prediction, stations
from keras_freeze_lint.rules.gaps import Cause, gaps_of


def _frozen_old_keras(replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is Cause.OLD_BN and gap.write is not None:
            yield Defect(
                "KFL201",
                gap.write.event.node,
                "",
                {"layers": named((effect.layer for effect in gap.effects), 1), "line": str(getattr(gap.record.node, "lineno", 0))},
                stations((gap.write.event.node, "frozen here"), (gap.record.node, "statistics move here")),
                prediction(replay, gap.record, gap.effects, "statistics"),
            )


BATCHNORM_RULES = (
    Rule(
        "KFL201",
        "bn-frozen-old-keras",
        "a frozen BatchNormalization still updates its moving statistics on old releases",
        {"": "frozen BatchNormalization still updates its statistics {where} ({layers}, line {line}); upgrade, or call it with training=False"},
        _frozen_old_keras,
    ),
)
