"""Every fact about Keras that the analysis goes by, asked of every Keras of this machine: one test a fact and Keras.

A release that changes a behaviour turns the test of that fact red. The experiments are small programs
(`tests/conformance/experiments`); all of one Keras run in one process. What can be asked here, and how more is added,
is in `tests/conformance/environments.py`.
"""

from __future__ import annotations

import ast
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from keras_freeze_lint.keras.facts import FACTS, Fact
from keras_freeze_lint.keras.semantics import behaviour, line_of
from tests.conformance.environments import Subject, missing, subjects

_EXPERIMENTS = Path(__file__).parent / "experiments"
_LIMIT = 600


@cache
def _answers(subject: Subject) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The versions of a Keras, and what came out of each experiment."""
    done = subprocess.run(
        [subject.python, str(_EXPERIMENTS / "run.py")],
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        env=subject.settings(),
        check=False,
    )
    assert done.returncode == 0, f"the experiments of {subject.name} do not run: {done.stderr[-800:]}"
    versions, *answers = map(json.loads, done.stdout.splitlines())
    return versions, {answer["name"]: answer for answer in answers}


@pytest.mark.slow  # imports every Keras there is and trains small models: about half a minute each
@pytest.mark.parametrize("fact", [fact.name for fact in FACTS])
@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name)
def test_fact(subject: Subject, fact: str) -> None:
    versions, answers = _answers(subject)
    outcome = answers.get(fact, {"error": "no experiment answers it"})
    if "skipped" in outcome:
        pytest.skip(f"{subject.name}: {outcome['skipped']}")
    check(subject.name, fact, versions, outcome)


def check(name: str, fact: str, versions: dict[str, Any], outcome: dict[str, Any]) -> None:
    """Hold one answer of a Keras against the table."""
    assert "error" not in outcome, f"{name}: {outcome['error']}"
    release = Version(versions["version"])
    line, version = line_of(versions["package"], release)
    known = getattr(behaviour(line, version, versions["backend"]), fact)
    assert outcome["answer"] == known, (
        f"{versions['package']} {release} on {versions['backend']} answers {outcome['answer']!r}; "
        f"the table of facts says {known!r}"
    )


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_keras_that_behaves_otherwise_turns_the_test_of_the_fact_red(fact: Fact) -> None:
    versions = {"package": "keras", "version": "3.99", "backend": "tensorflow"}
    known = getattr(behaviour(*line_of("keras", Version("3.99")), "tensorflow"), fact.name)
    check("a new Keras", fact.name, versions, {"answer": known})

    for value in {str(row.value): row.value for row in fact.rows if row.value != known}.values():
        with pytest.raises(AssertionError, match="the table of facts says"):
            check("a new Keras", fact.name, versions, {"answer": value})
    with pytest.raises(AssertionError, match="no experiment answers it"):
        check("a new Keras", fact.name, versions, {"error": "no experiment answers it"})


@pytest.mark.slow  # says what the run above could not ask
@pytest.mark.parametrize("name", missing())
def test_environment_is_there(name: str) -> None:
    pytest.skip(f"{name} was not asked: keras-freeze-lint envs create {name} builds it")


def test_every_fact_has_an_experiment() -> None:
    found = {
        node.name
        for path in _EXPERIMENTS.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        if any(isinstance(decorator, ast.Name) and decorator.id == "experiment" for decorator in node.decorator_list)
    }
    assert found == {fact.name for fact in FACTS}
