"""KFL502: set the flag of the whole before the flags of its parts."""

from __future__ import annotations

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
    first = next((number for number in range(last) if program.first_line(siblings[number]) == lines[0]), None)
    if first is None or not m.matches(siblings[first], _SETS_FLAG):
        return None
    while first > 0 and m.matches(siblings[first - 1], _SETS_FLAG):
        first -= 1
    anchor = siblings[first]
    if not isinstance(anchor, cst.SimpleStatementLine) or not all(map(_binds_nothing, siblings[first:last])):
        return None
    return Fix(False, "Set the model's flag before those of its layers", program.move_before(anchor, parent))


def _binds_nothing(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return all(_is_harmless(one) for one in statement.body) and not m.findall(statement, m.NamedExpr())


def _is_harmless(statement: cst.BaseSmallStatement) -> bool:
    if isinstance(statement, cst.Assign):
        return all(isinstance(one.target, cst.Attribute) for one in statement.targets)
    return isinstance(statement, cst.Expr)
