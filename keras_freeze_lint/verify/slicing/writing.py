"""Writes what is kept as a script: the user's lines with their formatting and comments, and where each came from."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from keras_freeze_lint.sources.files import SourceError
from keras_freeze_lint.sources.parsing import parse
from keras_freeze_lint.verify.slicing.editing import Source
from keras_freeze_lint.verify.slicing.keeping import Keeper
from keras_freeze_lint.verify.slicing.program import FUNCTIONS, is_try

_STEP = "    "
_COMMENT = re.compile(r"[ \t]*#.*")
_CODING = re.compile(r"#.*?coding[:=]|#!|# (?:In|Out)\s*\[")


@dataclass
class Writer:
    """Collects lines and their origins."""

    keeper: Keeper
    source: Source
    lines: list[str] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)

    def add(self, text: str, origin: int = 0) -> None:
        """Add lines that are not the user's."""
        for line in text.split("\n"):
            self.lines.append(line.rstrip())
            self.origins.append(origin)

    def module(self) -> None:
        """Write the user's program."""
        self.block([one for one in self.keeper.program.tree.body if not is_future(one)], "")

    def block(self, body: list[ast.stmt], indent: str) -> int:
        """Write the statements of a block that are kept; returned is how many there were."""
        count = 0
        for statement in body:
            if statement in self.keeper.kept and self.statement(statement, indent):
                count += 1
        return count

    # -- one statement
    def statement(self, statement: ast.stmt, indent: str) -> bool:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return self.imported(statement, indent)
        self.space(statement, indent)
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            self.definition(statement, indent)
        elif isinstance(statement, ast.If):
            self.condition(statement, indent)
        elif isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
            self.compound(statement, statement.body, indent)
            self.tail(statement.body, statement.orelse, "else:", indent)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            self.compound(statement, statement.body, indent)
        elif is_try(statement):
            self.attempt(statement, indent)
        elif isinstance(statement, ast.Match):
            self.match(statement, indent)
        else:
            self.simple(statement, indent)
        return True

    def space(self, statement: ast.stmt, indent: str) -> None:
        """The blank line and the comments that stand right above a statement."""
        first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
        start = self.source.offset(first, 0)
        if self.source.text[start : self.source.start(statement)].strip() and not getattr(
            statement, "decorator_list", []
        ):
            return  # behind a semicolon or a colon
        number = first - 1
        comments: list[tuple[str, int]] = []
        while number >= 1 and _COMMENT.fullmatch(self.source.line_text(number)) and len(comments) < 4:
            text = self.source.line_text(number)
            if not _CODING.match(text.strip()) and not _is_code(text):
                comments.append((text.strip(), number))
            number -= 1
        is_blank = number >= 1 and not self.source.line_text(number).strip()
        big = isinstance(statement, (*FUNCTIONS, ast.ClassDef))
        if self.lines and self.lines[-1] and not self.lines[-1].rstrip().endswith(":") and (is_blank or big):
            self.add("")
            if not indent and big:
                self.add("")
        for text, origin in reversed(comments):
            self.add(indent + text, origin)

    def simple(self, statement: ast.stmt, indent: str) -> None:
        end = self.source.end(statement)
        lines = self.source.pieces(self.source.start(statement), end)
        lines[0] = (indent + lines[0][0], lines[0][1])
        self.put(lines, self.trailing(end))

    def put(self, lines: list[tuple[str, int]], trailing: str = "") -> None:
        for position, (text, origin) in enumerate(lines):
            last = position == len(lines) - 1
            if text.strip() or not self._only_dropped(text, origin):
                self.lines.append(text.rstrip() + (trailing if last else ""))
                self.origins.append(origin)

    def _only_dropped(self, text: str, origin: int) -> bool:
        """Whether a line is empty because all that it held was left out."""
        return not text.strip() and bool(origin) and bool(self.source.line_text(origin).strip())

    def trailing(self, end: int) -> str:
        """The comment behind a statement."""
        number = self.source.line(max(end - 1, 0))
        rest = self.source.text[end : self.source.offset(number, 0) + len(self.source.line_text(number))]
        return "  " + rest.strip() if rest.strip().startswith("#") else ""

    # -- compound statements
    def header_end(self, after: int, before: int) -> int:
        """Where the colon of a header is: the first one after its last expression, outside brackets and comments."""
        position = after
        while position < before:
            char = self.source.text[position]
            if char == "#":
                position = self.source.text.find("\n", position, before)
                if position < 0:
                    break
            elif char == ":":
                return position + 1
            position += 1
        return before

    def header(self, start: int, after: int, body: list[ast.stmt], indent: str) -> bool:
        """Write a header; returned is whether its body begins on the same line."""
        first = body[0]
        decorators = getattr(first, "decorator_list", [])
        before = min([self.source.start(first), *(self.source.start(one) - 1 for one in decorators)])
        end = self.header_end(after, before)
        same_line = self.source.line(end - 1) == self.source.line(before) and not decorators
        lines = self.source.pieces(start, end)
        lines[0] = (indent + lines[0][0], lines[0][1])
        self.put(lines, "" if same_line else self.trailing(end))
        return same_line

    def inner_indent(self, body: list[ast.stmt], indent: str, same_line: bool) -> str:
        first = body[0]
        number = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", []))])
        text = self.source.line_text(number)
        own = text[: len(text) - len(text.lstrip())]
        return indent + _STEP if same_line or len(own) <= len(indent) else own

    def body(self, body: list[ast.stmt], indent: str, same_line: bool) -> None:
        inner = self.inner_indent(body, indent, same_line)
        if not self.block(body, inner):
            self.add(inner + "pass")

    def compound(self, statement: ast.stmt, body: list[ast.stmt], indent: str, start: int | None = None) -> None:
        after = self.source.start(statement)
        for node in self._header_nodes(statement):
            after = max(after, self.source.end(node))
        same_line = self.header(self.source.start(statement) if start is None else start, after, body, indent)
        extra = self.keeper.filling.first_lines.get(statement)
        if extra:
            self.add(self.inner_indent(body, indent, same_line) + extra)
        self.body(body, indent, same_line)

    @staticmethod
    def _header_nodes(statement: ast.stmt) -> list[ast.AST]:
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            return [
                one for item in statement.items for one in (item.context_expr, item.optional_vars) if one is not None
            ]
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            return [statement.target, statement.iter]
        return [statement.test] if isinstance(statement, (ast.While, ast.If)) else []

    def condition(self, statement: ast.If, indent: str) -> None:
        self.compound(statement, statement.body, indent)
        rest = statement.orelse
        if not any(one in self.keeper.kept for one in rest):
            return
        first = rest[0]
        if (
            len(rest) == 1
            and isinstance(first, ast.If)
            and self.source.text.startswith("elif", self.source.start(first))
        ):
            self.condition(first, indent)
        else:
            self.tail(statement.body, rest, "else:", indent)

    def tail(self, before: list[ast.stmt], body: list[ast.stmt], words: str, indent: str) -> None:
        """Write an else or finally part where something in it is kept."""
        if any(one in self.keeper.kept for one in body):
            same_line = self._on_header_line(before, body)
            self.add(indent + words, self._word_line(body, words))
            self.body(body, indent, same_line)

    def _on_header_line(self, before: list[ast.stmt], body: list[ast.stmt]) -> bool:
        text = self.source.line_text(body[0].lineno)
        return text.strip().startswith(("else", "finally")) or before[-1].end_lineno == body[0].lineno

    def _word_line(self, body: list[ast.stmt], words: str) -> int:
        number = body[0].lineno
        while number > 1 and not self.source.line_text(number).strip().startswith(words[:-1]):
            number -= 1
        return number

    def attempt(self, statement: ast.Try, indent: str) -> None:
        start = self.source.start(statement)
        same_line = self.header(start, start, statement.body, indent)
        self.body(statement.body, indent, same_line)
        for handler in statement.handlers:
            after = self.source.start(handler) if handler.type is None else self.source.end(handler.type)
            same_line = self.header(self.source.start(handler), after, handler.body, indent)
            self.body(handler.body, indent, same_line)
        self.tail(statement.body, statement.orelse, "else:", indent)
        if statement.finalbody and (
            not statement.handlers or any(one in self.keeper.kept for one in statement.finalbody)
        ):
            self.add(indent + "finally:", self._word_line(statement.finalbody, "finally:"))
            self.body(statement.finalbody, indent, self._on_header_line(statement.body, statement.finalbody))

    def match(self, statement: ast.Match, indent: str) -> None:
        start = self.source.start(statement)
        end = self.header_end(self.source.end(statement.subject), len(self.source.text))
        lines = self.source.pieces(start, end)
        self.put([(indent + lines[0][0], lines[0][1]), *lines[1:]])
        for case in statement.cases:
            begin = self.source.line_start(self.source.start(case.pattern))
            inner = self.source.line_text(case.pattern.lineno)
            own = inner[: len(inner) - len(inner.lstrip())]
            after = self.source.end(case.guard or case.pattern)
            same_line = self.header(begin + len(own), after, case.body, own)
            self.body(case.body, own, same_line)

    def definition(self, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, indent: str) -> None:
        for decorator in statement.decorator_list:
            if decorator not in self.keeper.filling.dropped:
                lines = self.source.pieces(self.source.start(decorator), self.source.end(decorator))
                lines[0] = (f"{indent}@{lines[0][0]}", lines[0][1])
                self.put(lines)
        after = self.source.start(statement)
        for node in ast.walk(statement.args) if isinstance(statement, FUNCTIONS) else []:
            if hasattr(node, "end_lineno"):
                after = max(after, self.source.end(node))
        behind = [statement.returns] if isinstance(statement, FUNCTIONS) else [*statement.bases, *statement.keywords]
        after = max([after, *(self.source.end(node) for node in behind if node is not None)])
        same_line = self.header(self.source.start(statement), after, statement.body, indent)
        self.body(statement.body, indent, same_line)

    # -- what is brought from elsewhere
    def imported(self, statement: ast.Import | ast.ImportFrom, indent: str) -> bool:
        keeper = self.keeper
        names = [alias for alias in statement.names if alias in keeper.names]
        filled = keeper.filling.imports.get(statement, {})
        if not names and not filled:
            return False
        self.space(statement, indent)
        module = keeper.filling.modules.get(statement)
        if len(names) == len(statement.names) and module is None:
            self.simple(statement, indent)
        elif names:
            words = ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in names)
            first = f"from {module or statement.module} " if isinstance(statement, ast.ImportFrom) else ""
            self.add(f"{indent}{first}import {words}", statement.lineno)
        for name, value in filled.items():
            self.add(f"{indent}{name} = {value}", statement.lineno)
        return True


def is_future(statement: ast.stmt) -> bool:
    """Whether a statement is an import from ``__future__``, which has to come first."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_code(comment: str) -> bool:
    """Whether a comment is code that somebody switched off."""
    text = comment.strip().lstrip("#").strip()
    if not re.search(r"[=(]", text):
        return False
    try:
        parse(text)
    except SourceError:
        return False
    return True
