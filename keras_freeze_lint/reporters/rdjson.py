"""Reviewdog's diagnostic format, with fixes as suggestions; it counts columns in bytes of UTF-8."""

from __future__ import annotations

from collections.abc import Sequence

from keras_freeze_lint.findings import Edit, FileError, Finding, Location, PathStep, Report
from keras_freeze_lint.reporters.json import render_document
from keras_freeze_lint.reporters.places import (
    all_findings,
    error_message,
    from_root,
    in_file,
    message_of,
    source_line,
    untold,
)


def render(reports: Sequence[Report], errors: Sequence[FileError]) -> str:
    """Return the result object of one run."""
    return render_document(
        {
            "source": {"name": "keras-freeze-lint"},
            "severity": "ERROR",
            "diagnostics": [
                *(_diagnostic(report, finding) for report, finding in all_findings(reports)),
                *map(_error, untold(reports, errors)),
            ],
        }
    )


def _diagnostic(report: Report, finding: Finding) -> dict[str, object]:
    path = from_root(report.path)
    diagnostic: dict[str, object] = {
        "message": message_of(finding),
        "location": {"path": path, "range": _range(report, in_file(finding.location))},
        "severity": finding.severity.value.upper(),
        "code": {"value": finding.code},
    }
    if finding.fix is not None and finding.location.cell is None:
        diagnostic["suggestions"] = [
            {"range": _range(report, edit), "text": edit.replacement} for edit in finding.fix.edits
        ]
    if finding.path:
        diagnostic["related_locations"] = [
            {"message": step.what, "location": {"path": path, "range": {"start": {"line": _line(step)}}}}
            for step in finding.path
        ]
    return diagnostic


def _line(step: PathStep) -> int:
    return step.line if step.cell is None else 1


def _range(report: Report, region: Location | Edit) -> dict[str, object]:
    return {
        "start": _position(report, region.line, region.column),
        "end": _position(report, region.end_line, region.end_column),
    }


def _position(report: Report, line: int, column: int) -> dict[str, int]:
    before = source_line(report, None, line)[: column - 1]
    return {"line": line, "column": len(before.encode("utf-8", "surrogatepass")) + 1}


def _error(error: FileError) -> dict[str, object]:
    at = {"range": {"start": {"line": error.line}}} if error.line and error.cell is None else {}
    return {
        "message": error_message(error),
        "location": {"path": from_root(error.file), **at},
        "severity": "ERROR",
        **({"code": {"value": error.code}} if error.code else {}),
    }
