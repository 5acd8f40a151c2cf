"""What each fix does to a program, and what it leaves alone."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from keras_freeze_lint.findings import Edit, Fix
from keras_freeze_lint.fix_mode import diff_of
from keras_freeze_lint.fixes.editing import apply, compatible
from keras_freeze_lint.fixes.registry import FIXERS, proposals_for
from keras_freeze_lint.fixing import FIXABLE, Fixed, fixed, with_fixes
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from tests import test_cases, test_fixtures
from tests.fix_examples import KERAS_2, KERAS_3, PAIRS, PRELUDE, Pair


def fix(text: str, settings: Settings, unsafe: bool = True) -> Fixed:
    return fixed(text, "train.py", settings, unsafe)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
class TestEachFix:
    def test_the_program_becomes_the_other(self, pair: Pair) -> None:
        code = pair.name.split()[0]
        assert code in [one.code for one in lint_source(PRELUDE + pair.before, "x.py", pair.settings).findings]

        outcome = fix(PRELUDE + pair.before, pair.settings)

        assert outcome.text == PRELUDE + (pair.after or pair.before)
        assert (code in [one.code for one in outcome.report.findings]) == (pair.after is None)

    def test_only_a_safe_fix_comes_without_being_asked_for(self, pair: Pair) -> None:
        changed = fix(PRELUDE + pair.before, pair.settings, unsafe=False).text != PRELUDE + pair.before
        assert changed == (pair.safe and pair.after is not None)

    def test_tabs_line_ends_and_a_missing_last_one_stay(self, pair: Pair) -> None:
        for newline, tab, last in product(("\n", "\r\n", "\r"), ("    ", "\t"), (True, False)):
            before, after = (
                text.removesuffix("" if last else "\n").replace("    ", tab).replace("\n", newline)
                for text in (PRELUDE + pair.before, PRELUDE + (pair.after or pair.before))
            )
            assert fix(before, pair.settings).text == after


def test_every_code_that_is_called_fixable_has_a_fixer_and_an_example() -> None:
    assert set(FIXERS) == FIXABLE
    assert {pair.name.split()[0] for pair in PAIRS if pair.after is not None} == FIXABLE


def real_programs() -> list[tuple[Path, Settings]]:
    cases = [
        (path, Settings(keras=label["keras"], backend=label.get("backend", "tensorflow")))
        for path in test_cases.programs()
        for label in [test_cases.label(path.parent)]
    ]
    return cases + [(one.path, Settings(keras=one.keras)) for one in test_fixtures.PROGRAMS]


REAL = [pytest.param(path, settings, id=f"{path.parent.name}/{path.name}") for path, settings in real_programs()]


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize(("path", "settings"), REAL)
def test_fixing_a_program_leaves_fewer_findings_no_new_ones_and_nothing_to_fix(
    path: Path, settings: Settings, unsafe: bool
) -> None:
    text = path.read_text(encoding="utf-8")
    before = lint_source(text, str(path), settings)

    once = fixed(text, str(path), settings, unsafe)

    ast.parse(once.text)
    left = Counter(finding.code for finding in once.report.findings)
    assert not left - Counter(finding.code for finding in before.findings)
    assert once.count == len(before.findings) - len(once.report.findings)
    assert (once.text == text) == (once.count == 0)
    assert not [one for one in once.report.findings if one.fix is not None and (unsafe or one.fix.safe)]
    again = fixed(once.text, str(path), settings, unsafe)
    assert (again.text, again.count) == (once.text, 0)


class TestWhatIsFixed:
    BOTH = (
        PRELUDE
        + 'base.trainble = False\nmodel.layers[1].trainable == True\nmodel.compile("sgd", "mse")\nmodel.fit(x, y)\n'
    )

    def test_only_what_is_selected(self) -> None:
        outcome = fix(self.BOTH, replace(KERAS_3, select=("KFL402",)))
        assert outcome.text == self.BOTH.replace("==", "=")

        assert fix(self.BOTH, replace(KERAS_3, ignore=("KFL4",))).text == self.BOTH

    def test_not_what_a_comment_suppresses(self) -> None:
        kept = self.BOTH.replace("trainble = False", "trainble = False  # noqa: KFL401")

        assert fix(kept, KERAS_3).text == kept.replace("==", "=")
        assert fix(kept, replace(KERAS_3, noqa=False)).text == kept.replace("==", "=").replace("trainble", "trainable")

    def test_not_what_would_only_make_another_mistake(self) -> None:
        late = PRELUDE + 'model.compile("sgd", "mse")\nbase.trainble = False\nmodel.fit(x, y)\n'

        assert fix(late, KERAS_2).text == late
        assert fix(late, replace(KERAS_2, select=("KFL4",))).text == late
        assert fix(late, KERAS_3).text == late.replace("trainble", "trainable")

    def test_the_others_where_one_does_not_hold(self) -> None:
        text = PRELUDE + (
            'model.layers[1].trainable == True\nmodel.compile("sgd", "mse")\nbase.trainble = False\nmodel.fit(x, y)\n'
        )
        assert fix(text, KERAS_2).text == text.replace("==", "=")

    def test_a_file_that_is_no_python_stays_as_it_is(self) -> None:
        outcome = fix("import keras\nbase.trainble = = False\n", KERAS_3)
        assert (outcome.text, outcome.count) == ("import keras\nbase.trainble = = False\n", 0)
        assert outcome.report.error is not None

    def test_a_finding_knows_its_fix_before_anybody_applies_it(self) -> None:
        report = with_fixes(lint_source(self.BOTH, "x.py", KERAS_3), self.BOTH, KERAS_3)

        assert [finding.fix for finding in report.findings] == [
            Fix(True, "Rename trainble to trainable", (Edit(8, 6, 8, 14, "trainable"),)),
            Fix(True, "Assign the flag", (Edit(9, 1, 9, 34, "model.layers[1].trainable = True"),)),
        ]
        assert lint_source(self.BOTH, "x.py", KERAS_3).findings[0].fix is None

    def test_not_a_safe_one_that_only_holds_with_an_unsafe_one(self) -> None:
        text = PRELUDE + (
            'model.compile("sgd", "mse")\nbase.layers[0].trainble = False\nbase.layers[1].trainable = False\n'
            "model.fit(x, y)\n"
        )
        assert fix(text, KERAS_2, unsafe=False).text == text

    def test_one_after_the_other_where_two_overlap(self) -> None:
        text = (
            PRELUDE + "base.trainble = base.layers[0].trainble = False\nmodel.compile('sgd', 'mse')\nmodel.fit(x, y)\n"
        )
        assert fix(text, KERAS_3).text == text.replace("trainble", "trainable")

    def test_nothing_where_libcst_cannot_read_the_text(self) -> None:
        report = lint_source(self.BOTH, "x.py", KERAS_3)
        assert proposals_for(report.findings, "def f(:\n") == [None, None]


class TestEditing:
    def test_of_two_fixes_that_overlap_the_first_is_taken(self) -> None:
        first, inside, beside = (
            Fix(True, "", (Edit(1, begin, 1, end, "x"),)) for begin, end in ((1, 5), (2, 3), (5, 6))
        )
        assert compatible([first, inside, beside]) == [first, beside]
        assert compatible([first, first]) == [first, first]

    def test_inserted_lines_end_as_the_first_line_does(self) -> None:
        assert apply("a\r\nb\n", [Edit(2, 1, 2, 1, "x\ny\n")]) == "a\r\nx\r\ny\r\nb\n"

    def test_a_form_feed_ends_no_line(self) -> None:
        assert apply("a\n\x0cb\u2028c\nd\n", [Edit(3, 1, 3, 2, "e")]) == "a\n\x0cb\u2028c\ne\n"

    def test_a_diff_says_where_the_last_line_has_no_end(self) -> None:
        assert diff_of("a\nb", "a\nc", "x.py").splitlines()[3:] == [
            " a",
            "-b",
            "\\ No newline at end of file",
            "+c",
            "\\ No newline at end of file",
        ]
