"""All fixers, by the code whose findings they fix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from libcst import CSTLogicError, ParserSyntaxError

from keras_freeze_lint.findings import Finding, Fix
from keras_freeze_lint.fixes.assignments import fix_called, fix_compared, fix_misspelled, fix_on_list, fix_text
from keras_freeze_lint.fixes.loops import fix_all_variables
from keras_freeze_lint.fixes.order import fix_parent_last
from keras_freeze_lint.fixes.parents import fix_frozen_parent
from keras_freeze_lint.fixes.program import Program
from keras_freeze_lint.fixes.recompile import fix_late_flag, fix_used_optimizer
from keras_freeze_lint.fixes.slices import fix_minus_zero

FIXERS: Mapping[str, Callable[[Program, Finding], Fix | None]] = {
    "KFL101": fix_late_flag,
    "KFL102": fix_late_flag,
    "KFL106": fix_used_optimizer,
    "KFL401": fix_misspelled,
    "KFL402": fix_compared,
    "KFL403": fix_called,
    "KFL404": fix_on_list,
    "KFL405": fix_text,
    "KFL501": fix_frozen_parent,
    "KFL502": fix_parent_last,
    "KFL504": fix_minus_zero,
    "KFL601": fix_all_variables,
}


def proposals_for(findings: Sequence[Finding], text: str) -> list[Fix | None]:
    """For each finding in a text with line feeds what its fixer proposes; nothing where libcst cannot read the text."""
    try:
        program = Program(text, findings)
        return [_proposal(program, finding) for finding in findings]
    except (ParserSyntaxError, CSTLogicError, RecursionError):
        return [None] * len(findings)


def _proposal(program: Program, finding: Finding) -> Fix | None:
    fixer = FIXERS.get(finding.code)
    return fixer(program, finding) if fixer is not None and finding.location.cell is None else None
