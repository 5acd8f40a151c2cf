"""KFL501: a model whose layers are reopened is frozen layer by layer, so that its own flag stays True."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.findings import Finding, Fix
from keras_freeze_lint.fixes.assignments import unused_name
from keras_freeze_lint.fixes.program import Program

_FREEZES = m.Assign([m.AssignTarget(m.Attribute(attr=m.Name("trainable")))], m.Name("False"))


def fix_frozen_parent(program: Program, finding: Finding) -> Fix | None:
    """``base.trainable = False`` above the reopened layers to a loop that freezes the layers of ``base``.

    The model is the last one that is frozen above under a name that the reopening statement, or a loop around it, uses;
    else the last one at all.
    """
    reopening = program.statement_at(finding.location)
    if reopening is None:
        return None
    words = _words_around(program, reopening)
    above = [
        one
        for one in program.found(program.module, _FREEZES)
        if isinstance(one, cst.Assign) and program.last_line(one) < program.first_line(reopening)
    ]
    frozen = [one for one in above if program.code(_model(one)) in words] or above
    variable = unused_name(program)
    line = program.own_line(frozen[-1]) if frozen else None
    if line is None or variable is None:
        return None
    body = f"{program.indent_of(line)}{program.module.default_indent}{variable}.trainable = False"
    code = f"for {variable} in {program.code(_model(frozen[-1]))}.layers:\n{body}"
    return Fix(False, "Freeze the model layer by layer", (program.replace(frozen[-1], code),))


def _model(freezing: cst.Assign) -> cst.BaseExpression:
    target = freezing.targets[0].target
    assert isinstance(target, cst.Attribute)
    return target.value


def _words_around(program: Program, statement: cst.BaseSmallStatement) -> set[str]:
    """The names and attributes that a statement and the heads of the loops around it use."""
    heads: list[cst.CSTNode] = [statement]
    heads += [holder.iter for holder in program.ancestors(statement) if isinstance(holder, cst.For)]
    return {program.code(one) for head in heads for one in program.found(head, m.Name() | m.Attribute())}
