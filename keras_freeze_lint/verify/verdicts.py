"""What verifying gives: for each finding a verdict, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass

from keras_freeze_lint.findings import FileError, Finding, Verdict
from keras_freeze_lint.verify.measurement import CallMeasurement, Device, LayerMeasurement, Measurement
from keras_freeze_lint.verify.witness import Unsliceable, Witness


@dataclass(frozen=True)
class LayerEvidence:
    """One layer that decided: as the prediction calls it, as the run showed it, and as the control showed it."""

    predicted: str
    measured: LayerMeasurement
    control: LayerMeasurement | None = None


@dataclass(frozen=True)
class Evidence:
    """The proof of a verdict; lines are those of the user's file, except within the witness and the measurements.

    ``reason`` is one sentence: what was seen, or what stood in the way of a verdict, there on ``line`` (0: no line in
    particular). ``call`` is the training call that decided, ``layers`` those of its layers that the finding is about.
    ``control`` is what was run for comparison, in words, and ``control_run`` what it showed.
    """

    finding: Finding
    verdict: Verdict
    reason: str
    line: int = 0
    witness: Witness | None = None
    measured: Measurement | None = None
    call: CallMeasurement | None = None
    layers: tuple[LayerEvidence, ...] = ()
    control: str = ""
    control_run: Measurement | None = None


@dataclass(frozen=True)
class Run:
    """One witness of a file, and what running it showed; where nothing could be cut out, why."""

    witness: Witness | Unsliceable
    measured: Measurement | None = None


@dataclass(frozen=True)
class VerifiedFile:
    """One file in one environment.

    ``versions``, ``backend`` and ``target`` tell the Keras that the findings are for and what says so. ``error`` is why
    the file could not be looked at. ``text`` is what was analysed; ``cells`` leads back to the cells of a notebook.
    """

    file: str
    environment: str
    versions: str = ""
    backend: str = ""
    target: str = ""
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[Run, ...] = ()
    device: Device | None = None
    error: FileError | None = None
    text: str = ""
    cells: tuple[tuple[int, int], ...] = ()
