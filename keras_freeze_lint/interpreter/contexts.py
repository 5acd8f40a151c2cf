"""``with``: the body runs inside what the context manager does before and after it."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import containers
from keras_freeze_lint.interpreter.expressions import evaluate
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.signals import Signal
from keras_freeze_lint.interpreter.state import Raised, Run
from keras_freeze_lint.interpreter.values import (
    Api,
    Bound,
    Function,
    Instance,
    Scope,
    Unknown,
    Value,
)


def run_with(run: Run, node: ast.With | ast.AsyncWith, scope: Scope) -> Signal:
    """Enter the managers from the first to the last, run the body, leave them in reverse."""
    return _enter(run, node, list(node.items), scope)


def _enter(run: Run, node: ast.With | ast.AsyncWith, items: list[ast.withitem], scope: Scope) -> Signal:
    from keras_freeze_lint.interpreter.statements import run_block

    if not items:
        return run_block(run, node.body, scope)
    first, rest = items[0], items[1:]
    manager = first.context_expr
    if isinstance(manager, ast.Call):
        function = evaluate(run, manager.func, scope)
        plain = function.function if isinstance(function, Bound) else function
        if isinstance(plain, Function) and "contextmanager" in plain.decorators:
            return _generator_manager(run, node, first, rest, scope)
    value = evaluate(run, manager, scope)
    entered: Value = value
    if isinstance(value, Instance):
        enter = value.cls.lookup("__enter__")
        entered = (
            call_function(run, enter, [], {}, manager, value)
            if isinstance(enter, Function)
            else Unknown(("with", id(node)))
        )
    elif isinstance(value, Api):
        entered = Unknown(("with", id(manager)), foreign=True)
    if first.optional_vars is not None:
        containers.bind(run, first.optional_vars, entered, scope, evaluate)
    try:
        signal = _enter(run, node, rest, scope)
    except Raised:
        if not _suppresses(run, manager, scope):
            raise
        signal = None
    if isinstance(value, Instance):
        leave = value.cls.lookup("__exit__")
        if isinstance(leave, Function):
            call_function(run, leave, [None, None, None], {}, manager, value)
    return signal


def _suppresses(run: Run, manager: ast.expr, scope: Scope) -> bool:
    """``with contextlib.suppress(...)``: an exception in the body ends the body, not the program."""
    function = evaluate(run, manager.func, scope) if isinstance(manager, ast.Call) else None
    return isinstance(function, Api) and function.path == "contextlib.suppress"


def _generator_manager(
    run: Run, node: ast.With | ast.AsyncWith, item: ast.withitem, rest: list[ast.withitem], scope: Scope
) -> Signal:
    """A ``@contextmanager`` function: the body of the ``with`` runs where the function yields."""
    outcome: list[Signal] = [None]

    def at_yield(value: Value) -> None:
        if item.optional_vars is not None:
            containers.bind(run, item.optional_vars, value, scope, evaluate)
        outcome[0] = _enter(run, node, rest, scope)

    run.yield_hooks.append(at_yield)
    evaluate(run, item.context_expr, scope)
    if run.yield_hooks and run.yield_hooks[-1] is at_yield:
        run.yield_hooks.pop()
    return outcome[0]
