"""Attribute names that are meant to be ``trainable``."""

from __future__ import annotations

from functools import lru_cache

_FLAG = "trainable"
# Names that a program may have for a thing of its own; on a layer of Keras they are slips.
_SLIPS_ON_LAYERS = frozenset({"trainables", "trainable_", "train_able"})
# Real words and real attributes that are near: never taken for a slip.
_REAL_WORDS = frozenset(
    """traceable tractable drainable retrainable untrainable trainables trained training trainer trainers train traits
    non_trainable _trainable trainable_ is_trainable nontrainable train_able attainable sustainable tradable
    trainable_weights trainable_variables""".split()
)


@lru_cache(maxsize=512)
def is_misspelled_flag(name: str, on_layer: bool = False) -> bool:
    """Whether ``name`` is within two slips of ``trainable`` (one for a changed case), and no word of its own.

    ``on_layer`` says that it is set on one of Keras' own layers, which has no attribute of a similar name.
    """
    if on_layer and name in _SLIPS_ON_LAYERS:
        return True
    if name == _FLAG or name in _REAL_WORDS or not 6 <= len(name) <= 12:
        return False
    lowered = name.lower()
    if lowered in (_FLAG, "is_trainable"):
        return lowered == _FLAG
    return lowered[0] == "t" and _distance(lowered, _FLAG) <= 2


def _distance(left: str, right: str) -> int:
    """Edits (insert, delete, change, swap of neighbours) between two short words."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
