"""A user's file as the slicer sees it: statements and their parents, scopes, and what may define each name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeGuard

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

Kind = Literal["assign", "for", "with", "import", "def", "class", "param", "except", "comp", "attr", "aug", "delete"]


@dataclass(eq=False)
class Scope:
    """A module, class or function: the names it binds, and every definition of each."""

    node: ast.AST
    parent: Scope | None
    bound: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    definitions: dict[str, list[Definition]] = field(default_factory=dict)

    def owner(self, name: str) -> Scope | None:
        """The scope that a name means when it is read here, or None for a builtin or a name that nothing defines."""
        if name in self.bound and name not in self.foreign:
            return self
        scope = self.parent
        while scope is not None:
            # A class body is not seen from its methods.
            if name in scope.bound and not isinstance(scope.node, ast.ClassDef):
                return scope
            scope = scope.parent
        return None


@dataclass(eq=False)
class Definition:
    """One place that gives a name (or an attribute, by its name alone) a value.

    ``value`` is where the value comes from: the assigned expression, the iterated one, the default of a parameter.
    ``path`` leads into it where the target is unpacked.
    """

    name: str
    kind: Kind
    scope: Scope
    statement: ast.stmt | None
    value: ast.expr | None
    target: ast.AST
    path: tuple[int, ...] = ()


@dataclass(eq=False)
class Program:
    """The parsed file and everything that is looked up in it."""

    text: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST]
    scopes: dict[ast.AST, Scope]
    reaching: dict[ast.AST, tuple[Definition, ...]] = field(default_factory=dict)
    attributes: dict[str, list[Definition]] = field(default_factory=dict)
    calls: list[ast.Call] = field(default_factory=list)
    methods: dict[str, list[FunctionNode]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    @property
    def module(self) -> Scope:
        return self.scopes[self.tree]

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement around an expression (a statement is its own)."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parents.get(current)
        return current

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside out."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost function around a node."""
        return next((outer for outer in self.around(node) if isinstance(outer, FUNCTIONS)), None)

    def class_of(self, function: ast.AST) -> ast.ClassDef | None:
        """The class that a function is a method of."""
        outer = self.parents.get(function)
        return outer if isinstance(outer, ast.ClassDef) else None

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope that the names in a node are looked up in."""
        for outer in self.around(node):
            if outer in self.scopes:
                return self.scopes[outer]
        return self.module

    def source(self, node: ast.AST) -> str:
        """The text of an expression, on one line."""
        return ast.unparse(node)


def own_expressions(statement: ast.stmt) -> list[ast.expr]:
    """The expressions that a statement evaluates itself: of a compound statement, those of its header."""
    if isinstance(statement, FUNCTIONS):
        arguments = statement.args
        defaults = [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every.extend(one for one in (arguments.vararg, arguments.kwarg) if one is not None)
        notes = [one.annotation for one in every if one.annotation is not None]
        if statement.returns is not None:
            notes.append(statement.returns)
        return [*statement.decorator_list, *defaults, *notes]
    if isinstance(statement, ast.ClassDef):
        return [*statement.decorator_list, *statement.bases, *(word.value for word in statement.keywords)]
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        found = [item.context_expr for item in statement.items]
        return [*found, *(item.optional_vars for item in statement.items if item.optional_vars is not None)]
    if is_try(statement):
        return [handler.type for handler in statement.handlers if handler.type is not None]
    if isinstance(statement, ast.Match):
        cases = statement.cases
        guards = [case.guard for case in cases if case.guard is not None]
        patterns = [node for case in cases for node in ast.walk(case.pattern) if isinstance(node, ast.expr)]
        return [statement.subject, *guards, *patterns]
    return [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]


def is_try(statement: ast.AST) -> TypeGuard[ast.Try]:
    """Whether a statement is a ``try``, with ``except`` or ``except*``."""
    return type(statement).__name__ in {"Try", "TryStar"}


def blocks_of(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a compound statement in the order in which they are written."""
    found: list[list[ast.stmt]] = []
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        inner = getattr(statement, part, None)
        if part in {"handlers", "cases"}:
            found.extend(one.body for one in inner or ())
        elif isinstance(inner, list) and inner and isinstance(inner[0], ast.stmt):
            found.append(inner)
    return found


def inner_statements(body: list[ast.stmt], *, into_scopes: bool = False) -> Iterator[ast.stmt]:
    """Every statement of a block and of the blocks in it; those of functions and classes only when asked for."""
    stack = list(reversed(body))
    while stack:
        statement = stack.pop()
        yield statement
        if into_scopes or not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            for block in reversed(blocks_of(statement)):
                stack.extend(reversed(block))


def parameters(function: FunctionNode | ast.Lambda) -> list[ast.arg]:
    """Every parameter of a function in the order of its signature, starred ones last."""
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*found, *(one for one in (arguments.vararg, arguments.kwarg) if one is not None)]


def defaults_of(function: FunctionNode | ast.Lambda) -> dict[str, ast.expr]:
    """The default value of each parameter that has one."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = zip(reversed(positional), reversed(arguments.defaults), strict=False)
    found = {one.arg: default for one, default in pairs}
    found.update(
        {one.arg: value for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
    )
    return found


def is_self(expression: ast.AST) -> bool:
    """Whether an expression is what a method is called on."""
    return isinstance(expression, ast.Name) and expression.id in {"self", "cls"}


def is_receiver(definition: Definition) -> bool:
    """Whether a definition is the parameter that a method is called on."""
    return definition.kind == "param" and definition.name in {"self", "cls"}
