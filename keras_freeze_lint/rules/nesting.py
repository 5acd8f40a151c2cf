"""5xx: models inside models."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.rules.base import Defect, Rule, all_the_same, named, prediction, shown, stations
from keras_freeze_lint.rules.gaps import Cause, gaps_of


def _by_cause(code: str, cause: Cause, what: str, replay: Replay) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is cause and gap.write is not None:
            event = gap.write.event
            layers = named(effect.layer for effect in gap.effects)
            yield Defect(
                code,
                event.node,
                "opens" if cause is Cause.NOT_INHERITED and gap.effects[0].intended else "",
                {
                    "layers": layers,
                    "target": shown(event.target),
                    "flag": str(gap.write.value),
                    "effect": all_the_same(layers, trains=not gap.effects[0].intended),
                    "line": str(getattr(gap.record.node, "lineno", 0)),
                },
                stations((event.node, what), (gap.record.node, "trained here")),
                prediction(replay, gap.record, gap.effects, "weights"),
                only_if_everywhere=event.how == "constructor" or code == "KFL506",
            )


def _frozen_parent(replay: Replay) -> Iterator[Defect]:
    return _by_cause("KFL501", Cause.FROZEN_PARENT, "reopened here", replay)


def _not_inherited(replay: Replay) -> Iterator[Defect]:
    return _by_cause("KFL506", Cause.NOT_INHERITED, "frozen here", replay)


def _skipped(replay: Replay) -> Iterator[Defect]:
    return _by_cause("KFL507", Cause.SKIPPED, "set here", replay)


NESTING_RULES = (
    Rule(
        "KFL501",
        "unfreeze-under-frozen-parent",
        "a layer reopened inside a frozen model does not train",
        {
            "": "{layers} reopened inside a frozen model never trains {where} (line {line}); set the model True and freeze the rest"
        },
        _frozen_parent,
    ),
    Rule(
        "KFL506",
        "flag-not-inherited",
        "the flag of a container or wrapper does not reach the layers that train",
        {
            "": "the flag of {target} does not reach {layers} {where}: still trained on line {line}; freeze layer by layer",
            "opens": "the flag of {target} does not reach {layers} {where}: still frozen on line {line}; open layer by layer",
        },
        _not_inherited,
    ),
    Rule(
        "KFL507",
        "same-value-skipped",
        "assigning a model's flag the value it already has reaches none of its layers",
        {"": "{target}.trainable already is {flag}: skipped {where}, {layers} {effect}; set the flag layer by layer"},
        _skipped,
    ),
)
