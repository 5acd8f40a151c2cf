"""Which functions can run at all: those that the module's own statements, or calls from outside, lead to."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from keras_freeze_lint.verify.slicing.callees import Callees
from keras_freeze_lint.verify.slicing.effects import expressions_in
from keras_freeze_lint.verify.slicing.program import FUNCTIONS, FunctionNode, Program, inner_statements


class Running:
    """The functions (and the module) that are reached."""

    def __init__(self, program: Program, callees: Callees) -> None:
        self.program = program
        self.callees = callees
        self.reached: set[ast.AST] = set()

    def reach(self, entries: Iterable[FunctionNode]) -> None:
        """Note every function that the module's own statements, or these entries, lead to."""
        waiting: list[list[ast.stmt]] = [self.program.tree.body]
        self.reached.add(self.program.tree)
        waiting.extend(self._enter(entry) for entry in entries)
        while waiting:
            for statement in inner_statements(waiting.pop()):
                for node in expressions_in(statement):
                    waiting.extend(self._enter(function) for function in self._mentioned(node))
                if isinstance(statement, ast.ClassDef):
                    waiting.append([one for one in statement.body if not isinstance(one, (*FUNCTIONS, ast.ClassDef))])

    def _enter(self, function: FunctionNode) -> list[ast.stmt]:
        if function in self.reached:
            return []
        self.reached.add(function)
        return function.body

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

    def can_run(self, statement: ast.stmt) -> bool:
        """Whether a statement stands in code that something leads to."""
        function = self.program.function_of(statement)
        return function is None or function in self.reached
