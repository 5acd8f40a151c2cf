"""What tells a finding of one run from a new one of the next, wherever other edits have moved it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from keras_freeze_lint.findings import Finding, Report
from keras_freeze_lint.reporters.places import from_root, source_line

# GitHub's fingerprint of a line: a polynomial over the characters from there on that are no blanks.
_WINDOW, _BASE, _END_OF_FILE = 100, 37, 65535


def fingerprints(reports: Sequence[Report]) -> Iterator[tuple[Report, Finding, str]]:
    """Return every finding with its fingerprint: of file, code, source line, and how often these came before."""
    seen: Counter[tuple[str, ...]] = Counter()
    for report in reports:
        path = from_root(report.path)
        for finding in report.findings:
            line = source_line(report, finding.location.cell, finding.location.line)
            what = (path, finding.code, " ".join(line.split()))
            seen[what] += 1
            yield report, finding, _digest(*what, str(seen[what]))


def line_hashes(lines: Sequence[str]) -> list[str]:
    """Return for each line what GitHub code scanning calls its primaryLocationLineHash."""
    stripped = [re.sub(r"[ \t\r]", "", line) for line in lines]
    units = [unit for line in stripped for unit in (*_utf16(line), ord("\n"))]
    units[-1:] = [_END_OF_FILE, *[0] * _WINDOW]
    seen: Counter[int] = Counter()
    hashes = []
    for start in accumulate((len(_utf16(line)) + 1 for line in stripped[:-1]), initial=0):
        value = 0
        for unit in units[start : start + _WINDOW]:
            value = (value * _BASE + unit) % 2**64
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _utf16(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=True)]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
