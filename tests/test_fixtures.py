"""The programs of ``fixtures/``: the linter says of each what is true of it on the Keras that it was written for."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from keras_freeze_lint.linter import lint_source, trace_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.environments import definition
from tests.conformance.environments import python_of_environment
from tests.conformance.measuring import Environment, Measurer
from tests.faces import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIXTURES = ROOT / "fixtures"
Effects = Mapping[str, str]


@dataclass(frozen=True)
class Program:
    """What expected.toml says of one program."""

    file: str
    keras: str
    environment: str
    findings: tuple[tuple[int, str], ...]
    calls: tuple[Mapping[str, Any], ...]

    @property
    def path(self) -> Path:
        return FIXTURES / self.file

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


def programs() -> list[Program]:
    tables = tomllib.loads((FIXTURES / "expected.toml").read_text(encoding="utf-8"))["program"]
    return [
        Program(
            table["file"],
            table["keras"],
            table["environment"],
            tuple((finding["line"], finding["code"]) for finding in table["findings"]),
            tuple(table["calls"]),
        )
        for table in tables
    ]


PROGRAMS = programs()
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.file)


def findings_of(program: Program, keras: str) -> list[tuple[int, str]]:
    report = lint_source(program.text, str(program.path), Settings(keras=keras))
    assert report.error is None
    return [(finding.location.line, finding.code) for finding in report.findings]


def quantities(call: Mapping[str, Any], layers: Mapping[str, Any], quantity: str) -> Effects:
    """What a trace says of the layers that are expected to have this quantity."""
    return {name: layers.get(name, {}).get(quantity, "nothing") for name in call.get(quantity, {})}


def test_every_program_is_expected_and_every_expectation_has_its_program() -> None:
    there = {path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*.py")}

    assert sorted(program.file for program in PROGRAMS) == sorted(there)


def test_every_folder_has_a_program_that_stays_silent() -> None:
    folders = {program.file.split("/")[0] for program in PROGRAMS}

    assert folders == {program.file.split("/")[0] for program in PROGRAMS if not program.findings}


@each_program
def test_wrong_programs_have_findings_and_right_ones_none(program: Program) -> None:
    assert bool(program.findings) == program.path.stem.endswith("wrong")


@each_program
def test_the_findings_are_exactly_the_expected_ones(program: Program) -> None:
    assert findings_of(program, program.keras) == list(program.findings)


@each_program
def test_the_program_itself_tells_for_which_keras_it_is(program: Program) -> None:
    assert findings_of(program, "auto") == list(program.findings)


@each_program
def test_the_trace_predicts_what_was_measured(program: Program) -> None:
    document: Any = trace_source(program.text, str(program.path), program.keras)
    calls = {(call["line"], call["call"]): call["layers"] for call in document["training_calls"]}

    assert sorted(calls) == sorted((call["line"], call["call"]) for call in program.calls)
    for call in program.calls:
        layers = calls[call["line"], call["call"]]
        for quantity in ("weights", "statistics"):
            assert quantities(call, layers, quantity) == call.get(quantity, {})


@pytest.mark.slow  # trains on a real Keras
@each_program
def test_measuring_again_gives_the_same(program: Program) -> None:
    measured = measured_trace(program.path, interpreter_for(program.keras, program.environment))
    calls = {(call["line"], call["call"]): call for call in measured["training_calls"]}

    assert sorted(calls) == sorted((call["line"], call["call"]) for call in program.calls)
    for call in program.calls:
        found = calls[call["line"], call["call"]]
        assert ("error" in found) == call.get("raises", False)
        for quantity in ("weights", "statistics"):
            assert quantities(call, found.get("layers", {}), quantity) == call.get(quantity, {})


def measured_trace(path: Path, python: str) -> dict[str, Any]:
    """What a run shows of a program."""
    trace = _measurer(python).trace(path.read_text(encoding="utf-8"), str(path))
    assert trace is not None
    return trace


@cache
def _measurer(python: str) -> Measurer:
    """One for all programs that a Python runs: importing Keras takes longer than most of them."""
    measurer = Measurer(Environment(python, python))
    atexit.register(measurer.__exit__, None, None, None)
    return measurer


def interpreter_for(keras: str, environment: str) -> str:
    """A Python with the wanted Keras: that of an environment, or this one; skips the test where there is none."""
    python = python_of_environment(definition(environment))
    if python is not None:
        return python
    wanted = Requirement(f"{keras}.*" if keras.count(".") == 1 else keras)
    try:
        installed = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"there is no environment {environment} here, and no {wanted.name} is installed")
    if not wanted.specifier.contains(installed):
        pytest.skip(f"there is no environment {environment} here, and the installed {wanted.name} is {installed}")
    return sys.executable
