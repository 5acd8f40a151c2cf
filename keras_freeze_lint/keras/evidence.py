"""What a program's own text tells of the Keras that it was written for: API that exists only in a range of releases.

Only code is read, never comments or strings; and what stands under a question for the version, or in a ``try`` that has
another way out, tells nothing: such code runs on either side of the range.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from keras_freeze_lint.keras.api import canonical
from keras_freeze_lint.keras.evidence_table import (
    ENVIRONMENT,
    LAYER_KEYWORDS,
    LEGACY_KERAS_SWITCH,
    METHOD_KEYWORDS,
    METHODS,
    MODEL_KEYWORDS,
    OPTIMIZER_KEYWORDS,
    PATHS,
    POSITIONAL_KERNEL,
    POSITIONAL_KERNEL_CLASSES,
    Fact,
)
from keras_freeze_lint.keras.ranges import requirement
from keras_freeze_lint.keras.releases import NEWEST, Release
from keras_freeze_lint.keras.source_walk import Call, SourceNames, read_names
from keras_freeze_lint.keras.versions import beside, is_keras3, releases_of

_LINES = {"keras": "keras", "tf.keras": "tensorflow", "tf_keras": "tf_keras"}


class Clue(NamedTuple):
    """The releases that a program can have been written for, as its code tells.

    ``line`` and ``what`` name the most telling piece of code. Only a clue that ``settles`` the range is a reason to
    leave the newest Keras; others, such as an argument that has been there since Keras 2, merely narrow what is known.
    """

    requirement: str
    line: int
    what: str
    releases: frozenset[Release]
    settles: bool


class SourceEvidence(NamedTuple):
    """What a source text tells: the release line of the Keras that it imports (None: it imports none), and a clue."""

    package: str | None
    clue: Clue | None


@dataclass
class _Findings:
    """The first line that shows each fact."""

    seen: dict[tuple[str, Fact], int] = field(default_factory=dict)

    def add(self, what: str, fact: Fact | None, line: int) -> None:
        if fact is not None:
            key = what, fact
            self.seen[key] = min(line, self.seen.get(key, line))


def source_evidence(tree: ast.Module) -> SourceEvidence:
    """Return what the code of a module tells of its Keras."""
    names = read_names(tree)
    package = _package(names)
    if package == "tf_keras":
        return SourceEvidence(package, None)
    found = _Findings()
    for path, line in names.paths:
        for prefix, fact in _facts_of(path):
            found.add(_short(prefix), fact, line)
    for method, line in names.methods:
        found.add(method, METHODS[method], line)
    for call in names.calls:
        _judge_call(call, found)
    for variable, value, line in names.environment:
        found.add(f"{variable}={value}", ENVIRONMENT.get((variable, value)), line)
    return SourceEvidence(package, _clue(found, package))


def _package(names: SourceNames) -> str | None:
    """The line that most of the Keras names of the file belong to; a tie goes to the package keras."""
    lines = Counter(line for line in (_line(path) for path, _ in names.every_path) if line)
    if any(
        variable == LEGACY_KERAS_SWITCH and value in {"1", "True", "true"} for variable, value, _ in names.environment
    ):
        lines["tf_keras"] += lines.pop("tensorflow", 0)
    if lines:
        return max(("keras", "tensorflow", "tf_keras"), key=lambda line: lines[line])
    return "tensorflow" if any(path.startswith("tensorflow") for path, _ in names.every_path) else None


@lru_cache(maxsize=4096)
def _line(path: str) -> str | None:
    return _LINES.get(canonical(path)[1])


@lru_cache(maxsize=4096)
def _facts_of(path: str) -> tuple[tuple[str, Fact], ...]:
    """The facts of every prefix of a dotted name."""
    parts = path.split(".")
    prefixes = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return tuple((prefix, PATHS[prefix]) for prefix in prefixes if prefix in PATHS)


def _short(path: str) -> str:
    return "tf" + path.removeprefix("tensorflow") if path.startswith("tensorflow.") else path


def _judge_call(call: Call, found: _Findings) -> None:
    for keyword in call.keywords:
        found.add(keyword, METHOD_KEYWORDS.get((call.method, keyword)), call.line)
    for path in call.paths:
        inner, flavour = canonical(path)
        if not flavour:
            continue
        *modules, name = inner.split(".")
        for keyword in call.keywords:
            found.add(keyword, _keyword_fact(modules, name, keyword), call.line)
        if call.integers_after_first == 2 and name in POSITIONAL_KERNEL_CLASSES:
            found.add(f"{name}(n, rows, columns)", POSITIONAL_KERNEL, call.line)


def _keyword_fact(modules: list[str], name: str, keyword: str) -> Fact | None:
    if "layers" in modules or name in {"merge", "Merge"}:
        return LAYER_KEYWORDS.get(f"{name}.{keyword}") or LAYER_KEYWORDS.get(keyword)
    if modules == ["keras", "optimizers"]:
        return OPTIMIZER_KEYWORDS.get(keyword)
    if name == "Model":
        return MODEL_KEYWORDS.get(keyword)
    return None


def _clue(found: _Findings, package: str | None) -> Clue | None:
    """Everything together; where two pieces contradict each other the more telling one counts, then the first."""
    pieces = sorted(_pieces(found, package), key=lambda piece: (not piece.settles, len(piece.releases), piece.line))
    if not pieces:
        return None
    releases = pieces[0].releases
    for piece in pieces[1:]:
        releases = releases & piece.releases or releases
    return pieces[0]._replace(releases=releases, requirement=requirement(sorted(releases)))


def _pieces(found: _Findings, package: str | None) -> Iterator[Clue]:
    for (what, fact), line in found.seen.items():
        releases = _releases(fact, package)
        if releases and releases != _everything(package):
            settles = NEWEST not in releases or all(map(is_keras3, releases))
            yield Clue("", line, what, releases, settles)


@lru_cache(maxsize=4)
def _everything(package: str | None) -> frozenset[Release]:
    return releases_of("tensorflow>=1.4" if package == "tensorflow" else "keras>=1")


@lru_cache(maxsize=1024)
def _releases(fact: Fact, package: str | None) -> frozenset[Release]:
    """The releases of the file's own line that a fact leaves, by way of the other package where it is about that."""
    if package == "tensorflow":
        if fact.tensorflow is not None:
            return releases_of(f"tensorflow{fact.tensorflow}")
        return beside(f"keras{fact.keras}")
    if fact.keras is not None:
        return releases_of(f"keras{fact.keras}")
    return beside(f"tensorflow{fact.tensorflow}")
