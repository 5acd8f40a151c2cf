"""Cuts training loops and batches to what proves the point: few turns, but every turn on which something changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keras_freeze_lint.verify.slicing.constants import number
from keras_freeze_lint.verify.slicing.program import FUNCTIONS, LOOPS, Definition, defaults_of, inner_statements

if TYPE_CHECKING:
    from keras_freeze_lint.verify.slicing.keeping import Keeper

_BATCH = re.compile(r"(?:\w*_)?batch(?:_?size|_?sz)?|bs|batchsize", re.IGNORECASE)
_TURNS = 3
# A loop of so few turns is left as it is.
_SHORT = 5
_MOST_TURNS = 60


class Shortening:
    """Works on a finished slice; what it changes is text only, except that a loop over data may need its model."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.program = keeper.program
        self.source = keeper.source
        self.calls = keeper.trains()
        self.trainers = self._trainers()

    def _trainers(self) -> set[ast.AST]:
        """The functions in which something is trained, directly or by a call."""
        found: set[ast.AST] = set()
        waiting = [self.program.function_of(call) for call in self.calls]
        while waiting:
            function = waiting.pop()
            if function is not None and function not in found:
                found.add(function)
                callers = self.keeper.facts.callees.callers.get(function, ())
                waiting.extend(self.program.function_of(call) for call in callers)
        return found

    def _trains(self, body: list[ast.stmt]) -> bool:
        trained = {self.program.statement_of(call) for call in self.calls}
        for statement in inner_statements(body):
            if statement in trained:
                return True
            if statement in self.keeper.kept:
                calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
                if any(one in self.trainers for call in calls for one in self.keeper.facts.callees.targets(call)):
                    return True
        return False

    def loops(self) -> None:
        """Give every loop that trains a few turns."""
        for statement in inner_statements(self.program.tree.body, into_scopes=True):
            if statement not in self.keeper.kept:
                continue
            if isinstance(statement, (ast.For, ast.AsyncFor)):
                if self._trains(statement.body):
                    self._shorten_for(statement)
            elif isinstance(statement, ast.While) and self._trains(statement.body):
                self._shorten_while(statement)

    # -- for
    def _shorten_for(self, statement: ast.For | ast.AsyncFor) -> None:
        counted = self._range(statement.iter)
        if counted is None:
            return
        first, last = self._bounds(counted)
        length = None if first is None or last is None else last - first
        if length is not None and length <= _SHORT:
            self._unwrap(statement.iter, counted, ast.unparse(counted))
            return
        if len(counted.args) > 1 and first is None:
            start = ast.unparse(counted.args[0])
            self._unwrap(statement.iter, counted, f"range({start}, {start} + {_TURNS})")
            return
        begin = int(first or 0)
        few = (
            2
            if any(isinstance(one, LOOPS) and self._trains([one]) for one in inner_statements(statement.body))
            else _TURNS
        )
        turns = set(range(begin, begin + few))
        turns |= self._turning_points(statement, begin, None if last is None else int(last))
        text = _turns_text(sorted(turns), begin)
        stop = counted.args[-1]
        if last is None and len(counted.args) == 1 and not self.keeper.facts.is_missing(stop):
            text = f"range(min({ast.unparse(stop)}, {len(turns)}))"
        self._unwrap(statement.iter, counted, text)

    def _unwrap(self, iterated: ast.expr, counted: ast.Call, text: str) -> None:
        """Replace the count; what only draws a progress bar around it goes."""
        if iterated is counted or not self.keeper.facts.is_missing(iterated):
            if text != ast.unparse(counted):
                self.source.replace(counted, text)
            return
        self.source.replace(iterated, text)

    def _range(self, iterated: ast.expr) -> ast.Call | None:
        for node in ast.walk(iterated):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"range", "xrange", "trange"}:
                return node if 1 <= len(node.args) <= 2 else None
        return None

    def _bounds(self, counted: ast.Call) -> tuple[float | None, float | None]:
        if len(counted.args) == 1:
            return 0, number(self.program, counted.args[0])
        return number(self.program, counted.args[0]), number(self.program, counted.args[1])

    def _turning_points(self, statement: ast.For | ast.AsyncFor, begin: int, end: int | None) -> set[int]:
        """The turns around which a kept condition on the loop's variable changes its mind."""
        names = {node.id for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
        found: set[int] = set()
        for test in self._kept_tests(statement.body):
            for node in ast.walk(test):
                if isinstance(node, ast.Compare) and names & _names_in(node):
                    found |= self._around(node, names)
        last = end if end is not None else begin + 100_000
        return {turn for turn in found if begin <= turn < last}

    def _kept_tests(self, body: list[ast.stmt]) -> Iterator[ast.expr]:
        for statement in inner_statements(body):
            if statement in self.keeper.kept and isinstance(statement, (ast.If, ast.While)):
                yield statement.test
            for node in ast.walk(statement) if statement in self.keeper.kept else ():
                if isinstance(node, ast.IfExp):
                    yield node.test

    def _around(self, compare: ast.Compare, names: set[str]) -> set[int]:
        values: list[int] = []
        for side in [compare.left, *compare.comparators]:
            if isinstance(side, (ast.Tuple, ast.List, ast.Set)):
                values.extend(int(one) for one in (number(self.program, each) for each in side.elts) if one is not None)
            elif isinstance(side, ast.BinOp) and isinstance(side.op, ast.Mod) and names & _names_in(side.left):
                divisor = number(self.program, side.right)
                if divisor:
                    values.extend([0, int(divisor)])
            elif isinstance(side, ast.BinOp) and names & _names_in(side):
                shift = number(self.program, side.right) or 0
                values.extend([int(shift)])
            elif (value := number(self.program, side)) is not None:
                values.append(int(value))
        return {value + step for value in values for step in (-1, 0, 1)}

    # -- while
    def _shorten_while(self, statement: ast.While) -> None:
        largest = 0
        for test in self._kept_tests(statement.body):
            for node in ast.walk(test):
                if isinstance(node, ast.Compare):
                    for side in [node.left, *node.comparators]:
                        largest = max(largest, int(number(self.program, side) or 0))
        turns = largest + 2 if 0 < largest < _MOST_TURNS else _TURNS
        condition = ast.unparse(statement.test)
        start, end = self.source.start(statement), self.source.end(statement.test)
        is_told = not self.keeper.facts.is_missing(statement.test)
        self.source.changes = [one for one in self.source.changes if not (start <= one.start and one.end <= end)]
        self.source.replace_span(start, end, f"for synthetic_turn in range({turns})")
        if is_told and not isinstance(statement.test, ast.Constant):
            self.keeper.filling.first_lines[statement] = f"if not ({condition}): break"

    # -- loops over data that is not there
    def feeds(self) -> list[ast.AST]:
        """Give loops over missing data something to go over; returned is what the batches are made for."""
        needs: list[ast.AST] = []
        for statement in self.keeper.starved:
            if self._range(statement.iter) is not None and not isinstance(statement.target, ast.Tuple):
                continue
            if any(one in self.keeper.needed for one in self._bound(statement)):
                if self.keeper.training.feeds(statement):
                    needs.extend(self.keeper.training.used_by_feed(statement))
                else:
                    self.keeper.filling.fill(statement.iter)
            else:
                self._count(statement)
        self.keeper.starved.clear()
        return needs

    def _bound(self, statement: ast.For | ast.AsyncFor) -> list[Definition]:
        names = {node for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
        return [one for one in self.keeper.facts.definitions if one.target in names]

    def _count(self, statement: ast.For | ast.AsyncFor) -> None:
        """A loop whose data nobody needs any more only counts."""
        self.keeper.filling.assume(statement.iter, ast.unparse(statement.iter), "two turns")
        target = statement.target
        if isinstance(target, (ast.Tuple, ast.List)):
            self.source.replace(target, "synthetic_turn")
        self.source.replace(statement.iter, "range(2)")

    # -- batches
    def batches(self) -> None:
        """Large batches become small ones, and different ones stay different."""
        found: list[ast.Constant] = []
        for statement in self.keeper.kept:
            found.extend(self._batch_sizes(statement))
        wanted = sorted({one.value for one in found if isinstance(one.value, int)})
        sizes = {value: 8 + 4 * position for position, value in enumerate(wanted)}
        for one in found:
            size = sizes[one.value]  # type: ignore[index]
            if size < one.value:  # type: ignore[operator]
                self.source.replace(one, str(size))

    def _batch_sizes(self, statement: ast.stmt) -> list[ast.Constant]:
        found: list[ast.expr | None] = []
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                name = getattr(target, "id", getattr(target, "attr", ""))
                found.append(statement.value if _BATCH.fullmatch(name) else None)
        if isinstance(statement, FUNCTIONS):
            found.extend(value for name, value in defaults_of(statement).items() if _BATCH.fullmatch(name))
        elif not isinstance(statement, (ast.ClassDef, ast.If, *LOOPS, ast.With, ast.Try)):
            for node in ast.walk(statement):
                if isinstance(node, ast.keyword) and node.arg and _BATCH.fullmatch(node.arg):
                    found.append(node.value)
                elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "batch" and node.args:
                    found.append(node.args[0])
                elif isinstance(node, ast.Call):
                    found.extend(self._passed_on(node))
        return [one for one in found if isinstance(one, ast.Constant) and type(one.value) is int and one.value > 16]

    def _passed_on(self, call: ast.Call) -> Iterator[ast.expr]:
        """Batch sizes among the arguments of a function of the file, which its parameters tell."""
        for function in self.keeper.facts.callees.targets(call):
            parameters = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
            names = parameters[1:] if parameters[:1] == ["self"] else parameters
            yield from (value for name, value in zip(names, call.args, strict=False) if _BATCH.fullmatch(name))


def _names_in(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _turns_text(turns: list[int], begin: int) -> str:
    if len(turns) > _MOST_TURNS:
        turns = turns[:_MOST_TURNS]
    if turns == list(range(begin, begin + len(turns))):
        return f"range({len(turns)})" if begin == 0 else f"range({begin}, {begin + len(turns)})"
    return "(" + ", ".join(map(str, turns)) + ")"
