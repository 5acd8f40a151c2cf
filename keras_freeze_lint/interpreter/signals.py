"""How a statement leaves its block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from keras_freeze_lint.interpreter.values import Value


class Leave(Enum):
    """``break`` and ``continue``."""

    BREAK = 1
    CONTINUE = 2


BREAK, CONTINUE = Leave.BREAK, Leave.CONTINUE


@dataclass(frozen=True, slots=True)
class Returned:
    """``return value``."""

    value: Value


Signal = Leave | Returned | None


class Abandoned(Exception):
    """A function that cannot touch a model depends on something unknown: its result is unknown."""
