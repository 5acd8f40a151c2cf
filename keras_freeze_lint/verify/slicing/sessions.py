"""TensorFlow 1: what ``minimize()`` returns trains nothing before a session runs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from keras_freeze_lint.verify.slicing.program import Program, inner_statements, own_expressions

APPLYING = frozenset({"apply_gradients", "minimize"})

_SESSION = re.compile(r"tensorflow\.(?:compat\.v1\.)?(?:Interactive)?Session")
_ROUNDS = 4


def is_session(path: str) -> bool:
    """Whether a dotted path is a class of sessions."""
    return bool(_SESSION.fullmatch(path))


def trains_in_sessions(program: Program) -> bool:
    """Whether a program keeps what ``minimize()`` returns, and runs anything."""
    statements = list(inner_statements(program.tree.body, into_scopes=True))
    return any(_applies(one) and any(_targets(one)) for one in statements) and any(map(runs_in_session, program.calls))


def fed(call: ast.Call) -> ast.Dict | None:
    """Return what a call feeds to placeholders, where it spells them out."""
    is_tensor = getattr(call.func, "attr", "") == "eval"
    given = [word.value for word in call.keywords if word.arg == "feed_dict"]
    given += call.args[:1] if is_tensor else call.args[1:2]
    return given[0] if (is_tensor or runs_in_session(call)) and given and isinstance(given[0], ast.Dict) else None


def session_runs(program: Program, goals: Collection[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run what the goals only put into a graph, and those that give variables their values.

    Empty where no goal keeps the result of ``minimize()`` or ``apply_gradients()``, as only TensorFlow 1 gives one.
    """
    statements = list(inner_statements(program.tree.body, into_scopes=True))
    steps = {name for goal in goals if _applies(goal) for name in _targets(goal)}
    for _ in range(_ROUNDS if steps else 0):
        more = {name for one in statements if _mentions(one, steps) for name in _targets(one)}
        if more <= steps:
            break
        steps |= more
    running = [one for one in statements if any(_runs(call, steps) for call in _calls(one))] if steps else []
    if not running:
        return []
    named = {
        name for one in statements if isinstance(one, ast.Assign) and _initializer(one.value) for name in _targets(one)
    }
    beginning = [one for one in statements if any(_initializes(call, named) for call in _calls(one))]
    return [*beginning, *running]


def runs_in_session(call: ast.Call) -> bool:
    """Whether a call looks like one of a session, or of an operation in the session at hand."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "run"


def _applies(statement: ast.stmt) -> bool:
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in APPLYING for call in _calls(statement))


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    for expression in own_expressions(statement):
        yield from (node for node in ast.walk(expression) if isinstance(node, ast.Call))


def _targets(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Assign):
        yield from (ast.unparse(one) for one in statement.targets if isinstance(one, (ast.Name, ast.Attribute)))


def _mentions(statement: ast.stmt, steps: Collection[str]) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and not any(map(runs_in_session, _calls(statement)))
        and _has(statement.value, steps)
    )


def _has(expression: ast.expr, steps: Collection[str]) -> bool:
    nodes = (node for node in ast.walk(expression) if isinstance(node, (ast.Name, ast.Attribute)))
    return any(ast.unparse(node) in steps for node in nodes)


def _runs(call: ast.Call, steps: Collection[str]) -> bool:
    if not runs_in_session(call) or not isinstance(call.func, ast.Attribute):
        return False
    fetched = [call.func.value, *call.args[:1], *(word.value for word in call.keywords if word.arg == "fetches")]
    return any(_has(one, steps) for one in fetched)


def _initializes(call: ast.Call, named: Collection[str]) -> bool:
    """Whether a call gives variables their first values."""
    if not runs_in_session(call) or not isinstance(call.func, ast.Attribute):
        return False
    return any(_initializer(one) or _has(one, named) for one in [*call.args, call.func.value])


def _initializer(expression: ast.expr) -> bool:
    return bool(re.search(r"initializer\b|initialize_\w*variables", ast.unparse(expression)))
