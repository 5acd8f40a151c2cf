"""One file on trial: witnesses for its findings, a run of each, a control for each finding.

Findings share a witness where that is less to run than one for each; what stays open is tried the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from keras_freeze_lint.findings import Finding, Prediction, Verdict
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.agenda import Agenda, Work
from keras_freeze_lint.verify.controls import controls
from keras_freeze_lint.verify.interrogation import Place
from keras_freeze_lint.verify.judging import OF_INFERENCE, Undecided, judge, observe, origin_of, undecided
from keras_freeze_lint.verify.runner import Request
from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.verdicts import Evidence, Run, VerifiedFile
from keras_freeze_lint.verify.witness import Unsliceable, Witness


class Progress(Protocol):
    """Whoever is told how far it is."""

    def expect(self, findings: int) -> None:
        """So many more findings are to be verified."""

    def begin(self, what: str) -> None:
        """This is being done now."""

    def done(self, findings: int) -> None:
        """So many findings have their verdict."""


# A witness for all findings that trains more often than this is no second try for one of them.
_FEW_CALLS = 6

_NOTHING_TO_RUN = Undecided("the finding predicts nothing that a run could show")
_OF_ANOTHER_KERAS = Undecided("what this finding predicts is for the Keras to upgrade to: run it there")

# What a finding is about: its code, and the lines of the user's file on which it and the training call stand.
_Subject = tuple[str, int, int]


def _obstacle(finding: Finding) -> Undecided | None:
    """Why nothing can be run for a finding."""
    if finding.code == "KFL801":
        return _OF_ANOTHER_KERAS
    return _NOTHING_TO_RUN if finding.prediction is None else None


class Trial:
    """Finds the verdicts on the findings of one file; ``runs`` holds what was run for that, controls left out."""

    def __init__(
        self,
        file: VerifiedFile,
        settings: Settings,
        progress: Progress,
        place: Place,
        keep: Callable[[Witness, Sequence[Finding]], None],
    ) -> None:
        self.runs: list[Run] = []
        self._file = file
        self._settings = settings
        self._progress = progress
        self._place = place
        self._keep = keep
        self._decided: dict[int, Evidence] = {}
        self._second: dict[int, Witness | Unsliceable] = {}

    def begin(self, findings: Sequence[Finding], agenda: Agenda) -> None:
        """Put on the agenda what has to be run for the verdicts."""
        runnable: dict[int, Finding] = {}
        for number, finding in enumerate(findings):
            obstacle = _obstacle(finding)
            if obstacle is not None:
                self._settle(number, undecided(finding, replace(obstacle, line=finding.location.line)), agenda)
            else:
                runnable[number] = finding
        if not runnable:
            return
        self._progress.begin(f"{self._file.file}: cutting out what trains")
        together = self._cut(list(runnable.values()))
        alone = {number: self._cut([one]) for number, one in runnable.items()} if len(runnable) > 1 else {}
        if _cheaper_alone(together, alone):
            short = isinstance(together, Witness) and _calls(together) <= _FEW_CALLS
            self._second = dict.fromkeys(alone, together) if short else {}
            groups = _alike(alone)
        else:
            self._second = {number: one for number, one in alone.items() if isinstance(one, Witness)}
            groups = [(together, list(runnable))]
        for witness, numbers in groups:
            self._try({number: runnable[number] for number in numbers}, witness, agenda)

    def verdicts(self) -> list[Evidence]:
        """Return the evidence for each finding, in their order, when the agenda is done."""
        return [self._decided[number] for number in sorted(self._decided)]

    def _cut(self, findings: Sequence[Finding]) -> Witness | Unsliceable:
        return slice_program(
            self._file.text,
            self._file.file,
            sorted({finding.location.line for finding in findings}),
            sorted({line for finding in findings for line in _to_reach(finding)}),
            inference_calls=_inference_calls(findings),
            modern=self._place.is_modern,
        )

    def _try(self, findings: Mapping[int, Finding], witness: Witness | Unsliceable, agenda: Agenda) -> None:
        if isinstance(witness, Unsliceable):
            self.runs.append(Run(witness))
            for number, finding in findings.items():
                self._settle(number, undecided(finding, Undecided(witness.reason, witness.line)), agenda)
            return
        self._keep(witness, list(findings.values()))
        agenda.add(self._run(findings, witness, agenda))

    def _run(self, findings: Mapping[int, Finding], witness: Witness, agenda: Agenda) -> Work:
        self._progress.begin(f"{self._file.file}: running on {self._place.name}")
        used = _inference_calls(findings.values())
        inference = frozenset(number for number, origin in enumerate(witness.origins, 1) if origin in used)
        trained = {one.prediction.training_call for one in findings.values() if one.prediction is not None}
        again = frozenset(number for number, origin in enumerate(witness.origins, 1) if origin in trained)
        twins = self._twins(witness)  # Keras may still be being imported
        measured = yield Request(witness.text, inference=inference, again=again)
        self.runs.append(Run(witness, measured))
        for number, finding in findings.items():
            agenda.add(self._compare(number, finding, Run(witness, measured), twins, agenda))

    def _compare(
        self, number: int, finding: Finding, run: Run, twins: Mapping[_Subject, Finding], agenda: Agenda
    ) -> Work:
        witness, measured = run.witness, run.measured
        assert finding.prediction is not None
        assert isinstance(witness, Witness)
        assert measured is not None
        twin = twins.get((finding.code, finding.location.line, finding.prediction.training_call))
        prediction, exact = _as_in_witness(finding.prediction, twin)
        observation = observe(finding, prediction, witness, measured, exact=exact)
        if isinstance(observation, Undecided):
            self._settle(number, undecided(finding, observation, witness, measured), agenda)
            return
        evidence = judge(finding, witness, measured, observation)
        for control in controls(observation, witness, twin, self._settings):
            self._progress.begin(f"{self._file.file}:{finding.location.line}: {finding.code}: running the control")
            for request in control.requests:
                compared = yield request
                evidence = judge(finding, witness, measured, observation, control.showed(compared))
                if evidence.verdict is not Verdict.INCONCLUSIVE:
                    self._settle(number, evidence, agenda)
                    return
        self._settle(number, evidence, agenda)

    def _settle(self, number: int, evidence: Evidence, agenda: Agenda) -> None:
        """Keep the evidence for a finding; where it says nothing and there is another witness, try that."""
        known = self._decided.get(number)
        if known is None or evidence.verdict is not Verdict.INCONCLUSIVE:
            self._decided[number] = evidence
        second = self._second.pop(number, None)
        if evidence.verdict is Verdict.INCONCLUSIVE and second is not None:
            self._try({number: evidence.finding}, second, agenda)
        else:
            self._progress.done(1)

    def _twins(self, witness: Witness) -> dict[_Subject, Finding]:
        """The findings of the witness itself, which call its layers by the names that these have there."""
        report = lint_source(witness.text, witness.file, replace(self._settings, noqa=False, prefilter=False))
        found: dict[_Subject, Finding] = {}
        for finding in report.findings:
            if finding.prediction is not None:
                lines = finding.location.line, finding.prediction.training_call
                place, trained = (origin_of(witness, line) for line in lines)
                found.setdefault((finding.code, place, trained), finding)
        return found


def _to_reach(finding: Finding) -> set[int]:
    """The lines that a witness must reach; a statement that raises by itself stands before any training."""
    prediction = finding.prediction
    if prediction is None:
        return set()
    alone = prediction.effect == "raises" and prediction.training_call == finding.location.line
    return {prediction.training_call, *(step.line for step in finding.path if alone)}


def _inference_calls(findings: Iterable[Finding]) -> frozenset[int]:
    """The lines of calls that only use a model, of findings that are about these."""
    predictions = [finding.prediction for finding in findings if finding.code in OF_INFERENCE]
    return frozenset(prediction.training_call for prediction in predictions if prediction is not None)


def _as_in_witness(prediction: Prediction, twin: Finding | None) -> tuple[Prediction, bool]:
    """The prediction with the names that the layers have in the witness, and whether these are known."""
    told = twin.prediction if twin is not None else None
    if told is None:
        return prediction, False
    # Of a model that is not in the file nobody knows the layers; what stands in its place in the witness has some.
    unseen = any(".layers[" in name for name in prediction.layers)
    if len(told.layers) != len(prediction.layers) and not unseen:
        return prediction, False
    same = (told.effect, told.quantity, told.intent) == (prediction.effect, prediction.quantity, prediction.intent)
    return (replace(prediction, layers=told.layers), True) if same else (prediction, False)


def _cheaper_alone(together: Witness | Unsliceable, alone: Mapping[int, Witness | Unsliceable]) -> bool:
    """Whether a witness for each finding runs less than one for all: each runs once, and again for each control."""
    if not alone or isinstance(together, Unsliceable):
        return bool(alone)
    cut = {one.text: one for one in alone.values() if isinstance(one, Witness)}
    once = sum(_calls(one) for one in cut.values())
    controls_of_each = sum(_calls(one) for one in alone.values() if isinstance(one, Witness))
    return len(alone) == sum(isinstance(one, Witness) for one in alone.values()) and (
        once + controls_of_each < _calls(together) * (1 + len(alone))
    )


def _calls(witness: Witness) -> int:
    return max(len(witness.training_calls), 1)


def _alike(alone: Mapping[int, Witness | Unsliceable]) -> list[tuple[Witness | Unsliceable, list[int]]]:
    """The findings that have the same witness, together."""
    groups: dict[str, tuple[Witness | Unsliceable, list[int]]] = {}
    for number, witness in alone.items():
        key = witness.text if isinstance(witness, Witness) else f"{number}"
        groups.setdefault(key, (witness, []))[1].append(number)
    return list(groups.values())
