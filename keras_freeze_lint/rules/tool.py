"""9xx: the tool itself. No program shows these mistakes: the linter finds them where it reads a file."""

from __future__ import annotations

from collections.abc import Iterable

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.rules.base import Defect, Rule


def _never(_replay: Replay) -> Iterable[Defect]:
    """What a program does tells nothing about the tool."""
    return ()


CANNOT_PARSE = Rule(
    "KFL900",
    "cannot-parse",
    "a file, or a notebook's cell, is no Python that can be followed, so nothing in it was checked",
    {"": "{message}"},
    _never,
    default=False,
)
INTERNAL_ERROR = Rule(
    "KFL901",
    "internal-error",
    "keras-freeze-lint itself failed on a file, so nothing in it was checked",
    {"": "{message}"},
    _never,
    default=False,
)
UNUSED_SUPPRESSION = Rule(
    "KFL902",
    "unused-suppression",
    "a noqa comment names a code that is not found there on any Keras",
    {
        "": "noqa of {codes} suppresses nothing: it is not found here on any Keras",
        "unknown": "noqa of {codes} suppresses nothing: there is no such code",
    },
    _never,
    default=False,
)
TOOL_RULES = (CANNOT_PARSE, INTERNAL_ERROR, UNUSED_SUPPRESSION)
