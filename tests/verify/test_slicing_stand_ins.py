"""A model that is not in the file: the witness has a small one in its place, and the finding is about that one's layers."""

from __future__ import annotations

from textwrap import dedent

from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.witness import Witness
from tests.verify.test_slicing import assumed

LOADED = dedent(
    """
    from keras.layers import Dense
    from keras.models import Sequential, load_model

    base = load_model("base.h5")
    model = Sequential([base, Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    base.trainable = False
    model.fit(x, y)
    """
)


def test_the_finding_is_found_in_the_witness_again_with_layers_that_it_can_name() -> None:
    settings = Settings(keras="keras==2.15")
    (finding,) = lint_source(LOADED, "train.py", settings).findings
    assert finding.prediction is not None
    assert finding.prediction.layers == ("load_model.layers[0:1000]",)
    witness = slice_program(LOADED, "train.py", [finding.location.line], [finding.prediction.training_call])
    assert isinstance(witness, Witness)
    assert assumed(witness)["load_model('base.h5')"] == "a small model of four Dense layers"
    (twin,) = lint_source(witness.text, "train.py", settings).findings
    assert twin.prediction is not None
    assert twin.code == finding.code
    assert twin.prediction.layers == ("dense", "dense_1", "dense_2", "dense_3")
