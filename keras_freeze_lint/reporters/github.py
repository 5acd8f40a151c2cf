"""Workflow commands, which GitHub Actions turns into annotations of the changed lines."""

from __future__ import annotations

from collections.abc import Sequence

from keras_freeze_lint.findings import Certainty, FileError, Finding, Report, Severity
from keras_freeze_lint.reporters.places import all_findings, error_message, from_root, in_file, message_of, untold

_IN_MESSAGES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(reports: Sequence[Report], errors: Sequence[FileError]) -> str:
    """Return one command a line, what is most certain first: GitHub shows ten errors and ten warnings of a step."""
    found = sorted(all_findings(reports), key=lambda one: _rank(one[1]))
    return "".join(
        [*map(_of_error, untold(reports, errors)), *(_of_finding(report, finding) for report, finding in found)]
    )


def _rank(finding: Finding) -> tuple[bool, bool]:
    return finding.severity is not Severity.ERROR, finding.certainty is not Certainty.CERTAIN


def _of_finding(report: Report, finding: Finding) -> str:
    where = in_file(finding.location)
    properties: dict[str, str | int] = {
        "file": from_root(report.path),
        "line": where.line,
        "endLine": where.end_line,
    }
    if where.line == where.end_line:
        # GitHub refuses columns of a region that spans lines.
        properties |= {"col": where.column, "endColumn": where.end_column}
    properties["title"] = f"{finding.code} {finding.name}"
    return _command(finding.severity.value, properties, message_of(finding))


def _of_error(error: FileError) -> str:
    properties: dict[str, str | int] = {"file": from_root(error.file)}
    if error.line and error.cell is None:
        properties["line"] = error.line
    return _command("error", properties, error_message(error))


def _command(kind: str, properties: dict[str, str | int], message: str) -> str:
    listed = ",".join(f"{key}={str(value).translate(_IN_PROPERTIES)}" for key, value in properties.items())
    return f"::{kind} {listed}::{message.translate(_IN_MESSAGES)}\n"
