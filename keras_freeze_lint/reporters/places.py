"""How the formats of other programs name files, lines and columns."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from keras_freeze_lint.findings import FileError, Finding, Location, Report

# Where the services look for the files of a report: at the top of what they checked out.
_ROOT_VARIABLES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def from_root(path: str) -> str:
    """Return a path as seen from the top of the checkout (elsewhere: from here), with slashes; others stay absolute."""
    root = next((os.environ[name] for name in _ROOT_VARIABLES if os.environ.get(name)), "") or Path.cwd()
    absolute = Path(path).absolute()
    for base in (Path(root), Path.cwd()):
        if absolute.is_relative_to(base):
            return absolute.relative_to(base).as_posix()
    return absolute.as_posix()


def all_findings(reports: Sequence[Report]) -> Iterator[tuple[Report, Finding]]:
    """Every finding of a run, with the report that it stands in."""
    return ((report, finding) for report in reports for finding in report.findings)


def untold(reports: Sequence[Report], errors: Sequence[FileError]) -> list[FileError]:
    """Return the errors that are not findings, too: with KFL900 selected a broken file is both."""
    found = {(report.path, finding.code) for report, finding in all_findings(reports)}
    return [error for error in errors if (error.file, error.code) not in found]


def in_file(location: Location) -> Location:
    """Return where a finding stands in its file. A notebook's cells are no lines of its file: there it is line 1."""
    return location if location.cell is None else Location(1, 1, 1, 1)


def message_of(finding: Finding) -> str:
    """Return a finding's message; for a notebook with the place, which a format that counts in lines cannot name."""
    location = finding.location
    verdict = "" if finding.verdict is None else f" [{finding.verdict.verdict.value}: {finding.verdict.reason}]"
    cell = "" if location.cell is None else f"cell {location.cell}, line {location.line}: "
    return f"{cell}{finding.message}{verdict}"


def error_message(error: FileError) -> str:
    """Return what to tell of an error; its message names line and cell itself."""
    return f"could not be checked: {error.message}"


def source_line(report: Report, cell: int | None, number: int) -> str:
    """Return a line of the source, empty where the report does not have it."""
    lines = report.lines.get(cell, ())
    return lines[number - 1] if 0 < number <= len(lines) else ""
