"""What nobody in the file calls is called at the end of a witness, with arguments filled from their use."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from keras_freeze_lint.verify.slicing.facts import Facts
from keras_freeze_lint.verify.slicing.program import (
    FUNCTIONS,
    Definition,
    FunctionNode,
    Program,
    defaults_of,
    parameters,
)
from keras_freeze_lint.verify.slicing.running import Running

if TYPE_CHECKING:
    from keras_freeze_lint.verify.slicing.keeping import Keeper

ROUNDS = 6


def entries_for(facts: Facts, goals: list[ast.stmt], running: Running) -> list[FunctionNode]:
    """The functions that must be called so that every goal can be reached, in the order of the source."""
    found: dict[FunctionNode, None] = {}
    for goal in goals:
        function = _outermost(facts.program, goal)
        if function is not None and not running.can_run(goal):
            found.update(dict.fromkeys(_roots(facts, function)))
    return sorted(found, key=lambda one: one.lineno)


def _outermost(program: Program, node: ast.AST) -> FunctionNode | None:
    found = None
    for outer in program.around(node):
        if isinstance(outer, FUNCTIONS):
            found = outer
    return found


def _roots(facts: Facts, function: FunctionNode) -> list[FunctionNode]:
    """The functions that lead to one and that nobody calls."""
    seen: set[FunctionNode] = set()
    found: list[FunctionNode] = []
    waiting = [function]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        callers = [_outermost(facts.program, call) for call in facts.callees.callers.get(one, ())]
        outside = [caller for caller in callers if caller is not None and caller is not one]
        if outside:
            waiting.extend(outside)
        else:
            found.append(one)
    return found or [function]


def entries_before(keeper: Keeper) -> list[FunctionNode]:
    """The functions that store attributes which kept code reads, where nothing else that runs stores them."""
    found: dict[FunctionNode, None] = {}
    for statement in keeper.kept:
        for node in ast.walk(statement):
            if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            base = node.value
            if not (isinstance(base, ast.Name) and base.id == "self"):
                continue
            stores = [one for one in keeper.program.attributes.get(node.attr, ()) if one.statement is not None]
            if not stores or any(keeper.running.can_run(one.statement) for one in stores if one.statement is not None):
                continue
            function = _outermost(keeper.program, stores[0].target)
            if function is not None:
                found.update(dict.fromkeys(_roots(keeper.facts, function)))
    return sorted(found, key=lambda one: one.lineno)


def driver_lines(keeper: Keeper, entries: list[FunctionNode]) -> list[str]:
    """The lines that call the entries."""
    program = keeper.program
    lines: list[str] = []
    instances: dict[ast.ClassDef, str] = {}
    for function in entries:
        if function.name == "__init__" and program.class_of(function) is not None:
            continue
        own = program.class_of(function)
        if own is None:
            lines.append(f"{function.name}({_arguments(keeper, function)})")
            continue
        if own not in instances:
            start = keeper.facts.callees.method(own, "__init__")
            instances[own] = f"synthetic_{own.name.strip('_').lower()}"
            given = _arguments(keeper, start) if start is not None else ""
            lines.append(f"{instances[own]} = {own.name}({given})")
        lines.append(f"{instances[own]}.{function.name}({_arguments(keeper, function)})")
    for function in entries:
        own = program.class_of(function)
        if own is not None and function.name == "__init__" and own not in instances:
            lines.append(f"{own.name}({_arguments(keeper, function)})")
    return lines


def _arguments(keeper: Keeper, function: FunctionNode) -> str:
    """The arguments that a function cannot do without, by name."""
    defaults = defaults_of(function)
    starred = {one.arg for one in (function.args.vararg, function.args.kwarg) if one is not None}
    is_static = any(getattr(one, "id", "") == "staticmethod" for one in function.decorator_list)
    wanted = parameters(function)
    if keeper.program.class_of(function) is not None and not is_static:
        wanted = wanted[1:]
    given: list[str] = []
    positional = {one.arg for one in function.args.posonlyargs}
    for one in wanted:
        if one.arg in starred or (one.arg in defaults and not _must_change(keeper, function, one)):
            continue
        value = _value(keeper, function, one)
        given.append(value if one.arg in positional else f"{one.arg}={value}")
    return ", ".join(given)


def _must_change(keeper: Keeper, function: FunctionNode, parameter: ast.arg) -> bool:
    return _for_the_goal(keeper, function, parameter) is not None


def _for_the_goal(keeper: Keeper, function: FunctionNode, parameter: ast.arg) -> str | None:
    """The value of a flag under which the lines in question are reached."""
    for goal in keeper.goals:
        inside: ast.AST = goal
        for outer in keeper.program.around(goal):
            if outer is function:
                break
            if isinstance(outer, ast.If):
                test, taken = outer.test, inside in outer.body
                if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                    test, taken = test.operand, not taken
                if isinstance(test, ast.Name) and test.id == parameter.arg:
                    default = defaults_of(function).get(parameter.arg)
                    if isinstance(default, ast.Constant) and bool(default.value) is not taken:
                        return str(taken)
            inside = outer
    return None


def _value(keeper: Keeper, function: FunctionNode, parameter: ast.arg) -> str:
    flag = _for_the_goal(keeper, function, parameter)
    if flag is not None:
        keeper.filling.assume(parameter, f"{function.name}({parameter.arg})", flag)
        return flag
    definitions = keeper.program.scopes[function].definitions.get(parameter.arg, [])
    needed = [one for one in definitions if one in keeper.needed]
    if not needed:
        return "None"
    value = _needed_value(keeper, needed[0], parameter)
    keeper.filling.assume(parameter, f"{function.name}({parameter.arg})", value)
    return value


def _needed_value(keeper: Keeper, definition: Definition, parameter: ast.arg) -> str:
    if definition in keeper.facts.models:
        return keeper.filling.stand_in(definition, parameter.lineno)
    note = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
    value = keeper.filling.roles.of_definition(definition)
    if value == "None" and note in {"int", "float", "str", "bool"}:
        return {"int": "2", "float": "0.1", "str": f"'{parameter.arg}'", "bool": "True"}[note]
    return value
