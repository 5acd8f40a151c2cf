"""Positions in the user's text, and the pieces of it that a witness says differently."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Change:
    """Offsets of the text that is replaced, and by what (one line)."""

    start: int
    end: int
    text: str


@dataclass
class Source:
    """The text with its lines and the changes made to it."""

    text: str
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0]
        for number, char in enumerate(self.text):
            if char == "\n":
                self._starts.append(number + 1)

    def offset(self, line: int, column: int) -> int:
        """Where a position of the syntax tree (columns count bytes) is in the text."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        content = self.text[start:end]
        if not content.isascii():
            column = len(content.encode()[:column].decode("utf-8", "ignore"))
        return start + column

    def start(self, node: ast.AST) -> int:
        """Where a node begins."""
        return self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """Where a node ends."""
        return self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def line(self, offset: int) -> int:
        """The line that an offset is on."""
        return bisect_right(self._starts, offset)

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self._starts[self.line(offset) - 1]

    def line_text(self, number: int) -> str:
        """A line without its end."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end]

    def replace(self, node: ast.AST, text: str) -> None:
        """Say something else in the place of a node."""
        self.replace_span(self.start(node), self.end(node), text)

    def replace_span(self, start: int, end: int, text: str) -> None:
        """Say something else in the place of a stretch of text."""
        change = Change(start, end, text)
        if change not in self.changes:
            self.changes.append(change)

    def pieces(self, start: int, end: int) -> list[tuple[str, int]]:
        """The text of a stretch with its changes, as lines with the number that each began on."""
        inside = sorted(
            (one for one in self.changes if start <= one.start and one.end <= end),
            key=lambda one: (one.start, one.end > one.start, -one.end),
        )
        parts: list[tuple[str, int]] = []
        position = start
        for change in inside:
            if change.start < position:
                continue  # inside something that has been replaced as a whole
            parts.append((self.text[position : change.start], position))
            parts.append((change.text, change.start))
            position = change.end
        parts.append((self.text[position:end], position))
        return self._lines(parts)

    def _lines(self, parts: list[tuple[str, int]]) -> list[tuple[str, int]]:
        lines: list[tuple[str, int]] = []
        current, number = "", 0
        for text, offset in parts:
            here = self.line(offset)
            for position, piece in enumerate(text.split("\n")):
                if position:
                    lines.append((current, number))
                    current, number = "", 0
                    here += 1
                if number == 0 or (not current.strip() and piece.strip()):
                    number = here
                current += piece
        lines.append((current, number))
        return lines
