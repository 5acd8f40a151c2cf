"""Which functions can run at all: those that the module's own statements, or calls from outside, lead to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from keras_freeze_lint.verify.slicing.callees import Callees
from keras_freeze_lint.verify.slicing.effects import expressions_in
from keras_freeze_lint.verify.slicing.program import FUNCTIONS, FunctionNode, Program, inner_statements


class Leads:
    """What the code of a function, or of the module, leads to: looked up once for all slices of a program."""

    def __init__(self, program: Program, callees: Callees) -> None:
        self.program = program
        self.callees = callees
        self._known: dict[ast.AST, tuple[FunctionNode, ...]] = {}

    def of(self, owner: ast.Module | FunctionNode) -> tuple[FunctionNode, ...]:
        """Return the functions that the body of a function, or of the module, may call or hand on."""
        if owner not in self._known:
            self._known[owner] = tuple(dict.fromkeys(self._in(owner.body)))
        return self._known[owner]

    def _in(self, body: list[ast.stmt]) -> Iterator[FunctionNode]:
        for statement in inner_statements(body):
            for node in expressions_in(statement):
                yield from self._mentioned(node)
            if isinstance(statement, ast.ClassDef):
                yield from self._in([one for one in statement.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef))])

    def _mentioned(self, node: ast.AST) -> list[FunctionNode]:
        program, callees = self.program, self.callees
        found: list[FunctionNode] = []
        if isinstance(node, ast.Call):
            found.extend(callees.targets(node))
        if isinstance(node, ast.Name):
            for one in program.reaching.get(node, ()):
                if isinstance(one.target, FUNCTIONS):
                    found.append(one.target)
                elif isinstance(one.target, ast.ClassDef):
                    everyone = callees.is_framework_class(one.target)
                    methods = (each for each in inner_statements(one.target.body) if isinstance(each, FUNCTIONS))
                    found.extend(each for each in methods if everyone or each.name.startswith("__"))
        elif isinstance(node, ast.Attribute) and not isinstance(program.parents.get(node), ast.Call):
            found.extend(program.methods.get(node.attr, ()))
        return found


class Running:
    """The functions (and the module) that are reached."""

    def __init__(self, leads: Leads) -> None:
        self.program = leads.program
        self.leads = leads
        self.reached: set[ast.AST] = set()

    def reach(self, entries: Iterable[FunctionNode]) -> None:
        """Note every function that the module's own statements, or these entries, lead to."""
        waiting: list[ast.Module | FunctionNode] = [self.program.tree, *entries]
        while waiting:
            owner = waiting.pop()
            if owner not in self.reached:
                self.reached.add(owner)
                waiting.extend(self.leads.of(owner))

    def can_run(self, statement: ast.stmt) -> bool:
        """Whether a statement stands in code that something leads to."""
        function = self.program.function_of(statement)
        return function is None or function in self.reached
