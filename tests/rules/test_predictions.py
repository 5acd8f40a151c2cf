"""Every finding says what a run must show, and a run shows it: intended and measured are never the same."""

from __future__ import annotations

from typing import Any

import pytest

from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.linter import trace_source
from keras_freeze_lint.verify.judging import OF_INFERENCE
from tests.conformance.compare import compare_findings
from tests.conformance.generate import generate
from tests.conformance.programs.sketch import Flavour
from tests.rule_pages import Block, blocks
from tests.test_rule_pages import measured, runnable

# What goes wrong here is no movement of weights at a training call.
WITHOUT = {
    "KFL301": "arrays go to other layers when they are written back",
    "KFL302": "the weights that arrive late were wrong in value during the training, not in movement",
    "KFL303": "frozen layers stay still as intended: what they hold is random",
    "KFL304": "the index picks another layer out of the list than the array of that number belongs to",
}
CONTRADICTIONS = {("frozen", "moves"), ("trainable", "still"), ("frozen", "raises"), ("trainable", "raises")}


def marked(these: list[Block]) -> list[Block]:
    """The programs with findings; what is said of an upgrade or of the tool itself predicts no single run."""
    return [block for block in these if block.marked and block.page < "KFL8"]


def shown(prediction: Prediction, trace: dict[str, Any]) -> set[str]:
    """What the run did with the predicted layers at the predicted line."""
    calls = [call for call in trace["training_calls"] if call["line"] == prediction.training_call]
    if prediction.effect == "raises":
        raised = [call["error"] for call in calls if "error" in call] or [trace.get("error")]
        return {"raises" if raised[0] else "nothing raised"}
    return {call["layers"][layer][prediction.quantity] for call in calls for layer in prediction.layers}


@pytest.mark.parametrize("block", marked(list(blocks())), ids=str)
def test_a_finding_predicts_the_contrary_of_what_the_source_says(block: Block) -> None:
    for finding in block.findings():
        if finding.code in WITHOUT:
            assert finding.prediction is None
        else:
            assert finding.prediction is not None
            assert (finding.prediction.intent, finding.prediction.effect) in CONTRADICTIONS
            assert finding.prediction.layers


@pytest.mark.slow  # trains on a real Keras
@pytest.mark.parametrize("block", marked(runnable()), ids=str)
def test_a_run_shows_what_is_predicted(block: Block) -> None:
    for finding in block.findings():
        # A trace tells of training calls only; tests/verify/test_verdicts.py runs what is about others.
        if finding.prediction is not None and finding.code not in OF_INFERENCE:
            assert shown(finding.prediction, measured(block)) == {finding.prediction.effect}


SEEDS = range(25)


@pytest.mark.parametrize(
    ("keras", "flavour"),
    [("keras==2.2.4", "keras"), ("tensorflow==2.4", "tf.keras"), ("keras==3.15", "keras3")],
)
def test_findings_say_of_generated_programs_what_the_trace_says(keras: str, flavour: Flavour) -> None:
    claims: list[tuple[int, str, str]] = []
    for seed in SEEDS:
        document: Any = trace_source(generate(seed, flavour), "program.py", keras)
        claims += [(seed, str(one), one.measured) for one in compare_findings(document, document)]

    assert len(claims) > len(SEEDS) // 2
    assert [(seed, claim) for seed, claim, shown in claims if "wrong finding" in claim and shown != "unknown"] == []
