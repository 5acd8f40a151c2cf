"""Suppression comments: ``# noqa``, ``# noqa: KFL101`` and ``# flake8: noqa``, read with flake8's own expressions.

One thing goes beyond flake8, which looks only at the physical line of a finding (joined over backslashes and
multi-line strings): a comment on any line of a statement in parentheses counts for the whole statement, because a
formatter decides on which of its lines the comment ends up. Both faces go through here, so they agree.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable

from keras_freeze_lint.findings import Finding


def unsuppressed(findings: Iterable[Finding], text: str) -> tuple[Finding, ...]:
    """Return the findings that no comment of the text suppresses."""
    findings = tuple(findings)
    if not findings or "noqa" not in text.lower():
        return findings
    # Only now: flake8 costs time to import, and a tokeniser pass costs more than the rest of the face.
    from flake8.defaults import NOQA_FILE

    lines = text.split("\n")
    if any(NOQA_FILE.match(line) for line in lines):
        return ()
    statements = logical_lines(text)
    return tuple(finding for finding in findings if not _is_suppressed(finding, lines, statements))


def _is_suppressed(finding: Finding, lines: list[str], statements: dict[int, range]) -> bool:
    from flake8.violation import Violation

    line = finding.location.line
    return any(
        Violation(finding.code, "", line, 1, "", lines[number - 1]).is_inline_ignored(disable_noqa=False)
        for number in statements.get(line, range(line, line + 1))
    )


def logical_lines(text: str) -> dict[int, range]:
    """Return for each line of a statement that spans several (or of a compound statement's header) all its lines."""
    spans: dict[int, range] = {}
    first: int | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}:
                continue
            if first is None:
                first = token.start[0]
            if token.type == tokenize.NEWLINE:
                lines = range(first, token.end[0] + 1)
                spans.update(dict.fromkeys(lines, lines))
                first = None
    except (tokenize.TokenError, SyntaxError):
        # What parsed but does not tokenise keeps the spans found so far; elsewhere a line stands for itself.
        return spans
    return spans
