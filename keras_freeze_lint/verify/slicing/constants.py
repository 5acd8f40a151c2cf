"""What the text alone says about numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from keras_freeze_lint.verify.slicing.program import Program

_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
}

# Of numpy and numpy.random: the size comes first.
_MAKES_ARRAYS = frozenset({"rand", "randn", "random", "random_sample", "sample", "standard_normal", "zeros", "ones"})


def number(program: Program, expression: ast.AST | None, depth: int = 6) -> float | None:
    """The number that an expression is, where constants and names with one definition tell."""
    if expression is None or depth == 0:
        return None
    if isinstance(expression, ast.Constant):
        value = expression.value
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
        inner = number(program, expression.operand, depth - 1)
        return None if inner is None else -inner
    if isinstance(expression, ast.BinOp) and type(expression.op) in _OPERATIONS:
        left = number(program, expression.left, depth - 1)
        right = number(program, expression.right, depth - 1)
        if left is None or right is None or abs(left) > 1e9 or abs(right) > 1e9:
            return None
        try:
            return _OPERATIONS[type(expression.op)](left, right)
        except ArithmeticError:
            return None
    if isinstance(expression, ast.Name):
        definitions = program.reaching.get(expression, ())
        if len(definitions) == 1 and definitions[0].kind in {"assign", "param"} and not definitions[0].path:
            return number(program, definitions[0].value, depth - 1)
    return None


def rows(program: Program, expression: ast.AST | None, depth: int = 6) -> int:
    """How many rows an array has that is made here of a size that the text tells; 0 if that is not known."""
    if expression is None or depth == 0:
        return 0
    if isinstance(expression, ast.Name):
        definitions = program.reaching.get(expression, ())
        if len(definitions) != 1 or definitions[0].kind != "assign":
            return 0
        value = definitions[0].value
        for place in definitions[0].path:
            if not isinstance(value, ast.Tuple) or place >= len(value.elts):
                return 0
            value = value.elts[place]
        return rows(program, value, depth - 1)
    if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Attribute):
        return 0
    if expression.func.attr == "astype":
        return rows(program, expression.func.value, depth - 1)
    named = [word.value for word in expression.keywords if word.arg in {"size", "shape"}]
    if not named and expression.func.attr in _MAKES_ARRAYS:
        named = expression.args[:1]
    for size in named:
        first = size.elts[0] if isinstance(size, ast.Tuple) and size.elts else size
        told = number(program, first, depth - 1)
        return int(told) if told is not None and 0 < told < 1e9 else 0
    return 0
