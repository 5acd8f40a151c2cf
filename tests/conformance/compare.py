"""Hold a predicted trace against a measured one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Trace = Mapping[str, Any]
Verdict = Literal[
    "agree", "unknown", "imprecise", "contradiction", "missing layer", "missing call", "extra call", "missing error",
    "wrong finding", "other intent",
]  # fmt: skip

# What a prediction must never be; a call that is not predicted or that never came is as wrong as a wrong effect.
WRONG: tuple[Verdict, ...] = (
    "contradiction", "missing call", "missing layer", "extra call", "missing error", "wrong finding",
    "other intent",
)  # fmt: skip

QUANTITIES = ("weights", "statistics")

# What Keras raises at a training call because of flags; other errors are the generated program's own mistakes.
_OF_FLAGS = re.compile(
    r"Unknown variable|`optimizer_variables` must be|optimizer cannot recognize variable|'NoneType' object is not callable"
    r"|shape of the target variable and the shape"
)


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
        if self.quantity == "error":  # messages tell of shapes and names
            return (self.verdict, self.layer, self.quantity, "")
        return (self.verdict, self.layer, self.quantity, f"{self.predicted}, {self.measured}")


def compare(predicted: Trace, measured: Trace) -> list[Difference]:
    """One entry for everything that was measured, and one for each call that was predicted and never came.

    "varies" agrees with "varies" only; predicted where one value was measured it is imprecise, and so is whatever is
    wrong about a call that was predicted as "maybe".  Of a call that raised only that is compared.
    """
    found: list[Difference] = []
    for call in measured["training_calls"]:
        candidates = [other for other in predicted["training_calls"] if other["line"] == call["line"]]
        found.extend(_compare_errors(candidates, call))
        if "error" not in call:
            found.extend(_compare_call(candidates, call))
    if "error" not in measured and all("error" not in call for call in measured["training_calls"]):
        found.extend(_extra(predicted, measured))
    return found


def _extra(predicted: Trace, measured: Trace) -> Iterator[Difference]:
    reached = {call["line"] for call in measured["training_calls"]}
    for call in predicted["training_calls"]:
        if call["line"] not in reached and call["reached"] == "always":
            yield Difference("extra call", call["line"], call["call"])


def _compare_errors(candidates: list[Mapping[str, Any]], measured: Mapping[str, Any]) -> Iterator[Difference]:
    line, name = measured["line"], measured["call"]
    foretold = [call for call in candidates if "error" in call]
    raised = measured.get("error")
    if foretold:
        said = foretold[0]["error"]
        verdict = _verdict("raises", "raises" if raised else "finishes", foretold[0]["reached"])
        yield Difference(verdict, line, name, "the call", "error", said, raised or "none")
    elif raised and _OF_FLAGS.search(raised):
        unsure = any(call["reached"] == "maybe" or _has_unknown(call) for call in candidates)
        yield Difference("unknown" if unsure else "missing error", line, name, "the call", "error", "none", raised)


def _has_unknown(call: Mapping[str, Any]) -> bool:
    """Whether paths differ in what the call does; on some of them it may raise."""
    return any(layer["weights"] == "unknown" for layer in call["layers"].values())


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


def compare_intents(predicted: Trace, measured: Trace) -> list[Difference]:
    """The intents of a program in which they are the flags: what the source says last of a layer is what it is set to.

    That is so where one model is compiled, no callback changes flags during a call, and a model's flag reaches its layers.
    """
    found: list[Difference] = []
    for call in measured["training_calls"]:
        for other in predicted["training_calls"]:
            if other["line"] == call["line"] and "error" not in call:
                for name, layer in partners(other["layers"], call["layers"]).items():
                    told, flag = layer["intent"], call["layers"][name]["intent"]
                    unsure = "unknown" in (told, flag) or "varies" in (told, flag) or other["reached"] == "maybe"
                    verdict: Verdict = "agree" if told == flag else "unknown" if unsure else "other intent"
                    found.append(Difference(verdict, call["line"], call["call"], name, "intent", told, flag))
    return found


def compare_findings(predicted: Trace, measured: Trace) -> list[Difference]:
    """Each finding of a prediction against the run: a call may be one of several turns, of which one must show it.

    A finding whose training call the run did not reach, or reached in another run of a loop only, is left out.
    """
    return [one for finding in predicted["findings"] for one in _compare_finding(finding, predicted, measured)]


def _compare_finding(finding: Mapping[str, Any], predicted: Trace, measured: Trace) -> Iterator[Difference]:
    claim = finding["prediction"]
    if claim is None:
        return
    line, code = claim["training_call"], finding["code"]
    calls = [call for call in measured["training_calls"] if call["line"] == line]
    foretold = [call for call in predicted["training_calls"] if call["line"] == line]
    if claim["effect"] == "raises":
        raised = next((call["error"] for call in calls if "error" in call), measured.get("error"))
        if raised is not None or calls:
            told = "raises" if any("error" in call for call in foretold) or not foretold else "unknown"
            verdict = _finding_verdict("raises", told, "raises" if raised else "finishes")
            yield Difference(verdict, line, code, "it", "error", "raises", str(raised))
        return
    for call in calls:
        if "error" in call:
            continue
        for other in foretold:
            names = _names(other["layers"], call["layers"])
            for layer in claim["layers"]:
                effect = call["layers"].get(names.get(layer, ""), {}).get(claim["quantity"])
                if effect is not None:
                    told = other["layers"][layer].get(claim["quantity"], "unknown")
                    verdict = _finding_verdict(claim["effect"], told, effect)
                    yield Difference(verdict, line, code, layer, claim["quantity"], claim["effect"], effect)


def _finding_verdict(claimed: str, told: str, measured: str) -> Verdict:
    """A trace says "unknown" where paths differ: the finding may be about another path than the one that ran."""
    if measured in (claimed, "varies"):
        return "agree"
    return "imprecise" if told == "unknown" else "wrong finding"


def _names(predicted: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, str]:
    """The measured name of each predicted layer."""
    entries = {id(layer): name for name, layer in predicted.items()}
    return {entries[id(layer)]: name for name, layer in partners(predicted, measured).items()}
