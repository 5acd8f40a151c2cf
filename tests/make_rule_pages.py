"""Print the index of the rules; ``python -m tests.make_rule_pages --write`` writes it and all version tables."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache

from keras_freeze_lint.fixing import FIXABLE, with_fixes
from keras_freeze_lint.rules.registry import RULES
from tests.page_runs import AGREES, PLACES, Place, fingerprint, recorded
from tests.page_versions import Span, affected, releases_in_words, spans
from tests.rule_pages import CODES, PAGES, Block, page, wrong_examples

INDEX = PAGES / "index.md"
_TABLE = re.compile(r"(?<=<!-- versions -->\n).*?(?=<!-- /versions -->)", re.DOTALL)
_HEAD = """\
# Rules

What keras-freeze-lint finds, by code. The first digit is the family: 1 when a freeze takes effect, 2
BatchNormalization, 3 weights, 4 assignments that do nothing, 5 models inside models, 6 training loops of your own, 7
copies and files, 8 moving to another Keras, 9 the tool itself.

The versions are those on which the examples of the page show the mistake. A safe fix is written by `--fix`, an unsafe
one by `--fix --unsafe-fixes`. A rule that is off is turned on by `--extend-select`; KFL801 speaks only with
`--upgrade-to`.

| code | name | what is wrong | versions | fix | default |
| --- | --- | --- | --- | --- | --- |
"""
_ORDINALS = ("first", "second", "third", "fourth")
_SPELT = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "torch"}


def index() -> str:
    """Return the text of the index."""
    rows = (
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.summary} | {_versions(rule.code)} | "
        f"{fix_of(rule.code)} | {'on' if rule.default else 'off'} |\n"
        for rule in RULES
    )
    return _HEAD + "".join(rows)


def _versions(code: str) -> str:
    examples = tuple(wrong_examples(code))
    return affected(examples) if examples else "every release"


@cache
def fix_of(code: str) -> str:
    """How the examples of a page are fixed: safe, unsafe or none."""
    if code not in FIXABLE and code != "KFL902":
        return "none"
    fixes = [
        finding.fix
        for block in wrong_examples(code)
        for finding in with_fixes(block.report(), block.text, block.settings).findings
        if finding.code == code and finding.fix is not None
    ]
    return "safe" if all(fix.safe for fix in fixes) and fixes else "unsafe" if fixes else "none"


def with_table(code: str) -> str:
    """Return the text of a page with its version table as it has to be."""
    examples = tuple(wrong_examples(code))
    return _TABLE.sub(lambda _: _table(examples), page(code), count=1) if examples else page(code)


def _table(examples: tuple[Block, ...]) -> str:
    rows: dict[tuple[str, ...], list[Span]] = {}
    for span in spans(examples):
        rows.setdefault(span.outcomes, []).append(span)
    if len(examples) == 1:
        heads = ["on the example"]
    else:
        heads = [f"on the {_ORDINALS[number]} example" for number in range(len(examples))]
    lines = [["upgraded to" if examples[0].upgrade_to else "releases", *heads, "run on"]]
    lines += [
        [releases_in_words(group, spans(examples)), *outcomes, _run_on(examples, group)]
        for outcomes, group in rows.items()
    ]
    # A page whose examples nobody can run says nothing of runs.
    shown = [line if any(other[-1] for other in lines[1:]) else line[:-1] for line in lines]
    shown.insert(1, ["---"] * len(shown[0]))
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in shown)


def _run_on(examples: Sequence[Block], group: Sequence[Span]) -> str:
    """The releases on which runs of all examples did what the row says."""
    ran = [place for place in PLACES if any(_is_in(place, span) for span in group) and _agree(examples, place)]
    told: dict[str, list[str]] = {}
    for place in ran:
        version = place.release.version
        number = f"{version.major}.{version.minor}" if place.line == "Keras 3" else str(version)
        told.setdefault("Keras" if place.release.line == "keras" else place.line, []).append(
            f"{number} ({_SPELT[place.backend]})" if place.line == "Keras 3" else number
        )
    return "; ".join(f"{line} {', '.join(numbers)}" for line, numbers in told.items())


def _is_in(place: Place, span: Span) -> bool:
    series = place.release.version.release[:2]
    return (span.line.name, span.line.backend) == (place.line, place.backend) and any(
        release == place.release or (place.line != "standalone Keras" and release.version.release[:2] == series)
        for release in span.releases
    )


def _agree(examples: Sequence[Block], place: Place) -> bool:
    entries = [recorded().get(str(block), {}) for block in examples]
    return all(
        entry.get("example") == fingerprint(block) and entry["runs"].get(place.label) == AGREES
        for block, entry in zip(examples, entries, strict=True)
    )


def main(arguments: Sequence[str]) -> None:
    """Print or write."""
    if "--write" not in arguments:
        sys.stdout.write(index())
        return
    INDEX.write_text(index(), encoding="utf-8")
    for code in CODES:
        (PAGES / f"{code}.md").write_text(with_table(code), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
