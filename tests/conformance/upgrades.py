"""Hold what KFL801 says of an upgrade against two measured runs of the same programs, one on each Keras.

    python -m tests.conformance.upgrades --old measured/keras-2.15 --new measured/keras-3.15 \\
        --keras keras==2.15 --upgrade-to keras==3.15

Both folders are caches of `fuzz` with the same seeds and flavour.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_freeze_lint.keras.api import snake_case
from keras_freeze_lint.linter import upgrade_source
from tests.conformance.compare import QUANTITIES, partners

Trace = Mapping[str, Any]
# A claim is right if both runs show it, wrong if they show something else; missed is what only the runs show. Where the
# paths of a program differ, a trace says "unknown", and a claim may be about a path that the runs did not take.
VERDICTS = (
    "right",
    "wrong",
    "on another path",
    "not measured",
    "missed",
    "missed, for an effect is unknown",
    "missed, for it varies",
)


@dataclass(frozen=True)
class Turn:
    """One quantity of one layer at one training call, on the old and on the new Keras."""

    line: int
    call: str
    layer: str
    quantity: str
    old: str
    new: str


def judged(document: Trace, old: Trace, new: Trace) -> list[tuple[str, Turn]]:
    """What is claimed of a program, and what both runs show, with a verdict each."""
    measured = {(one.line, one.layer, one.quantity): one for one in _measured(old, new)}
    found = []
    claimed: set[tuple[int, str, str]] = set()
    for claim in _claimed(document, old):
        place = claim.line, claim.layer, claim.quantity
        claimed.add(place)
        known = measured.get(place)
        same = known is not None and (claim.old, claim.new) == (known.old, known.new)
        verdict = "not measured" if known is None else "right" if same else "wrong"
        if verdict == "wrong" and "unknown" in _said(document, claim, old, new):
            verdict = "on another path"
        found.append((verdict, claim))
    for place, one in measured.items():
        if place not in claimed and one.old not in {one.new, "raises"}:
            found.append((_why_missed(document, one, old, new), one))
    return found


def _why_missed(document: Trace, turn: Turn, old: Trace, new: Trace) -> str:
    said = _said(document, turn, old, new)
    if "varies" in {turn.old, turn.new, *said}:
        return "missed, for it varies"
    return "missed, for an effect is unknown" if "unknown" in said else "missed"


def _said(document: Trace, turn: Turn, old: Trace, new: Trace) -> set[str]:
    """What the traces of both sides say."""
    here, there = (_ran(run, turn.line) for run in (old, new))
    name = twins(here, there).get(turn.layer, turn.layer)
    return {_told(document["from"], here, turn, turn.layer), _told(document["to"], there, turn, name)}


def _ran(run: Trace, line: int) -> Trace:
    """The layers of the training call on a line; none where it was not reached, or raised at once."""
    calls: Iterator[Trace] = (one.get("layers", {}) for one in run["training_calls"] if one["line"] == line)
    return next(calls, {})


def _told(trace: Trace, ran: Trace, turn: Turn, name: str) -> str:
    call = next((one for one in trace["training_calls"] if (one["line"], one["call"]) == (turn.line, turn.call)), None)
    told = partners(call["layers"], ran) if call is not None else {}
    return str(told.get(name, {}).get(turn.quantity, "nothing"))


def _claimed(document: Trace, old: Trace) -> Iterator[Turn]:
    """The claims, with the names of the layers that the old run gave them."""
    for change in document["changes"]:
        predicted = next(one for one in document["from"]["training_calls"] if _same(one, change))
        ran = partners(predicted["layers"], _ran(old, change["line"]))
        by_layer = {id(layer): name for name, layer in ran.items()}
        names = {told: by_layer.get(id(layer), told) for told, layer in predicted["layers"].items()}
        for layer, entry in change["layers"].items():
            for quantity in QUANTITIES:
                if quantity in entry:
                    fate = entry[quantity]["from"], entry[quantity]["to"]
                    yield Turn(change["line"], change["call"], names[layer], quantity, *fate)


def _measured(old: Trace, new: Trace) -> Iterator[Turn]:
    """Every quantity at every training call that both runs reached; by the old run's names."""
    for call in old["training_calls"]:
        there = next((one for one in new["training_calls"] if one["line"] == call["line"]), None)
        if there is None:
            continue
        layers = call.get("layers", {})
        names = twins(layers, there.get("layers", {}))
        for layer, effect in layers.items():
            for quantity in QUANTITIES:
                if quantity not in effect:
                    continue
                before = "raises" if "error" in call else effect[quantity]
                after = there["layers"][names[layer]].get(quantity) if layer in names else None
                if "error" in there:
                    after = "raises" if quantity == "weights" and before == "moves" else before
                if after is not None:
                    yield Turn(call["line"], call["call"], layer, quantity, before, after)


def twins(old: Trace, new: Trace) -> dict[str, str]:
    """The layers of one run with their names in another.

    By the names that the program gives, the others in the order in which they were made: some releases begin to count
    at 1, so that equal automatic names may be those of different layers.
    """
    found = {name: name for name in old if name in new and not _automatic(name, old[name])}
    left, right = (_by_class([name for name in run if _automatic(name, run[name])], run) for run in (old, new))
    for kind, names in left.items():
        others = right.get(kind, [])
        if len(others) == len(names):
            found.update(zip(names, others, strict=True))
    return found


def _automatic(name: str, layer: Trace) -> bool:
    return re.fullmatch(rf"{snake_case(layer['class'])}(_\d+)?", name) is not None


def _by_class(names: Sequence[str], layers: Trace) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: int((re.findall(r"_(\d+)$", name) or ["0"])[0])):
        found.setdefault(layers[name]["class"], []).append(name)
    return found


def _same(one: Trace, other: Trace) -> bool:
    return (one["line"], one["call"]) == (other["line"], other["call"])


def _judge_all(options: argparse.Namespace) -> Iterator[tuple[Path, list[tuple[str, Turn]]]]:
    for program in sorted(options.old.glob("*.py")):
        text = program.read_text(encoding="utf-8")
        results = [folder / f"{program.stem}.json" for folder in (options.old, options.new)]
        other = options.new / program.name
        if not all(path.exists() for path in (*results, other)) or other.read_text(encoding="utf-8") != text:
            continue
        old, new = (json.loads(path.read_text(encoding="utf-8")) for path in results)
        document = upgrade_source(text, str(program), options.upgrade_to, options.keras, options.backend)
        yield program, judged(document, old, new)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 1 if a claim is wrong."""
    parser = argparse.ArgumentParser(description="Hold KFL801 against two measured runs.")
    parser.add_argument("--old", type=Path, required=True, metavar="DIR")
    parser.add_argument("--new", type=Path, required=True, metavar="DIR")
    parser.add_argument("--keras", required=True)
    parser.add_argument("--upgrade-to", required=True)
    parser.add_argument("--backend", default="tensorflow")
    parser.add_argument("--show", nargs="*", default=["wrong", "missed"], choices=VERDICTS)
    options = parser.parse_args(arguments)
    turns: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    programs: Counter[str] = Counter()
    for program, found in _judge_all(options):
        programs["programs"] += 1
        programs["programs that change"] += any(verdict != "not measured" for verdict, _ in found)
        by_line: dict[int, set[str]] = {}
        for verdict, turn in found:
            turns[verdict] += 1
            by_line.setdefault(turn.line, set()).add(verdict)
            if verdict in options.show:
                sys.stdout.write(f"{program}: {verdict}: {turn}\n")
        for verdicts in by_line.values():
            calls["wrong" if "wrong" in verdicts else "right" if "right" in verdicts else min(verdicts)] += 1
    for name, count in programs.items():
        sys.stdout.write(f"{name:36}{count:6}\n")
    sys.stdout.write(f"{'':36}{'layers':>6}{'calls':>7}\n")
    for verdict in VERDICTS:
        sys.stdout.write(f"{verdict:36}{turns[verdict]:6}{calls[verdict]:7}\n")
    return 1 if turns["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
