"""6xx: hand-written training loops."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.rules.base import Defect, Rule, all_the_same, line_of, named, prediction, stations
from keras_freeze_lint.rules.gaps import Cause, Gap, gaps_of


def _defects(replay: Replay, code: str, cause: Cause) -> Iterator[Defect]:
    for gap in gaps_of(replay):
        if gap.cause is cause and gap.write is not None:
            node = gap.write.event.node
            if cause in (Cause.OWN_LOOP, Cause.TF1_MINIMIZE):
                node = _whole_list(replay, gap) or gap.record.node
            layers = named(effect.layer for effect in gap.effects)
            yield Defect(
                code,
                node,
                "",
                {
                    "layers": layers,
                    "flag": str(gap.write.value),
                    "effect": all_the_same(layers, trains=not gap.effects[0].intended),
                    "line": str(line_of(gap.record.node)),
                },
                stations((gap.write.event.node, "flag set here"), (gap.record.node, "applied here")),
                prediction(replay, gap.record, gap.effects, "weights"),
            )


def _whole_list(replay: Replay, gap: Gap) -> ast.AST | None:
    """Where the program reads all variables instead of the trainable ones."""
    applied = gap.record.applied
    wanted = set(applied.reads or ()) if applied is not None else set()
    for event in replay.events:
        if isinstance(event, events.ReadVariables) and event.serial in wanted and event.which == "all":
            return event.node
    return None


def _all_variables(replay: Replay) -> Iterator[Defect]:
    return (one for one in _defects(replay, "KFL601", Cause.OWN_LOOP))


def _old_list(replay: Replay) -> Iterator[Defect]:
    return _defects(replay, "KFL602", Cause.OLD_LIST)


def _minimize(replay: Replay) -> Iterator[Defect]:
    return _defects(replay, "KFL603", Cause.TF1_MINIMIZE)


def _stale_step(replay: Replay) -> Iterator[Defect]:
    return _defects(replay, "KFL105", Cause.STALE_STEP)


LOOP_RULES = (
    Rule(
        "KFL105",
        "stale-train-step",
        "a tf.function keeps the flags of its trace",
        {
            "": "trainable={flag} after tf.function was traced has no effect: {layers} {effect} on line {line}; make a new tf.function"
        },
        _stale_step,
    ),
    Rule(
        "KFL601",
        "gradient-over-all-variables",
        "a hand-written step over all variables trains frozen layers too",
        {
            "": "frozen {layers} moves here: variables and weights hold frozen layers too, on every Keras; use trainable_variables"
        },
        _all_variables,
    ),
    Rule(
        "KFL602",
        "captured-variable-list",
        "a list of variables read before the flag was set does not follow it",
        {
            "": "trainable={flag} comes after the variable list was read: {layers} {effect} on line {line}; read trainable_variables again"
        },
        _old_list,
    ),
    Rule(
        "KFL603",
        "tf1-minimize-ignores-flag",
        "tf.train optimizers without var_list train frozen layers too",
        {
            "": "without var_list this optimizer moves frozen {layers} too: it ignores trainable; pass var_list=model.trainable_weights"
        },
        _minimize,
    ),
)
