"""Arguments that wait: what a function of the file does not need of them, a witness does not need either."""

from __future__ import annotations

import ast
from collections.abc import Set as AbstractSet

from keras_freeze_lint.verify.slicing.callees import arguments_of
from keras_freeze_lint.verify.slicing.program import Definition, FunctionNode, Program


class Deferred:
    """Arguments of calls, each with the parameters that it is given for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._waiting: list[tuple[ast.expr, list[Definition]]] = []

    def take(
        self, call: ast.Call, argument: ast.expr, targets: tuple[FunctionNode, ...], needed: AbstractSet[Definition]
    ) -> bool:
        """Let an argument wait; returned is whether it can: nothing needs it yet, and every target is known."""
        wanted: list[Definition] = []
        for function in targets:
            is_method = self._program.class_of(function) is not None
            given = arguments_of(call, function, is_method)
            scope = self._program.scopes[function]
            for name in [name for name, value in given.items() if value is argument]:
                found = [one for one in scope.definitions.get(name, ()) if one.kind == "param"]
                if not found:
                    return False
                wanted.extend(found)
        if not wanted or any(one in needed for one in wanted):
            return False
        self._waiting.append((argument, wanted))
        return True

    def released(self, needed: AbstractSet[Definition]) -> list[ast.expr]:
        """Return the arguments that something needs by now; they wait no longer."""
        found = [argument for argument, wanted in self._waiting if any(one in needed for one in wanted)]
        self._waiting = [pair for pair in self._waiting if pair[0] not in found]
        return found

    def left(self) -> list[ast.expr]:
        """Return those that still wait."""
        return [argument for argument, _ in self._waiting]
