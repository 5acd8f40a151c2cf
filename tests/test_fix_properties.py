"""What holds of every fix, whatever the program: held against generated programs and the examples of all pages."""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Iterator

import pytest

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.fixes.editing import apply
from keras_freeze_lint.fixing import FIXABLE, fixed, with_fixes
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from tests.conformance.generate import generate
from tests.conformance.measuring import Environment, Measurer
from tests.conformance.programs.sketch import Flavour
from tests.conformance.upgrades import Trace
from tests.rule_pages import Block, blocks
from tests.test_fixtures import interpreter_for

KERAS_2, KERAS_3 = "keras==2.15", "keras==3.15"
TARGETS: list[tuple[str, Flavour]] = [("keras==2.2.4", "keras"), (KERAS_2, "tf.keras"), (KERAS_3, "keras3")]
# Programs that are trained once for each of their fixes.
SEEDS = 24
PAGES = [block for block in blocks() if not block.page.startswith("KFL9")]


def hold(text: str, settings: Settings) -> None:
    """The fixed text is Python, has fewer findings of the old kinds, none of a new kind, and nothing left to fix."""
    before = Counter(one.code for one in lint_source(text, "train.py", settings).findings)

    for unsafe in (False, True):
        once = fixed(text, "train.py", settings, unsafe)
        after = Counter(one.code for one in once.report.findings)

        ast.parse(once.text)
        assert not after - before
        assert once.count == (before - after).total()
        # What nothing trains any more trains again where the mistake that froze it is mended.
        assert set(before - after) <= FIXABLE | {"KFL505"}
        assert (once.text == text) == (once.count == 0)
        again = fixed(once.text, "train.py", settings, unsafe)
        assert (again.text, again.count) == (once.text, 0)


@pytest.mark.parametrize("block", PAGES, ids=str)
def test_of_the_examples_of_the_pages(block: Block) -> None:
    hold(block.text, block.settings)


@pytest.mark.parametrize(("keras", "flavour"), TARGETS)
def test_of_generated_programs(keras: str, flavour: Flavour) -> None:
    for seed in range(6):
        hold(generate(seed, flavour), Settings(keras=keras))


@pytest.mark.slow  # hundreds of programs, each analysed many times
@pytest.mark.parametrize(("keras", "flavour"), TARGETS)
def test_of_many_generated_programs(keras: str, flavour: Flavour) -> None:
    for seed in range(6, 320):
        hold(generate(seed, flavour), Settings(keras=keras))


def fixed_findings(text: str, settings: Settings) -> Iterator[tuple[Finding, str]]:
    """Each finding with a fix, fixed alone, and the fixed text."""
    for one in with_fixes(lint_source(text, "train.py", settings), text, settings).findings:
        if one.fix is not None and one.prediction is not None:
            yield one, apply(text, one.fix.edits)


def line_after(before: str, after: str, line: int) -> int | None:
    """Where a line of the program stands in the fixed one; None for one that the fix wrote anew."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    blocks = matcher.get_matching_blocks()
    return next((new + line - old for old, new, size in blocks if old <= line - 1 < old + size), None)


def contradicted(finding: Finding, line: int | None, trace: Trace) -> list[str]:
    """The layers of the prediction that a run of the fixed program shows to do anything but what was meant."""
    prediction = finding.prediction
    assert prediction is not None
    if line is None:
        # The fix rewrote the training call itself: the run knows no line of that number.
        return []
    meant = "moves" if prediction.intent == "trainable" else "still"
    calls: Iterator[Trace] = (one.get("layers", {}) for one in trace["training_calls"] if one["line"] == line)
    layers = next(calls, {})
    shown = {name: layers[name].get(prediction.quantity) for name in prediction.layers if name in layers}
    # A line that trains in several phases does different things in them.
    return [f"{name}: {word}, not {meant}" for name, word in shown.items() if word not in {meant, "varies", None}]


@pytest.mark.slow  # every fixed program is trained on a real Keras
@pytest.mark.parametrize("keras", [KERAS_2, KERAS_3])
def test_a_fixed_program_does_what_was_meant(keras: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On tf.keras as Keras 2 (tf_keras) and as Keras 3; each finding is fixed alone."""
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1" if keras == KERAS_2 else "0")
    wrong = []
    measured = 0
    with Measurer(Environment("installed", interpreter_for("keras>=3", "keras-3.15"))) as measurer:
        for seed in range(SEEDS):
            text = generate(seed, "tf.keras")
            for finding, after in fixed_findings(text, Settings(keras=keras)):
                assert finding.prediction is not None
                trace = measurer.trace(after)
                assert trace is not None
                line = line_after(text, after, finding.prediction.training_call)
                measured += line is not None
                wrong += [f"seed {seed}, {finding.code}: {each}" for each in contradicted(finding, line, trace)]
    assert wrong == []
    assert measured >= 3
