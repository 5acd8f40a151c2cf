"""The fuzzer's own parts, without any Keras."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.conformance.compare import compare, compare_findings, tally
from tests.conformance.generate import generate
from tests.conformance.programs.sketch import FLAVOURS, Flavour
from tests.conformance.shrink import shrink


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_seed_is_a_program(flavour: Flavour) -> None:
    for seed in range(60):
        text = generate(seed, flavour)
        assert text == generate(seed, flavour)
        names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        assert names & {"fit", "train_on_batch", "apply_gradients", "minimize"}
        compile(text, "program.py", "exec")


def test_flavours_and_seeds_differ() -> None:
    assert len({generate(seed, flavour) for seed in range(50) for flavour in FLAVOURS}) == 150


def _trace(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"training_calls": list(calls)}


def _call(weights: str, reached: str = "always", name: str = "a", **more: object) -> dict[str, Any]:
    layers = {name: {"class": "Dense", "weights": weights}}
    return {"line": 3, "call": "fit", "reached": reached, "layers": layers, **more}


@pytest.mark.parametrize(
    ("predicted", "measured", "verdict"),
    [
        (_call("moves"), _call("moves"), "agree"),
        (_call("varies"), _call("varies"), "agree"),
        (_call("unknown"), _call("moves"), "unknown"),
        (_call("still"), _call("moves"), "contradiction"),
        (_call("moves"), _call("varies"), "contradiction"),
        (_call("varies"), _call("moves"), "imprecise"),
        (_call("still", "maybe"), _call("moves"), "imprecise"),
        (_call("still", name="dense at line 1"), _call("still", name="dense_1"), "agree"),
    ],
)
def test_verdicts(predicted: dict[str, Any], measured: dict[str, Any], verdict: str) -> None:
    [difference] = compare(_trace(predicted), _trace(measured))
    assert difference.verdict == verdict


def test_what_only_one_side_knows() -> None:
    nothing = _trace({**_call("moves"), "layers": {}})
    assert tally(compare(_trace(), _trace(_call("moves")))) == {"missing call": 1}
    assert tally(compare(nothing, _trace(_call("moves")))) == {"missing layer": 1}
    assert tally(compare(_trace(_call("moves")), _trace())) == {"extra call": 1}
    assert compare(_trace(_call("moves", "maybe")), _trace()) == []


@pytest.mark.parametrize(
    ("predicted", "raised", "verdicts"),
    [
        (_call("still"), "ValueError: bad shapes", {}),
        (_call("still"), "ValueError: Unknown variable: a/kernel", {"missing error": 1}),
        (_call("unknown"), "ValueError: Unknown variable: a/kernel", {"unknown": 1}),
        (_call("still", error="ValueError: Unknown variable"), "ValueError: Unknown variable: a/kernel", {"agree": 1}),
        (_call("still", error="ValueError: Unknown variable"), None, {"contradiction": 1, "agree": 1}),
        (_call("still", "maybe", error="ValueError: Unknown variable"), None, {"imprecise": 1, "agree": 1}),
    ],
)
def test_of_a_call_that_raises_only_that_is_compared(
    predicted: dict[str, Any], raised: str | None, verdicts: dict[str, int]
) -> None:
    measured = _call("still") if raised is None else _call("moves", error=raised)
    assert tally(compare(_trace(predicted), _trace(measured))) == verdicts


def _finding(effect: str, layer: str = "a", line: int = 3) -> dict[str, Any]:
    claim = {"training_call": line, "layers": [layer], "intent": "frozen", "effect": effect, "quantity": "weights"}
    return {"code": "KFL102", "prediction": claim}


@pytest.mark.parametrize(
    ("finding", "told", "shown", "verdicts"),
    [
        (_finding("moves"), "moves", "moves", {"agree": 1}),
        (_finding("moves"), "moves", "varies", {"agree": 1}),
        (_finding("moves"), "still", "still", {"wrong finding": 1}),
        (_finding("moves"), "unknown", "still", {"imprecise": 1}),
        (_finding("moves", line=9), "moves", "still", {}),
        (_finding("raises"), "moves", "moves", {"imprecise": 1}),
        ({"code": "KFL303", "prediction": None}, "moves", "still", {}),
    ],
)
def test_findings_are_held_against_the_run(
    finding: dict[str, Any], told: str, shown: str, verdicts: dict[str, int]
) -> None:
    predicted = {**_trace(_call(told)), "findings": [finding]}
    assert tally(compare_findings(predicted, _trace(_call(shown)))) == verdicts


def test_a_finding_that_says_an_error_needs_one() -> None:
    predicted = {**_trace(_call("still", error="ValueError: no")), "findings": [_finding("raises")]}
    assert tally(compare_findings(predicted, _trace(_call("still")))) == {"wrong finding": 1}
    assert tally(compare_findings(predicted, _trace(_call("still", error="ValueError: no")))) == {"agree": 1}


def test_shrinking_leaves_what_matters() -> None:
    text = "import os\nfor i in range(3):\n    if i:\n        x = [1, 2]\n        y = f(x, key=1)\nprint(y)\n"
    assert shrink(text, lambda program: "f(x" in program) == "y = f(x)\n"
    assert shrink(text, lambda program: "range" in program) == "for i in range(3):\n    pass\n"
    assert shrink(text, lambda _: False) == text
