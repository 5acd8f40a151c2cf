"""Generated programs that were once predicted wrongly, held against what was measured: they stay right.

Each is a program of `fuzz` as it was found, with the Keras that it ran on and its measured trace beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keras_freeze_lint.linter import trace_source
from tests.conformance.compare import WRONG, compare, compare_findings

_PROGRAMS = sorted((Path(__file__).parent / "contradictions").glob("*.py"))


@pytest.mark.parametrize("program", _PROGRAMS, ids=lambda program: program.stem)
def test_the_prediction_is_what_was_measured(program: Path) -> None:
    known = json.loads(program.with_suffix(".json").read_text(encoding="utf-8"))
    predicted = trace_source(program.read_text(encoding="utf-8"), program.name, known["keras"], known["backend"])

    differences = compare(predicted, known["measured"])

    assert differences
    assert [str(one) for one in differences if one.verdict in WRONG] == []
    assert [str(one) for one in compare_findings(predicted, known["measured"]) if one.verdict in WRONG] == []
