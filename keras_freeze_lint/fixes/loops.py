"""KFL601: a hand-written step differentiates by the trainable variables only."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

from keras_freeze_lint.findings import Finding, Fix
from keras_freeze_lint.fixes.program import Program

TRAINABLE = "trainable_variables"
_EVERYTHING = m.Name("variables") | m.Name("weights")
_DIFFERENTIATION = m.Call(func=m.Attribute(attr=m.Name("gradient") | m.Name("compute_gradients")))


def fix_all_variables(program: Program, finding: Finding) -> Fix | None:
    """``model.variables`` to ``model.trainable_variables``, also where the gradients are taken.

    Gradients and variables are paired by their order, so that either all such reads of a function change or none does.
    """
    read = program.at(finding.location, cst.Attribute)
    if read is None or not m.matches(read.attr, _EVERYTHING) or _is_indexed(program, read):
        return None
    reads = _reads_beside(program, read)
    if any(_is_paired(program, one) for one in reads) != any(_is_differentiated(program, one) for one in reads):
        return None
    if any(_is_indexed(program, one) for one in reads):
        return None
    edits = tuple(sorted(program.replace(one.attr, TRAINABLE) for one in reads))
    return Fix(False, f"Use {TRAINABLE}", edits)


def _reads_beside(program: Program, read: cst.Attribute) -> list[cst.Attribute]:
    """The read itself, and the other reads of the same model's variables that its function hands on in calls."""
    function, model = program.function_of(read), program.code(read.value)
    reads = [
        one
        for one in program.found(function, m.Attribute(attr=_EVERYTHING))
        if isinstance(one, cst.Attribute)
        and program.code(one.value) == model
        and (one is read or _is_paired(program, one) or _is_differentiated(program, one))
    ]
    return [one for one in reads if program.function_of(one) is function]


def _is_paired(program: Program, read: cst.Attribute) -> bool:
    """Whether the variables are zipped with gradients."""
    return _is_within(program, read, m.Call(func=m.Name("zip")))


def _is_differentiated(program: Program, read: cst.Attribute) -> bool:
    return _is_within(program, read, _DIFFERENTIATION)


def _is_within(program: Program, read: cst.Attribute, call: m.Call) -> bool:
    for holder in program.ancestors(read):
        if m.matches(holder, call):
            return True
        if isinstance(holder, cst.BaseSmallStatement):
            return False
    return False


def _is_indexed(program: Program, read: cst.Attribute) -> bool:
    """Whether a part is chosen by numbers that count all variables."""
    return isinstance(program.parent(read), cst.Subscript)
