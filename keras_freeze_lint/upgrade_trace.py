"""The changes of an upgrade as data: the ``changes`` of ``trace --upgrade-to``."""

from __future__ import annotations

from collections.abc import Iterable

from keras_freeze_lint.keras.answers import ANSWERS
from keras_freeze_lint.rules.base import line_of
from keras_freeze_lint.rules.upgrading import words_for
from keras_freeze_lint.trace import model_name
from keras_freeze_lint.upgrade import Because, Change, Turn


def change_entries(changes: Iterable[Change]) -> list[dict[str, object]]:
    """One entry a training call; its layers by their names on the old Keras.

    ``because`` of a quantity is the number of the reason in the entry's list of reasons.
    """
    return [
        {
            "line": line_of(change.node),
            "call": change.old.call,
            "model": model_name(change.old),
            "raises": change.raised.partition(":")[0] if change.raised is not None else None,
            "layers": _layers(change),
            "because": [_reason(because, change) for because in change.becauses],
        }
        for change in changes
    ]


def _layers(change: Change) -> dict[str, dict[str, object]]:
    layers: dict[str, dict[str, object]] = {}
    for number, because in enumerate(change.becauses):
        for turn in because.turns:
            entry = layers.setdefault(turn.old_key, _layer(turn))
            entry[turn.quantity] = {"from": turn.old, "to": turn.new, "because": number}
    return layers


def _layer(turn: Turn) -> dict[str, object]:
    layer = turn.effect.layer
    entry: dict[str, object] = {"class": layer.cls, "line": line_of(layer.node)}
    return entry if turn.old_key == turn.new_key else {**entry, "new_name": turn.new_key}


def _reason(because: Because, change: Change) -> dict[str, object]:
    reason, advice = words_for(because, change)
    facts = [
        {"fact": one.fact, "from": one.old, "to": one.new, "words": ANSWERS[one.fact][one.new]}
        for one in because.turnovers
    ]
    return {"facts": facts, "words": reason, "instead": advice}
