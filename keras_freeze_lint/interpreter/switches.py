"""Switches that a user sets by hand to choose what a file does: ``mode = "predict"``, ``TRAIN = False``, ``STAGE = 1``.

A mistake in the training that such a switch leaves out as the file stands is a mistake all the same, so what is read
of the switch is unknown, and both sides are followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from keras_freeze_lint.interpreter.values import Unknown, Value


def switches(nodes: Iterable[ast.AST], training: frozenset[int]) -> frozenset[str]:
    """Names that are given one constant in the whole file, which keeps some of its training from being run.

    ``nodes`` are all nodes of the file, ``training`` the ids of those that train.
    """
    given: dict[str, list[ast.expr | None]] = {}
    tests: list[ast.If] = []
    for node in nodes:
        if isinstance(node, ast.If):
            tests.append(node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            given.setdefault(node.id, []).append(None)
        elif isinstance(node, ast.arg):
            given.setdefault(node.arg, []).append(None)
            given[node.arg].append(None)
    found: set[str] = set()
    for node in tests:
        asked = _asked(node.test)
        # The assignment itself is counted twice: as a statement and as the name that it stores.
        values = given.get(asked[0], []) if asked is not None else []
        constant = next((value for value in values if isinstance(value, ast.Constant)), None)
        if asked is None or len(values) != 2 or constant is None:
            continue
        name, expected, positive = asked
        # A number is a choice only where it is compared: elsewhere it may count layers.
        if not isinstance(constant.value, str | bool | int if expected is not None else str | bool):
            continue
        holds = (constant.value == expected if expected is not None else bool(constant.value)) is positive
        skipped = node.orelse if holds else node.body
        if any(id(statement) in training for statement in skipped):
            found.add(name)
    return frozenset(found)


def _asked(test: ast.expr) -> tuple[str, str | int | None, bool] | None:
    """The name, what it is compared with (None: its truth) and whether the test wants that to hold."""
    if isinstance(test, ast.Name):
        return test.id, None, True
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _asked(test.operand)
        return (inner[0], inner[1], not inner[2]) if inner is not None else None
    if (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
        and isinstance(test.comparators[0], ast.Constant)
        and isinstance(test.comparators[0].value, str | bool | int)
    ):
        return test.left.id, test.comparators[0].value, isinstance(test.ops[0], ast.Eq | ast.Is)
    return None


def read_switch(name: str) -> Value:
    """What the file can count on of a switch."""
    return Unknown(("switch", name))
