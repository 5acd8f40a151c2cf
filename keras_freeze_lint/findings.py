"""What the linter reports: plain data without logic, the same for every face and reporter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """How bad a finding is: an error trains the wrong weights, a warning may."""

    ERROR = "error"
    WARNING = "warning"


class Certainty(str, Enum):
    """Whether the defect must hold on some real path of the program, or merely may."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Location:
    """A region of source text: lines and columns count from 1, columns in code points, the end is exclusive.

    ``cell`` is the number of the notebook cell (from 1), or None in a plain file.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True)
class PathStep:
    """One station on the way to the defect: compiled here, trained here, changed here."""

    line: int
    what: str


@dataclass(frozen=True)
class Prediction:
    """What a run must show if the finding is right.

    At ``training_call`` (a line) the ``quantity`` ("weights" or "statistics") of ``layers`` will do ``effect``
    ("moves", "still" or "raises") although the source says ``intent`` ("frozen" or "trainable").
    """

    training_call: int
    layers: tuple[str, ...]
    intent: str
    effect: str
    quantity: str


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
    where nobody asked for fixes, and where none is known that analysing the fixed text has confirmed.
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


@dataclass(frozen=True)
class FileError:
    """A file that could not be checked, and why, in one line."""

    file: str
    message: str


@dataclass(frozen=True)
class Report:
    """What linting one source text gave: findings in source order, or the reason why there is none."""

    path: str
    findings: tuple[Finding, ...] = ()
    error: FileError | None = None
