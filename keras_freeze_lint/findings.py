"""What the linter reports: plain data without logic, the same for every face and reporter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Severity(str, Enum):
    """How bad a finding is: an error trains the wrong weights, a warning may."""

    ERROR = "error"
    WARNING = "warning"


class Certainty(str, Enum):
    """Whether the defect must hold on some real path of the program, or merely may."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


class Verdict(str, Enum):
    """Whether running the flagged model showed what the finding predicts."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Location:
    """A region of source text: lines and columns count from 1, columns in code points, the end is exclusive.

    ``cell`` is the number of the notebook cell, as the notebook lists its cells, from 0; None in a plain file.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True)
class PathStep:
    """One station on the way to the defect: compiled here, trained here, changed here. ``cell`` as in a Location."""

    line: int
    what: str
    cell: int | None = None


@dataclass(frozen=True)
class Prediction:
    """What a run must show if the finding is right.

    At ``training_call`` (a line, in a notebook of ``cell``) the ``quantity`` ("weights" or "statistics") of ``layers``
    will do ``effect`` ("moves", "still" or "raises") although the source says ``intent`` ("frozen" or "trainable").
    Where a model moves that is only used (KFL203), the line is that of the call that uses it.
    Where it raises, the line is the one that raises: a training call, or the statement that lets none be reached.
    """

    training_call: int
    layers: tuple[str, ...]
    intent: str
    effect: str
    quantity: str
    cell: int | None = None


@dataclass(frozen=True)
class Verification:
    """What running the flagged model said of a finding.

    ``reason`` is one sentence: what was seen, or what stood in the way of a verdict, there on ``line`` (0: no line in
    particular; in a notebook one of ``cell``). ``keras`` and ``device`` tell where it ran; empty if it did not run.
    """

    verdict: Verdict
    reason: str
    line: int = 0
    cell: int | None = None
    keras: str = ""
    device: str = ""


@dataclass(frozen=True, order=True)
class Edit:
    """The region to replace, counted as in a Location (empty: to insert), and the new text, with line feeds."""

    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str


@dataclass(frozen=True)
class Fix:
    """What to edit so that the mistake is gone; a ``safe`` fix can only do what the author clearly meant."""

    safe: bool
    summary: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Finding:
    """One mistake, on the line a user would edit.

    ``keras`` is the part of the target on which the defect is real, as a specifier such as ``<2.1.3``. ``fix`` is None
    where nobody asked for fixes, and where none is known that analysing the fixed text has confirmed. ``verdict`` is
    None where nobody asked to verify.
    """

    code: str
    name: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    certainty: Certainty = Certainty.CERTAIN
    keras: str = ""
    path: tuple[PathStep, ...] = ()
    prediction: Prediction | None = None
    fix: Fix | None = None
    verdict: Verification | None = None


@dataclass(frozen=True)
class FileError:
    """A file that could not be checked, and why, in one line.

    ``code`` is KFL900 where the text is no Python, KFL901 where it is our own mistake, and empty where there is nothing
    to look at. ``line`` (0: none in particular) and ``cell`` say where.
    """

    file: str
    message: str
    code: str = ""
    line: int = 0
    cell: int | None = None


@dataclass(frozen=True)
class Report:
    """What linting one source text gave: findings in source order, or the reason why there is none.

    ``lines`` are the source lines that findings count by, of each cell of a notebook (None: of a plain file); they are
    kept only where there are findings. ``assumed`` is the Keras that a text which sets flags was checked for although
    nothing names it; empty where something does.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    error: FileError | None = None
    lines: Mapping[int | None, tuple[str, ...]] = field(default_factory=dict)
    assumed: str = ""
