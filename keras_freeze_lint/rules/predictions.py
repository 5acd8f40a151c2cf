"""What a run must show for mistakes of which the replay knows no intent: an assignment that reached no flag."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect
from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.interpreter.values import Layer, LayerList
from keras_freeze_lint.rules.base import key, line_of, prediction


def layers_in(value: object) -> list[Layer]:
    """The layers that a value of the interpreter stands for: itself, or those in a list."""
    if isinstance(value, Layer):
        return [value]
    if isinstance(value, LayerList):
        return value.layers
    if isinstance(value, list | tuple):
        return [item for item in value if isinstance(item, Layer)]
    return []


def leaves_with_weights(replay: Replay, holders: Iterable[Layer]) -> list[Layer]:
    """The leaves of these layers that may have weights, each once."""
    found = {leaf.serial: leaf for holder in holders for leaf in replay.flags.leaves(holder)}
    return [leaf for leaf in found.values() if leaf.has_weights is not False]


def meant_otherwise(replay: Replay, holders: Iterable[Layer], after: int, meant: bool) -> Prediction | None:
    """The first training call at which layers do not do what was meant for them, unless a later assignment means it too."""
    leaves = leaves_with_weights(replay, holders)
    for record in replay.records:
        if record.index <= after or record.raised is not None:
            continue
        effects = [
            record.effects[leaf.serial]
            for leaf in leaves
            if leaf.serial in record.effects
            and record.effects[leaf.serial].weights is (not meant)
            and not _written_between(replay, leaf, after, record.index)
        ]
        if effects:
            return prediction(replay, record, effects, "weights", meant)
    return None


def _written_between(replay: Replay, leaf: Layer, low: int, high: int) -> bool:
    return any(low < write.index < high for write in replay.intents.writes.get(leaf.serial, ()))


def raised_at(replay: Replay, node: ast.AST, holders: Iterable[Layer], meant: bool | None) -> Prediction:
    """A statement that raises by itself, whatever is trained later; nearly all of them were to freeze."""
    leaves = leaves_with_weights(replay, holders)
    names = tuple(dict.fromkeys(key(leaf, replay) for leaf in leaves))
    return Prediction(line_of(node), names, "trainable" if meant else "frozen", "raises", "weights")


def differing(effects: Iterable[LayerEffect]) -> Sequence[LayerEffect]:
    """The effects that are not what the source says, as far as both are known."""
    return [
        effect
        for effect in effects
        if effect.layer.has_weights is not False
        and effect.intended is not None
        and effect.weights is not None
        and effect.intended is not effect.weights
    ]
