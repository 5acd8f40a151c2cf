"""A rule's page is its test: every program on it gets exactly the findings that are marked in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.linter import lint_source, trace_source
from keras_freeze_lint.rules.registry import RULES
from keras_freeze_lint.settings import Settings
from tests import make_rule_index
from tests.conformance.compare import compare
from tests.faces import ROOT
from tests.test_fixtures import interpreter_for, measured_trace

PAGES = ROOT / "docs" / "rules"
CODES = [rule.code for rule in RULES]
HEADINGS = ["What happens", "Why", "Versions", "Example", "Use instead", "Suppress", "Sources"]
LONGEST_MESSAGE = 140

BLOCK = re.compile(r"^```python ?(?P<keras>.*)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
# What cannot run here: weights from the network or from a file, and a session that measure.py does not see into.
NOT_RUN = ("applications.", "load_weights(", "tf.Session")
ENVIRONMENT_OF = {
    "keras==2.0.8": "keras-2.0.8",
    "keras==2.2.4": "keras-2.2.4",
    "keras==2.15": "keras-2.15",
    "keras>=3": "keras-3.15",
}
MARK = re.compile(r"# error: (KFL\d{3}(?:, KFL\d{3})*)$")


@dataclass(frozen=True)
class Block:
    """A program on a page, for one Keras, with its findings marked."""

    page: str
    number: int
    keras: str
    text: str

    @property
    def marked(self) -> list[tuple[int, str]]:
        lines = enumerate(self.text.splitlines(), 1)
        return [(number, code) for number, line in lines for found in MARK.findall(line) for code in found.split(", ")]

    def findings(self) -> tuple[Finding, ...]:
        report = lint_source(self.text, f"{self.page}.py", Settings(keras=self.keras))
        assert report.error is None
        return report.findings

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"


def page(code: str) -> str:
    return (PAGES / f"{code}.md").read_text(encoding="utf-8")


def section(code: str, heading: str) -> str:
    return page(code).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def blocks() -> Iterator[Block]:
    for path in sorted(PAGES.glob("KFL*.md")):
        for number, found in enumerate(BLOCK.finditer(path.read_text(encoding="utf-8")), 1):
            yield Block(path.stem, number, found["keras"], found["text"])


def runnable() -> list[Block]:
    return [block for block in blocks() if not any(word in block.text for word in NOT_RUN)]


@lru_cache
def measured(block: Block) -> dict[str, Any]:
    """What a run of the block shows; it takes seconds, so that tests share it."""
    with TemporaryDirectory() as folder:
        program = Path(folder, f"{block.page}.py")
        program.write_text(block.text, encoding="utf-8")
        return measured_trace(program, interpreter_for(block.keras, ENVIRONMENT_OF[block.keras]))


each_rule = pytest.mark.parametrize("code", CODES)
each_block = pytest.mark.parametrize("block", list(blocks()), ids=str)


def test_every_rule_has_its_page_and_every_page_its_rule() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(CODES)


@each_block
def test_a_block_says_for_which_keras_it_is(block: Block) -> None:
    assert block.keras


@each_block
def test_a_block_has_exactly_the_marked_findings(block: Block) -> None:
    assert [(finding.location.line, finding.code) for finding in block.findings()] == block.marked


@each_block
def test_messages_are_short(block: Block) -> None:
    assert [each.message for each in block.findings() if len(each.message) >= LONGEST_MESSAGE] == []


@each_rule
def test_the_page_begins_with_code_and_name(code: str) -> None:
    name = next(rule.name for rule in RULES if rule.code == code)

    assert page(code).startswith(f"# {code} {name}\n")


@each_rule
def test_the_page_has_the_headings_in_order(code: str) -> None:
    assert re.findall(r"^## (.+)$", page(code), re.MULTILINE) == HEADINGS


@each_rule
def test_the_example_shows_the_mistake_and_use_instead_has_none(code: str) -> None:
    assert f"# error: {code}\n" in section(code, "Example")
    assert BLOCK.search(section(code, "Use instead"))
    assert "# error:" not in section(code, "Use instead")


@each_rule
def test_the_page_has_versions_suppression_and_sources(code: str) -> None:
    assert re.search(r"<!-- versions -->\n(\|.+\|\n){3,}<!-- /versions -->", section(code, "Versions"))
    assert f"`# noqa: {code}`" in section(code, "Suppress")
    assert section(code, "Sources").count("\n- ") >= 1


@each_rule
def test_the_suppression_on_the_page_works(code: str) -> None:
    block = next(each for each in blocks() if each.page == code and each.marked)
    silenced = Block(code, 0, block.keras, re.sub(r"# error: .*", f"# noqa: {code}", block.text))

    assert silenced.findings() == ()


@each_rule
def test_the_changelog_names_the_rule(code: str) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    ranges = re.findall(r"KFL(\d{3}) to KFL(\d{3})", changelog)

    assert code in changelog or any(first <= code[3:] <= last for first, last in ranges)


def test_the_index_is_up_to_date() -> None:
    assert make_rule_index.INDEX.read_text(encoding="utf-8") == make_rule_index.index()


@pytest.mark.slow
@pytest.mark.parametrize("block", runnable(), ids=str)
def test_a_block_does_what_its_trace_says(block: Block) -> None:
    trace = measured(block)
    differences = compare(trace_source(block.text, f"{block.page}.py", block.keras), trace)

    assert trace["training_calls"] or "error" in trace
    assert [str(each) for each in differences if each.verdict != "agree"] == []
