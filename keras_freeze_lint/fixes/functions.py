"""Statements that may stand in another function than the one they are taken from."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.fixes.program import Program

_TRAINS = m.Call(func=m.Attribute(attr=m.MatchIfTrue(lambda name: name.value.startswith(("fit", "train_on")))))


def only_call_of(program: Program, inside: cst.CSTNode, within: cst.CSTNode) -> cst.Expr | None:
    """The only call of the function around a node, where it is a statement of its own in the other function's body."""
    function = program.function_of(inside)
    if not isinstance(function, cst.FunctionDef):
        return None
    called = m.Call(func=m.Name(function.name.value))
    calls = program.found(program.module, called)
    statement = program.parent(calls[0]) if len(calls) == 1 else None
    return statement if isinstance(statement, cst.Expr) and program.function_of(statement) is within else None


def helper_call(program: Program, helper: cst.CSTNode, within: cst.CSTNode, line: int) -> cst.Expr | None:
    """The call of a function that compiles, to be made again on a line, where it does not train and is a statement."""
    if not isinstance(helper, cst.FunctionDef) or program.found(helper, _TRAINS):
        return None
    called = m.Call(func=m.Name(helper.name.value))
    statements = [program.parent(call) for call in program.found(program.module, called)]
    above = [
        one for one in statements
        if isinstance(one, cst.Expr) and program.function_of(one) is within and program.first_line(one) < line
    ]  # fmt: skip
    return above[-1] if above else None


def are_methods_of_one_class(program: Program, one: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Whether two functions are methods of the same class."""
    holders = [program.function_of(each) for each in (one, other) if isinstance(each, cst.FunctionDef)]
    return len(holders) == 2 and isinstance(holders[0], cst.ClassDef) and holders[0] is holders[1]


def reads_the_same_everywhere(program: Program, expression: cst.BaseExpression) -> bool:
    """Whether an expression reads nothing but ``self`` and names of the module."""
    return all(name.value == "self" or program.is_global(name) for name in _names_read(expression))


def _names_read(node: cst.CSTNode) -> list[cst.Name]:
    """The names in an expression, without those of attributes and keywords."""
    if isinstance(node, cst.Name):
        return [node]
    if isinstance(node, cst.Attribute | cst.Arg):
        return _names_read(node.value)
    return [name for child in node.children for name in _names_read(child)]
