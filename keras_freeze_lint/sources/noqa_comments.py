"""The noqa comments of a text one by one, for whoever judges or edits them."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from keras_freeze_lint.findings import Edit
from keras_freeze_lint.sources.suppressions import logical_lines

_CODE = re.compile(r"[A-Za-z]+[0-9]+")


@dataclass(frozen=True)
class NoqaComment:
    """A noqa comment with codes, in upper case.

    Its text begins at ``column`` of ``line`` and ends before ``end_column``; it counts for ``lines``. ``before`` and
    ``after`` are what else stands on its line.
    """

    line: int
    column: int
    end_column: int
    codes: tuple[str, ...]
    lines: range
    text: str
    before: str
    after: str


def noqa_comments(text: str) -> Iterator[NoqaComment]:
    """Return the comments of a text that suppress codes by name; none where the whole file is silenced."""
    from flake8.defaults import NOQA_FILE, NOQA_INLINE_REGEXP

    lines = text.split("\n")
    if any(NOQA_FILE.match(line) for line in lines):
        return
    statements = logical_lines(text)
    for number, start in _comments(text):
        line = lines[number - 1]
        # flake8 reads the first on a line, be it in a string: what stands in a string is no comment to judge.
        found = NOQA_INLINE_REGEXP.search(line)
        if found is None or found["codes"] is None or found.start() < start:
            continue
        yield NoqaComment(
            number,
            found.start() + 1,
            found.start() + len(found[0].rstrip()) + 1,
            tuple(code.upper() for code in _CODE.findall(found["codes"])),
            statements.get(number, range(number, number + 1)),
            found[0],
            line[: found.start()],
            line[found.end() :],
        )


def without(comment: NoqaComment, codes: Collection[str]) -> Edit:
    """Return the edit that takes codes out of a comment, and the comment away if none is left."""
    kept = [code for code in comment.codes if code not in codes]
    if kept:
        blank = comment.text[len(comment.text.rstrip()) :]
        replacement = f"# noqa: {','.join(kept) if ', ' not in comment.text else ', '.join(kept)}{blank}"
        end = comment.column + len(comment.text)
        return Edit(comment.line, comment.column, comment.line, end, replacement)
    rest = comment.after.strip()
    if rest:
        # More is said than the suppression: that stays a comment.
        end = comment.column + len(comment.text)
        return Edit(comment.line, comment.column, comment.line, end, "" if rest.startswith("#") else "# ")
    code = comment.before.rstrip()
    if not code:
        return Edit(comment.line, 1, comment.line + 1, 1, "")
    return Edit(comment.line, len(code) + 1, comment.line, len(comment.before + comment.text + comment.after) + 1, "")


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Line and column, from 0, of each comment."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start
    except (tokenize.TokenError, SyntaxError):
        # Where the tokeniser gives up, the comments so far are all that is sure to be one.
        return
