"""Evaluating expressions: every node kind that can carry a layer, a flag or a condition has its own small function."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from keras_freeze_lint.interpreter import conditions, containers
from keras_freeze_lint.interpreter.arithmetic import binary
from keras_freeze_lint.interpreter.attributes import get_attribute
from keras_freeze_lint.interpreter.calls import call_value
from keras_freeze_lint.interpreter.functions import lookup
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.suspicions import note_slice
from keras_freeze_lint.interpreter.values import (
    Condition,
    Function,
    Length,
    Scope,
    Tensor,
    Unknown,
    Value,
    WeightIndex,
)

_Handler = Callable[[Run, Any, Scope], Value]


def evaluate(run: Run, node: ast.expr, scope: Scope) -> Value:
    """The value of an expression on this path."""
    handler = _HANDLERS.get(type(node))
    return handler(run, node, scope) if handler else Unknown(("expression", id(node)))


def decide(run: Run, node: ast.expr, scope: Scope) -> bool:
    """The truth of an expression; where it is unknown this path takes one side of it."""
    truth = test(run, node, scope)
    return run.decide(truth) if isinstance(truth, Condition) else truth


def test(run: Run, node: ast.expr, scope: Scope) -> bool | Condition:
    """The truth of an expression, without taking sides."""
    return conditions.truth(evaluate(run, node, scope))


def _constant(run: Run, node: ast.Constant, scope: Scope) -> Value:
    return node.value


def _name(run: Run, node: ast.Name, scope: Scope) -> Value:
    return lookup(run, node.id, scope)


def _attribute(run: Run, node: ast.Attribute, scope: Scope) -> Value:
    return get_attribute(run, evaluate(run, node.value, scope), node.attr, node)


def _call(run: Run, node: ast.Call, scope: Scope) -> Value:
    function = evaluate(run, node.func, scope)
    args: list[Value] = []
    keywords: dict[str, Value] = {}
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            items = containers.items_of(run, evaluate(run, argument.value, scope))
            args.extend(items if items is not None else [Unknown(("star", id(argument)))])
        else:
            args.append(evaluate(run, argument, scope))
    for keyword in node.keywords:
        value = evaluate(run, keyword.value, scope)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, dict):
            keywords.update({name: item for name, item in value.items() if isinstance(name, str)})
    return call_value(run, function, args, keywords, node, scope)


def _boolean(run: Run, node: ast.BoolOp, scope: Scope) -> Value:
    stop = isinstance(node.op, ast.Or)
    undecided: list[Condition] = []
    value: Value = not stop
    for operand in node.values:
        value = evaluate(run, operand, scope)
        truth = conditions.truth(value)
        if isinstance(truth, Condition):
            known = run.known(truth)
            if known is None:
                undecided.append(truth)
                continue
            truth = known
        if truth is stop:
            if not undecided:
                return value
            return stop if isinstance(value, bool) else Unknown(("either", id(node)))
    if not undecided:
        return value
    if len(undecided) == 1:
        return undecided[0]
    return Condition(("or" if stop else "and", *((one.key, one.negated) for one in undecided)))


def _unary(run: Run, node: ast.UnaryOp, scope: Scope) -> Value:
    value = evaluate(run, node.operand, scope)
    if isinstance(node.op, ast.Not):
        return conditions.negate(conditions.truth(value))
    if isinstance(value, int | float):
        if isinstance(node.op, ast.USub):
            return -value
        if isinstance(node.op, ast.UAdd):
            return value
    if isinstance(value, Tensor):
        return value
    return Unknown((type(node.op).__name__, conditions.key_of(value)))


def _binary(run: Run, node: ast.BinOp, scope: Scope) -> Value:
    """A chain of operators is walked along its left side, so that a very long sum needs no deep recursion."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    value = evaluate(run, chain[-1].left, scope)
    for link in reversed(chain):
        value = binary(run, link.op, value, evaluate(run, link.right, scope), link)
    return value


def _compare(run: Run, node: ast.Compare, scope: Scope) -> Value:
    left = evaluate(run, node.left, scope)
    outcomes: list[Value] = []
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(run, right_node, scope)
        outcome = conditions.compare(run, op, left, right)
        if outcome is False:
            return False
        outcomes.append(outcome)
        left = right
    undecided = [one for one in outcomes if isinstance(one, Condition)]
    if not undecided:
        return True
    if len(undecided) == 1:
        return undecided[0]
    return Condition(("and", *((one.key, one.negated) for one in undecided)))


def _conditional(run: Run, node: ast.IfExp, scope: Scope) -> Value:
    truth = test(run, node.test, scope)
    if isinstance(truth, Condition):
        known = run.known(truth)
        if known is None and not run.is_effectful(node) and _same_kind(node):
            evaluate(run, node.body, scope)
            evaluate(run, node.orelse, scope)
            return Unknown(("either", truth.key, id(node)))
        truth = run.decide(truth)
    return evaluate(run, node.body if truth else node.orelse, scope)


def _same_kind(node: ast.IfExp) -> bool:
    """Whether both sides are constants other than flags, so that it does not matter which one is taken."""
    sides = (node.body, node.orelse)
    return all(isinstance(side, ast.Constant) and not isinstance(side.value, bool) for side in sides)


def _subscript(run: Run, node: ast.Subscript, scope: Scope) -> Value:
    value = evaluate(run, node.value, scope)
    if isinstance(node.slice, ast.Slice):
        bounds = [None if part is None else evaluate(run, part, scope) for part in _bounds(node.slice)]
        return containers.slice_value(run, value, bounds, node)
    return containers.item(run, value, evaluate(run, node.slice, scope), node)


def _bounds(cut: ast.Slice) -> tuple[ast.expr | None, ast.expr | None, ast.expr | None]:
    return cut.lower, cut.upper, cut.step


def _list(run: Run, node: ast.List | ast.Set, scope: Scope) -> Value:
    return _elements(run, node.elts, scope)


def _tuple(run: Run, node: ast.Tuple, scope: Scope) -> Value:
    return tuple(_elements(run, node.elts, scope))


def _elements(run: Run, nodes: list[ast.expr], scope: Scope) -> list[Value]:
    values: list[Value] = []
    for element in nodes:
        if isinstance(element, ast.Starred):
            items = containers.items_of(run, evaluate(run, element.value, scope))
            values.extend(items if items is not None else [Unknown(("star", id(element)))])
        else:
            values.append(evaluate(run, element, scope))
    return values


def _dict(run: Run, node: ast.Dict, scope: Scope) -> Value:
    made: dict[Value, Value] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(run, value_node, scope)
        if key_node is None:
            if isinstance(value, dict):
                made.update(value)
            continue
        key = evaluate(run, key_node, scope)
        try:
            made[key] = value
        except TypeError:
            continue
    return made


def _joined_string(run: Run, node: ast.JoinedStr, scope: Scope) -> Value:
    parts: list[str] = []
    for piece in node.values:
        value = (
            evaluate(run, piece.value, scope) if isinstance(piece, ast.FormattedValue) else evaluate(run, piece, scope)
        )
        if not isinstance(value, str | int | float | bool) or isinstance(value, Length):
            return Unknown(
                ("text", id(node), *(conditions.key_of(part) for part in parts[:2]), conditions.key_of(value))
            )
        spec = piece.format_spec if isinstance(piece, ast.FormattedValue) else None
        try:
            parts.append(format(value, str(evaluate(run, spec, scope)) if spec is not None else ""))
        except (ValueError, TypeError):
            return Unknown(("text", id(node)))
    return "".join(parts)


def _lambda(run: Run, node: ast.Lambda, scope: Scope) -> Value:
    defaults = [evaluate(run, default, scope) for default in node.args.defaults]
    named = {
        argument.arg: evaluate(run, default, scope)
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    return Function(node, scope, defaults, named)


def _walrus(run: Run, node: ast.NamedExpr, scope: Scope) -> Value:
    value = evaluate(run, node.value, scope)
    scope.variables[node.target.id] = value
    return value


def _comprehension(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
    made: list[Value] = []
    complete = _generate(
        run, node.generators, Scope({}, scope), lambda inner: made.append(evaluate(run, node.elt, inner)), node
    )
    counts_weights = bool(made) and all(isinstance(item, WeightIndex) for item in made)
    return made if complete or counts_weights else Unknown(("comprehension", id(node)))


def _dict_comprehension(run: Run, node: ast.DictComp, scope: Scope) -> Value:
    made: dict[Value, Value] = {}

    def collect(inner: Scope) -> None:
        key = evaluate(run, node.key, inner)
        value = evaluate(run, node.value, inner)
        try:
            made[key] = value
        except TypeError:
            return

    complete = _generate(run, node.generators, Scope({}, scope), collect, node)
    return made if complete else Unknown(("comprehension", id(node)))


def _generate(
    run: Run, generators: list[ast.comprehension], scope: Scope, collect: Callable[[Scope], None], node: ast.AST
) -> bool:
    """Run the clauses of a comprehension; false when the number of items is not known."""
    if not generators:
        run.step()
        collect(scope)
        return True
    first, rest = generators[0], generators[1:]
    source = evaluate(run, first.iter, scope)
    note_slice(run, node, source)
    items = containers.items_of(run, source)
    complete = items is not None
    for item in items if items is not None else [Unknown(("item", conditions.key_of(source), 0))]:
        with containers.looping_over(run, source):
            containers.bind(run, first.target, item, scope, evaluate)
            keep = True
            for condition in first.ifs:
                truth = test(run, condition, scope)
                if isinstance(truth, Condition):
                    if not run.is_effectful(node):
                        complete = False
                        truth = True
                    else:
                        truth = run.decide(truth)
                keep = keep and truth
            if keep:
                complete = _generate(run, rest, scope, collect, node) and complete
    return complete


def _yield(run: Run, node: ast.Yield, scope: Scope) -> Value:
    value = evaluate(run, node.value, scope) if node.value is not None else None
    if run.collecting:
        run.collecting[-1].append(value)
    elif run.yield_hooks:
        run.yield_hooks.pop()(value)
    return Unknown(("sent", id(node)))


def _yield_from(run: Run, node: ast.YieldFrom, scope: Scope) -> Value:
    items = containers.items_of(run, evaluate(run, node.value, scope))
    if run.collecting:
        run.collecting[-1].extend(items if items is not None else [Unknown(("item", id(node)))])
    return Unknown(("sent", id(node)))


def _inner(run: Run, node: ast.Await | ast.FormattedValue, scope: Scope) -> Value:
    return evaluate(run, node.value, scope)


_HANDLERS: dict[type[ast.AST], _Handler] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Subscript: _subscript,
    ast.List: _list,
    ast.Set: _list,
    ast.Tuple: _tuple,
    ast.Dict: _dict,
    ast.JoinedStr: _joined_string,
    ast.FormattedValue: _inner,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Await: _inner,
}
