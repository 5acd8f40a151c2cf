"""The fuzzer's own parts, without any Keras."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.conformance.compare import compare, tally
from tests.conformance.generate import generate
from tests.conformance.programs.sketch import FLAVOURS, Flavour
from tests.conformance.shrink import shrink


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_seed_is_a_program(flavour: Flavour) -> None:
    for seed in range(60):
        text = generate(seed, flavour)
        assert text == generate(seed, flavour)
        names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        assert names & {"fit", "train_on_batch", "apply_gradients"}
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


def test_a_call_that_raised_is_left_out() -> None:
    assert compare(_trace(_call("still")), _trace(_call("moves", error="ValueError: no"))) == []


def test_shrinking_leaves_what_matters() -> None:
    text = "import os\nfor i in range(3):\n    if i:\n        x = [1, 2]\n        y = f(x, key=1)\nprint(y)\n"
    assert shrink(text, lambda program: "f(x" in program) == "y = f(x)\n"
    assert shrink(text, lambda program: "range" in program) == "for i in range(3):\n    pass\n"
    assert shrink(text, lambda _: False) == text
