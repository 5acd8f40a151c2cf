"""The one door of the slicer: a file and the lines in question in, a witness out."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection
from functools import lru_cache

from keras_freeze_lint.sources.files import SourceError, with_line_feeds
from keras_freeze_lint.sources.parsing import TOO_DEEP, parse
from keras_freeze_lint.verify.slicing.callees import Callees
from keras_freeze_lint.verify.slicing.driver import ROUNDS, driver_lines, entries_before, entries_for
from keras_freeze_lint.verify.slicing.editing import Source
from keras_freeze_lint.verify.slicing.effects import Effects
from keras_freeze_lint.verify.slicing.facts import Facts
from keras_freeze_lint.verify.slicing.filling import CannotSlice
from keras_freeze_lint.verify.slicing.flow import read_program
from keras_freeze_lint.verify.slicing.inference import inference_in
from keras_freeze_lint.verify.slicing.keeping import Keeper
from keras_freeze_lint.verify.slicing.program import FUNCTIONS, FunctionNode, Program, inner_statements
from keras_freeze_lint.verify.slicing.running import Leads, Running
from keras_freeze_lint.verify.slicing.sessions import session_runs
from keras_freeze_lint.verify.slicing.synthetic import helper_text
from keras_freeze_lint.verify.slicing.writing import Writer, is_future
from keras_freeze_lint.verify.witness import Unsliceable, Witness


def slice_program(
    text: str,
    file: str,
    finding_lines: Collection[int],
    training_calls: Collection[int],
    *,
    inference_calls: Collection[int] = (),
    modern: bool = False,
) -> Witness | Unsliceable:
    """Return a witness of the findings on some lines: what they need to be seen at the training calls in question.

    The lines count from 1. On those of ``inference_calls`` a model is only used, which is what the findings are about;
    elsewhere such calls have no place in a witness. A ``modern`` witness says what older Kerases call otherwise as
    Keras does since 2.11.
    Nothing is raised for any text; what cannot be sliced is returned with its reason.
    """
    text = with_line_feeds(text).lstrip("\ufeff")
    try:
        return _slice(text, file, sorted(set(finding_lines)), sorted(set(training_calls)), inference_calls, modern)
    except SourceError as error:
        return Unsliceable(str(error), error.line)
    except CannotSlice as obstacle:
        return Unsliceable(obstacle.reason, obstacle.line)
    except (RecursionError, MemoryError):
        return Unsliceable(TOO_DEEP)


@lru_cache(maxsize=1)
def _read(text: str) -> tuple[Effects, Leads]:
    """What is known of a program, whichever lines are in question: kept for the next finding of the same file."""
    program = read_program(text, parse(text))
    facts = Facts(program, Callees(program))
    return Effects(facts), Leads(program, facts.callees)


def _slice(
    text: str,
    file: str,
    finding_lines: list[int],
    training_calls: list[int],
    inference_calls: Collection[int],
    modern: bool,
) -> Witness | Unsliceable:
    effects, leads = _read(text)
    facts, program = effects.facts, effects.program
    goals = _goals(program, finding_lines, training_calls)
    if not goals:
        return Unsliceable("no statement on the lines in question")
    goals += [one for one in session_runs(program, goals) if one not in goals]
    used = inference_in(program, facts, inference_calls)
    keeper, entries = _keep(lambda: Keeper(effects, Source(text), goals, Running(leads), used, modern=modern))
    trained = keeper.trains()
    if not trained:
        return Unsliceable("nothing in this file trains the model", (training_calls or finding_lines)[0])
    calls = driver_lines(keeper, entries)
    writer = _written(keeper, calls, text)
    try:
        read = _read_names(writer.lines)
    except SourceError as error:
        return Unsliceable("what is left of the program cannot be written down", _user_line(writer, error.line))
    if keeper.filling.forget_imports(read):
        writer = _written(keeper, calls, text)
    return Witness(
        file,
        "\n".join(writer.lines) + "\n",
        tuple(writer.origins),
        tuple(dict.fromkeys(call.lineno for call in trained)),
        tuple(sorted(keeper.filling.assumptions, key=lambda one: (one.line, one.written))),
    )


def _written(keeper: Keeper, calls: list[str], text: str) -> Writer:
    """The script: what comes from the future, what is made up, the user's program, and the calls of its functions."""
    writer = Writer(keeper, keeper.source)
    for statement in keeper.program.tree.body:
        if is_future(statement):
            writer.simple(statement, "")
    helpers = helper_text(keeper.filling.helpers, _package(text))
    if helpers:
        writer.add(helpers)
    writer.module()
    if calls:
        writer.add("\n# -- nothing in the file calls what follows\n" + "\n".join(calls))
    while writer.lines and not writer.lines[-1]:
        writer.lines.pop()
        writer.origins.pop()
    return writer


def _user_line(writer: Writer, line: int) -> int:
    return next((origin for origin in reversed(writer.origins[:line]) if origin), 0)


def _read_names(lines: list[str]) -> set[str]:
    return {
        node.id
        for node in ast.walk(parse("\n".join(lines)))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _keep(begin: Callable[[], Keeper]) -> tuple[Keeper, list[FunctionNode]]:
    """The slice, and the functions that have to be called for it because the file does not."""
    keeper = begin()
    keeper.running.reach(())
    entries = entries_for(keeper.facts, keeper.goals, keeper.running)
    for _ in range(ROUNDS):
        keeper = begin()
        keeper.running.reach(entries)
        keeper.slice(entries)
        more = [one for one in entries_before(keeper) if one not in entries]
        if not more:
            break
        entries = sorted([*entries, *more], key=lambda one: one.lineno)
    return keeper, entries


def _goals(program: Program, finding_lines: list[int], training_calls: list[int]) -> list[ast.stmt]:
    """The innermost statements on the lines that must be reached."""
    best: dict[int, ast.stmt] = {}
    for statement in inner_statements(program.tree.body, into_scopes=True):
        for line in {*finding_lines, *training_calls}:
            if statement.lineno <= line <= (statement.end_lineno or statement.lineno):
                known = best.get(line)
                if known is None or (statement.lineno, -(statement.end_lineno or 0)) >= (
                    known.lineno,
                    -(known.end_lineno or 0),
                ):
                    best[line] = statement
    found = dict.fromkeys(best[line] for line in sorted(best))
    return [one for one in found if not isinstance(one, (*FUNCTIONS, ast.ClassDef))]


def _package(text: str) -> str:
    """The Keras that a file is written for."""
    if re.search(r"^\s*(?:import|from)\s+tf_keras\b", text, re.MULTILINE):
        return "tf_keras"
    if re.search(r"^\s*(?:import|from)\s+keras\b", text, re.MULTILINE):
        return "keras"
    return "tensorflow.keras"
