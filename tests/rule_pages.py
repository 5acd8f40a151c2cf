"""The pages of ``docs/rules`` as data: their programs, with the findings that are marked in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from keras_freeze_lint.findings import Finding, Report
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.rules.registry import RULES
from keras_freeze_lint.settings import Settings
from tests.faces import ROOT

PAGES = ROOT / "docs" / "rules"
CODES = [rule.code for rule in RULES]
# What the tool says of itself: nothing that a program does.
ABOUT_THE_TOOL = [code for code in CODES if code.startswith("KFL9")]

BLOCK = re.compile(r'^```python(?: title="(?P<keras>[^"\n]+)")?.*\n(?P<text>(?:.*\n)*?)```$', re.MULTILINE)
MARK = re.compile(r"# error: (KFL\d{3}(?:, KFL\d{3})*)$")


@dataclass(frozen=True)
class Block:
    """A program on a page, for one Keras (and another one to upgrade to), with its findings marked."""

    page: str
    number: int
    keras: str
    text: str
    upgrade_to: str = ""

    @property
    def marked(self) -> list[tuple[int, str]]:
        lines = enumerate(self.text.splitlines(), 1)
        return [(number, code) for number, line in lines for found in MARK.findall(line) for code in found.split(", ")]

    @property
    def settings(self) -> Settings:
        own = ("KFL9",) if self.page in ABOUT_THE_TOOL else ()
        return Settings(keras=self.keras, upgrade_to=self.upgrade_to, extend_select=own)

    def report(self) -> Report:
        return lint_source(self.text, f"{self.page}.py", self.settings)

    def findings(self) -> tuple[Finding, ...]:
        report = self.report()
        assert report.error is None or report.error.code == self.page
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
            keras, _, upgrade_to = found["keras"].partition(" to ")
            yield Block(path.stem, number, keras, found["text"], upgrade_to)


def wrong_examples(code: str) -> list[Block]:
    """The programs of a page that show its mistake."""
    return [block for block in blocks() if block.page == code and code in {marked for _, marked in block.marked}]
