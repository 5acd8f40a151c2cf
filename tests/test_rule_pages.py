"""A rule's page is its test: every program on it gets exactly the findings that are marked in it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import tests.rules
from keras_freeze_lint.linter import trace_source
from keras_freeze_lint.pages import page as shipped_page
from keras_freeze_lint.rules.registry import RULES
from tests import make_rule_pages, page_runs
from tests.conformance.compare import compare
from tests.faces import ROOT
from tests.page_runs import NOT_RUN
from tests.page_versions import SILENT, spans
from tests.rule_pages import ABOUT_THE_TOOL, BLOCK, CODES, PAGES, Block, blocks, page, section, wrong_examples
from tests.rules.harness import Program, programs
from tests.test_fixtures import interpreter_for, measured_trace

HEADINGS = ["What happens", "Why", "Versions", "Example", "Use instead", "Suppress", "Sources"]
LONGEST_MESSAGE = 140
ABOUT_KERAS = [code for code in CODES if code not in ABOUT_THE_TOOL]
# A mistake of ours has no program that shows it.
WITH_EXAMPLE = [code for code in CODES if code != "KFL901"]
# Rules whose programs are not those of tests/rules: the files that test them instead, on both sides of a boundary.
TESTED_IN = {
    "KFL801": ("test_upgrade.py", "upgrade_examples.py"),
    **dict.fromkeys(ABOUT_THE_TOOL, ("test_tool_codes.py",)),
}
ENVIRONMENT_OF = {
    "keras==2.0.8": "keras-2.0.8",
    "keras==2.2.4": "keras-2.2.4",
    "keras==2.15": "keras-2.15",
    "keras>=3": "keras-3.15",
}

each_rule = pytest.mark.parametrize("code", CODES)
each_rule_about_keras = pytest.mark.parametrize("code", ABOUT_KERAS)
each_rule_with_example = pytest.mark.parametrize("code", WITH_EXAMPLE)
each_block = pytest.mark.parametrize("block", list(blocks()), ids=str)


def runnable() -> list[Block]:
    """The programs that can be measured: a side of an upgrade is measured with the upgrades."""
    return [
        block
        for block in blocks()
        if block.keras in ENVIRONMENT_OF
        and not block.upgrade_to
        and block.page not in ABOUT_THE_TOOL
        and not any(word in block.text for word in NOT_RUN)
    ]


@lru_cache
def measured(block: Block) -> dict[str, Any]:
    """What a run of the block shows; it takes seconds, so that tests share it."""
    with TemporaryDirectory() as folder:
        program = Path(folder, f"{block.page}.py")
        program.write_text(block.text, encoding="utf-8")
        return measured_trace(program, interpreter_for(block.keras, ENVIRONMENT_OF[block.keras]))


class TestPage:
    def test_every_rule_has_one_and_every_one_has_its_rule(self) -> None:
        assert sorted(path.stem for path in PAGES.glob("KFL*.md")) == sorted(CODES)

    @each_rule
    def test_it_begins_with_code_and_name(self, code: str) -> None:
        name = next(rule.name for rule in RULES if rule.code == code)

        assert page(code).startswith(f"# {code} {name}\n")

    @each_rule
    def test_it_has_the_headings_in_order(self, code: str) -> None:
        assert re.findall(r"^## (.+)$", page(code), re.MULTILINE) == HEADINGS

    @each_rule_with_example
    def test_its_example_shows_the_mistake_and_use_instead_has_none(self, code: str) -> None:
        assert f"# error: {code}\n" in section(code, "Example")
        assert BLOCK.search(section(code, "Use instead"))
        assert "# error:" not in section(code, "Use instead")

    @each_rule
    def test_it_has_versions_suppression_and_sources(self, code: str) -> None:
        assert re.search(r"<!-- versions -->\n(\|.+\|\n){3,}<!-- /versions -->", section(code, "Versions"))
        assert re.search(rf"`# noqa: (KFL401, )?{code}`", section(code, "Suppress"))
        assert section(code, "Sources").count("\n- ") >= 1

    @each_rule_with_example
    def test_the_suppression_on_it_works(self, code: str) -> None:
        block = next(each for each in blocks() if each.page == code and each.marked)
        # A line has one noqa comment: what is there already is continued.
        text = re.sub(r"(# noqa: \w+) +# error: .*", rf"\1, {code}", block.text)
        silenced = replace(block, text=re.sub(r"# error: .*", f"# noqa: {code}", text))

        assert silenced.findings() == ()

    @each_rule
    def test_a_copy_of_it_is_in_the_package(self, code: str) -> None:
        assert shipped_page(code).startswith(f"# {code} ")
        assert "<!--" not in shipped_page(code)


class TestBlock:
    @each_block
    def test_it_says_for_which_keras_it_is(self, block: Block) -> None:
        assert block.keras

    @each_block
    def test_it_has_exactly_the_marked_findings(self, block: Block) -> None:
        assert [(finding.location.line, finding.code) for finding in block.findings()] == block.marked

    @each_block
    def test_its_messages_are_short(self, block: Block) -> None:
        assert [each.message for each in block.findings() if len(each.message) >= LONGEST_MESSAGE] == []

    @pytest.mark.slow  # runs Keras
    @pytest.mark.parametrize("block", runnable(), ids=str)
    def test_it_does_what_its_trace_says(self, block: Block) -> None:
        trace = measured(block)
        differences = compare(trace_source(block.text, f"{block.page}.py", block.keras), trace)

        assert trace["training_calls"] or "error" in trace
        assert [str(each) for each in differences if each.verdict != "agree"] == []


class TestGenerated:
    """``python -m tests.make_rule_pages --write`` writes what is compared here."""

    def test_the_index_is_up_to_date(self) -> None:
        assert make_rule_pages.INDEX.read_text(encoding="utf-8") == make_rule_pages.index()

    @each_rule
    def test_the_version_table_is_up_to_date(self, code: str) -> None:
        assert page(code) == make_rule_pages.with_table(code)

    @pytest.mark.parametrize("block", page_runs.examples(), ids=str)
    def test_every_example_was_run_and_no_run_contradicts_it(self, block: Block) -> None:
        entry = page_runs.recorded()[str(block)]

        assert entry["example"] == page_runs.fingerprint(block), "run `python -m tests.page_runs`"
        assert page_runs.AGREES in entry["runs"].values()
        assert [told for told in entry["runs"].values() if told.startswith("contradicts")] == []


@cache
def all_programs() -> tuple[Program, ...]:
    """The programs of tests/rules, once for each of their targets."""
    found: list[Program] = []
    for module in pkgutil.iter_modules(tests.rules.__path__, "tests.rules."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, str) and re.search(r"^## .*(\n## )?\[.+\]$", value, re.MULTILINE):
                found += programs(value)
    return tuple(found)


def speaking(code: str) -> Iterator[Program]:
    return (program for program in all_programs() if code in {marked for _, marked in program.marked})


class TestEveryRuleIsComplete:
    """A rule without page, tests, changelog line or boundary test does not pass."""

    @each_rule
    def test_the_changelog_names_it(self, code: str) -> None:
        changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        ranges = re.findall(r"KFL(\d{3}) to KFL(\d{3})", changelog)

        assert code in changelog or any(first <= code[3:] <= last for first, last in ranges)

    @each_rule
    def test_tests_show_it(self, code: str) -> None:
        if code in TESTED_IN:
            assert all((ROOT / "tests" / name).exists() for name in TESTED_IN[code])
            assert any(code in (ROOT / "tests" / name).read_text(encoding="utf-8") for name in TESTED_IN[code])
        else:
            assert any(speaking(code))

    @each_rule_about_keras
    def test_where_its_range_has_an_end_a_program_is_wrong_on_one_side_and_right_on_the_other(self, code: str) -> None:
        outcomes = {told for span in spans(tuple(wrong_examples(code))) for told in span.outcomes}
        if code in TESTED_IN or SILENT not in outcomes:
            return
        silent = {program.text for program in all_programs() if program.silent}
        both = [program.name for program in speaking(code) if program.text in silent]

        assert both
