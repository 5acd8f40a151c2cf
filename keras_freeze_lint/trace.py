"""The predicted timeline: for each line that trains, what every layer is meant to do and does."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import TrainingRecord, Truth
from keras_freeze_lint.explorations import Outcome
from keras_freeze_lint.rules.base import key, line_of


@dataclass
class _Row:
    """One layer at one line: what each path (and release) of the program shows, over all contexts and turns."""

    cls: str
    line: int
    intents: dict[int, set[str]] = field(default_factory=dict)
    weights: dict[int, set[str]] = field(default_factory=dict)
    statistics: dict[int, set[str]] = field(default_factory=dict)


@dataclass
class _Call:
    line: int
    call: str
    model: str
    rows: dict[str, _Row] = field(default_factory=dict)
    paths: set[int] = field(default_factory=set)
    raised: dict[int, str] = field(default_factory=dict)
    root: str = "module"


def training_calls(outcomes: Iterable[Outcome]) -> list[dict[str, object]]:
    """The entries of a trace, one a source line that trains, in source order.

    An entry has an ``error``, as a measured one has, where the call raises at some turn on every path that reaches it.
    """
    calls: dict[tuple[int, str], _Call] = {}
    reachable: dict[str, set[int]] = {}
    number = 0
    complete = True
    for outcome in outcomes:
        complete = complete and outcome.exploration.complete
        for path, replay in zip(outcome.exploration.paths, outcome.replays, strict=True):
            number += 1
            reachable.setdefault(path.root, set()).add(number)
            for record in replay.records:
                if record.index >= path.start:
                    _note(calls, record, replay, path.root, number)
    return [_entry(call, reachable, complete) for _, call in sorted(calls.items())]


def _note(calls: dict[tuple[int, str], _Call], record: TrainingRecord, outcome: Replay, root: str, number: int) -> None:
    line = line_of(record.node)
    call = calls.setdefault((line, record.call), _Call(line, record.call, model_name(record), root=root))
    call.paths.add(number)
    if record.raised is not None:
        call.raised.setdefault(number, record.raised)
    for effect in record.effects.values():
        row = call.rows.setdefault(key(effect.layer, outcome), _Row(effect.layer.cls, line_of(effect.layer.node)))
        row.intents.setdefault(number, set()).add(_word(effect.intended, "trainable", "frozen"))
        row.weights.setdefault(number, set()).add(_word(effect.weights, "moves", "still"))
        if effect.layer.is_bn:
            row.statistics.setdefault(number, set()).add(_word(effect.statistics, "moves", "still"))


def model_name(record: TrainingRecord) -> str:
    """The trained model as the program names it."""
    node = record.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        try:
            return ast.unparse(node.func.value)
        except (RecursionError, ValueError):
            return "model"
    return record.model.name or "model" if record.model is not None else "model"


def _word(truth: Truth, yes: str, no: str) -> str:
    return "unknown" if truth is None else yes if truth else no


def _entry(call: _Call, reachable: dict[str, set[int]], complete: bool) -> dict[str, object]:
    always = complete and reachable[call.root] <= call.paths
    entry: dict[str, object] = {
        "line": call.line,
        "call": call.call,
        "model": call.model,
        "reached": "always" if always else "maybe",
    }
    if call.paths <= call.raised.keys():
        entry["error"] = next(iter(call.raised.values()))
    entry["layers"] = {name: _layer(row) for name, row in call.rows.items()}
    return entry


def _layer(row: _Row) -> dict[str, object]:
    entry: dict[str, object] = {
        "class": row.cls,
        "line": row.line,
        "intent": _joined(row.intents, "unknown"),
        "weights": _joined(row.weights, "varies"),
    }
    if row.statistics:
        entry["statistics"] = _joined(row.statistics, "varies")
    return entry


def _joined(seen: dict[int, set[str]], different: str) -> str:
    """Turns of one path that differ vary; paths that differ leave it unknown, for a run takes only one of them."""
    words = {_one(turns, different) for turns in seen.values()}
    return next(iter(words)) if len(words) == 1 else "unknown"


def _one(turns: set[str], different: str) -> str:
    if len(turns) == 1:
        return next(iter(turns))
    return "unknown" if "unknown" in turns else different
