"""The examples of the pages, run on every Keras at hand: ``python -m tests.page_runs`` records what they do.

The environments are those of tests.conformance.environments. A run counts for exactly the example that was run;
``tests/page_runs.json`` keeps the outcomes, and the pages' version tables name the releases that agree.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from keras_freeze_lint.keras.releases import Release
from keras_freeze_lint.linter import trace_source
from keras_freeze_lint.verify.environments import definition
from tests.conformance.compare import compare
from tests.conformance.environments import python_of_environment
from tests.conformance.measuring import Environment, Measurer
from tests.conformance.programs.sketch import Flavour
from tests.page_versions import LINES, Line, has_what_it_uses, outcome_on, written_for
from tests.rule_pages import ABOUT_THE_TOOL, CODES, Block, wrong_examples

RUNS = Path(__file__).parent / "page_runs.json"
AGREES, NO_RUN = "agrees", "does not run"
# What cannot run without the network, and a session that measuring does not see into.
NOT_RUN = ("applications.", "load_weights(", "tf.Session")


@dataclass(frozen=True)
class Place:
    """An environment, and the release that it has."""

    environment: str
    line: str
    release: Release
    backend: str = "tensorflow"

    @property
    def flavour(self) -> Flavour:
        return "tf.keras" if self.release.line == "tensorflow" else "keras"

    @property
    def label(self) -> str:
        return f"{self.line} {self.release.version}/{self.backend}"


def _place(environment: str, line: str, package: str, version: str, backend: str = "tensorflow") -> Place:
    return Place(environment, line, Release(package, Version(version)), backend)


PLACES = (
    _place("keras-2.0.8", "standalone Keras", "keras", "2.0.8"),
    _place("keras-2.1.3", "standalone Keras", "keras", "2.1.3"),
    _place("keras-2.2.4", "standalone Keras", "keras", "2.2.4"),
    _place("tf-2.1", "tf.keras", "tensorflow", "2.1"),
    _place("tf-2.4", "tf.keras", "tensorflow", "2.4"),
    _place("keras-2.15", "tf.keras", "tensorflow", "2.15"),
    *(_place("keras-3.15", "Keras 3", "keras", "3.15.1", backend) for backend in ("tensorflow", "jax", "torch")),
)


def line_of(place: Place) -> Line:
    return next(line for line in LINES if (line.name, line.backend) == (place.line, place.backend))


def fingerprint(block: Block) -> str:
    return hashlib.sha256(block.text.encode()).hexdigest()[:16]


def examples() -> list[Block]:
    """The examples that can run."""
    found = [block for code in CODES if code not in ABOUT_THE_TOOL for block in wrong_examples(code)]
    return [block for block in found if not block.upgrade_to and not any(word in block.text for word in NOT_RUN)]


def recorded() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(RUNS.read_text(encoding="utf-8")) if RUNS.exists() else {}
    return found


def for_place(block: Block, place: Place) -> str:
    """The example as it can run there: an old Sequential takes no tensor of ``Input``, but its layer or a shape."""
    text = written_for(block.text, place.release.line)
    if place.line == "standalone Keras" or (place.line == "tf.keras" and place.release.version < Version("2.2")):
        text = re.sub(
            r"\[(\s*)keras\.Input\(\((\d+),\)\),(\s*)(\w+\.\w+\([^()]*)\)", r"[\1\4, input_shape=(\2,))", text
        )
        text = re.sub(r"\[(\s*)keras\.Input\(", r"[\1keras.layers.InputLayer(", text)
        text = text.replace("keras.Sequential(", "keras.models.Sequential(").replace(
            "keras.Model(", "keras.models.Model("
        )
        text = text.replace("keras.Input(", "keras.layers.Input(")
    return text


def outcome(block: Block, place: Place, measurer: Measurer) -> str:
    """Whether a run there shows what is predicted for it."""
    text = for_place(block, place)
    measured = measurer.trace(text)
    if measured is None:
        return f"{NO_RUN}: not measured"
    told = outcome_on(block, line_of(place), place.release)
    error = measured.get("error") or next(
        (call["error"] for call in measured["training_calls"] if "error" in call), None
    )
    if error is not None and "raises" not in told:
        return f"{NO_RUN}: {_without_folders(' '.join(str(error).split()))[:100]}"
    if error is None and "raises" in told:
        return "contradicts: nothing was raised"
    keras = f"{place.release.line}=={place.release.version}"
    predicted = trace_source(text, f"{block.page}.py", keras, place.backend)
    wrong = [each for each in compare(predicted, measured) if each.verdict in {"contradiction", "extra call"}]
    unknown = [each for each in compare(predicted, measured) if each.verdict == "unknown"]
    if unknown:
        return f"not predicted: {unknown[0].what[0]}"
    if not measured["training_calls"] and error is None:
        return f"{NO_RUN}: it trains nothing"
    return f"contradicts: {wrong[0]}" if wrong else AGREES


def _without_folders(message: str) -> str:
    """An error that tells where a program lay for this one run, without that."""
    return re.sub(r"(?<=\")/\S*/(?=\w+\.py\")", "", message)


def main(names: list[str]) -> None:
    """Run what is not recorded yet, or the pages that are named, on the environments that are there."""
    table = recorded()
    for place in PLACES:
        python = python_of_environment(definition(place.environment))
        if python is None:
            continue
        with Measurer(Environment(place.environment, python, place.backend)) as measurer:
            for block in examples():
                entry = table.get(str(block), {})
                if entry.get("example") != fingerprint(block):
                    entry = table[str(block)] = {"example": fingerprint(block), "runs": {}}
                done = place.label in entry["runs"] and not any(str(block).startswith(name) for name in names)
                if done or place.release not in _near(has_what_it_uses(block, line_of(place)), place):
                    continue
                entry["runs"][place.label] = outcome(block, place, measurer)
                sys.stdout.write(f"{block} {place.label}: {entry['runs'][place.label]}\n")
                sys.stdout.flush()
        there = {str(block) for block in examples()}
        ordered = {name: table[name] for name in sorted(table) if name in there}
        RUNS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def _near(releases: tuple[Release, ...], place: Place) -> tuple[Release, ...]:
    """The releases as far as they are of the place's series."""
    series = place.release.version.release[:2]
    return tuple(place.release for release in releases if release.version.release[:2] == series)


if __name__ == "__main__":
    main(sys.argv[1:])
