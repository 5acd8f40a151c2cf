"""One file on trial: a witness for all of its findings, a run, a control for each; what stays open is tried alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from keras_freeze_lint.findings import Finding, Prediction, Verdict
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.controls import controls
from keras_freeze_lint.verify.interrogation import Place
from keras_freeze_lint.verify.judging import Undecided, judge, observe, origin_of, undecided
from keras_freeze_lint.verify.measurement import Control, Measurement
from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.verdicts import Evidence, Run, VerifiedFile
from keras_freeze_lint.verify.witness import Unsliceable, Witness


class Running(Protocol):
    """Runs a witness; ``control`` sets flags before one of its training calls."""

    def __call__(self, witness: str, control: Control | None = None) -> Measurement: ...


class Progress(Protocol):
    """Whoever is told how far it is."""

    def expect(self, findings: int) -> None:
        """So many more findings are to be verified."""

    def begin(self, what: str) -> None:
        """This is being done now."""

    def done(self, findings: int) -> None:
        """So many findings have their verdict."""


_NOTHING_TO_RUN = Undecided("the finding predicts nothing that a run could show")

# What a finding is about: its code, and the lines of the user's file on which it and the training call stand.
_Subject = tuple[str, int, int]


class Trial:
    """Finds the verdicts on the findings of one file; ``runs`` holds what was run for that, controls left out."""

    def __init__(
        self,
        file: VerifiedFile,
        settings: Settings,
        run: Running,
        progress: Progress,
        place: Place,
        keep: Callable[[Witness], None],
    ) -> None:
        self.runs: list[Run] = []
        self._file = file
        self._settings = settings
        self._run = run
        self._progress = progress
        self._place = place
        self._keep = keep

    def verdicts(self, findings: Sequence[Finding]) -> list[Evidence]:
        """Return the evidence for each finding, in their order."""
        decided: dict[int, Evidence] = {}
        for number, finding in enumerate(findings):
            if finding.prediction is None:
                decided[number] = undecided(finding, replace(_NOTHING_TO_RUN, line=finding.location.line))
        runnable = [number for number in range(len(findings)) if number not in decided]
        self._progress.done(len(decided))
        if runnable:
            together = self._together([findings[number] for number in runnable])
            decided.update(zip(runnable, together, strict=True))
        for number in runnable:
            if len(runnable) > 1 and decided[number].verdict is Verdict.INCONCLUSIVE:
                (alone,) = self._together([findings[number]])
                decided[number] = decided[number] if alone.verdict is Verdict.INCONCLUSIVE else alone
            self._progress.done(1)
        return [decided[number] for number in range(len(findings))]

    def _together(self, findings: Sequence[Finding]) -> list[Evidence]:
        file = self._file.file
        self._progress.begin(f"{file}: cutting out what trains")
        predictions = [finding.prediction for finding in findings if finding.prediction is not None]
        witness = slice_program(
            self._file.text,
            file,
            sorted({finding.location.line for finding in findings}),
            sorted({prediction.training_call for prediction in predictions}),
            modern=self._place.is_modern,
        )
        if isinstance(witness, Unsliceable):
            self.runs.append(Run(witness))
            return [undecided(finding, Undecided(witness.reason, witness.line)) for finding in findings]
        self._keep(witness)
        self._progress.begin(f"{file}: running on {self._place.name}")
        measured = self._run(witness.text)
        self.runs.append(Run(witness, measured))
        twins = self._twins(witness)
        return [self._verdict(finding, witness, measured, twins) for finding in findings]

    def _verdict(
        self, finding: Finding, witness: Witness, measured: Measurement, twins: Mapping[_Subject, Finding]
    ) -> Evidence:
        assert finding.prediction is not None
        twin = twins.get((finding.code, finding.location.line, finding.prediction.training_call))
        prediction, exact = _as_in_witness(finding.prediction, twin)
        observation = observe(finding, prediction, witness, measured, exact=exact)
        if isinstance(observation, Undecided):
            return undecided(finding, observation, witness, measured)
        evidence = judge(finding, witness, measured, observation)
        for control in controls(observation, witness, twin, self._settings):
            self._progress.begin(f"{self._file.file}:{finding.location.line}: {finding.code}: running the control")
            evidence = judge(finding, witness, measured, observation, control.ran(self._run))
            if evidence.verdict is not Verdict.INCONCLUSIVE:
                break
        return evidence

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


def _as_in_witness(prediction: Prediction, twin: Finding | None) -> tuple[Prediction, bool]:
    """The prediction with the names that the layers have in the witness, and whether these are known."""
    told = twin.prediction if twin is not None else None
    if told is None or len(told.layers) != len(prediction.layers):
        return prediction, False
    same = (told.effect, told.quantity, told.intent) == (prediction.effect, prediction.quantity, prediction.intent)
    return (replace(prediction, layers=told.layers), True) if same else (prediction, False)
