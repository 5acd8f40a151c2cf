"""Suppression comments: the command line and flake8 must agree on every one of them, in every place."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from keras_freeze_lint.findings import Finding, Location
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.suppressions import unsuppressed
from tests.faces import MISSPELLED, flake8, keras_freeze_lint

HEADER = "from keras.layers import Dense\n\nlayer = Dense(4)\n"

# Statements that hold the mistake; a comment may end each line that has a place for it (written @).
SHAPES = {
    "plain": "layer.trainble = False@\n",
    "in parentheses": "layer.trainble = (@\n    False@\n)@\n",
    "over a backslash": "layer.trainble = \\\n    False@\n",
    "after a multi-line string": 'text = """\n"""; layer.trainble = False@\n',
    "in a block": "for layer in [layer]:@\n    layer.trainble = False@\n",
    "with neighbours": "before = 1@\nlayer.trainble = False@\nafter = 2@\n",
    "among own-line comments": "  @\nlayer.trainble = False\n  @\n",
}
COMMENTS = {
    "# noqa": True,
    "# NoQA": True,
    "# noqa: KFL401": True,
    "# noqa:KFL401": True,
    "# noqa: E501,KFL4": True,
    "# noqa: E501 KFL401": True,
    "# noqa: KFL": None,  # no digits, no code: to flake8 it silences everything
    "# noqa: KFL101": False,
    "# noqa: E501": False,
    "# type: ignore  # noqa: KFL401": True,
    "# quiet": False,
}


def variants() -> dict[str, str]:
    """Every comment in every place of every shape, by file name."""
    programs = {}
    for (number, shape), (kind, comment) in product(enumerate(SHAPES.values()), enumerate(COMMENTS)):
        places = shape.count("@")
        for place in range(places):
            pieces = shape.split("@")
            pieces[place] += f"  {comment}"
            programs[f"shape{number}_comment{kind}_place{place}.py"] = HEADER + "".join(pieces)
    return programs


def test_both_faces_agree_on_every_comment_in_every_place(tmp_path: Path) -> None:
    for name, text in variants().items():
        (tmp_path / name).write_text(text)

    ours = keras_freeze_lint("check", ".", cwd=tmp_path)
    theirs = flake8("--select=KFL", "-j1", ".", cwd=tmp_path)

    assert ours.codes
    assert ours.out.splitlines() == [line.removeprefix("./") for line in sorted(theirs.out.splitlines())]
    assert len(ours.codes) < len(variants()), "some comment must suppress something"


@pytest.mark.parametrize("comment", [comment for comment, suppresses in COMMENTS.items() if suppresses])
def test_a_comment_that_suppresses_does_so_on_any_line_of_the_statement(comment: str) -> None:
    for place in range(3):
        pieces = SHAPES["in parentheses"].split("@")
        pieces[place] += f"  {comment}"
        assert not lint_source(HEADER + "".join(pieces), "train.py", Settings()).findings


@pytest.mark.parametrize("comment", [comment for comment, suppresses in COMMENTS.items() if suppresses is False])
def test_a_comment_for_other_codes_does_not(comment: str) -> None:
    assert lint_source(HEADER + SHAPES["plain"].replace("@", f"  {comment}"), "train.py", Settings()).findings


def test_a_comment_on_a_neighbouring_statement_does_not() -> None:
    before, at, after = "before = 1", "layer.trainble = False", "after = 2"
    for text in (f"{before}  # noqa\n{at}\n{after}\n", f"{before}\n{at}\n{after}  # noqa\n"):
        assert lint_source(HEADER + text, "train.py", Settings()).findings


@pytest.mark.parametrize("comment", ["# flake8: noqa", "# flake8: NOQA", "# flake8=noqa"])
def test_a_file_comment_silences_the_file(comment: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(f"{MISSPELLED}{comment}\n")

    assert keras_freeze_lint("check", ".", cwd=tmp_path).code == 0
    assert flake8("--select=KFL", ".", cwd=tmp_path).code == 0


def test_a_file_comment_with_codes_means_what_it_means_to_the_flake8_that_is_installed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(f"# flake8: noqa: KFL401\n{MISSPELLED}")

    ours = keras_freeze_lint("check", ".", cwd=tmp_path)

    assert ours.code == flake8("--select=KFL", ".", cwd=tmp_path).code


def test_suppressed_findings_can_be_shown_by_both_faces(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(HEADER + "layer.trainble = (\n    False\n)  # noqa\n")

    assert keras_freeze_lint("check", "--disable-noqa", ".", cwd=tmp_path).codes == ["KFL401"]
    assert flake8("--select=KFL", "--disable-noqa", ".", cwd=tmp_path).codes == ["KFL401"]


def test_in_text_that_does_not_tokenise_a_comment_counts_for_its_own_line() -> None:
    text = "layer.trainble = False  # noqa\nlayer.trainble = False\nbroken = (\n"
    findings = [Finding("KFL401", "misspelled", "", Location(line, 1, line, 15)) for line in (1, 2)]

    assert [finding.location.line for finding in unsuppressed(findings, text)] == [2]
