"""What verifying a finding gives: a verdict, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.verify.measurement import CallMeasurement, Measurement
from keras_freeze_lint.verify.witness import Witness


class Verdict(str, Enum):
    """Whether a run showed what the finding predicts."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Evidence:
    """The proof of a verdict; lines in ``call`` are lines of the user's file.

    ``reason`` and ``line`` say what stood in the way of a verdict, or in one sentence what was seen. ``call`` is the
    training call that decided; ``control`` is the run of the same witness with the intended flags (or the fix), which
    must behave as intended.
    """

    finding: Finding
    verdict: Verdict
    reason: str
    line: int = 0
    witness: Witness | None = None
    measured: Measurement | None = None
    call: CallMeasurement | None = None
    control: Measurement | None = None
