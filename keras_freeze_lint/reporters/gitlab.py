"""GitLab's Code Quality report: an array of issues with fingerprints by which merge requests tell new from old."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from keras_freeze_lint.findings import Certainty, FileError, Finding, Report, Severity
from keras_freeze_lint.reporters.fingerprints import fingerprints
from keras_freeze_lint.reporters.places import error_message, from_root, in_file, message_of, untold


def render(reports: Sequence[Report], errors: Sequence[FileError]) -> str:
    """Return the array; a file that could not be checked is a blocker."""
    issues = [
        *(_issue(report, finding, fingerprint) for report, finding, fingerprint in fingerprints(reports)),
        *map(_error, untold(reports, errors)),
    ]
    return json.dumps(issues, indent=2) + "\n"


def _issue(report: Report, finding: Finding, fingerprint: str) -> dict[str, object]:
    where = in_file(finding.location)
    return {
        # The widget shows no check_name, so the code stands here too.
        "description": f"{finding.code} {message_of(finding)}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _severity(finding),
        "location": {
            "path": from_root(report.path),
            "positions": {
                "begin": {"line": where.line, "column": where.column},
                "end": {"line": where.end_line, "column": where.end_column},
            },
        },
    }


def _severity(finding: Finding) -> str:
    if finding.certainty is Certainty.POSSIBLE:
        return "minor"
    return "major" if finding.severity is Severity.ERROR else "minor"


def _error(error: FileError) -> dict[str, object]:
    path = from_root(error.file)
    return {
        "description": error_message(error),
        "check_name": error.code or "error",
        "fingerprint": hashlib.sha256(f"{path}\0{error.message}".encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "severity": "blocker",
        "location": {"path": path, "lines": {"begin": error.line if error.cell is None and error.line else 1}},
    }
