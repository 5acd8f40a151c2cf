"""The rules' pages: one Markdown file a code, read by ``explain``, by SARIF and by the documentation site alike."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
# Inside an installed package; in a working copy the pages are where the documentation has them.
_FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent / "docs" / "rules")

_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)]*\)")


@cache
def page(code: str) -> str:
    """Return the page of a code as Markdown that can stand alone: without comments and links to neighbours.

    Raises LookupError for a code that has none.
    """
    for folder in _FOLDERS:
        file = folder / f"{code}.md"
        if file.is_file():
            return _LINK.sub(r"\1", _COMMENT.sub("", file.read_text(encoding="utf-8")))
    raise LookupError(f"no page for {code}")


def section(code: str, heading: str) -> str:
    """Return what stands under a heading of a page, empty if it has no such heading."""
    _, _, rest = page(code).partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0].strip()
