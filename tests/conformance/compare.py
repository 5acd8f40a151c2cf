"""Hold a predicted trace against a measured one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Trace = Mapping[str, Any]
Verdict = Literal["agree", "unknown", "imprecise", "contradiction", "missing layer", "missing call", "extra call"]

QUANTITIES = ("weights", "statistics")


@dataclass(frozen=True)
class Difference:
    """What the two traces say about one quantity of one layer at one training call; the verdict may be "agree"."""

    verdict: Verdict
    line: int
    call: str
    layer: str = ""
    quantity: str = ""
    predicted: str = ""
    measured: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, {self.call}"
        if not self.layer:
            return f"{where}: {self.verdict}"
        return f"{where}, {self.claim} ({self.verdict})"

    @property
    def claim(self) -> str:
        """The two statements."""
        return f"{self.quantity} of {self.layer}: predicted {self.predicted or 'nothing'}, measured {self.measured}"

    @property
    def what(self) -> tuple[str, str, str, str]:
        """The difference without its place, by which it is known again in a smaller program."""
        return (self.layer, self.quantity, self.predicted, self.measured)


def compare(predicted: Trace, measured: Trace) -> list[Difference]:
    """One entry for everything that was measured, and one for each call that was predicted and never came.

    "varies" agrees with "varies" only; predicted where one value was measured it is imprecise, and so is whatever is
    wrong about a call that was predicted as "maybe".  Calls that raised are left out.
    """
    found: list[Difference] = []
    for call in measured["training_calls"]:
        if "error" not in call:
            candidates = [other for other in predicted["training_calls"] if other["line"] == call["line"]]
            found.extend(_compare_call(candidates, call))
    if "error" not in measured and all("error" not in call for call in measured["training_calls"]):
        found.extend(_extra(predicted, measured))
    return found


def _extra(predicted: Trace, measured: Trace) -> Iterator[Difference]:
    reached = {call["line"] for call in measured["training_calls"]}
    for call in predicted["training_calls"]:
        if call["line"] not in reached and call["reached"] == "always":
            yield Difference("extra call", call["line"], call["call"])


def _compare_call(candidates: list[Mapping[str, Any]], measured: Mapping[str, Any]) -> Iterator[Difference]:
    line, name = measured["line"], measured["call"]
    if not candidates:
        yield Difference("missing call", line, name)
        return
    predicted = next((call for call in candidates if call["call"] == name), candidates[0])
    matched = partners(predicted["layers"], measured["layers"])
    for layer, effect in measured["layers"].items():
        told = matched.get(layer, {})
        for quantity in QUANTITIES:
            if quantity in effect:
                value = str(told.get(quantity, ""))
                verdict = _verdict(value, effect[quantity], predicted["reached"])
                yield Difference(verdict, line, name, layer, quantity, value, effect[quantity])


def partners(predicted: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The prediction for each measured layer: by its name, else by its place among the nameless ones of its class."""
    found = {name: predicted[name] for name in measured if name in predicted}
    left = _by_class(predicted, found)
    wanted = _by_class(measured, found)
    for kind, names in wanted.items():
        others = left.get(kind, [])
        if len(names) == len(others):
            found.update((name, predicted[other]) for name, other in zip(names, others, strict=True))
    return found


def _by_class(layers: Mapping[str, Any], without: Iterable[str]) -> dict[str, list[str]]:
    taken = set(without)
    found: dict[str, list[str]] = {}
    for name, layer in layers.items():
        if name not in taken:
            found.setdefault(str(layer.get("class")), []).append(name)
    return found


def _verdict(predicted: str, measured: str, reached: str) -> Verdict:
    if predicted == measured:
        return "agree"
    if predicted == "unknown":
        return "unknown"
    if not predicted:
        return "missing layer"
    if predicted == "varies" or reached == "maybe":
        return "imprecise"
    return "contradiction"


def tally(differences: Iterable[Difference]) -> Counter[Verdict]:
    """How many there are of each verdict."""
    return Counter(difference.verdict for difference in differences)
