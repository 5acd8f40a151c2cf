"""Which fixes hold: each is tried, the fixed text analysed again, and what does no good is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from keras_freeze_lint.findings import Edit, Finding, Report
from keras_freeze_lint.fixes.editing import apply, compatible
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.selection import is_selected, own_prefixes
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import is_notebook, with_line_feeds

# The codes that have a fixer; naming them here spares files without such findings the import of libcst.
FIXABLE = frozenset("KFL101 KFL102 KFL106 KFL401 KFL402 KFL403 KFL404 KFL405 KFL501 KFL502 KFL504 KFL601".split())


@dataclass(frozen=True)
class Fixed:
    """A fixed text, what there still is to say about it (each finding with its fix), and how many findings went."""

    text: str
    report: Report
    count: int


def with_fixes(report: Report, text: str, settings: Settings) -> Report:
    """Return the report with a fix on each finding that has one.

    A fix is one that removes its finding and adds none, whatever codes the settings select. To see that the text is
    analysed again for all safe fixes and for all unsafe ones, or, where these do not hold together, for each of them.
    Only a report with a fixable code costs this, and the import of libcst. Notebooks are not fixed.
    """
    if is_notebook(report.path) or not any(one.code in FIXABLE or one.fix is not None for one in report.findings):
        return report
    trial = _Trial(text, report.path, settings)
    proposed = _proposed(report.findings, text)
    good: list[Finding] = []
    for safe in (True, False):
        group = [finding for finding in proposed if finding.fix is not None and finding.fix.safe is safe]
        good += group if trial.succeeds(group) else [finding for finding in group if trial.succeeds([finding])]
    return replace(report, findings=tuple(one if one in good else replace(one, fix=None) for one in proposed))


def _proposed(findings: Sequence[Finding], text: str) -> list[Finding]:
    """The findings with what their fixers propose; a finding about a comment brings its fix along."""
    if not any(finding.code in FIXABLE for finding in findings):
        return list(findings)
    from keras_freeze_lint.fixes.registry import proposals_for

    proposals = proposals_for(findings, with_line_feeds(text))
    return [replace(finding, fix=fix or finding.fix) for finding, fix in zip(findings, proposals, strict=True)]


def fixed(text: str, path: str, settings: Settings, unsafe: bool) -> Fixed:
    """Apply the safe fixes, or the unsafe ones too, until none is left; the text may have any line ends.

    Overlapping fixes are applied one after the other. Every round leaves fewer findings, so there is an end.
    """
    first = report = with_fixes(lint_source(with_line_feeds(text), path, settings), text, settings)
    while True:
        wanted = [one for one in report.findings if one.fix is not None and (unsafe or one.fix.safe)]
        edits = _that_hold_together(wanted, _Trial(text, path, settings)) if wanted else ()
        if not edits:
            return Fixed(text, report, len(first.findings) - len(report.findings))
        text = apply(text, edits)
        report = with_fixes(lint_source(with_line_feeds(text), path, settings), text, settings)


def _that_hold_together(findings: Sequence[Finding], trial: _Trial) -> tuple[Edit, ...]:
    """The edits of all fixes that do not overlap, else of the safe ones, else of the first that holds alone."""
    chosen = compatible([finding.fix for finding in findings if finding.fix is not None])
    batch = [finding for finding in findings if finding.fix in chosen]
    safe = [finding for finding in batch if finding.fix is not None and finding.fix.safe]
    attempts = (batch, safe, *([finding] for finding in findings))
    good = next((attempt for attempt in attempts if trial.succeeds(attempt)), ())
    return _edits_of(good)


def _edits_of(findings: Sequence[Finding]) -> tuple[Edit, ...]:
    return tuple(edit for finding in findings if finding.fix is not None for edit in finding.fix.edits)


class _Trial:
    """Analyses a text with fixes, and compares with the text without, by the number of findings of each code."""

    def __init__(self, text: str, path: str, settings: Settings) -> None:
        self._text = text
        # A finding that the user does not ask for, or has suppressed, is nothing that a fix may add.
        every = replace(settings, select=("KFL",), extend_select=(), ignore=(), noqa=False)
        # Without the comments about it, what a comment suppresses cannot come back.
        judges_comments = own_prefixes(settings) and is_selected("KFL902", settings)
        told = [replace(every, select=("KFL", "KFL902"), noqa=True)] if judges_comments else []

        def lint(text: str) -> Report:
            reports = [lint_source(with_line_feeds(text), path, one) for one in (every, *told)]
            return replace(reports[0], findings=tuple(finding for report in reports for finding in report.findings))

        self._lint: Callable[[str], Report] = lint
        self._before = self._lint(text)

    def succeeds(self, findings: Sequence[Finding]) -> bool:
        """Whether the fixes of these findings together remove them and add none; false if they overlap or are none."""
        fixes = [finding.fix for finding in findings if finding.fix is not None]
        if not fixes or len(compatible(fixes)) < len(fixes):
            return False
        after = self._lint(apply(self._text, _edits_of(findings)))
        if after.error != self._before.error:
            return False
        wanted = Counter(finding.code for finding in self._before.findings)
        wanted.subtract(finding.code for finding in findings)
        left = Counter(finding.code for finding in after.findings)
        return all(left[code] <= wanted[code] for code in {*left, *wanted})
