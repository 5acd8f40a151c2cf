"""Leaving a loop or a function early, inside what is kept."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from keras_freeze_lint.verify.slicing.program import FUNCTIONS, LOOPS, inner_statements

if TYPE_CHECKING:
    from keras_freeze_lint.verify.slicing.keeping import Keeper


def keep_jumps(keeper: Keeper) -> bool:
    """Keep each jump that counts; returned is whether there was one: it does wherever its condition can be told."""
    done = False
    for statement in inner_statements(keeper.program.tree.body, into_scopes=True):
        if statement in keeper.kept or not isinstance(statement, (ast.Break, ast.Continue, ast.Return)):
            continue
        if _counts(keeper, statement):
            keeper.keep(statement)
            done = done or statement in keeper.kept
    return done


def _counts(keeper: Keeper, statement: ast.stmt) -> bool:
    function = keeper.program.function_of(statement)
    if isinstance(statement, ast.Return):
        if function not in keeper.kept:
            return False
        if function not in keeper.valued and keeper.program.parents.get(statement) is function:
            return False
    conditional = False
    for outer in keeper.program.around(statement):
        if isinstance(outer, ast.If):
            conditional = True
            if keeper.facts.is_missing(outer.test):
                return isinstance(statement, ast.Return) and outer in keeper.kept
        elif isinstance(outer, LOOPS):
            return outer in keeper.kept and (conditional or isinstance(outer, ast.While))
        elif isinstance(outer, FUNCTIONS):
            return outer in keeper.kept
    return False
