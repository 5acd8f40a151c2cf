"""Running statements: one path at a time, loops until they show nothing new, branches by decision."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from keras_freeze_lint.interpreter import conditions, containers, cuts
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.arithmetic import binary
from keras_freeze_lint.interpreter.attributes import resolve
from keras_freeze_lint.interpreter.classes import define_class
from keras_freeze_lint.interpreter.contexts import run_with
from keras_freeze_lint.interpreter.expressions import decide, evaluate, test
from keras_freeze_lint.interpreter.imports import run_import, run_import_from
from keras_freeze_lint.interpreter.patterns import match_pattern
from keras_freeze_lint.interpreter.signals import BREAK, CONTINUE, Abandoned, Returned, Signal
from keras_freeze_lint.interpreter.state import Raised, Run
from keras_freeze_lint.interpreter.suspicions import inspect_loop, inspect_stale, leave_variable
from keras_freeze_lint.interpreter.switches import read_switch
from keras_freeze_lint.interpreter.turns import over_stretches, telling_turns
from keras_freeze_lint.interpreter.values import (
    Api,
    Condition,
    Function,
    Layer,
    Scope,
    Unknown,
)

_Handler = Callable[[Run, Any, Scope], Signal]
# Turns of a loop whose number of turns is not known: the second sees what the first has left behind.
_TURNS = 2
_MANY = 8
_MAX_WHILE = 64


def run_block(run: Run, body: Sequence[ast.stmt], scope: Scope) -> Signal:
    """Run statements in order until one of them leaves the block."""
    for statement in body:
        run.step()
        handler = _HANDLERS.get(type(statement))
        if handler is not None:
            signal = handler(run, statement, scope)
            if signal is not None:
                return signal
    return None


def _expression(run: Run, node: ast.Expr, scope: Scope) -> Signal:
    if isinstance(node.value, ast.Compare):
        _note_compared_flag(run, node.value, scope)
    evaluate(run, node.value, scope)
    return None


def _note_compared_flag(run: Run, node: ast.Compare, scope: Scope) -> None:
    """``layer.trainable == False`` as a statement of its own."""
    if (
        isinstance(node.left, ast.Attribute)
        and node.left.attr == "trainable"
        and isinstance(node.ops[0], ast.Eq | ast.Is)
    ):
        target = resolve(run, evaluate(run, node.left.value, scope))
        if isinstance(target, Layer) or (isinstance(target, Unknown) and run.uses_keras and not target.foreign):
            value = evaluate(run, node.comparators[0], scope)
            run.emit(events.Mistake(*run.place(node), "compared", target, "trainable", value))


def _assign(run: Run, node: ast.Assign, scope: Scope) -> Signal:
    value = evaluate(run, node.value, scope)
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in run.switches:
            value = read_switch(target.id)
        containers.bind(run, target, value, scope, evaluate)
    return None


def _annotated(run: Run, node: ast.AnnAssign, scope: Scope) -> Signal:
    if node.value is not None:
        containers.bind(run, node.target, evaluate(run, node.value, scope), scope, evaluate)
    elif isinstance(node.target, ast.Attribute) and node.target.attr == "trainable":
        target = resolve(run, evaluate(run, node.target.value, scope))
        note = node.annotation
        misused = isinstance(note, ast.Constant) or (isinstance(note, ast.Name) and note.id != "bool")
        if isinstance(target, Layer) and misused:
            value = note.value if isinstance(note, ast.Constant) else None
            run.emit(events.Mistake(*run.place(node), "annotated", target, "trainable", value))
    return None


def _augmented(run: Run, node: ast.AugAssign, scope: Scope) -> Signal:
    right = evaluate(run, node.value, scope)
    left = evaluate(run, node.target, scope)
    if isinstance(left, list) and isinstance(node.op, ast.Add):
        left.extend(containers.items_of(run, right) or [])
        return None
    containers.bind(run, node.target, binary(run, node.op, left, right, node), scope, evaluate)
    return None


def _if(run: Run, node: ast.If, scope: Scope) -> Signal:
    """An ``elif`` chain is walked in a loop, so that its length needs no recursion."""
    current = node
    while True:
        truth = test(run, current.test, scope)
        if isinstance(truth, Condition):
            known = run.known(truth)
            if known is None and not _matters(run, current):
                return _try_both(run, current, scope)
            truth = known if known is not None else _choose(run, current, truth)
        if truth:
            return run_block(run, current.body, scope)
        if len(current.orelse) != 1 or not isinstance(current.orelse[0], ast.If):
            return run_block(run, current.orelse, scope)
        current = current.orelse[0]
        run.step()


def _matters(run: Run, node: ast.If) -> bool:
    if run.is_effectful(node):
        return True
    if not run.is_diverting(node):
        return False
    if run.plain:
        raise Abandoned
    return True


def _choose(run: Run, node: ast.If, truth: Condition) -> bool:
    """Take one side; a side that only raises or exits is not worth a path of its own."""
    if _only_fails(node.body) and not _harbours(run, node.body):
        run.assume(truth.key, truth.negated)
        return False
    if node.orelse and _only_fails(node.orelse) and not _harbours(run, node.orelse):
        run.assume(truth.key, not truth.negated)
        return True
    return run.decide(truth)


def _only_fails(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        function = last.value.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in ("exit", "_exit", "quit", "abort", "error")
    return False


def _harbours(run: Run, body: list[ast.stmt]) -> bool:
    return any(run.is_effectful(statement) for statement in body)


def _try_both(run: Run, node: ast.If, scope: Scope) -> Signal:
    """Both sides of a branch that cannot matter to a freeze: what they leave different becomes unknown."""
    before = dict(scope.variables)
    run_block(run, node.body, scope)
    first = dict(scope.variables)
    scope.variables.clear()
    scope.variables.update(before)
    run_block(run, node.orelse, scope)
    for name in first.keys() | scope.variables.keys():
        left, right = first.get(name), scope.variables.get(name)
        if left is not right and not (type(left) is type(right) and left == right):
            scope.variables[name] = Unknown(("either", id(node), name))
    return None


def _for(run: Run, node: ast.For, scope: Scope) -> Signal:
    source = evaluate(run, node.iter, scope)
    inspect_loop(run, node, source)
    inspect_stale(run, node, source, scope)
    source = over_stretches(run, node, source, scope)
    items = containers.items_of(run, source)
    effectful = run.is_effectful(node)
    counted = items is not None
    if items is None:
        turns = _TURNS if effectful else 1
        key = conditions.key_of(source)
        foreign = isinstance(source, Unknown) and source.foreign
        items = [Unknown(("item", key, turn), foreign) for turn in range(turns)]
    elif isinstance(source, range) and len(source) > _MANY and run.is_training(node):
        items = telling_turns(node, source)
    elif len(items) > _MANY and run.is_training(node):
        items = items[: _TURNS + 1]
    elif not effectful:
        items = items[:_MAX_WHILE]
    with containers.looping_over(run, source), cuts.turning(run, counted):
        for item in items:
            containers.bind(run, node.target, item, scope, evaluate)
            signal = run_block(run, node.body, scope)
            if signal is BREAK:
                return None
            if isinstance(signal, Returned):
                return signal
    leave_variable(run, node, source, scope)
    return run_block(run, node.orelse, scope)


def _while(run: Run, node: ast.While, scope: Scope) -> Signal:
    unknown_turns = 0
    for _ in range(_MAX_WHILE):
        truth = test(run, node.test, scope)
        if isinstance(truth, Condition):
            unknown_turns += 1
            if unknown_turns > (_TURNS if run.is_effectful(node) else 1):
                break
        elif not truth:
            return run_block(run, node.orelse, scope)
        elif isinstance(node.test, ast.Constant):
            unknown_turns += 1
            if unknown_turns > _TURNS + 1:
                break
        with cuts.turning(run, counted=unknown_turns == 0):
            signal = run_block(run, node.body, scope)
        if signal is BREAK:
            return None
        if isinstance(signal, Returned):
            return signal
    return None


def _try(run: Run, node: ast.Try, scope: Scope) -> Signal:
    signal: Signal = None
    run.guarded += 1
    try:
        signal = run_block(run, node.body, scope)
        failed = False
    except Raised as raised:
        failed = True
        handler = _handler_for(node.handlers, raised)
        if handler is None:
            run.guarded -= 1
            run_block(run, node.finalbody, scope)
            run.guarded += 1
            raise
    finally:
        run.guarded -= 1
    if failed and handler is not None:
        if handler.name:
            scope.variables[handler.name] = Unknown(("exception", id(node)))
        signal = run_block(run, handler.body, scope)
    elif signal is None:
        signal = run_block(run, node.orelse, scope)
    final = run_block(run, node.finalbody, scope)
    return final if final is not None else signal


def _handler_for(handlers: list[ast.ExceptHandler], raised: Raised) -> ast.ExceptHandler | None:
    for handler in handlers:
        if handler.type is None or raised.name is None:
            return handler
        names = {part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)}
        if names & {raised.name, "Exception", "BaseException"}:
            return handler
    return None


def _return(run: Run, node: ast.Return, scope: Scope) -> Signal:
    return Returned(evaluate(run, node.value, scope) if node.value is not None else None)


def _raise(run: Run, node: ast.Raise, scope: Scope) -> Signal:
    thing = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    raise Raised(thing.id if isinstance(thing, ast.Name) else None)


def _break(run: Run, node: ast.Break, scope: Scope) -> Signal:
    return BREAK


def _continue(run: Run, node: ast.Continue, scope: Scope) -> Signal:
    return CONTINUE


def _delete(run: Run, node: ast.Delete, scope: Scope) -> Signal:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.variables.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            container = evaluate(run, target.value, scope)
            index = evaluate(run, target.slice, scope) if not isinstance(target.slice, ast.Slice) else None
            if isinstance(container, list) and isinstance(index, int) and -len(container) <= index < len(container):
                del container[index]
    return None


def _global(run: Run, node: ast.Global, scope: Scope) -> Signal:
    for name in node.names:
        scope.outer_names[name] = scope.module
    return None


def _nonlocal(run: Run, node: ast.Nonlocal, scope: Scope) -> Signal:
    for name in node.names:
        outer = scope.parent
        while outer is not None:
            if name in outer.variables:
                scope.outer_names[name] = outer
                break
            outer = outer.parent
    return None


def _function(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Signal:
    defaults = [evaluate(run, default, scope) for default in node.args.defaults]
    named = {
        argument.arg: evaluate(run, default, scope)
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    decorators = tuple(_decorator_name(decorator) for decorator in node.decorator_list)
    traced = any(_is_tf_function(run, decorator, scope) for decorator in node.decorator_list)
    function = Function(node, scope, defaults, named, None, decorators, traced)
    name = f"{node.name}.setter" if "setter" in decorators else node.name
    scope.variables[name] = function
    return None


def _decorator_name(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _is_tf_function(run: Run, node: ast.expr, scope: Scope) -> bool:
    value = evaluate(run, node.func if isinstance(node, ast.Call) else node, scope)
    return isinstance(value, Api) and value.path in ("tensorflow.function", "tensorflow.compat.v2.function")


def _class(run: Run, node: ast.ClassDef, scope: Scope) -> Signal:
    scope.variables[node.name] = define_class(run, node, scope)
    return None


def _assert(run: Run, node: ast.Assert, scope: Scope) -> Signal:
    test(run, node.test, scope)
    return None


def _match(run: Run, node: ast.Match, scope: Scope) -> Signal:
    """The first case whose pattern fits; a pattern that cannot be decided is a branch of its own."""
    subject = evaluate(run, node.subject, scope)
    for case in node.cases:
        truth = match_pattern(run, case.pattern, subject, scope)
        if isinstance(truth, Condition):
            truth = run.decide(truth)
        if truth and (case.guard is None or decide(run, case.guard, scope)):
            return run_block(run, case.body, scope)
    return None


_HANDLERS: dict[type[ast.AST], _Handler] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.With: run_with,
    ast.AsyncWith: run_with,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Assert: _assert,
    ast.Import: run_import,
    ast.ImportFrom: run_import_from,
    ast.Match: _match,
}
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = _try
