"""KFL900, KFL901 and KFL902: what the tool says of itself, to those who ask for it by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from keras_freeze_lint import analysis
from keras_freeze_lint.fixing import fixed
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.noqa_comments import noqa_comments, without
from tests.faces import MISSPELLED, flake8, keras_freeze_lint

OWN = Settings(extend_select=("KFL9",))
BROKEN = "import keras\nprint 'hello'\n"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": "# A title"},
        {"cell_type": "code", "source": "import keras\n"},
        {"cell_type": "code", "source": "layer = keras.layers.Dense(4)\nlayer.trainable = = False\n"},
    ]
}


def codes(text: str, settings: Settings = OWN, path: str = "train.py") -> list[str]:
    return [finding.code for finding in lint_source(text, path, settings).findings]


class TestWhoAsks:
    @pytest.mark.parametrize("text", [BROKEN, "import keras  # noqa: KFL401\n"])
    def test_by_default_with_pedantic_and_with_all_of_keras_they_are_silent(self, text: str) -> None:
        for settings in (Settings(), Settings(pedantic=True), Settings(select=("KFL",))):
            assert codes(text, settings) == []

    def test_flake8_is_silent_unless_it_is_asked_for_them_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(f"{MISSPELLED}layer.trainable = False  # noqa: KFL402\n")

        for options in ((), ("--select=KFL",), ("--select=KFL", "--kfl-pedantic")):
            assert "KFL902" not in flake8(*options, "train.py", cwd=tmp_path).out
        for options in (("--extend-select=KFL902",), ("--select=KFL9",), ("--select=KFL,KFL902",)):
            assert "train.py:9:26: KFL902 " in flake8(*options, "train.py", cwd=tmp_path).out

    def test_flake8s_configuration_may_ask_too(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(f"{MISSPELLED}layer.trainable = False  # noqa: KFL402\n")
        (tmp_path / ".flake8").write_text("[flake8]\nselect = KFL,KFL902\n")

        assert "KFL902" in flake8("train.py", cwd=tmp_path).out


class TestCannotParse:
    def test_the_finding_stands_beside_the_error(self) -> None:
        report = lint_source(BROKEN, "train.py", OWN)

        (finding,) = report.findings
        assert report.error is not None
        assert (finding.code, finding.location.line, finding.message) == ("KFL900", 2, report.error.message)
        assert (report.error.code, report.error.line) == ("KFL900", 2)

    def test_the_exit_code_is_2_with_and_without_it(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(BROKEN)

        for options, out in (((), ""), (("--extend-select=KFL900",), "train.py:2:1: KFL900 line 2: Python 2 source: ")):
            done = keras_freeze_lint("check", *options, "train.py", cwd=tmp_path)
            assert done.code == 2
            assert done.out.startswith(out)
            assert done.err.startswith("error: train.py: line 2: ")

    @pytest.mark.parametrize(
        "data", [b"import keras\0", b"# coding: utf-8\nimport keras  # \xff\n", b"# coding: klingon\n"]
    )
    def test_what_is_no_text_is_found_too(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "train.py").write_bytes(data)

        done = keras_freeze_lint("check", "--extend-select=KFL9", "train.py", cwd=tmp_path)

        assert (done.code, done.codes) == (2, ["KFL900"])

    def test_a_file_that_is_not_there_is_no_finding(self, tmp_path: Path) -> None:
        done = keras_freeze_lint("check", "--extend-select=KFL9", "none.py", cwd=tmp_path)
        assert (done.code, done.out) == (2, "")

    def test_a_broken_cell_is_named(self) -> None:
        report = lint_source(json.dumps(NOTEBOOK), "book.ipynb", OWN)

        (finding,) = report.findings
        assert (finding.code, finding.location.cell, finding.location.line) == ("KFL900", 2, 2)

    def test_a_comment_suppresses_the_finding_and_not_the_error(self) -> None:
        report = lint_source("import keras\nprint 'hello'  # noqa: KFL900\n", "train.py", OWN)

        assert report.findings == ()
        assert report.error is not None


class TestInternalError:
    def test_it_is_one_finding_and_no_traceback(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_arguments: object) -> None:
            raise KeyError("layers")

        monkeypatch.setattr(analysis, "analyse", fails)
        report = lint_source(MISSPELLED, "train.py", OWN)

        (finding,) = report.findings
        assert report.error is not None
        assert (finding.code, finding.location.line) == ("KFL901", 1)
        assert finding.message == "internal error (KeyError: 'layers'): please report it with the file"
        assert lint_source(MISSPELLED, "train.py", Settings()).findings == ()

    def test_what_is_too_deep_is_no_mistake_of_ours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_arguments: object) -> None:
            raise RecursionError

        monkeypatch.setattr(analysis, "analyse", fails)

        assert codes(MISSPELLED) == ["KFL900"]


USED = MISSPELLED.replace("layer.trainble = False", "layer.trainble = False  # noqa: KFL401")


class TestUnusedSuppression:
    @pytest.mark.parametrize(
        "comment",
        [
            "# noqa: KFL401",
            "# noqa: KFL4",
            "# noqa: E501,KFL401",
            "# NOQA:kfl401",
            "# noqa",
            "# noqa: E501",
            "# noqa: KFL901, KFL902",
            "# noqa: KFL801",
            "# KFL101",
        ],
    )
    def test_silent_about_a_comment_that_is_of_use_or_not_ours_to_judge(self, comment: str) -> None:
        text = MISSPELLED.replace("layer.trainble = False", f"layer.trainble = False  {comment}")

        assert "KFL902" not in codes(text)

    @pytest.mark.parametrize(
        ("comment", "told"),
        [
            ("# noqa: KFL101", "KFL101 suppresses nothing: it is not found here on any Keras"),
            ("# noqa: KFL5", "KFL5 suppresses nothing: it is not found here on any Keras"),
            ("# noqa: KFL101,KFL102", "KFL101 and KFL102 suppresses nothing: it is not found here on any Keras"),
            ("# noqa: KFL499", "KFL499 suppresses nothing: there is no such code"),
        ],
    )
    def test_found_where_nothing_is_suppressed(self, comment: str, told: str) -> None:
        text = MISSPELLED.replace('model.compile("sgd", "mse")', f'model.compile("sgd", "mse")  {comment}')
        (finding,) = (one for one in lint_source(text, "train.py", OWN).findings if one.code == "KFL902")

        assert finding.message == f"noqa of {told}"
        assert (finding.location.line, finding.location.column) == (7, 30)
        assert finding.location.end_column == 30 + len(comment)

    def test_a_comment_that_another_keras_needs_stays(self) -> None:
        late = "import keras\nlayer = keras.layers.Dense(4, input_shape=(8,))\nmodel = keras.Sequential([layer])\n"
        late += 'model.compile("sgd", "mse")\nlayer.trainable = False  # noqa: KFL101\nmodel.fit(x, y)\n'

        for keras in ("keras==2.2.4", "keras==3.15"):
            assert codes(late, Settings(keras=keras, extend_select=("KFL9",))) == []

    def test_any_line_of_a_statement_counts_for_it(self) -> None:
        text = MISSPELLED.replace("layer.trainble = False", "layer.trainble = (  # noqa: KFL401\n    False\n)")
        assert codes(text) == []

    def test_what_stands_in_a_string_is_no_comment(self) -> None:
        assert codes(f'{USED}text = "# noqa: KFL101"\ntext = """\n# noqa: KFL102\n"""\n') == []

    def test_a_file_that_is_silenced_as_a_whole_is_not_judged(self) -> None:
        assert codes(f"# flake8: noqa\n{USED}x = 1  # noqa: KFL101\n") == []

    def test_ignored_codes_are_not_judged(self) -> None:
        text = f"{USED}x = 1  # noqa: KFL101\n"

        assert codes(text) == ["KFL902"]
        assert codes(text, Settings(extend_select=("KFL9",), ignore=("KFL101",))) == []

    def test_without_comments_being_read_none_is_unused(self) -> None:
        settings = Settings(extend_select=("KFL9",), noqa=False)
        assert codes(f"{USED}x = 1  # noqa: KFL101\n", settings) == ["KFL401"]

    def test_it_is_suppressed_by_its_own_code(self) -> None:
        assert codes(f"{USED}x = 1  # noqa: KFL101, KFL902\n") == []

    def test_in_notebooks_it_names_the_cell(self) -> None:
        cells = [{"cell_type": "code", "source": source} for source in (USED, "x = 1\ny = 2  # noqa: KFL101\n")]
        report = lint_source(json.dumps({"cells": cells}), "book.ipynb", OWN)

        (finding,) = report.findings
        assert (finding.location.cell, finding.location.line, finding.fix) == (1, 2, None)

    def test_fixing_removes_it_and_nothing_else(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(f"{USED}x = 1  # noqa: KFL101\n")

        plain = keras_freeze_lint("check", "--fix", "train.py", cwd=tmp_path)
        done = keras_freeze_lint("check", "--fix", "--extend-select=KFL902", "train.py", cwd=tmp_path)

        assert plain.err.startswith("Fixed 0 findings.")
        assert done.err.startswith("Fixed 1 finding.")
        assert (tmp_path / "train.py").read_text() == f"{USED}x = 1\n"

    @pytest.mark.parametrize(
        ("line", "mended"),
        [
            ("x = 1  # noqa: KFL101", "x = 1"),
            ("x = 1  # noqa: E501,KFL101", "x = 1  # noqa: E501"),
            ("x = 1  # noqa: KFL101, E501, W291", "x = 1  # noqa: E501, W291"),
            ("x = 1  # noqa: KFL101 for now", "x = 1  # for now"),
            ("x = 1  # type: ignore  # noqa: KFL101", "x = 1  # type: ignore"),
            ("x = 1  # noqa: KFL101  # type: ignore", "x = 1  # type: ignore"),
        ],
    )
    def test_what_else_the_comment_says_stays(self, line: str, mended: str) -> None:
        done = fixed(f"{USED}{line}\nz = 1\n", "train.py", OWN, unsafe=False)

        assert done.text == f"{USED}{mended}\nz = 1\n"
        assert done.report.findings == ()

    def test_a_comment_on_a_line_of_its_own_goes_with_its_line(self) -> None:
        for newline in ("\n", "\r\n"):
            text = f"{USED}# noqa: KFL101\nz = 1\n".replace("\n", newline)
            assert fixed(text, "train.py", OWN, unsafe=False).text == f"{USED}z = 1\n".replace("\n", newline)

    def test_a_second_comment_that_would_begin_to_suppress_is_left_to_the_author(self) -> None:
        line = "layer.trainble = 0  # noqa: KFL101  # noqa: KFL401"
        done = fixed(f"{MISSPELLED}{line}\n", "train.py", Settings(select=("KFL902",)), unsafe=False)

        assert done.text in {f"{MISSPELLED}{line}\n", f"{MISSPELLED}layer.trainble = 0  # noqa: KFL401\n"}


def test_a_comment_knows_its_codes_and_lines() -> None:
    (comment,) = noqa_comments("f(  # noqa: kfl101, E501\n)\n")

    assert (comment.codes, comment.lines) == (("KFL101", "E501"), range(1, 3))
    assert without(comment, ["KFL101"]).replacement == "# noqa: E501"
