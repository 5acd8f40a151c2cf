"""8xx: what changes when the program moves to another Keras. These rules compare two replays; see ``upgrade.py``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.findings import PathStep, Prediction, Severity
from keras_freeze_lint.keras.answers import ANSWERS
from keras_freeze_lint.keras.versions import Target, where
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, stations
from keras_freeze_lint.upgrade import MOVES, RAISES, Because, Change, Turn

# What to write so that both releases do the same.
ADVICE: Mapping[str, str] = {
    "flags_read": "compile again after the flags change",
    "callbacks_before_trace": "set the flags before compile()",
    "setter_reaches_children": "set the flag on each layer",
    "same_value_skipped": "set the flag on each layer",
    "trains_by": "keep the model trainable and set its layers' flags",
    "frozen_bn_statistics": "also call it with training=False",
    "bn_statistics_read": "set the flags before compile()",
    "bn_under_frozen_parent": "freeze the BatchNormalization itself",
    "nested_bn_updates_fixed_at_call": "set the flags before the model is called",
    "training_false_holds": "freeze the BatchNormalization instead",
    "training_true_at_inference": "leave training out of the call",
    "inner_calls_train": "hand training on to the layers in call()",
    "sequential_add_resets_flag": "set the flag after the last add()",
    "sequential_lists_input": "choose layers by name",
    "sequential_merges_first": "set the flag on each of its layers",
    "sequential_rebuilt_by_compile": "compile it before other models hold it",
    "wrapper_flag": "set the flags of wrapper and layer",
    "wrapper_resets_inner": "set the flag after wrapping",
    "constructor_flag": "assign layer.trainable instead",
    "bidirectional_constructor": "assign layer.trainable instead",
    "model_constructor_flag": "assign model.trainable instead",
    "optimizer_refuses_new": "compile with a new optimizer",
    "optimizer_built": "compile again after the flags change",
    "copies_keep_model_flag": "set the flags of the copy",
    "savedmodel_keeps_flags": "set the flags after loading",
    "sublayers_tracked": "set the flags of the inner layers",
    "weights_order": "copy weights layer by layer",
    "functional_prefix": "name the models",
    "trace_serves": "compile again after the flags change",
    "compiles_late": "set the flags before compile()",
    "own_train_step": "take self.trainable_variables in train_step()",
    "compile_inside_fit": "compile between two fits",
    "class_flag_reaches": "set the flag on each layer",
    "variable_flag": "set the flag of the whole layer",
    "zero_based_names": "name the layers",
}
# The flag is right for this training where compile() took it, and another model's training needed another value.
_ADVICE_FOR_TWO_MODELS = "set the flags anew before each model's steps"


def words_for(because: Because, change: Change) -> tuple[str, str]:
    """What is so on the new Keras, and what to write so that it makes no difference."""
    reasons = [ANSWERS[one.fact][one.new] for one in because.turnovers]
    advice = dict.fromkeys(ADVICE[one.fact] for one in because.turnovers)
    if any(one.fact == "flags_read" for one in because.turnovers) and _was_right(because, change):
        advice = dict.fromkeys([_ADVICE_FOR_TWO_MODELS])
    return " and ".join(reasons), " and ".join(advice)


def _was_right(because: Because, change: Change) -> bool:
    """Whether the old Keras did as the source says: the flags that came late were meant for another model."""
    layers = {turn.effect.layer.serial for turn in because.turns}
    raises = any(turn.new == RAISES for turn in because.turns)
    late = [effect for effect in change.late if raises or effect.layer.serial in layers]
    return bool(late) and all(effect.intended is effect.weights for effect in late)


def defect_of(change: Change, old: Target) -> Defect:
    """The finding for a change; ``{where}`` of its message is the part of the new target, ``old`` all of the old one."""
    told = "; it ".join(_told(because, change) for because in change.becauses)
    if len(change.old_releases) < len(old.releases):
        told = f"{told} (so far {where(sorted(change.old_releases), old).removeprefix('on ')})"
    prediction = _prediction(change.becauses[0], line_of(change.node))
    return Defect("KFL801", change.node, slots={"changes": told}, path=_stations(change), prediction=prediction)


def _told(because: Because, change: Change) -> str:
    reason, advice = words_for(because, change)
    return f"{' and '.join(_effects(because.turns, change))}: {reason}; {advice}"


def _effects(turns: Sequence[Turn], change: Change) -> list[str]:
    if any(turn.new == RAISES for turn in turns):
        return [f"raises {(change.raised or '').partition(':')[0]}"]
    words = {
        ("weights", True): "also trains {}",
        ("weights", False): "no longer trains {}",
        ("statistics", True): "also moves the statistics of {}",
        ("statistics", False): "no longer moves the statistics of {}",
    }
    grouped: dict[tuple[str, bool], list[Turn]] = {}
    for turn in turns:
        grouped.setdefault((turn.quantity, turn.new == MOVES), []).append(turn)
    return [words[kind].format(named(turn.effect.layer for turn in group)) for kind, group in grouped.items()]


def _prediction(because: Because, line: int) -> Prediction:
    """What a run on the new Keras must show: the layers that share the first one's fate and intent."""
    first = because.turns[0]
    alike = [
        turn for turn in because.turns
        if (turn.quantity, turn.new, turn.intended) == (first.quantity, first.new, first.intended)
    ]  # fmt: skip
    return Prediction(
        line,
        tuple(dict.fromkeys(turn.new_key for turn in alike)),
        "trainable" if (first.old == MOVES if first.intended is None else first.intended) else "frozen",
        first.new,
        first.quantity,
    )


def _stations(change: Change) -> tuple[PathStep, ...]:
    """Compiled, the flags that the two go by, trained."""
    writes = [write for turn in change.turns for write in (turn.effect.write, turn.new_write) if write is not None]
    nodes: dict[int, tuple[int, ast.AST, str]] = {
        id(write.event.node): (write.index, write.event.node, "set here") for write in writes
    }
    if change.old.compiled is not None:
        nodes[id(change.old.compiled.event.node)] = (
            change.old.compiled.index,
            change.old.compiled.event.node,
            "compiled here",
        )
    ordered = sorted(nodes.values(), key=lambda one: one[0])
    return stations(*((node, what) for _, node, what in ordered), (change.node, "trained here"))


def _never(_replay: Replay) -> Iterable[Defect]:
    """One replay shows no change."""
    return ()


UPGRADE_RULE = Rule(
    "KFL801",
    "effect-changes-on-upgrade",
    "a training call trains other weights or statistics on the Keras that --upgrade-to names",
    {"": "{where} this call {changes}"},
    _never,
    severity=Severity.WARNING,
)
UPGRADING_RULES = (UPGRADE_RULE,)
