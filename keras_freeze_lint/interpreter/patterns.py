"""Patterns of ``match`` statements: constants, captures, sequences, alternatives, classes and mappings."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from keras_freeze_lint.interpreter import conditions, containers
from keras_freeze_lint.interpreter.builtin_calls import instance_of
from keras_freeze_lint.interpreter.expressions import evaluate
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Condition, Scope, Unknown, Value

_Truth = bool | Condition


def match_pattern(run: Run, pattern: ast.pattern, subject: Value, scope: Scope) -> _Truth:
    """Whether the subject fits the pattern; names that the pattern captures are bound."""
    if isinstance(pattern, ast.MatchValue):
        return conditions.truth(conditions.compare(run, ast.Eq(), subject, evaluate(run, pattern.value, scope)))
    if isinstance(pattern, ast.MatchSingleton):
        return conditions.truth(conditions.compare(run, ast.Is(), subject, pattern.value))
    if isinstance(pattern, ast.MatchAs):
        truth = match_pattern(run, pattern.pattern, subject, scope) if pattern.pattern is not None else True
        if pattern.name is not None and truth is not False:
            scope.variables[pattern.name] = subject
        return truth
    if isinstance(pattern, ast.MatchOr):
        return _any(match_pattern(run, one, subject, scope) for one in pattern.patterns)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(run, pattern, subject, scope)
    if isinstance(pattern, ast.MatchClass) and not pattern.patterns and not pattern.kwd_patterns:
        return instance_of(subject, evaluate(run, pattern.cls, scope))
    return Condition(("pattern", id(pattern), conditions.key_of(subject)))


def _sequence(run: Run, pattern: ast.MatchSequence, subject: Value, scope: Scope) -> _Truth:
    if isinstance(subject, str | int | float | bool | dict | type(None)):
        return False
    items = containers.items_of(run, subject)
    starred = next((i for i, one in enumerate(pattern.patterns) if isinstance(one, ast.MatchStar)), None)
    if items is None:
        _capture_unknown(pattern, scope)
        return Condition(("pattern", id(pattern), conditions.key_of(subject)))
    if starred is None:
        if len(items) != len(pattern.patterns):
            return False
        return _all(match_pattern(run, one, item, scope) for one, item in zip(pattern.patterns, items, strict=True))
    tail = len(pattern.patterns) - starred - 1
    if len(items) < starred + tail:
        return False
    star = pattern.patterns[starred]
    if isinstance(star, ast.MatchStar) and star.name is not None:
        scope.variables[star.name] = items[starred : len(items) - tail]
    fixed = [*pattern.patterns[:starred], *pattern.patterns[starred + 1 :]]
    rest = [*items[:starred], *items[len(items) - tail :]]
    return _all(match_pattern(run, one, item, scope) for one, item in zip(fixed, rest, strict=True))


def _capture_unknown(pattern: ast.pattern, scope: Scope) -> None:
    for part in ast.walk(pattern):
        if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name is not None:
            scope.variables[part.name] = Unknown(("captured", id(part)))


def _all(truths: Iterable[_Truth]) -> _Truth:
    undecided: Condition | None = None
    for truth in truths:
        if truth is False:
            return False
        if isinstance(truth, Condition):
            undecided = truth
    return undecided if undecided is not None else True


def _any(truths: Iterable[_Truth]) -> _Truth:
    undecided: Condition | None = None
    for truth in truths:
        if truth is True:
            return True
        if isinstance(truth, Condition):
            undecided = truth
    return undecided if undecided is not None else False
