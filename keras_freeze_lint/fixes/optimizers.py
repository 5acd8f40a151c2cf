"""The optimizer of a compile call, made anew."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.fixes.program import Program


def optimizer_argument(call: cst.Call) -> cst.Arg | None:
    """The argument that gives the optimizer; None if there is none (Keras then has its own, as a text)."""
    named = next((one for one in call.args if one.keyword is not None and one.keyword.value == "optimizer"), None)
    if named is not None or not call.args or call.args[0].keyword is not None:
        return named
    return call.args[0]


def is_spelled_out(call: cst.Call) -> bool:
    """Whether every argument stands in the call itself."""
    return not any(argument.star for argument in call.args)


def fresh(program: Program, optimizer: cst.BaseExpression, before: int) -> cst.BaseExpression | None:
    """An expression that makes the same optimizer again; None where that cannot be seen.

    A text and a constructor call do so themselves, a variable's constructor call is looked up. A variable whose
    settings are changed above the line ``before`` gives None: the constructor call would lose them.
    """
    if isinstance(optimizer, cst.SimpleString | cst.Call):
        return optimizer
    if not isinstance(optimizer, cst.Name | cst.Attribute) or is_tuned(program, program.code(optimizer), before):
        return None
    if isinstance(optimizer, cst.Name):
        bindings = program.assignments(optimizer)
        binding = _assignment_of(program, bindings[0].node) if len(bindings) == 1 else None
    else:
        binding = _attribute_assignment(program, optimizer)
    return binding.value if binding is not None and isinstance(binding.value, cst.Call) else None


def is_tuned(program: Program, optimizer: str, before: int) -> bool:
    """Whether a setting of the optimizer, such as its learning rate, is changed above the line."""
    named = m.MatchIfTrue[cst.BaseExpression](lambda node: program.code(node) == optimizer)
    setting = m.Attribute(value=named)
    changes = (
        m.AssignTarget(setting),
        m.AugAssign(setting),
        m.Call(func=m.Attribute(attr=m.Name("set_value") | m.Name("assign")), args=[m.Arg(setting), m.ZeroOrMore()]),
        m.Call(func=m.Attribute(value=setting, attr=m.Name("assign"))),
    )
    return any(program.first_line(one) < before for change in changes for one in program.found(program.module, change))


def _attribute_assignment(program: Program, attribute: cst.Attribute) -> cst.Assign | None:
    """The only assignment to ``self.optimizer`` and the like, in the same function."""
    code = program.code(attribute)
    targets = [
        one for one in program.found(program.module, m.AssignTarget(m.Attribute()))
        if isinstance(one, cst.AssignTarget) and program.code(one.target) == code
    ]  # fmt: skip
    if len(targets) != 1 or program.function_of(targets[0]) is not program.function_of(attribute):
        return None
    return _assignment_of(program, targets[0].target)


def _assignment_of(program: Program, target: cst.CSTNode) -> cst.Assign | None:
    """The statement ``target = ...`` that has no other target."""
    holder = program.parent(target)
    statement = program.parent(holder) if isinstance(holder, cst.AssignTarget) else None
    return statement if isinstance(statement, cst.Assign) and len(statement.targets) == 1 else None
