"""KFL401 to KFL405: what was meant to be the assignment of a flag becomes one."""

from __future__ import annotations

import libcst as cst

from keras_freeze_lint.findings import Edit, Finding, Fix
from keras_freeze_lint.fixes.program import Program
from keras_freeze_lint.interpreter.attributes import VARIABLE_LISTS
from keras_freeze_lint.interpreter.spelling import is_misspelled_flag

FLAG = "trainable"
TRUTHS = {"False": "False", "True": "True"}
# What texts say, whatever their case.
SAID = {"false": "False", "true": "True"}


def fix_misspelled(program: Program, finding: Finding) -> Fix | None:
    """KFL401: ``layer.trainble = False`` to ``layer.trainable = False``, in ``setattr`` and as a keyword too.

    Where the program reads the misspelt attribute back, the name is changed there as well.
    """
    attribute = program.at(finding.location, cst.Attribute)
    if attribute is not None:
        uses = [one for one in program.attributes(attribute.attr.value) if one is not attribute]
        alike = [one for one in uses if program.code(one.value) == program.code(attribute.value)]
        if any(not program.is_assigned(one) for one in uses if one not in alike):
            return None
        edits = sorted(program.replace(one.attr, FLAG) for one in (attribute, *alike))
        return _renamed(attribute.attr.value, *edits)
    call = program.at(finding.location, cst.Call)
    for argument in call.args if call is not None else ():
        if argument.keyword is not None and is_misspelled_flag(argument.keyword.value):
            return _renamed(argument.keyword.value, program.replace(argument.keyword, FLAG))
        text = argument.value
        if isinstance(text, cst.SimpleString) and argument.keyword is None and is_misspelled_flag(text.raw_value):
            return _renamed(text.raw_value, program.replace(text, f"{text.prefix}{text.quote}{FLAG}{text.quote}"))
    return None


def fix_compared(program: Program, finding: Finding) -> Fix | None:
    """KFL402: ``layer.trainable == False``, ``is False`` and ``: False`` to ``layer.trainable = False``."""
    annotated = program.at(finding.location, cst.AnnAssign)
    if annotated is not None:
        value = annotated.annotation.annotation
        if not isinstance(value, cst.Name) or value.value not in TRUTHS:
            return None
        return _assigned(program, annotated, annotated.target, value)
    statement = program.at(finding.location, cst.Expr)
    if statement is None or not isinstance(statement.value, cst.Comparison) or len(statement.value.comparisons) != 1:
        return None
    left, (right,) = statement.value.left, statement.value.comparisons
    if not isinstance(left, cst.Attribute) or not isinstance(right.operator, cst.Equal | cst.Is):
        return None
    before, after = right.operator.whitespace_before, right.operator.whitespace_after
    if not isinstance(before, cst.SimpleWhitespace) or not isinstance(after, cst.SimpleWhitespace):
        return None
    return _assigned(program, statement, left, right.comparator, (before, after))


def fix_called(program: Program, finding: Finding) -> Fix | None:
    """KFL403: ``layer.trainable(False)`` to ``layer.trainable = False``, where it is a statement of its own."""
    statement = program.at(finding.location, cst.Expr)
    call = statement.value if statement is not None else None
    if statement is None or not isinstance(call, cst.Call) or call.lpar or len(call.args) != 1:
        return None
    (argument,) = call.args
    if not isinstance(call.func, cst.Attribute) or argument.keyword is not None or argument.star:
        return None
    return _assigned(program, statement, call.func, argument.value)


def fix_on_list(program: Program, finding: Finding) -> Fix | None:
    """KFL404: ``model.layers[:-1].trainable = False`` (or ``setattr``) to a loop over these layers."""
    statement = program.statement_at(finding.location)
    variable = unused_name(program)
    line = program.own_line(statement) if statement is not None else None
    if statement is None or variable is None or line is None:
        return None
    parts = _list_and_turn(statement, cst.Name(variable))
    if parts is None:
        return None
    listed, each = parts
    if isinstance(listed, cst.Attribute) and listed.attr.value in VARIABLE_LISTS:
        return None
    indent = program.indent_of(line)
    body = f"{indent}{program.module.default_indent}{program.code(each)}"
    code = f"for {variable} in {program.code(listed)}:\n{body}"
    return Fix(False, "Set the flag layer by layer", (program.replace(statement, code),))


def _list_and_turn(
    statement: cst.BaseSmallStatement, variable: cst.Name
) -> tuple[cst.BaseExpression, cst.BaseSmallStatement] | None:
    """The list whose flag is set, and the same statement for one layer of it."""
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target = statement.targets[0].target
        if not isinstance(target, cst.Attribute):
            return None
        one = statement.targets[0].with_changes(target=target.with_changes(value=variable))
        return target.value, statement.with_changes(targets=[one])
    call = statement.value if isinstance(statement, cst.Expr) else None
    if isinstance(statement, cst.Expr) and isinstance(call, cst.Call) and _is_setattr(call):
        arguments = [call.args[0].with_changes(value=variable), *call.args[1:]]
        return call.args[0].value, statement.with_changes(value=call.with_changes(args=arguments))
    return None


def fix_text(program: Program, finding: Finding) -> Fix | None:
    """KFL405: ``"False"``, or ``False,``, to ``False``; other texts say too little."""
    value = _assigned_value(program, finding)
    if isinstance(value, cst.Tuple) and len(value.elements) == 1 and not value.lpar:
        # A comma too many makes a tuple.
        only = value.elements[0].value
        if isinstance(only, cst.Name) and only.value in TRUTHS:
            return Fix(True, f"Assign {only.value} instead of a tuple", (program.replace(value, only.value),))
    if not isinstance(value, cst.SimpleString) or value.raw_value.lower() not in SAID:
        return None
    truth = SAID[value.raw_value.lower()]
    return Fix(True, f"Assign {truth} instead of a text", (program.replace(value, truth),))


def _assigned_value(program: Program, finding: Finding) -> cst.BaseExpression | None:
    attribute = program.at(finding.location, cst.Attribute)
    if attribute is not None:
        holders = list(program.ancestors(attribute))[:2]
        return next((one.value for one in holders if isinstance(one, cst.Assign | cst.AnnAssign)), None)
    call = program.at(finding.location, cst.Call)
    if call is None:
        return None
    if _is_setattr(call):
        return call.args[2].value
    return next((one.value for one in call.args if one.keyword is not None and one.keyword.value == FLAG), None)


def _is_setattr(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == "setattr" and len(call.args) == 3


def _renamed(name: str, *edits: Edit) -> Fix:
    return Fix(True, f"Rename {name} to {FLAG}", edits)


_AROUND_EQUAL = (cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))


def _assigned(
    program: Program,
    statement: cst.BaseSmallStatement,
    target: cst.BaseAssignTargetExpression,
    value: cst.BaseExpression,
    whitespace: tuple[cst.SimpleWhitespace, cst.SimpleWhitespace] = _AROUND_EQUAL,
) -> Fix:
    before, after = whitespace
    assignment = cst.Assign(
        [cst.AssignTarget(target, whitespace_before_equal=before, whitespace_after_equal=after)], value
    )
    return Fix(True, "Assign the flag", (program.replace(statement, program.code(assignment)),))


def unused_name(program: Program) -> str | None:
    """A name for a layer that the file does not use yet."""
    used = program.names()
    return next((name for name in ("layer", "each_layer", "layer_of_list") if name not in used), None)
