"""A trace for people: a table with one row a training call."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from keras_freeze_lint.keras.api import LAYER_CLASSES

WIDTH = 120
_MOST_NAMES = 6
_GAP = "  "

Trace = Mapping[str, Any]
Row = Sequence[str]


def render(trace: Trace, width: int = WIDTH) -> str:
    """Return the text of a trace document (the JSON shape of ``trace``), at most ``width`` columns wide."""
    keras = trace["keras"]
    evidence = f" ({keras['evidence']})" if keras["evidence"] else ""
    parts = [f"{trace['file']}: Keras {keras['versions'] or 'of any version'} on {keras['backend']}{evidence}"]
    calls = trace["training_calls"]
    parts.append(table([_row(call) for call in calls], width, _HEADINGS) if calls else "No training call found.")
    if trace["findings"]:
        parts.append(
            "\n".join(f"{place(each, 'line ')}: {each['code']} {each['message']}" for each in trace["findings"])
        )
    return "\n\n".join(parts) + "\n"


def place(entry: Mapping[str, Any], line: str = "") -> str:
    """Where an entry stands: its line, and its cell in a notebook."""
    cell = entry.get("cell")
    return f"{line}{entry['line']}" if cell is None else f"cell {cell}:{entry['line']}"


_HEADINGS = ("line", "call", "learns", "still", "cannot tell", "differs from the source")


def _row(call: Mapping[str, Any]) -> Row:
    layers = {name: layer for name, layer in call["layers"].items() if may_have_weights(layer)}
    reached = "" if call["reached"] == "always" else " (perhaps)"
    return (
        place(call),
        f"{call['model']}.{call['call']}{reached}" if call["model"] else f"{call['call']}{reached}",
        joined_names(name for name, layer in layers.items() if layer["weights"] in {"moves", "varies"}),
        joined_names(name for name, layer in layers.items() if layer["weights"] == "still"),
        joined_names(name for name, layer in layers.items() if layer["weights"] == "unknown"),
        f"raises {call['error'].partition(':')[0]}" if "error" in call else _joined(_differences(layers), "\n"),
    )


def may_have_weights(layer: Mapping[str, Any]) -> bool:
    """Whether a layer of this class may have weights; a class nobody knows may."""
    known = LAYER_CLASSES.get(layer["class"])
    return known is None or known.has_weights


def _differences(layers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What happens to a layer against the word of the source, layers with the same fate together."""
    fates: dict[str, list[str]] = {}
    for name, layer in layers.items():
        for quantity in ("weights", "statistics"):
            effect = layer.get(quantity, "unknown")
            if (layer["intent"], effect) in _CONTRADICTIONS:
                fates.setdefault(f"{layer['intent']}, but {quantity} {_VERBS[effect]}", []).append(name)
    return [f"{joined_names(names)}: {fate}" for fate, names in fates.items()]


_CONTRADICTIONS = {("frozen", "moves"), ("frozen", "varies"), ("trainable", "still"), ("trainable", "varies")}
_VERBS = {"moves": "move", "still": "stay still", "varies": "move only at times"}


def joined_names(names: Iterable[str]) -> str:
    """Return the names, a long list by its two ends and its length."""
    listed = list(names)
    if len(listed) > _MOST_NAMES:
        return f"{listed[0]} … {listed[-1]} ({len(listed)} layers)"
    return _joined(listed, ", ")


def _joined(parts: Sequence[str], separator: str) -> str:
    return separator.join(parts) or "-"


def table(rows: Sequence[Row], width: int, headings: Row) -> str:
    """Return the rows below their headings, columns in which no row says anything left out, long cells wrapped."""
    columns = [column for column in zip(headings, *rows, strict=True) if _says_something(column)]
    widths = _column_widths(
        [max(len(line) for cell in column for line in cell.split("\n")) for column in columns], width
    )
    return "\n".join(_wrapped(row, widths) for row in zip(*columns, strict=True))


def _says_something(column: Row) -> bool:
    return column[0] in {"learns", "still"} or any(cell != "-" for cell in column[1:])


def _column_widths(wanted: Sequence[int], width: int) -> list[int]:
    """Share the width: narrow columns get what they want, the wide ones an equal part of the rest."""
    left = width - len(_GAP) * (len(wanted) - 1)
    given = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for place, column in enumerate(order):
        given[column] = min(wanted[column], max(left // (len(order) - place), 12))
        left -= given[column]
    return given


def _wrapped(row: Row, widths: Sequence[int]) -> str:
    cells = [_wrapped_cell(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = zip_longest(*cells, fillvalue="")
    return "\n".join(
        _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _wrapped_cell(cell: str, width: int) -> list[str]:
    return [line for part in cell.split("\n") for line in textwrap.wrap(part, width, break_on_hyphens=False)]
