"""The test that decides which files are analysed at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_freeze_lint.interpreter.spelling import is_misspelled_flag
from keras_freeze_lint.prefilter import NEEDLES, deserves_analysis


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
