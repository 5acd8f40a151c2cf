"""One mistake, one finding: where two rules see the same, the more specific one speaks."""

from __future__ import annotations

from keras_freeze_lint.findings import Finding

# Left speaks instead of right when both are on one line.
_MORE_SPECIFIC = (
    ("KFL107", "KFL102"),
    ("KFL102", "KFL101"),
    ("KFL507", "KFL102"),
    ("KFL507", "KFL501"),
    ("KFL401", "KFL505"),
    ("KFL502", "KFL505"),
    ("KFL504", "KFL505"),
    ("KFL508", "KFL505"),
    ("KFL103", "KFL102"),
    ("KFL103", "KFL303"),
)


def without_duplicates(findings: list[Finding]) -> tuple[Finding, ...]:
    """The findings without those that a more specific one on the same line already tells."""
    by_line: dict[tuple[int | None, int], set[str]] = {}
    for finding in findings:
        by_line.setdefault((finding.location.cell, finding.location.line), set()).add(finding.code)

    def is_told(finding: Finding) -> bool:
        present = by_line[finding.location.cell, finding.location.line]
        return any(right == finding.code and left in present for left, right in _MORE_SPECIFIC)

    return tuple(finding for finding in findings if not is_told(finding))
