"""Programs as a user would write them, with each mistake marked on its line.

A chapter of a family's text is one program::

    ## the base is frozen after compile [keras==2.15, keras==2.2.4; silent: keras 3]
    model.compile("sgd", "mse")
    base.trainable = False  # error: KFL101
    model.fit(x, y)

On the targets before ``silent:`` exactly the marked lines must be found, on those after it nothing at all. A program
without marks is a right twin. ``keras 2``, ``keras 3`` and ``everywhere`` name the groups below, ``-keras==2.0.8``
takes one out again; ``keras==3.15/torch`` has a backend. Where the line is full, the targets have a line of their
own. For a target of TensorFlow the imports are those of ``tensorflow.keras``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import pytest
from _pytest.mark.structures import ParameterSet

from keras_freeze_lint.analysis import analyse
from keras_freeze_lint.findings import Finding
from keras_freeze_lint.keras.versions import parse_target
from keras_freeze_lint.selection import selected
from keras_freeze_lint.settings import Settings

GROUPS = {
    "keras 2": ("keras==2.0.8", "keras==2.2.4", "tensorflow==2.1", "tensorflow==2.4", "keras==2.15"),
    "keras 3": ("keras==3.15/tensorflow", "keras==3.15/torch", "keras==3.15/jax"),
    "standalone": ("keras==2.0.8", "keras==2.1.3", "keras==2.2.4", "keras==2.3.1"),
    "tf.keras": ("tensorflow==1.15", "tensorflow==2.1", "tensorflow==2.4", "tensorflow==2.15"),
}
GROUPS["everywhere"] = GROUPS["keras 2"] + GROUPS["keras 3"]

_HEADING = re.compile(r"^## (?P<name>[^\[\n]+?)(?: |\n## )\[(?P<targets>[^\]\n]+)\]\n", re.MULTILINE)
_MARK = re.compile(r"# error: (?P<codes>KFL\d{3}(?:, KFL\d{3})*)$")


@dataclass(frozen=True)
class Program:
    """A program and what must be found in it on one target."""

    name: str
    text: str
    target: str
    silent: bool

    @property
    def keras(self) -> str:
        return self.target.partition("/")[0]

    @property
    def backend(self) -> str:
        return self.target.partition("/")[2] or "tensorflow"

    @property
    def source(self) -> str:
        """The text, with the imports of the package that the target names."""
        if not self.keras.startswith("tensorflow"):
            return self.text
        text = re.sub(r"^import keras$", "from tensorflow import keras", self.text, flags=re.MULTILINE)
        return re.sub(r"^( *)from keras\b", r"\1from tensorflow.keras", text, flags=re.MULTILINE)

    @property
    def marked(self) -> set[tuple[int, str]]:
        """Line and code of each marked mistake."""
        lines = enumerate(self.text.splitlines(), start=1)
        found = {
            (number, code)
            for number, line in lines
            for match in [_MARK.search(line)]
            if match
            for code in match["codes"].split(", ")
        }
        return set() if self.silent else found


def programs(text: str, prelude: str = "") -> list[Program]:
    """The programs of a family, once for each of their targets."""
    parts = _HEADING.split(text)
    found = []
    for name, targets, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        program = prelude + body.strip("\n") + "\n"
        wrong, _, right = targets.partition("silent:")
        found += [Program(name, program, target, False) for target in _targets(wrong)]
        found += [Program(name, program, target, True) for target in _targets(right)]
    return found


def _targets(text: str) -> list[str]:
    names = [name.strip(" ;") for name in text.split(",")]
    without = {name.removeprefix("-") for name in names if name.startswith("-")}
    wanted = [name for name in names if name and not name.startswith("-")]
    return [target for name in wanted for target in GROUPS.get(name, (name,)) if target not in without]


def findings(program: Program) -> tuple[Finding, ...]:
    """What the rules that are on by default say."""
    settings = Settings(keras=program.keras, backend=program.backend)
    target = parse_target(program.keras, program.backend)
    analysis = analyse(ast.parse(program.source), program.source, "program.py", target, settings)
    return selected(analysis.findings, settings)


def found(program: Program) -> set[tuple[int, str]]:
    return {(finding.location.line, finding.code) for finding in findings(program)}


def parameters(family: list[Program]) -> list[ParameterSet]:
    return [pytest.param(program, id=f"{program.name}-{program.target}") for program in family]
