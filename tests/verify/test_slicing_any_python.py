"""Whatever Python it is given, the slicer answers: without an exception, and what it cuts is Python again."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.witness import Unsliceable, Witness
from tests.interpreter.test_any_python import LIBRARY, TROUBLE, bounded, spliced, unhurried

few = settings(unhurried, max_examples=30)
TRAINING = "\nmodel.trainable = False\nmodel.compile('sgd')\nmodel.fit(x, y)\n"


def sliced(text: str, lines: Sequence[int], *, modern: bool = False) -> None:
    with bounded():
        witness = slice_program(text, "program.py", lines, lines, inference_calls=lines[::2], modern=modern)
    if isinstance(witness, Unsliceable):
        assert witness.reason
        return
    assert isinstance(witness, Witness)
    ast.parse(witness.text)
    assert len(witness.origins) == len(witness.text.splitlines())
    assert all(0 <= origin <= len(text.splitlines()) for origin in witness.origins)


def some_lines(text: str, seed: int) -> list[int]:
    """A few lines in question, among them the last, on which something trains."""
    length = len(text.splitlines())
    return [*random.Random(seed).choices(range(1, length + 1), k=3), length]


@few
@given(spliced(), st.integers(0, 9), st.booleans())
def test_programs_cut_up_and_put_together_again(text: str, seed: int, modern: bool) -> None:
    sliced(text, some_lines(text, seed), modern=modern)
    sliced(text + TRAINING, some_lines(text + TRAINING, seed), modern=modern)


@few
@given(st.text(max_size=80), st.integers(-2, 9))
def test_any_text(text: str, line: int) -> None:
    sliced(text, [line])
    sliced(text + TRAINING, [line, len((text + TRAINING).splitlines())])


@pytest.mark.parametrize("text", TROUBLE)
def test_programs_made_to_trouble(text: str) -> None:
    sliced(text, some_lines(text or "\n", 1))
    sliced(text + TRAINING, some_lines(text + TRAINING, 1))


@pytest.mark.slow  # a minute for two hundred modules
@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.name))
def test_the_standard_library(path: Path) -> None:
    text = path.read_text(encoding="utf-8") + TRAINING
    sliced(text, some_lines(text, 2))


@pytest.mark.slow  # making the programs takes long, not cutting them
def test_any_grammatical_python() -> None:
    hypothesmith = pytest.importorskip(
        "hypothesmith", reason="programs from the grammar need hypothesmith, of the dev extra"
    )

    @few
    @given(hypothesmith.from_node(), st.integers(0, 9))
    def check(text: str, seed: int) -> None:
        sliced("import keras\n" + text + TRAINING, some_lines("import keras\n" + text + TRAINING, seed))

    check()
