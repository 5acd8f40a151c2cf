"""The test that decides which files are analysed at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_freeze_lint.interpreter.spelling import is_misspelled_flag
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.prefilter import NEEDLES, deserves_analysis
from keras_freeze_lint.settings import Settings
from tests.faces import ROOT


@pytest.mark.parametrize("needle", NEEDLES)
@pytest.mark.parametrize("home", ["import keras", "from tensorflow.keras import layers", "tf.keras.Model()"])
def test_keras_and_a_telling_word_are_needed(home: str, needle: str) -> None:
    assert deserves_analysis(f"{home}\nx.{needle}\n")
    assert not deserves_analysis(home)
    assert not deserves_analysis(f"import torch\nx.{needle}\n")


def test_bytes_are_as_good_as_text_whatever_their_encoding() -> None:
    assert deserves_analysis("import keras\ngröße.trainable = False".encode("latin-1"))


@pytest.mark.parametrize(
    "slip", ["trainble", "trainabel", "traineble", "tranable", "trainbale", "trainabe", "Trainable", "traniable"]
)
def test_misspellings_seen_in_public_code_pass(slip: str) -> None:
    assert deserves_analysis(f"import keras\nlayer.{slip} = False")
    assert deserves_analysis(f"import keras\nsetattr(layer, '{slip}', False)")


@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from("abelnrt_"), st.sampled_from(["lose", "change", "add"]))
def test_whatever_the_rules_take_for_a_misspelling_passes(first: int, second: int, letter: str, slip: str) -> None:
    name = "trainable"
    for place in (first, second):
        name = (
            name[:place]
            + {"lose": "", "change": letter, "add": letter + name[place : place + 1]}[slip]
            + name[place + 1 :]
        )

    if is_misspelled_flag(name):
        assert deserves_analysis(f"import keras\nlayer.{name} = False")


@pytest.mark.parametrize("word", ["trouble", "tensorboard", "translate", "tunnel", "training", "table", "target_size"])
def test_ordinary_words_do_not(word: str) -> None:
    assert not deserves_analysis(f"import keras\n{word} = keras.{word}")


PROGRAMS = sorted([*ROOT.glob("tests/cases/*/*.py"), *ROOT.glob("fixtures/*/*.py")])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_finding_is_lost_by_it(program: Path) -> None:
    text = program.read_text(encoding="utf-8")
    with_it, without_it = (
        lint_source(text, str(program), Settings(prefilter=prefilter)) for prefilter in (True, False)
    )

    assert with_it.findings == without_it.findings
