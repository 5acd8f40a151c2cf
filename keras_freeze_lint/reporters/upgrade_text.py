"""An upgrade for people: what each training call does on both Kerases, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keras_freeze_lint.reporters.trace_text import WIDTH, Trace, joined_names, may_have_weights, place, table

CHANGED = "changed"


def render(document: Mapping[str, Any], width: int = WIDTH) -> str:
    """Return the text of the document of ``trace --upgrade-to``, at most ``width`` columns wide."""
    old, new = document["from"], document["to"]
    heads = [f"Keras {one['keras']['versions'] or 'of any version'}" for one in (old, new)]
    parts = [f"{document['file']}: {heads[0]} and {heads[1]} on {new['keras']['backend']}"]
    rows = [row for call in old["training_calls"] for row in _rows(call, new, document["changes"])]
    headings = ("line", "call", "layers", *heads, "")
    if not document["changes"]:
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    parts.append(table(rows, width, headings) if rows else "No training call found.")
    parts.extend(
        f"line {place(change)}: {reason['words']}; {reason['instead']}"
        for change in document["changes"]
        for reason in change["because"]
    )
    return "\n\n".join([*parts[:2], "\n".join(parts[2:])]).rstrip("\n") + "\n"


def _rows(call: Trace, new: Trace, changes: list[Trace]) -> Iterator[tuple[str, ...]]:
    """Layers with the same fate on both sides stand together."""
    there = next((one for one in new["training_calls"] if _same(one, call)), None)
    change: Trace = next((one for one in changes if _same(one, call)), {"layers": {}, "raises": None})
    partners = _partners(call["layers"], there["layers"]) if there is not None else {}
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for name, layer in call["layers"].items():
        if may_have_weights(layer):
            changed = change["layers"].get(name, {})
            after = f"raises {change['raises']}" if change["raises"] else _fate(partners.get(name))
            grouped.setdefault((_fate(layer), after, CHANGED if changed else ""), []).append(name)
    words = (place(call), f"{call['model']}.{call['call']}" if call["model"] else call["call"])
    for fate, names in grouped.items():
        yield (*words, joined_names(names), *fate)
        words = ("", "")


def _partners(old: Mapping[str, Trace], new: Mapping[str, Trace]) -> dict[str, Trace]:
    """The same layers on the new Keras: by the place that makes them, for automatic names differ."""
    by_place: dict[tuple[object, ...], list[Trace]] = {}
    for layer in new.values():
        by_place.setdefault((layer["class"], place(layer)), []).append(layer)
    found = {}
    for name, layer in old.items():
        left = by_place.get((layer["class"], place(layer)), [])
        if left:
            found[name] = left.pop(0)
    return found


def _same(one: Trace, other: Trace) -> bool:
    return (place(one), one["call"]) == (place(other), other["call"])


def _fate(layer: Mapping[str, str] | None) -> str:
    if layer is None:
        return "-"
    if layer.get("statistics", layer["weights"]) == layer["weights"]:
        return layer["weights"]
    return f"{layer['weights']}, statistics {layer['statistics']}"
