"""KFL504: a slice that counts zero layers from the end counts from the start instead."""

from __future__ import annotations

import libcst as cst

from keras_freeze_lint.findings import Finding, Fix
from keras_freeze_lint.fixes.program import Program

_ZERO = "0"


def fix_minus_zero(program: Program, finding: Finding) -> Fix | None:
    """``layers[-n:]`` with n = 0 to ``layers[len(layers) - n:]``, and ``layers[:-n]`` likewise; -0 is 0.

    Whatever the slice is taken of is written twice, so that it must be a name or attributes of one.
    """
    cut = program.at(finding.location, cst.Subscript)
    if cut is None or len(cut.slice) != 1 or not _is_dotted(cut.value):
        return None
    part = cut.slice[0].slice
    if not isinstance(part, cst.Slice) or part.step is not None:
        return None
    bounds = [bound for bound in (part.lower, part.upper) if bound is not None]
    if len(bounds) != 1 or not isinstance(bounds[0], cst.UnaryOperation):
        return None
    bound = bounds[0]
    if not isinstance(bound.operator, cst.Minus) or not isinstance(
        bound.expression, cst.Name | cst.Integer | cst.Attribute
    ):
        return None
    length, count = f"len({program.code(cut.value)})", program.code(bound.expression)
    counted = length if count == _ZERO else f"{length} - {count}"
    return Fix(False, "Count the layers from the start", (program.replace(bound, counted),))


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)
