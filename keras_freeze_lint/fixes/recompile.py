"""KFL101, KFL102 and KFL106: compile again, with a fresh optimizer."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.findings import Finding, Fix
from keras_freeze_lint.fixes.functions import (
    are_methods_of_one_class,
    helper_call,
    only_call_of,
    reads_the_same_everywhere,
)
from keras_freeze_lint.fixes.optimizers import fresh, is_spelled_out, is_tuned, optimizer_argument, with_fresh_options
from keras_freeze_lint.fixes.program import Program

_COMPILE = m.Call(func=m.Attribute(attr=m.Name("compile")))
_LATE = ("KFL101", "KFL102")


def fix_late_flag(program: Program, finding: Finding) -> Fix | None:
    """KFL101, KFL102: repeat the last compile call of the trained model below the change, or below its loop.

    Where several late flags follow each other, one compile call below the last of them is enough. Where a function sets
    the flags, the place is below the call of that function.
    """
    change = program.statement_at(finding.location)
    call = _compile_call(program, finding)
    if change is None or call is None:
        return None
    if program.function_of(change) is not program.function_of(call):
        change = only_call_of(program, change, program.function_of(call)) or change
    anchor = _anchor(program, change, finding, call)
    again = _again(program, call, change, program.first_line(anchor)) if anchor is not None else None
    if anchor is None or again is None:
        return None
    return Fix(False, "Compile again after the change", (program.insert_after(anchor, again),))


def _again(program: Program, call: cst.Call, change: cst.BaseSmallStatement, line: int) -> cst.Expr | None:
    """The statement that compiles again on a line of the function in which the flags change."""
    here, there = program.function_of(change), program.function_of(call)
    if here is there:
        again = _repeated(program, call, line) if program.first_line(call) < line else None
        return cst.Expr(again) if again is not None else None
    if are_methods_of_one_class(program, here, there):
        again = _repeated(program, call, line)
        return cst.Expr(again) if again is not None and reads_the_same_everywhere(program, again) else None
    return helper_call(program, there, here, line)


def fix_used_optimizer(program: Program, finding: Finding) -> Fix | None:
    """KFL106: compile with the optimizer's constructor call instead of the used optimizer."""
    call = program.at(finding.location, cst.Call)
    if call is None or not m.matches(call, _COMPILE):
        return None
    argument = optimizer_argument(call)
    if argument is None or not isinstance(argument.value, cst.Name | cst.Attribute):
        return None
    optimizer: cst.BaseExpression | None = argument.value
    if program.code(argument.value) == f"{_receiver(program, call)}.optimizer":
        optimizer = _optimizer_before(program, call)
    made = fresh(program, optimizer) if optimizer is not None else None
    if made is None:
        return None
    return Fix(False, "Compile with a new optimizer", (program.replace(argument.value, program.code(made)),))


def _compile_call(program: Program, finding: Finding) -> cst.Call | None:
    """The call that compiled the trained model, where it is a plain call on a name such as ``self.model``."""
    lines = [step.line for step in finding.path if step.what == "compiled here"]
    if not lines:
        return None
    calls = [call for call in program.starting_on(lines[-1], cst.Call) if m.matches(call, _COMPILE)]
    return calls[0] if len(calls) == 1 and _receiver(program, calls[0]) else None


def _receiver(program: Program, call: cst.Call) -> str:
    """The dotted name before ``.compile``; empty if it is something else."""
    assert isinstance(call.func, cst.Attribute)
    root = call.func.value
    while isinstance(root, cst.Attribute):
        root = root.value
    return program.code(call.func.value) if isinstance(root, cst.Name) else ""


def _repeated(program: Program, call: cst.Call, line: int) -> cst.Call | None:
    """The compile call with a fresh optimizer, for use on a line; None where that cannot be seen."""
    if is_tuned(program, f"{_receiver(program, call)}.optimizer", line):
        return None
    if not is_spelled_out(call):
        return with_fresh_options(program, call)
    argument = optimizer_argument(call)
    if argument is None:
        return call
    optimizer = fresh(program, argument.value)
    if optimizer is None:
        return None
    arguments = [one.with_changes(value=optimizer) if one is argument else one for one in call.args]
    return call.with_changes(args=arguments)


def _anchor(
    program: Program, change: cst.BaseSmallStatement, finding: Finding, call: cst.Call
) -> cst.BaseStatement | None:
    """The statement below which to compile: the change or its outermost loop, or a later one with a late flag too.

    A loop that also compiles or trains is no such loop: there the flag changes in one turn and counts in the next. None
    where the change shares its line with other statements.
    """
    anchor: cst.BaseStatement | None = program.own_line(change)
    others = {program.first_line(call), *(step.line for step in finding.path if step.what == "trained here")}
    for holder in program.ancestors(change):
        if isinstance(holder, cst.FunctionDef | cst.ClassDef):
            break
        if isinstance(holder, cst.For | cst.While):
            if any(program.first_line(holder) <= line <= program.last_line(holder) for line in others):
                break
            anchor = holder
    return _last_late(program, anchor, finding) if anchor is not None else None


def _last_late(program: Program, anchor: cst.BaseStatement, finding: Finding) -> cst.BaseStatement:
    """The last of the statements, from the anchor on, that all set a flag too late for the same training."""
    trained = [step for step in finding.path if step.what in ("compiled here", "trained here")]
    late = {
        one.location.line
        for one in program.findings
        if one.code in _LATE
        and [step for step in one.path if step.what in ("compiled here", "trained here")] == trained
    }
    last = anchor
    for following in _following(program, anchor):
        if not any(program.first_line(following) <= line <= program.last_line(following) for line in late):
            break
        last = following
    return last


def _following(program: Program, statement: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
    """The statements below a statement in its block."""
    block = program.parent(statement)
    if not isinstance(block, cst.IndentedBlock | cst.Module):
        return ()
    body = list(block.body)
    return body[body.index(statement) + 1 :]


def _optimizer_before(program: Program, call: cst.Call) -> cst.BaseExpression | None:
    """What the same model was compiled with before, in the same function."""
    receiver, line = _receiver(program, call), program.first_line(call)
    earlier = [
        one for one in program.found(program.function_of(call), _COMPILE)
        if isinstance(one, cst.Call) and program.first_line(one) < line and _receiver(program, one) == receiver
    ]  # fmt: skip
    if not earlier or is_tuned(program, f"{receiver}.optimizer", line):
        return None
    argument = optimizer_argument(max(earlier, key=program.first_line))
    return argument.value if argument is not None else None
