"""What ``check --fix`` and ``check --diff`` do with one file."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, replace

from keras_freeze_lint.findings import FileError, Report
from keras_freeze_lint.fixing import FIXABLE, Fixed, fixed
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import STDIN, is_notebook
from keras_freeze_lint.sources.rewriting import read_exactly, replace_file


@dataclass(frozen=True)
class Mode:
    """What is to become of fixes: written (``fix``) or only shown (``diff``, which wins), unsafe ones too or not."""

    fix: bool
    diff: bool
    unsafe: bool

    def __bool__(self) -> bool:
        return self.fix or self.diff


def fix_file(file: str, name: str, settings: Settings, mode: Mode) -> Fixed:
    """Fix a file in place, or show its fixes as a diff; fixed standard input goes to standard output.

    A notebook stays as it is, and its report says so where there is something to fix.
    Raises SourceError if the file cannot be read or written.
    """
    source = read_exactly(file)
    if is_notebook(name):
        return Fixed(source.text, _unfixed(lint_source(source.text, name, settings)), 0)
    outcome = fixed(source.text, name, settings, mode.unsafe)
    if mode.diff:
        sys.stdout.write(diff_of(source.text, outcome.text, name))
    elif file == STDIN:
        sys.stdout.flush()
        sys.stdout.buffer.write(source.encode(outcome.text) if outcome.text != source.text else source.data)
        sys.stdout.buffer.flush()
    elif outcome.text != source.text:
        replace_file(file, source.encode(outcome.text))
    return outcome


def _unfixed(report: Report) -> Report:
    if report.error is None and any(finding.code in FIXABLE for finding in report.findings):
        return replace(
            report, error=FileError(report.path, "fixes are not written to notebooks: edit its cells by hand")
        )
    return report


def diff_of(before: str, after: str, name: str) -> str:
    """Return the unified diff of two texts that ``patch`` understands; empty if they are equal."""
    # Only now: most runs show no diff.
    import difflib

    lines = difflib.unified_diff(_lines(before), _lines(after), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    return io.StringIO(text, newline="\n").readlines()
