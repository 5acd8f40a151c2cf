"""Programs whose training calls say in a trailing comment what they move.

    model.fit(x, y)  # still a, moves b
    model.fit(x, y)  # still a, moves *                     every other layer moves
    model.fit(x, y)  # maybe: varies a, moves b             the call may not be reached
    model.fit(x, y)  # moves bn, statistics still bn
    model.fit(x, y)  # keras 2: moves a b; keras 3: still a, moves b

Each program runs as it stands, after the lines of HEADER, and what it says of itself was measured on a real Keras:
``python -m tests.interpreter.measure_again`` does so again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from keras_freeze_lint.linter import trace_source

HEADER = """\
import numpy as np
x, y = np.random.RandomState(0).rand(8, 4), np.random.RandomState(1).rand(8, 1)
"""

_MARK = re.compile(r"# *(?P<text>(?:keras \d: *)?(?:maybe: *)?(?:statistics )?(?:moves|still|varies|unknown)\b.*)$")
# Measurements leave out what has no weights.
_WEIGHTLESS = {
    "Activation", "Add", "Concatenate", "Dropout", "Flatten", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "InputLayer", "MaxPooling2D", "Reshape",
}  # fmt: skip
_EFFECTS = ("moves", "still", "varies", "unknown")


@dataclass(frozen=True)
class Program:
    """``keras`` is the major version it is for, or None for both; ``measured`` is false where no run can show it."""

    name: str
    text: str
    keras: int | None = None
    measured: bool = True

    @property
    def majors(self) -> tuple[int, ...]:
        return (2, 3) if self.keras is None else (self.keras,)


@dataclass
class Call:
    """What one training call says of itself, or was said to do."""

    maybe: bool = False
    weights: dict[str, str] = field(default_factory=dict)
    statistics: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = []
        for about, effects in (("", self.weights), ("statistics ", self.statistics)):
            for effect in sorted(set(effects.values())):
                names = " ".join(sorted(name for name, value in effects.items() if value == effect))
                parts.append(f"{about}{effect} {names}")
        return ("maybe: " if self.maybe else "") + ", ".join(parts)


def marks(text: str, major: int) -> dict[int, Call]:
    """The expectation of each marked line (from 1)."""
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _MARK.search(line)
        if match:
            found[number] = _parse(_for_version(match["text"], major))
    return found


def _for_version(mark: str, major: int) -> str:
    if not mark.startswith("keras "):
        return mark
    parts = dict(part.strip().split(":", 1) for part in mark.split(";"))
    return parts[f"keras {major}"].strip()


def _parse(mark: str) -> Call:
    call = Call(maybe=mark.startswith("maybe:"))
    for part in mark.removeprefix("maybe:").split(","):
        words = part.split()
        into = call.statistics if words[0] == "statistics" else call.weights
        if words[0] == "statistics":
            words = words[1:]
        if words[0] not in _EFFECTS:
            raise ValueError(f"no effect: {part!r}")
        into.update(dict.fromkeys(words[1:], words[0]))
    return call


def told(trace: Mapping[str, Any], text: str, major: int) -> dict[int, Call]:
    """What a trace says, in the terms of the marks: without what a ``*`` covers and statistics nobody asked for."""
    wanted = marks(text, major)
    found = {}
    for entry in trace["training_calls"]:
        mark = wanted.get(entry["line"], Call())
        call = found[entry["line"]] = Call(maybe=entry.get("reached") == "maybe")
        for name, layer in entry.get("layers", {}).items():
            if layer.get("class") in _WEIGHTLESS:
                continue
            rest = mark.weights.get("*")
            if name in mark.weights or layer["weights"] != rest:
                call.weights[name] = layer["weights"]
            if "*" in mark.statistics and layer.get("statistics", mark.statistics["*"]) != mark.statistics["*"]:
                call.statistics[name] = layer["statistics"]
            if name in mark.statistics:
                call.statistics[name] = layer.get("statistics", "none")
        if mark.weights.get("*") and entry.get("layers"):
            call.weights["*"] = mark.weights["*"]
        if mark.statistics.get("*") and entry.get("layers"):
            call.statistics["*"] = mark.statistics["*"]
    return found


TARGETS = {2: "keras==2.15", 3: "keras==3.15"}


def predicted(program: Program, major: int) -> dict[int, str]:
    """What the linter's trace says, in the words of the marks."""
    trace = trace_source(program.text, "program.py", TARGETS[major], "tensorflow")
    return {line: str(call) for line, call in told(trace, program.text, major).items()}


def expected(program: Program, major: int) -> dict[int, str]:
    """What the marks say."""
    return {line: str(call) for line, call in marks(program.text, major).items()}


# Three layers in a row, for the programs that are about the language and not about the model.
THREE = """\
from keras.layers import Dense, Input
from keras.models import Sequential
a, b, c = Dense(4, name="a"), Dense(4, name="b"), Dense(1, name="c")
model = Sequential([Input((4,)), a, b, c])
"""

_HEADING = re.compile(r"^## (?P<name>[^\[\n]+?)(?: \[(?P<about>[^\]\n]+)\])?\n", re.MULTILINE)


def chapters(text: str, prelude: str = "") -> list[Program]:
    """The programs of a text, each under ``## name``, ``## name [keras 3]`` or ``## name [not measured]``."""
    parts = _HEADING.split(text)
    found = []
    for name, about, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        notes = (about or "").split(", ")
        major = next((int(note.removeprefix("keras ")) for note in notes if note.startswith("keras ")), None)
        found.append(Program(name, prelude + body.strip("\n") + "\n", major, "not measured" not in notes))
    return found


def each_version(programs: list[Program]) -> list[Any]:
    """The parameters of a test: every program on every major version that it is for."""
    return [
        pytest.param(program, major, id=f"{program.name}-keras{major}")
        for program in programs
        for major in program.majors
    ]
