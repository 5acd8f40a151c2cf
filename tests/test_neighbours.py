"""Programs in one file do not disturb each other: as functions of one file they have the findings that each has alone."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from textwrap import indent

import pytest

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from tests.test_cases import label, programs

TARGETS = sorted({label(path.parent)["keras"] for path in programs()})
TURNS = 10


def found_in(text: str, keras: str) -> list[Finding]:
    return list(lint_source(text, "train.py", Settings(keras=keras)).findings)


def as_function(text: str, number: int) -> str:
    return f"def part{number}():\n{indent(text, '    ')}\n"


def can_be_a_function(text: str) -> bool:
    try:
        ast.parse(as_function(text, 0))
    except SyntaxError:
        return False
    return "import *" not in text


def runs_through(findings: Sequence[Finding]) -> bool:
    """Whether nothing raises, after which nothing of what follows in the file would run."""
    return not any(one.prediction is not None and one.prediction.effect == "raises" for one in findings)


@pytest.mark.parametrize("keras", TARGETS)
def test_each_has_the_findings_that_it_has_alone(keras: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in programs() if label(path.parent)["keras"] == keras]
    alone = {text: found_in(as_function(text, 0) + "part0()\n", keras) for text in texts if can_be_a_function(text)}
    usable = [text for text, findings in alone.items() if runs_through(findings)]
    drawn = random.Random(0)
    for _ in range(TURNS):
        chosen = drawn.sample(usable, min(3, len(usable)))
        text, wanted = "", []
        for number, one in enumerate(chosen):
            wanted += [(each.code, each.location.line + text.count("\n")) for each in alone[one]]
            text += as_function(one, number)
        text += "".join(f"part{number}()\n" for number in range(len(chosen)))

        assert sorted((one.code, one.location.line) for one in found_in(text, keras)) == sorted(wanted), text
