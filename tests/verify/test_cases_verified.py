"""The reported problems of ``tests/cases`` on the Keras that each was reported for: what is found there is proved there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from keras_freeze_lint.cli.progress import Silence
from keras_freeze_lint.findings import Verdict
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.interrogation import place_of
from keras_freeze_lint.verify.runner import Limits, Runner
from keras_freeze_lint.verify.verifying import Verifier
from tests.test_cases import label, programs
from tests.verify.subjects import subject

ENVIRONMENTS = {
    "keras==2.0.8": "keras-2.0.8",
    "keras==2.2.4": "keras-2.2.4",
    "tensorflow==1.15": "keras-2.2.4",
    "tensorflow==2.15": "keras-2.15",
    "tensorflow==2.4": "tf-2.4",
    "keras==3.*": "keras-3.15",
}
# Of ten findings so many get a verdict.
WANTED = 0.8


def verdicts(target: str, folders: list[Path]) -> dict[str, list[Verdict]]:
    """{program: the verdicts on its findings}, for a Keras; none where it is not here."""
    try:
        place = place_of(subject(ENVIRONMENTS[target]).python)
    except pytest.skip.Exception:
        return {}
    backend = place.backends[0] if place.backends else None
    with Verifier(place, lambda: Runner(place.python, backend, "cpu", Limits(seconds=100)), Silence()) as verifier:
        prepared = [
            verifier.prepare(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}", Settings())
            for path in folders
        ]
        files = verifier.verify_all(prepared)
    return {file.file: [one.verdict for one in file.evidence] for file in files}


@pytest.mark.slow  # runs some forty programs on six Kerases
def test_eight_of_ten_reported_problems_get_their_verdict_and_none_a_wrong_one() -> None:
    every = list(programs())
    found: dict[str, list[Verdict]] = {}
    for target in ENVIRONMENTS:
        found |= verdicts(target, [path for path in every if label(path.parent)["keras"] == target])
    if not found:
        pytest.skip("none of the Kerases of the cases is here (keras-freeze-lint envs create keras-3.15)")
    wrong = Counter(verdict for name, all_of in found.items() for verdict in all_of if name.endswith("bad.py"))
    right = {name: all_of for name, all_of in found.items() if name.endswith("good.py") and all_of}

    assert {label(path.parent)["keras"] for path in every} <= ENVIRONMENTS.keys()
    assert not wrong[Verdict.REFUTED], found
    assert wrong[Verdict.CONFIRMED] >= WANTED * wrong.total(), found
    assert Verdict.CONFIRMED not in [verdict for all_of in right.values() for verdict in all_of], right
