"""A program as its fixes see it: a concrete syntax tree that knows where each node stands and what holds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import libcst as cst
from libcst import matchers
from libcst.metadata import (
    Assignment,
    CodeRange,
    GlobalScope,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    Scope,
    ScopeProvider,
    WhitespaceInclusivePositionProvider,
)

from keras_freeze_lint.findings import Edit, Finding, Location

Node = TypeVar("Node", bound=cst.CSTNode)


class Program:
    """The tree of a text with line feeds, and what was found in the text.

    Raises libcst's ParserSyntaxError for syntax that libcst does not know, RecursionError for nesting too deep for it.
    """

    def __init__(self, text: str, findings: Sequence[Finding] = ()) -> None:
        self.findings = findings
        self._lines = text.split("\n")
        self._wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.module = self._wrapper.module
        self._positions = self._wrapper.resolve(PositionProvider)
        self._parents = self._wrapper.resolve(ParentNodeProvider)

    @cached_property
    def _by_range(self) -> Mapping[tuple[int, int, int, int], Sequence[cst.CSTNode]]:
        found: dict[tuple[int, int, int, int], list[cst.CSTNode]] = {}
        for node, where in self._positions.items():
            found.setdefault(_numbers(where), []).append(node)
        return found

    @cached_property
    def _scopes(self) -> Mapping[cst.CSTNode, Scope | None]:
        return self._wrapper.resolve(ScopeProvider)

    def at(self, location: Location, kind: type[Node]) -> Node | None:
        """The node of a kind that fills the location exactly."""
        place = (location.line, location.column, location.end_line, location.end_column)
        return next((node for node in self._by_range.get(place, ()) if isinstance(node, kind)), None)

    def starting_on(self, line: int, kind: type[Node]) -> list[Node]:
        return [node for node in self._positions if isinstance(node, kind) and self.first_line(node) == line]

    def statement_at(self, location: Location) -> cst.BaseSmallStatement | None:
        """The simple statement in which the location begins."""
        begin = (location.line, location.column)
        for node, where in self._positions.items():
            line, column, end_line, end_column = _numbers(where)
            if isinstance(node, cst.BaseSmallStatement) and (line, column) <= begin < (end_line, end_column):
                return node
        return None

    def own_line(self, statement: cst.BaseSmallStatement) -> cst.SimpleStatementLine | None:
        """The line of a simple statement; None if others stand there too, or the header of a block."""
        line = self.parent(statement)
        return line if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None

    def first_line(self, node: cst.CSTNode) -> int:
        return int(self._positions[node].start.line)

    def last_line(self, node: cst.CSTNode) -> int:
        return int(self._positions[node].end.line)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What holds the node, innermost first."""
        holder = self.parent(node)
        while holder is not None:
            yield holder
            holder = self.parent(holder)

    def function_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The function in whose body the node runs, a class body, or the module."""
        kinds = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
        return next((holder for holder in self.ancestors(node) if isinstance(holder, kinds)), self.module)

    def assignments(self, name: cst.Name) -> list[Assignment]:
        """Everything in the file that binds the name, as it is meant here: assignments, imports, parameters."""
        scope = self._scopes.get(name)
        return [one for one in scope[name.value] if isinstance(one, Assignment)] if scope is not None else []

    def is_global(self, name: cst.Name) -> bool:
        """Whether the module binds the name, and nothing else."""
        bindings = self.assignments(name)
        return bool(bindings) and all(isinstance(one.scope, GlobalScope) for one in bindings)

    def names(self) -> set[str]:
        """Every name that stands anywhere in the file."""
        return {node.value for node in self._positions if isinstance(node, cst.Name)}

    def attributes(self, name: str) -> list[cst.Attribute]:
        """Every ``.name`` in the file."""
        return [node for node in self._positions if isinstance(node, cst.Attribute) and node.attr.value == name]

    def is_assigned(self, node: cst.BaseExpression) -> bool:
        """Whether the node is what an assignment binds."""
        return isinstance(self.parent(node), cst.AssignTarget | cst.AnnAssign)

    @cached_property
    def _by_kind(self) -> Mapping[str, Sequence[cst.CSTNode]]:
        """The nodes of the file by the names of their classes, in the order in which they begin."""
        found: dict[str, list[cst.CSTNode]] = {}
        for node in self._positions:
            found.setdefault(type(node).__name__, []).append(node)
        for nodes in found.values():
            nodes.sort(key=self._place)
        return found

    def _place(self, node: cst.CSTNode) -> tuple[int, int, int, int]:
        """What sorts nodes by where they begin, outer ones before inner ones."""
        line, column, end_line, end_column = _numbers(self._positions[node])
        return line, column, -end_line, -end_column

    def found(self, within: cst.CSTNode, pattern: matchers.BaseMatcherNode) -> Sequence[cst.CSTNode]:
        """What matches a pattern of one kind of node, without looking at all the others again for each pattern."""
        kind = type(pattern).__name__
        if within is not self.module or not hasattr(cst, kind):
            return matchers.findall(within, pattern)
        return [node for node in self._by_kind.get(kind, ()) if matchers.matches(node, pattern)]

    def code(self, node: cst.CSTNode) -> str:
        return self.module.code_for_node(node)

    def replace(self, node: cst.CSTNode, code: str) -> Edit:
        return Edit(*_numbers(self._positions[node]), code)

    def insert_after(self, anchor: cst.BaseStatement, statement: cst.BaseSmallStatement) -> Edit:
        """Insert a statement on a line of its own below another, in the same block, below its comments too."""
        end = self._wrapper.resolve(WhitespaceInclusivePositionProvider)[anchor].end
        code = self._as_lines(statement, self.indent_of(anchor))
        if end.line > len(self._lines) or end.column > 0:
            line = min(end.line, len(self._lines))
            column = len(self._lines[line - 1]) + 1
            return Edit(line, column, line, column, "\n" + code.removesuffix("\n"))
        return Edit(end.line, 1, end.line, 1, code)

    def move_before(self, anchor: cst.BaseStatement, moved: cst.SimpleStatementLine) -> tuple[Edit, Edit]:
        """Move whole lines, with the comments directly above and beside them, directly above another statement."""
        first, last = self._first_comment_line(moved), self.last_line(moved)
        target = self.first_line(anchor)
        lines = "".join(line + "\n" for line in self._lines[first - 1 : last])
        inserted = Edit(target, 1, target, 1, lines)
        if last < len(self._lines):
            return inserted, Edit(first, 1, last + 1, 1, "")
        above, end = len(self._lines[first - 2]) + 1, len(self._lines[last - 1]) + 1
        return inserted, Edit(first - 1, above, last, end, "")

    def indent_of(self, statement: cst.BaseStatement) -> str:
        """The white space at the beginning of a statement's lines."""
        line = self._lines[self.first_line(statement) - 1]
        return line[: len(line) - len(line.lstrip())]

    def _first_comment_line(self, statement: cst.SimpleStatementLine) -> int:
        line = self.first_line(statement)
        for above in reversed(statement.leading_lines):
            if above.comment is None:
                break
            line -= 1
        return line

    def _as_lines(self, statement: cst.BaseSmallStatement, indent: str) -> str:
        line = cst.SimpleStatementLine([statement])
        if not indent:
            return self.code(line)
        # A block writes the first line's end, which belongs to its header, and indents what continues on further lines.
        return self.code(cst.IndentedBlock([line], indent=indent)).removeprefix(self.module.default_newline)


def _numbers(where: CodeRange) -> tuple[int, int, int, int]:
    return where.start.line, where.start.column + 1, where.end.line, where.end.column + 1
