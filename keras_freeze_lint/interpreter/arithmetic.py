"""Binary operators on known values, layer counts, weights and symbolic tensors."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from keras_freeze_lint.interpreter import conditions, containers
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Data, Length, Tensor, Unknown, Value, WeightIndex

_MAX_TEXT = 10_000
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}


def binary(run: Run, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
    """``left op right``."""
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _merge_tensors([left, right])
    if isinstance(op, ast.Add):
        joined = containers.joined(run, left, right)
        if joined is not None:
            return joined
    if isinstance(left, Length) and isinstance(op, ast.Add | ast.Sub) and isinstance(right, int):
        return _OPERATORS[type(op)](left, right)
    if isinstance(left, str) and isinstance(op, ast.Mod):
        return _formatted(left, right, node)
    if isinstance(op, ast.Mult) and isinstance(right, list | tuple | str) and isinstance(left, int):
        left, right = right, left
    if isinstance(op, ast.Mult) and isinstance(left, list | tuple | str):
        return left * right if isinstance(right, int) and len(left) * right < _MAX_TEXT else Unknown(("*", id(node)))
    if isinstance(left, int | float) and isinstance(right, int | float) and type(op) in _OPERATORS:
        try:
            return _OPERATORS[type(op)](left, right)
        except (ArithmeticError, TypeError):
            return Unknown(("arithmetic", id(node)))
    if isinstance(op, ast.Pow) and isinstance(left, int | float) and isinstance(right, int) and abs(right) < 64:
        try:
            return left**right
        except ArithmeticError:
            return Unknown(("power", id(node)))
    if isinstance(left, WeightIndex) or isinstance(right, WeightIndex):
        return WeightIndex()
    if isinstance(left, Data):
        return left
    if isinstance(right, Data):
        return right
    return Unknown((type(op).__name__, conditions.key_of(left), conditions.key_of(right)))


def _merge_tensors(values: list[Value]) -> Tensor:
    """Arithmetic on symbolic tensors: a tensor that depends on all of them."""
    return containers.operation([value for value in values if isinstance(value, Tensor) and value.call is not None])


def _formatted(template: str, values: Value, node: ast.AST) -> Value:
    items = values if isinstance(values, tuple) else (values,)
    if all(isinstance(item, int | float | str | bool) for item in items):
        try:
            return template % (items if isinstance(values, tuple) else values)
        except (TypeError, ValueError):
            pass
    return Unknown(("text", id(node)))
