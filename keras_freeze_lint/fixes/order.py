"""KFL502: set the flag of the whole before the flags of its parts."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.findings import Finding, Fix
from keras_freeze_lint.fixes.program import Program

_SETS_FLAG = m.SimpleStatementLine([m.Assign([m.AssignTarget(m.Attribute(attr=m.Name("trainable")))])])


def fix_parent_last(program: Program, finding: Finding) -> Fix | None:
    """Move the assignment to the model above those to its layers, where all stand in one block and bind no names."""
    statement = program.statement_at(finding.location)
    parent = program.own_line(statement) if statement is not None else None
    lines = [step.line for step in finding.path if step.what == "set here"]
    if parent is None or not lines or not m.matches(parent, _SETS_FLAG):
        return None
    block = program.parent(parent)
    if not isinstance(block, cst.IndentedBlock | cst.Module):
        return None
    siblings = list(block.body)
    last = siblings.index(parent)
    first = next((number for number in range(last) if _holds(program, siblings[number], lines[0])), None)
    if first is None or not _sets_flags(siblings[first]):
        return None
    while first > 0 and _sets_flags(siblings[first - 1]):
        first -= 1
    anchor = siblings[first]
    between = siblings[first:last]
    if not isinstance(anchor, cst.SimpleStatementLine | cst.For) or not all(map(_is_passed, between)):
        return None
    if _bound_by(between) & {name.value for name in m.findall(parent, m.Name()) if isinstance(name, cst.Name)}:
        return None
    return Fix(False, "Set the model's flag before those of its layers", program.move_before(anchor, parent))


def _holds(program: Program, statement: cst.CSTNode, line: int) -> bool:
    return program.first_line(statement) <= line <= program.last_line(statement)


def _sets_flags(statement: cst.CSTNode) -> bool:
    """The assignment of a flag, or a loop over layers that does nothing else."""
    if isinstance(statement, cst.For):
        return statement.orelse is None and all(map(_sets_flags, statement.body.body))
    if isinstance(statement, cst.If):
        return statement.orelse is None and all(map(_sets_flags, statement.body.body))
    return m.matches(statement, _SETS_FLAG)


def _is_passed(statement: cst.CSTNode) -> bool:
    """Whether another statement may move above this one."""
    return _sets_flags(statement) or _binds_nothing(statement)


def _bound_by(statements: Sequence[cst.CSTNode]) -> set[str]:
    """The names that loops bind."""
    loops = [loop for one in statements for loop in m.findall(one, m.For())]
    return {
        name.value
        for loop in loops
        if isinstance(loop, cst.For)
        for name in m.findall(loop.target, m.Name())
        if isinstance(name, cst.Name)
    }


def _binds_nothing(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return all(_is_harmless(one) for one in statement.body) and not m.findall(statement, m.NamedExpr())


def _is_harmless(statement: cst.BaseSmallStatement) -> bool:
    if isinstance(statement, cst.Assign):
        return all(isinstance(one.target, cst.Attribute) for one in statement.targets)
    return isinstance(statement, cst.Expr)
