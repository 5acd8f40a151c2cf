"""The JSON that other programs build on; its shape is a contract, new keys may come, none may change or go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from keras_freeze_lint.findings import FileError, Finding, Fix, Prediction, Report, Verification

VERSION = 1


def render(reports: Sequence[Report], errors: Iterable[FileError]) -> str:
    """Return the document of ``check --format json``."""
    document = {
        "version": VERSION,
        "files_checked": sum(map(was_checked, reports)),
        "errors": [{"file": error.file, "message": error.message} for error in errors],
        "findings": [finding_object(finding, report.path) for report in reports for finding in report.findings],
    }
    return render_document(document)


def was_checked(report: Report) -> bool:
    """Whether the file itself could be checked: the error may be about another one, such as a requirements.txt."""
    return report.error is None or report.error.file != report.path


def render_document(document: dict[str, object]) -> str:
    """Return the text of a JSON document, in ASCII: it survives every terminal, pipe and code page."""
    return json.dumps(document, indent=2) + "\n"


def finding_object(finding: Finding, file: str) -> dict[str, object]:
    """Return a finding as an object of the ``findings`` list; ``verdict`` is null unless somebody verified it."""
    location = finding.location
    return {
        "file": file,
        "cell": location.cell,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "keras": finding.keras,
        "path": [{**_cell(step.cell), "line": step.line, "what": step.what} for step in finding.path],
        "prediction": finding.prediction and _prediction_object(finding.prediction),
        "fix": finding.fix and _fix_object(finding.fix),
        "verdict": finding.verdict and verdict_object(finding.verdict),
    }


def _prediction_object(prediction: Prediction) -> dict[str, object]:
    return {
        **_cell(prediction.cell),
        "training_call": prediction.training_call,
        "layers": list(prediction.layers),
        "intent": prediction.intent,
        "effect": prediction.effect,
        "quantity": prediction.quantity,
    }


def verdict_object(verification: Verification) -> dict[str, object]:
    """Return what running the flagged model said, as the ``verdict`` of a finding."""
    return {
        **_cell(verification.cell),
        "verdict": verification.verdict.value,
        "reason": verification.reason,
        "line": verification.line or None,
        "keras": verification.keras or None,
        "device": verification.device or None,
    }


def _cell(cell: int | None) -> dict[str, int]:
    """The key that only stations and predictions in notebooks have."""
    return {} if cell is None else {"cell": cell}


def _fix_object(fix: Fix) -> dict[str, object]:
    return {
        "safe": fix.safe,
        "summary": fix.summary,
        "edits": [
            {
                "line": edit.line,
                "column": edit.column,
                "end_line": edit.end_line,
                "end_column": edit.end_column,
                "replacement": edit.replacement,
            }
            for edit in fix.edits
        ],
    }
