"""JUnit XML, which nearly every CI server shows: a file is a suite, a finding a failure, a clean file a passed test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from keras_freeze_lint.findings import FileError, Finding, Report
from keras_freeze_lint.reporters.places import error_message, message_of, untold

# What XML 1.0 cannot hold at all, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(reports: Sequence[Report], errors: Sequence[FileError]) -> str:
    """Return the XML document."""
    root = ET.Element("testsuites", name="keras-freeze-lint")
    by_file: dict[str, list[FileError]] = {}
    for error in untold(reports, errors):
        by_file.setdefault(error.file, []).append(error)
    for report in reports:
        _suite(root, report.path, report.findings, by_file.pop(report.path, ()))
    for file, told in by_file.items():
        _suite(root, file, (), told)
    for kind in ("tests", "failures", "errors"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, "unicode")}\n'


def _suite(root: ET.Element, path: str, findings: Iterable[Finding], errors: Iterable[FileError]) -> None:
    suite = ET.SubElement(root, "testsuite", name=_text(path))
    for finding in findings:
        where = finding.location
        case = _case(suite, path, f"{finding.code} {finding.name}", where.line if where.cell is None else None)
        place = f"{path}:{where.line}:{where.column}" if where.cell is None else path
        failure = ET.SubElement(case, "failure", type=finding.severity.value, message=_text(message_of(finding)))
        failure.text = _text(f"{place}: {finding.code} {message_of(finding)}")
    for error in errors:
        case = _case(suite, path, error.code or "error", error.line if error.cell is None else None)
        ET.SubElement(case, "error", type="error", message=_text(error_message(error)))
    if not len(suite):
        _case(suite, path, "keras-freeze-lint", None)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))


def _case(suite: ET.Element, path: str, name: str, line: int | None) -> ET.Element:
    at = {"line": str(line)} if line else {}
    return ET.SubElement(suite, "testcase", {"classname": _text(path), "name": name, "file": _text(path), **at})


def _text(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
