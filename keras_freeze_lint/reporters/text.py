"""One line a finding, in flake8's form, which editors and people know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keras_freeze_lint.findings import FileError, Finding, Location, Report, Verdict
from keras_freeze_lint.reporters.json import was_checked

# What paints a part of a line: ``("path", "train.py")`` to the text with or without colours.
Paint = Callable[[str, str], str]


def plain(_part: str, text: str) -> str:
    """Return the text without colours."""
    return text


def render(report: Report, paint: Paint = plain) -> str:
    """Return the findings of one file as lines ``path:line:column: CODE message``, lines of notebooks after a cell."""
    return "".join(
        f"{paint('path', report.path)}:{place(finding.location)}: "
        f"{paint(finding.severity.value, finding.code)} {finding.message}{verdict(finding)}\n"
        for finding in report.findings
    )


def verdict(finding: Finding) -> str:
    """Return what running the flagged model said, in brackets behind the message; nothing if nobody ran it."""
    said = finding.verdict
    if said is None:
        return ""
    if said.verdict is Verdict.INCONCLUSIVE:
        return f" [{said.verdict.value}: {said.reason}]"
    return f" [{said.verdict.value} on {said.keras}]" if said.keras else f" [{said.verdict.value}]"


def place(location: Location) -> str:
    """Return where a finding begins, as its line of text says it."""
    cell = "" if location.cell is None else f"cell {location.cell}:"
    return f"{cell}{location.line}:{location.column}"


def render_error(error: FileError) -> str:
    """Return the line that tells why a file could not be checked."""
    return f"error: {error.file}: {error.message}"


def summary(reports: Sequence[Report], errors: Sequence[FileError]) -> str:
    """Return the last line: how much was found, in how many files."""
    checked = sum(map(was_checked, reports))
    findings = sum(len(report.findings) for report in reports)
    affected = sum(bool(report.findings) for report in reports)
    if findings:
        line = f"Found {count(findings, 'finding')} in {count(affected, 'file')} ({checked} checked)."
    else:
        line = f"No findings in {count(checked, 'file')}."
    told = f"{line} {count(len(errors), 'error')}." if errors else line
    assumed = sorted({report.assumed.removeprefix("==") for report in reports if report.assumed})
    if not assumed:
        return told
    files = sum(bool(report.assumed) for report in reports)
    which = "names no version of Keras and was" if files == 1 else "name no version of Keras and were"
    newest = " or ".join(assumed)
    return f"{told}\n{count(files, 'file')} {which} checked for the newest, {newest}; --keras names another."


def fix_summary(fixed: int, unsafe: int, would: bool) -> str:
    """Return the line that tells how many findings were fixed (or ``would`` be), and how many more could."""
    more = f" ({count(unsafe, 'unsafe fix', 'unsafe fixes')} available with --unsafe-fixes)" if unsafe else ""
    return f"{'Would fix' if would else 'Fixed'} {count(fixed, 'finding')}{more}."


def count(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun, in the plural where it is not one: ``1 file``, ``2 files``."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
