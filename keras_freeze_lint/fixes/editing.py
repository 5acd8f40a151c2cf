"""Applying edits to a text; everything outside of them, newlines too, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate, pairwise

from keras_freeze_lint.findings import Edit, Fix

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_NEWLINE = re.compile(r"\r\n|\r|\n")


def lines_of(text: str) -> list[str]:
    """The lines as Python counts them, each with its line end."""
    return _LINE.findall(text)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return the edited text. The edits must not overlap; inserted lines end as the first line of the text does."""
    lines = lines_of(text)
    starts = [0, *accumulate(map(len, lines))]
    found = _NEWLINE.search(text)
    newline = found.group() if found else "\n"
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        pieces += [
            text[done : starts[edit.line - 1] + edit.column - 1],
            edit.replacement.replace("\n", newline),
        ]
        done = starts[edit.end_line - 1] + edit.end_column - 1
    return "".join([*pieces, text[done:]])


def compatible(fixes: Iterable[Fix]) -> list[Fix]:
    """Return the fixes that can be applied together: of two that overlap only the first, unless they do the same."""
    chosen: list[Fix] = []
    for fix in fixes:
        if not _overlap({edit for one in (*chosen, fix) for edit in one.edits}):
            chosen.append(fix)
    return chosen


def _overlap(edits: Iterable[Edit]) -> bool:
    ordered = sorted(edits)
    return any(_collide(first, second) for first, second in pairwise(ordered))


def _collide(first: Edit, second: Edit) -> bool:
    begins = (second.line, second.column)
    return begins == (first.line, first.column) or begins < (first.end_line, first.end_column)
