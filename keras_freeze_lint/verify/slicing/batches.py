"""How many rows a step gets of a program's own arrays: an epoch of them is two steps, where the text lets it be."""

from __future__ import annotations

import ast
import math
import re
from functools import lru_cache

from keras_freeze_lint.verify.slicing.constants import number, rows
from keras_freeze_lint.verify.slicing.program import Program

_BATCH = 32  # what Keras takes where nothing is said
ENOUGH_STEPS = 2
_MOST_ROWS = 256
_ARRAYS = re.compile(r"\b(?:np|numpy)\.[\w.]+\((?:[^()]|\([^()]*\))*\)")
_FIXED = re.compile(r"\bbatch_(?:input_)?shape\b|\bstateful\b|\bInput\w*\([^)]*\bbatch_size\b")


def batch_size(program: Program, data: ast.expr | None, given: ast.expr | None) -> int:
    """Return the rows of a batch of own data, for a training call that is given a batch size, or none."""
    told = number(program, given)
    known = rows(program, data)
    if told is None or told < 1:
        return _BATCH
    size = int(told)
    if known < ENOUGH_STEPS or not isinstance(given, ast.Constant) or _counts_elsewhere(program, size):
        return min(size, _BATCH)
    if math.ceil(known / size) == ENOUGH_STEPS and size <= _MOST_ROWS:
        return size
    return min(math.ceil(known / ENOUGH_STEPS), _MOST_ROWS)


def full_steps(program: Program, data: ast.expr | None, given: ast.expr | None) -> int:
    """Return the steps of an epoch on own data, as far as the text tells; half a batch of rows makes a step."""
    return round(rows(program, data) / batch_size(program, data, given))


def _counts_elsewhere(program: Program, size: int) -> bool:
    """Whether a model may rest on a batch size: one that is built for it, or a shape that begins with the number."""
    text = _without_arrays(program.text)
    return bool(_FIXED.search(text) or re.search(rf"(?<![\w\])])[(\[]\s*{size}\s*,", text))


@lru_cache(maxsize=1)
def _without_arrays(text: str) -> str:
    """A program without the calls that make arrays, whose shapes are those of data."""
    return _ARRAYS.sub("", text)
