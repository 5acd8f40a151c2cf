"""The optimizer of a compile call, made anew."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.fixes.functions import are_methods_of_one_class, reads_the_same_everywhere
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


def with_fresh_options(program: Program, call: cst.Call) -> cst.Call | None:
    """``model.compile(**options)`` with an optimizer made anew, where the options are a dict that the file shows."""
    starred = [one for one in call.args if one.star]
    if len(starred) != 1 or starred[0].star != "**" or not isinstance(starred[0].value, cst.Name):
        return None
    if optimizer_argument(call.with_changes(args=[one for one in call.args if not one.star])) is not None:
        return None
    options = starred[0].value
    optimizer = _option(program, options, "optimizer")
    if optimizer is None or isinstance(optimizer, cst.SimpleString):
        return call if optimizer is not None else None
    if not isinstance(optimizer, cst.Call):
        return None
    anew = cst.parse_expression(f'{{**{options.value}, "optimizer": {program.code(optimizer)}}}')
    return call.with_changes(args=[one.with_changes(value=anew) if one is starred[0] else one for one in call.args])


def _option(program: Program, options: cst.Name, key: str) -> cst.BaseExpression | None:
    """The value of a key in the only dict that the name is bound to; None where the file does not show it."""
    bindings = program.assignments(options)
    binding = _assignment_of(program, bindings[0].node) if len(bindings) == 1 else None
    made = binding.value if binding is not None else None
    if isinstance(made, cst.Dict):
        entries = [one for one in made.elements if isinstance(one, cst.DictElement)]
        named = {one.key.raw_value: one.value for one in entries if isinstance(one.key, cst.SimpleString)}
        return named.get(key)
    if isinstance(made, cst.Call) and m.matches(made.func, m.Name("dict")):
        return next((one.value for one in made.args if one.keyword is not None and one.keyword.value == key), None)
    return None


def fresh(program: Program, optimizer: cst.BaseExpression) -> cst.BaseExpression | None:
    """An expression that makes the same optimizer again; None where that cannot be seen.

    A text and a constructor call do so themselves, a variable's constructor call is looked up. A variable whose
    settings are changed gives None: the new optimizer would not have them.
    """
    if isinstance(optimizer, cst.SimpleString | cst.Call):
        return optimizer
    if not isinstance(optimizer, cst.Name | cst.Attribute) or is_tuned(program, program.code(optimizer)):
        return None
    if isinstance(optimizer, cst.Name):
        bindings = program.assignments(optimizer)
        binding = _assignment_of(program, bindings[0].node) if len(bindings) == 1 else None
    else:
        binding = _attribute_assignment(program, optimizer)
    return binding.value if binding is not None and isinstance(binding.value, cst.Call) else None


def is_tuned(program: Program, optimizer: str, before: int | None = None) -> bool:
    """Whether a setting of the optimizer, such as its learning rate, is changed (above the line, if one is given)."""
    named = m.MatchIfTrue[cst.BaseExpression](lambda node: program.code(node) == optimizer)
    setting = m.Attribute(value=named)
    changes = (
        m.AssignTarget(setting),
        m.AugAssign(setting),
        m.Call(func=m.Attribute(attr=m.Name("set_value") | m.Name("assign")), args=[m.Arg(setting), m.ZeroOrMore()]),
        m.Call(func=m.Attribute(value=setting, attr=m.Name("assign"))),
    )
    lines = [program.first_line(one) for change in changes for one in program.found(program.module, change)]
    return any(before is None or line < before for line in lines)


def _attribute_assignment(program: Program, attribute: cst.Attribute) -> cst.Assign | None:
    """The only assignment to ``self.optimizer`` and the like, in the same function, or of what any method may make."""
    code = program.code(attribute)
    targets = [
        one for one in program.found(program.module, m.AssignTarget(m.Attribute()))
        if isinstance(one, cst.AssignTarget) and program.code(one.target) == code
    ]  # fmt: skip
    if len(targets) != 1:
        return None
    assignment = _assignment_of(program, targets[0].target)
    here, there = program.function_of(attribute), program.function_of(targets[0])
    if assignment is None or here is there:
        return assignment
    alike = are_methods_of_one_class(program, here, there) and reads_the_same_everywhere(program, assignment.value)
    return assignment if alike else None


def _assignment_of(program: Program, target: cst.CSTNode) -> cst.Assign | None:
    """The statement ``target = ...`` that has no other target."""
    holder = program.parent(target)
    statement = program.parent(holder) if isinstance(holder, cst.AssignTarget) else None
    return statement if isinstance(statement, cst.Assign) and len(statement.targets) == 1 else None
