"""On which releases the example of a page shows its mistake, and what happens there: read off the measured facts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from packaging.version import Version

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.keras.evidence import source_evidence
from keras_freeze_lint.keras.ranges import words
from keras_freeze_lint.keras.releases import KERAS_3, RELEASES, Release
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import BACKENDS, Settings
from keras_freeze_lint.verify.judging import OF_INFERENCE
from tests.rule_pages import ABOUT_THE_TOOL, Block

SILENT = "no finding"
_EFFECTS = {"moves": "move", "still": "stay still"}


@dataclass(frozen=True)
class Line:
    """Releases with one way to import Keras, in the order of time, on one backend."""

    name: str
    package: str
    releases: tuple[Release, ...]
    backend: str = "tensorflow"


LINES = (
    Line("standalone Keras", "keras", tuple(one for one in RELEASES["keras"] if one.version < Version("2.4"))),
    Line("tf.keras", "tensorflow", RELEASES["tensorflow"]),
    Line("tf_keras", "tf_keras", RELEASES["tf_keras"]),
    *(Line("Keras 3", "keras", KERAS_3, backend) for backend in BACKENDS),
)
_SPELT = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "torch"}


@dataclass(frozen=True)
class Span:
    """Neighbouring releases of a line on which each example does the same."""

    line: Line
    releases: tuple[Release, ...]
    outcomes: tuple[str, ...]

    @property
    def words(self) -> str:
        if self.releases != self.line.releases:
            told = words(self.releases, self.line.releases).removeprefix("on ")
            return f"standalone {told}" if self.line.name.startswith("standalone") else told
        if self.line.name in {"tf_keras", "Keras 3"}:
            return self.line.name
        first, last = (".".join(str(one.version).split(".")[:2]) for one in (self.releases[0], self.releases[-1]))
        return f"{self.line.name} {first} - {last}"


def written_for(text: str, package: str) -> str:
    """The program with the imports of another package."""
    plain = re.sub(r"^import tensorflow as tf\nfrom tensorflow import keras$", "import keras", text, flags=re.MULTILINE)
    plain = re.sub(r"^from tensorflow import keras$", "import keras", plain, flags=re.MULTILINE)
    plain = re.sub(r"^( *)from tensorflow\.keras\b", r"\1from keras", plain, flags=re.MULTILINE)
    if package == "keras":
        return plain
    prefix, whole = ("tensorflow.keras", "from tensorflow import keras"), ("tf_keras", "import tf_keras as keras")
    module, imported = prefix if package == "tensorflow" else whole
    plain = re.sub(r"^import keras$", imported, plain, flags=re.MULTILINE)
    return re.sub(r"^( *)from keras\b", rf"\1from {module}", plain, flags=re.MULTILINE)


def has_what_it_uses(block: Block, line: Line) -> tuple[Release, ...]:
    """The releases of a line that can have run the example: what it takes from TensorFlow or calls is there."""
    if block.page in ABOUT_THE_TOOL or block.upgrade_to:
        return line.releases
    if _uses_tensorflow(block) and line.backend != "tensorflow":
        return ()
    evidence = source_evidence(ast.parse(written_for(block.text, line.package)))
    if evidence.clue is None:
        return line.releases
    there = tuple(release for release in line.releases if release in evidence.clue.releases)
    if there or not _uses_tensorflow(block):
        return there or line.releases
    # Newer than the Keras inside TensorFlow, and still able to call TensorFlow.
    newer = line.name == "tf_keras" or (line.name == "Keras 3" and line.backend == "tensorflow")
    return line.releases if newer and not evidence.clue.settles else ()


def _uses_tensorflow(block: Block) -> bool:
    return re.search(r"\btf\.(?!keras\b)", block.text) is not None


@cache
def spans(blocks: tuple[Block, ...]) -> tuple[Span, ...]:
    """What the examples of a page do on every known release."""
    return tuple(span for line in LINES for span in _spans_of(blocks, line))


def _spans_of(blocks: tuple[Block, ...], line: Line) -> Iterator[Span]:
    possible = [
        release for release in line.releases if any(release in has_what_it_uses(block, line) for block in blocks)
    ]
    for told, releases in groupby(
        possible, lambda release: tuple(outcome_on(block, line, release) for block in blocks)
    ):
        yield Span(line, tuple(releases), told)


def outcome_on(block: Block, line: Line, release: Release) -> str:
    """In words what the linter says of the example for one release."""
    keras, upgrade_to = f"{release.line}=={release.version}", ""
    if block.upgrade_to:
        keras, upgrade_to = block.keras, keras
    own = ("KFL9",) if block.page in ABOUT_THE_TOOL else ()
    settings = Settings(keras=keras, backend=line.backend, upgrade_to=upgrade_to, extend_select=own)
    text = block.text if upgrade_to else written_for(block.text, line.package)
    found = lint_source(text, f"{block.page}.py", settings).findings
    own_findings = [one for one in found if one.code == block.page]
    if own_findings:
        return _told(own_findings[0])
    others = sorted({one.code for one in found})
    return f"{', '.join(others)} instead" if others else SILENT


def _told(finding: Finding) -> str:
    prediction = finding.prediction
    if prediction is None:
        return finding.code
    if prediction.effect == "raises":
        return f"{finding.code}: raises"
    if finding.code in OF_INFERENCE:
        return f"{finding.code}: {prediction.quantity} {_EFFECTS[prediction.effect]} at inference"
    return f"{finding.code}: {prediction.intent} {prediction.quantity} {_EFFECTS[prediction.effect]}"


def releases_in_words(chosen: Sequence[Span], possible: Sequence[Span]) -> str:
    """A row's releases, of those that are possible at all; the backends of Keras 3 are named only where they differ."""
    everywhere = {(release, line.backend) for line in LINES for release in line.releases}
    if _places(chosen) == _places(possible) == everywhere:
        return "every release"
    told = [span.words for span in chosen if span.line.name != "Keras 3"]
    of_keras_3 = [span for span in chosen if span.line.name == "Keras 3"]
    for name, group in groupby(sorted(of_keras_3, key=lambda span: span.words), key=lambda span: span.words):
        backends = [span.line.backend for span in group]
        on = "" if len(backends) == len(BACKENDS) else f" on {' and '.join(_SPELT[backend] for backend in backends)}"
        told.append(f"{name}{on}")
    return ", ".join(told)


def _places(chosen: Sequence[Span]) -> set[tuple[Release, str]]:
    return {(release, span.line.backend) for span in chosen for release in span.releases}


def affected(blocks: tuple[Block, ...]) -> str:
    """The releases on which any of the examples shows the mistake of their page."""
    possible = spans(blocks)
    places = _places([span for span in possible if any(told.startswith(blocks[0].page) for told in span.outcomes)])
    hit = [span for line in LINES for span in _runs_of(line, places)]
    return releases_in_words(hit, possible)


def _runs_of(line: Line, places: set[tuple[Release, str]]) -> Iterator[Span]:
    """The neighbouring releases of a line that are among the places."""
    for there, releases in groupby(line.releases, lambda release: (release, line.backend) in places):
        if there:
            yield Span(line, tuple(releases), ())
