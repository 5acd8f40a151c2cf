"""Where a syntax node stands in the text: lines and columns from 1, columns in code points."""

from __future__ import annotations

import ast
from functools import cached_property

from keras_freeze_lint.findings import Location


class Positions:
    """Turns the byte offsets that ``ast`` gives into columns of one source text."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def of(self, node: ast.AST) -> Location:
        """The region of a node; the end is exclusive."""
        line = int(getattr(node, "lineno", 1))
        end_line = int(getattr(node, "end_lineno", None) or line)
        return Location(
            line,
            self._column(line, int(getattr(node, "col_offset", 0))),
            end_line,
            self._column(end_line, int(getattr(node, "end_col_offset", None) or 0)),
        )

    def _column(self, line: int, offset: int) -> int:
        if not 1 <= line <= len(self._lines):
            return offset + 1
        text = self._lines[line - 1]
        if text.isascii():
            return offset + 1
        return len(text.encode()[:offset].decode(errors="replace")) + 1
