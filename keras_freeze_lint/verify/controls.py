"""What a run is compared with: the same witness with the intended flags in force, or with the mistake mended."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from keras_freeze_lint.findings import Edit, Finding, Report
from keras_freeze_lint.keras.api import MODEL_TRAINING
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.parsing import parse
from keras_freeze_lint.verify.comparing import Comparison, Observation, at_inference, control_for
from keras_freeze_lint.verify.measurement import Control, Measurement
from keras_freeze_lint.verify.runner import Request
from keras_freeze_lint.verify.witness import Witness

_COMPILED_AGAIN = {
    "still": "frozen before a new compile()",
    "moves": "trainable before a new compile()",
    "finished": "with the intended flags before a new compile()",
}
_FROM_THE_START = {
    "still": "frozen from the beginning",
    "moves": "with nothing ever frozen",
    "finished": "with nothing ever frozen",
}


@dataclass(frozen=True)
class Proposal:
    """A run for comparison that can be made: of so many ``calls`` on these lines, or (None) to its end.

    ``inference`` says that these calls only use a model, ``first`` that the call in question is the first of its line:
    the run that it is compared with may then make it once more.
    """

    words: str
    text: str
    lines: frozenset[int]
    calls: int | None
    flags: Control | None = None
    inference: bool = False
    first: bool = False

    @property
    def request(self) -> Request:
        """This run, by itself."""
        wanted = (self.lines, self.calls) if self.calls is not None else None
        return Request(self.text, self.flags, wanted, self.lines if self.inference else frozenset())

    @property
    def requests(self) -> tuple[Request, ...]:
        """The ways to make it, the shortest first."""
        return (Request(self.text, self.flags, continued=True), self.request) if self.first else (self.request,)

    def showed(self, measured: Measurement) -> Comparison:
        return Comparison(self.words, self.lines, measured, self.flags is not None)


def controls(
    observation: Observation, witness: Witness, twin: Finding | None, settings: Settings
) -> Iterator[Proposal]:
    """Yield what an observation can be compared with, the most telling first.

    ``twin`` is the same finding in the witness, as the linter sees it there.
    """
    plan = control_for(observation)
    if plan is None:
        return
    if at_inference(observation):
        if twin is not None:
            yield from _told_otherwise(plan.line, observation.turn + 1, witness, twin)
        return
    flags, line = dict(plan.flags), frozenset({plan.line})
    calls = observation.turn + 1 if observation.call is not None else None
    mendable = twin if observation.shown == observation.prediction.effect else None
    if observation.call is not None and flags:
        # Only a model's own training goes by another compile().
        if observation.call.call in MODEL_TRAINING:
            control, first = Control(plan.line, flags), observation.turn == 0
            yield Proposal(_COMPILED_AGAIN[plan.expected], witness.text, line, calls, control, first=first)
        elif observation.call.call == "minimize" and plan.expected == "still":
            yield Proposal("left out of var_list", witness.text, line, calls, Control(plan.line, flags))
        elif mendable is not None and all(layer.intent == "frozen" for _, layer in observation.layers):
            # Hardly by flags, which are set already.
            yield from _mended(plan.line, calls, witness, mendable, settings)
            mendable = None
        yield Proposal(_FROM_THE_START[plan.expected], witness.text, line, calls, Control(0, flags))
    if mendable is not None:
        yield from _mended(plan.line, calls, witness, mendable, settings)
        if observation.shown == "raises":
            yield from _without(plan.line, calls, witness, mendable)


def _mended(line: int, calls: int | None, witness: Witness, twin: Finding, settings: Settings) -> Iterator[Proposal]:
    """The witness with the fix of its own finding, which analysing it again has confirmed."""
    from keras_freeze_lint.fixes.editing import apply
    from keras_freeze_lint.fixing import with_fixes

    (fixed,) = with_fixes(Report(witness.file, (twin,)), witness.text, settings).findings
    if fixed.fix is None:
        return
    where = line or (twin.prediction.training_call if twin.prediction else 0)
    text = apply(witness.text, fixed.fix.edits)
    yield Proposal("mended", text, frozenset({_moved(where, fixed.fix.edits)}), calls)


def _without(line: int, calls: int | None, witness: Witness, twin: Finding) -> Iterator[Proposal]:
    """The witness without the call that the finding is about: if nothing else raises, that call was the reason."""
    flagged = [
        node
        for node in ast.walk(parse(witness.text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.lineno == twin.location.line
    ]
    if len(flagged) != 1 or flagged[0].lineno == line:
        return
    (call,) = flagged
    lines = witness.text.split("\n")
    first, end = call.lineno - 1, call.end_lineno or call.lineno
    behind = lines[end - 1].encode()[call.end_col_offset :].decode()
    if lines[first].encode()[: call.col_offset].strip() or not re.fullmatch(r"\s*(#.*)?", behind):
        return
    lines[first:end] = [f"{' ' * call.col_offset}pass", *[""] * (end - call.lineno)]
    yield Proposal("without it", "\n".join(lines), frozenset({line or call.lineno}), calls)


def _told_otherwise(line: int, calls: int, witness: Witness, twin: Finding) -> Iterator[Proposal]:
    """The witness with ``training=False`` in the flagged call."""
    lines = witness.text.split("\n")
    place = twin.location
    column = len(lines[place.line - 1][: place.column - 1].encode())
    modes = [
        word.value
        for node in ast.walk(parse(witness.text))
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) == (place.line, column)
        for word in node.keywords
        if word.arg == "training"
    ]
    if len(modes) != 1 or modes[0].lineno != modes[0].end_lineno:
        return
    (mode,) = modes
    text = lines[mode.lineno - 1].encode()
    changed = text[: mode.col_offset] + b"False" + text[mode.end_col_offset :]
    lines[mode.lineno - 1] = changed.decode()
    yield Proposal("called with training=False", "\n".join(lines), frozenset({line}), calls, inference=True)


def _moved(line: int, edits: tuple[Edit, ...]) -> int:
    """The line where a line stands after edits above it."""
    shift = 0
    for edit in edits:
        if edit.end_line < line or (edit.end_line == line and edit.end_column == 1):
            shift += edit.replacement.count("\n") - (edit.end_line - edit.line)
    return line + shift
