"""Every rule whose mistake can be run: verify confirms it, and clears or refutes the corrected twin, on real Kerases.

The programs are those of the rule's page, and of ``programs/<code>/`` where the page has none that runs on a Keras.
Environments are found as in ``tests/conformance/environments.py``; what is not there is skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from keras_freeze_lint.cli.progress import Silence
from keras_freeze_lint.findings import Finding, Verdict
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.environments import definition
from keras_freeze_lint.verify.interrogation import Place, place_of
from keras_freeze_lint.verify.runner import Limits, Runner
from keras_freeze_lint.verify.verdicts import Evidence
from keras_freeze_lint.verify.verifying import Verifier
from tests.conformance.environments import Subject, subjects
from tests.rule_pages import CODES, MARK, blocks

PROGRAMS = Path(__file__).parent / "programs"

# Where the mistake shows: verify confirms it there, and does not when it is corrected.
CONFIRMED = {
    "KFL101": "keras-2.15 keras-2.2.4",
    "KFL102": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL103": "keras-3.15 keras-3.15-jax keras-3.15-torch",
    "KFL104": "keras-3.15 keras-2.15",
    "KFL105": "keras-3.15 keras-2.15",
    "KFL106": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL107": "keras-3.15 keras-2.15",
    "KFL201": "keras-2.0.8 keras-2.1.2",
    "KFL202": "keras-3.15 keras-3.15-jax keras-3.15-torch",
    "KFL203": "keras-2.15 tf-2.4 tf-2.1",
    "KFL204": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL205": "keras-3.15 keras-2.15 keras-2.2.4",
    "KFL401": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL402": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL403": "keras-3.15 keras-2.15",
    "KFL404": "keras-3.15 keras-2.15",
    "KFL405": "keras-3.15 keras-2.15",
    "KFL406": "keras-3.15 keras-2.15 keras-2.2.4",
    "KFL407": "keras-3.15",
    "KFL408": "keras-3.15",
    "KFL501": "keras-2.15 keras-2.2.4",
    "KFL502": "keras-2.15",
    "KFL503": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL504": "keras-3.15 keras-2.15 keras-2.2.4",
    "KFL505": "keras-3.15 keras-3.15-jax keras-3.15-torch keras-2.15",
    "KFL506": "keras-2.2.4",
    "KFL507": "keras-3.15",
    "KFL508": "keras-3.15 keras-2.15",
    "KFL601": "keras-3.15 keras-2.15",
    "KFL602": "keras-3.15 keras-2.15",
    "KFL603": "keras-2.0.8 keras-2.2.4",
    "KFL701": "keras-2.2.4",
}
# Where the same program has no such mistake: verify refutes the finding of the others there.
REFUTED = {
    "KFL101": "keras-3.15",
    "KFL103": "keras-2.15",
    "KFL201": "keras-2.1.3 keras-2.2.4 keras-2.15 keras-3.15",
    "KFL202": "keras-2.15",
    "KFL203": "keras-3.15",
    "KFL408": "keras-2.15",
    "KFL501": "keras-3.15",
    "KFL506": "keras-2.15",
    "KFL507": "keras-3.15-torch",
    "KFL701": "keras-2.15 keras-3.15",
}
NOT_RUN = {
    "KFL301": "arrays change their places when they are written, outside of any training call",
    "KFL302": "whether weights come too late hangs on a file that a witness does not have",
    "KFL303": "in a witness all weights are random, those of a model that was downloaded too",
    "KFL304": "the program names the wrong layer, and trains as it should",
    "KFL801": "it is about two Kerases; tests/test_upgrade_measured.py runs such programs on both",
    "KFL900": "a text that is no Python does not run",
    "KFL901": "a mistake of the linter, not of a program",
    "KFL902": "a comment does nothing",
}
# What is right about the twin is something else than what the finding predicts for the training call.
NOT_FORCED = {"KFL407": "the class is that of the head, too, which the twin trains"}
# It is about TensorFlow 1, whose programs are found whatever Keras they are checked for, and run on no other.
OF_TENSORFLOW_1 = frozenset({"KFL603"})
# Only Keras 2 or only Keras 3 has a program of this name: its part behind the dash.
FAMILIES = {"keras-2": "keras2", "keras-3": "keras3"}


@dataclass(frozen=True)
class Program:
    """A text with its mistake marked, if it has one."""

    name: str
    text: str

    def marked(self, code: str) -> int:
        lines = [number for number, line in enumerate(self.text.splitlines(), 1) if code in _marks(line)]
        assert len(lines) == 1, f"{self.name} has one line with {code}"
        return lines[0]


@dataclass(frozen=True)
class Case:
    """A rule and the environment that its programs run in."""

    code: str
    environment: str

    @property
    def wrong(self) -> Program:
        return program(self.code, "wrong", self.environment)

    @property
    def right(self) -> Program:
        return program(self.code, "right", self.environment)

    def __str__(self) -> str:
        return f"{self.code}-on-{self.environment}"


def cases(table: dict[str, str]) -> list[Case]:
    """Environment by environment, so that each starts once."""
    found = [Case(code, name) for code, names in table.items() for name in names.split()]
    return sorted(found, key=lambda case: (case.environment, case.code))


def program(code: str, kind: str, environment: str) -> Program:
    """The program for an environment: of its own, of its family, of the code; else that of the rule's page."""
    family = next((family for start, family in FAMILIES.items() if environment.startswith(start)), "")
    for name in (f"{kind}-{environment}", f"{kind}-{family}", kind):
        path = PROGRAMS / code / f"{name}.py"
        if path.exists():
            return Program(f"{code}/{name}.py", path.read_text(encoding="utf-8"))
    shown = [block for block in blocks() if block.page == code]
    fitting = [block for block in shown if (code in {marked for _, marked in block.marked}) is (kind == "wrong")]
    chosen = next((block for block in fitting if _is_of(block.keras, family)), fitting[0])
    return Program(f"{chosen}-{kind}.py", chosen.text)


def _is_of(keras: str, family: str) -> bool:
    return keras.startswith("keras>=3") if family == "keras3" else keras.startswith(("keras==2", "tensorflow"))


def _marks(line: str) -> list[str]:
    return [code for found in MARK.findall(line) for code in found.split(", ")]


def subject_of(environment: str) -> Subject | None:
    return next((subject for subject in subjects() if subject.name == environment), None)


def settings_of(environment: str) -> Settings:
    """What a program is judged for there; this needs no environment."""
    name, backend = environment, "tensorflow"
    for other in ("jax", "torch"):
        if name.endswith(f"-{other}"):
            name, backend = name.removesuffix(f"-{other}"), other
    return Settings(keras=definition(name).keras, backend=backend)


def found_in(program: Program, environment: str) -> list[tuple[int, str]]:
    report = lint_source(program.text, program.name, settings_of(environment))
    return [(finding.location.line, finding.code) for finding in report.findings]


def same_line(line: int, one: Program, other: Program) -> int | None:
    """The line of another program that says the same, at the same turn; None if it has none."""
    before, after = one.text.splitlines(), other.text.splitlines()
    turn = Counter(before[: line - 1])[before[line - 1]]
    alike = [number for number, text in enumerate(after, 1) if text == before[line - 1]]
    return alike[turn] if turn < len(alike) else None


class TestTheTable:
    def test_every_rule_is_run_or_says_why_not(self) -> None:
        assert sorted([*CONFIRMED, *NOT_RUN]) == sorted(CODES)

    def test_whatever_is_refuted_somewhere_is_confirmed_elsewhere(self) -> None:
        assert set(REFUTED) <= set(CONFIRMED)
        assert not {(case.code, case.environment) for case in cases(REFUTED)} & {
            (case.code, case.environment) for case in cases(CONFIRMED)
        }

    def test_a_mistake_of_keras_2_and_of_keras_3_is_run_on_both(self) -> None:
        absent = [
            str(Case(code, environment))
            for code in CONFIRMED.keys() - OF_TENSORFLOW_1
            for environment in ("keras-2.15", "keras-3.15")
            if environment not in CONFIRMED[code].split()
            and (program(code, "wrong", environment).marked(code), code)
            in found_in(program(code, "wrong", environment), environment)
        ]
        assert not absent

    def test_every_program_is_run(self) -> None:
        run = {one.name for case in cases(CONFIRMED) for one in (case.wrong, case.right)}

        assert {path.relative_to(PROGRAMS).as_posix() for path in PROGRAMS.rglob("*.py")} <= run

    @pytest.mark.parametrize("case", cases(CONFIRMED), ids=str)
    def test_the_mistake_is_the_only_finding_and_the_twin_has_none(self, case: Case) -> None:
        assert found_in(case.wrong, case.environment) == [(case.wrong.marked(case.code), case.code)]
        assert not found_in(case.right, case.environment)

    @pytest.mark.parametrize("case", cases(REFUTED), ids=str)
    def test_where_it_is_refuted_nothing_is_found(self, case: Case) -> None:
        elsewhere = replace(case, environment=CONFIRMED[case.code].split()[0]).wrong

        assert case.code not in {code for _, code in found_in(elsewhere, case.environment)}


@cache
def kept() -> dict[str, Verifier]:
    """The verifier at work: one Keras at a time."""
    return {}


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    end()


def end() -> None:
    while kept():
        _, verifier = kept().popitem()
        verifier.__exit__(None, None, None)


def verifier_of(environment: str) -> Verifier:
    """The verifier of an environment; skips where that is not there."""
    if environment not in kept():
        subject = subject_of(environment)
        if subject is None:
            pytest.skip(f"no environment {environment} here: keras-freeze-lint envs create {environment}")
        end()
        place = place_of(subject.python, environment)
        kept()[environment] = Verifier(place, lambda: _runner(place, subject), Silence())
    return kept()[environment]


def _runner(place: Place, subject: Subject) -> Runner:
    return Runner(place.python, subject.backend, "cpu", Limits(seconds=120), sandbox=True)


def verify(program: Program, environment: str, forced: Finding | None = None) -> list[Evidence]:
    """The verdicts on a program's findings in an environment, or on one that is forced upon it."""
    verifier = verifier_of(environment)
    prepared = verifier.prepare(program.text, program.name, replace(settings_of(environment), keras="auto"))
    if forced is not None:
        prepared = replace(prepared, findings=(forced,))
    return list(verifier.verify(prepared).evidence)


def the_finding(case: Case, environment: str) -> Finding:
    """The finding of the wrong program, as an environment that has the mistake gives it."""
    report = lint_source(case.wrong.text, case.wrong.name, settings_of(environment))
    (finding,) = (finding for finding in report.findings if finding.code == case.code)
    return finding


@pytest.mark.slow  # a run on a real Keras each
class TestVerdicts:
    @pytest.mark.parametrize("case", cases(CONFIRMED), ids=str)
    def test_the_mistake_is_confirmed_and_the_corrected_twin_is_not(self, case: Case) -> None:
        evidence = verify(case.wrong, case.environment)

        assert [(one.finding.location.line, one.finding.code) for one in evidence] == [
            (case.wrong.marked(case.code), case.code)
        ]
        assert evidence[0].verdict is Verdict.CONFIRMED, evidence[0].reason
        assert not verify(case.right, case.environment)
        self.refuted_if_forced(case)

    def refuted_if_forced(self, case: Case) -> None:
        """The wrong program's finding, about the training call of the twin."""
        finding = the_finding(case, case.environment)
        assert finding.prediction is not None
        line = same_line(finding.prediction.training_call, case.wrong, case.right)
        if line is None or case.code in NOT_FORCED:
            return
        forced = replace(
            finding,
            location=replace(finding.location, line=line, end_line=line),
            prediction=replace(finding.prediction, training_call=line),
        )
        (evidence,) = verify(case.right, case.environment, forced)
        assert evidence.verdict is Verdict.REFUTED, evidence.reason

    @pytest.mark.parametrize("case", cases(REFUTED), ids=str)
    def test_a_keras_without_the_mistake_refutes_it(self, case: Case) -> None:
        home = CONFIRMED[case.code].split()[0]
        wrong = replace(case, environment=home).wrong
        finding = the_finding(replace(case, environment=home), home)

        (evidence,) = verify(wrong, case.environment, finding)

        assert evidence.verdict is Verdict.REFUTED, evidence.reason
