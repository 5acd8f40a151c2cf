"""SARIF 2.1.0 as GitHub code scanning wants it: rules with their pages, ways to findings, fixes, fingerprints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from keras_freeze_lint import __version__
from keras_freeze_lint.findings import Certainty, FileError, Finding, Fix, Location, PathStep, Report
from keras_freeze_lint.pages import page, section
from keras_freeze_lint.reporters.fingerprints import fingerprints, line_hashes
from keras_freeze_lint.reporters.json import finding_object, render_document, verdict_object
from keras_freeze_lint.reporters.places import error_message, from_root, in_file, message_of
from keras_freeze_lint.rules.base import Rule
from keras_freeze_lint.rules.registry import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
# GitHub cuts longer texts off.
_LONGEST = 1024
_DRIVE = re.compile(r"[A-Za-z]:/")


def render(reports: Sequence[Report], errors: Sequence[FileError]) -> str:
    """Return the log of one run."""
    marked = list(fingerprints(reports))
    named = {finding.code for _, finding, _ in marked} | {error.code for error in errors}
    rules = [rule for rule in RULES if rule.code in named]
    index = {rule.code: number for number, rule in enumerate(rules)}
    hashes = {report.path: line_hashes(report.lines[None]) for report in reports if None in report.lines}
    run = {
        "tool": {
            "driver": {
                "name": "keras-freeze-lint",
                "semanticVersion": __version__,
                "rules": [_rule(rule, [one for _, one, _ in marked if one.code == rule.code]) for rule in rules],
            }
        },
        "automationDetails": {"id": "keras-freeze-lint/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the checkout."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not errors,
                "toolExecutionNotifications": [_notification(error, index) for error in errors],
            }
        ],
        "results": [
            _result(report, finding, index[finding.code], _identity(finding, own, hashes.get(report.path, ())))
            for report, finding, own in marked
        ],
    }
    return render_document({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule, findings: Sequence[Finding]) -> dict[str, object]:
    precision = "medium" if any(each.certainty is Certainty.POSSIBLE for each in findings) else "very-high"
    happens = " ".join(section(rule.code, "What happens").split())
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary[:_LONGEST]},
        "fullDescription": {"text": re.sub(r"[`*]", "", happens)[:_LONGEST]},
        "help": {"text": page(rule.code), "markdown": page(rule.code)},
        "defaultConfiguration": {"level": rule.severity.value, "enabled": rule.default},
        "properties": {
            "tags": ["keras", "layer-freezing"],
            "precision": precision,
            "problem.severity": rule.severity.value,
        },
    }


def _identity(finding: Finding, own: str, hashes: Sequence[str]) -> dict[str, str]:
    line = finding.location.line
    of_github = {"primaryLocationLineHash": hashes[line - 1]} if 0 < line <= len(hashes) else {}
    return {**of_github, "kerasFreezeLint/v1": own}


def _result(report: Report, finding: Finding, rule: int, identity: Mapping[str, str]) -> dict[str, object]:
    told = finding_object(finding, report.path)
    properties = {key: told[key] for key in ("certainty", "keras", "prediction", "cell") if told[key]}
    if finding.verdict is not None:
        properties["verdict"] = verdict_object(finding.verdict)
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": message_of(finding)},
        "locations": [_location(report.path, finding.location)],
        "partialFingerprints": dict(identity),
        "properties": properties,
    }
    if finding.path:
        result["codeFlows"] = [{"threadFlows": [{"locations": list(_stations(report.path, finding))}]}]
    if finding.fix is not None and finding.location.cell is None:
        result["fixes"] = [_fix(report.path, finding.fix)]
    return result


def _stations(path: str, finding: Finding) -> Iterator[dict[str, object]]:
    for number, step in enumerate(finding.path, 1):
        place = {"physicalLocation": _physical(path, _line(step)), **_cell(step.cell, step.line)}
        yield {"location": {**place, "message": {"text": step.what}}, "executionOrder": number}


def _line(step: PathStep) -> dict[str, int]:
    """A whole line: stations have no columns."""
    return {"startLine": step.line if step.cell is None else 1}


def _location(path: str, location: Location) -> dict[str, object]:
    where = in_file(location)
    region = {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }
    return {"physicalLocation": _physical(path, region), **_cell(location.cell, location.line)}


def _cell(cell: int | None, line: int) -> dict[str, object]:
    """Where in a notebook something stands: its cells are no regions of its file."""
    if cell is None:
        return {}
    return {"logicalLocations": [{"name": f"cell {cell}", "fullyQualifiedName": f"cell {cell}, line {line}"}]}


def _physical(path: str, region: Mapping[str, int]) -> dict[str, object]:
    return {"artifactLocation": _artifact(path), "region": dict(region)}


def _artifact(path: str) -> dict[str, str]:
    relative = from_root(path)
    # Bytes that are no UTF-8 stand in file names as surrogates.
    uri = quote(relative.encode("utf-8", "surrogateescape"))
    if relative.startswith("/") or _DRIVE.match(relative):
        return {"uri": f"file:///{uri.lstrip('/')}"}
    return {"uri": uri, "uriBaseId": _ROOT}


def _fix(path: str, fix: Fix) -> dict[str, object]:
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.replacement},
        }
        for edit in fix.edits
    ]
    return {
        "description": {"text": f"{fix.summary}{'' if fix.safe else ' (unsafe)'}"},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": replacements}],
    }


def _notification(error: FileError, index: Mapping[str, int]) -> dict[str, object]:
    region = {"region": {"startLine": error.line}} if error.line and error.cell is None else {}
    location = {"physicalLocation": {"artifactLocation": _artifact(error.file), **region}}
    rule = {"associatedRule": {"id": error.code, "index": index[error.code]}} if error.code in index else {}
    return {"level": "error", "message": {"text": error_message(error)}, "locations": [location], **rule}
