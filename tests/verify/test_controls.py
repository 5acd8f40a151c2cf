"""What an observation is compared with, where the flagged call itself is taken out of the witness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.comparing import Observation
from keras_freeze_lint.verify.controls import Proposal, controls
from keras_freeze_lint.verify.measurement import CallMeasurement, LayerMeasurement
from tests.verify.samples import MOVED, STILL, TRAINED, WITNESS, call, finding

ERROR = "TypeError: 'NoneType' object is not callable"
IN_A_CALLBACK = """\
class Reopen(Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.compile(
            "sgd",
            "mse",
        )  # once more


model.fit(x, y, callbacks=[Reopen()])
"""


def without(text: str, line: int, trained: int) -> list[str]:
    """The texts that are proposed for a call on a line that makes the training on another raise."""
    found = finding(effect="raises", message="TypeError on Keras 3")
    twin = replace(found, code="KFL107", location=replace(found.location, line=line))
    assert found.prediction is not None
    seen = Observation(found.prediction, "raises", replace(call(line=trained), raised=ERROR), error=ERROR)
    witness = replace(WITNESS, text=text, origins=tuple(range(1, text.count("\n") + 1)))
    return [one.text for one in controls(seen, witness, twin, Settings()) if one.words == "without it"]


def test_the_flagged_call_is_taken_out_and_every_line_keeps_its_number() -> None:
    (text,) = without(IN_A_CALLBACK, line=3, trained=9)

    assert "compile" not in text
    assert text.splitlines()[2:6] == ["        pass", "", "", ""]
    assert text.splitlines()[8] == "model.fit(x, y, callbacks=[Reopen()])"
    compile(text, "witness.py", "exec")


@pytest.mark.parametrize(
    "text", ["a = 1; model.compile()\nmodel.fit(x, y)\n", "if a: model.compile()\nmodel.fit(x, y)\n"]
)
def test_a_line_that_says_more_is_left_alone(text: str) -> None:
    assert not without(text, line=1, trained=2)


def test_the_training_call_itself_stays() -> None:
    assert not without("model.fit(x, y)\n", line=1, trained=1)


def test_only_errors_are_traced_to_a_call() -> None:
    found = finding()
    assert found.prediction is not None
    seen = Observation(found.prediction, "moves", call(line=TRAINED))

    assert not [one for one in controls(seen, WITNESS, found, Settings()) if one.words == "without it"]


def layer(intent: str) -> LayerMeasurement:
    return LayerMeasurement("base", "Dense", (), intent, MOVED, None)


def words_of(trained: CallMeasurement, text: str, prediction_of: Finding) -> list[str]:
    assert prediction_of.prediction is not None
    shown = tuple(("base", one) for one in trained.layers)
    seen = Observation(prediction_of.prediction, "moves", trained, turn=2, layers=shown)
    witness = replace(WITNESS, text=text, origins=tuple(range(1, text.count("\n") + 1)))
    return [one.words for one in controls(seen, witness, prediction_of, Settings())]


def test_a_control_ends_with_the_call_that_it_is_for() -> None:
    found = finding()
    assert found.prediction is not None
    trained = call(layer("frozen"), line=TRAINED)
    seen = Observation(found.prediction, "moves", trained, turn=2, layers=(("base", trained.layers[0]),))

    requests = [one.request for one in controls(seen, WITNESS, None, Settings())]

    assert [one.wanted for one in requests] == [(frozenset({TRAINED}), 3)] * 2


def test_a_control_for_a_statement_that_raises_runs_to_its_end() -> None:
    found = finding(effect="raises", message="TypeError on Keras 3")
    assert found.prediction is not None
    seen = Observation(found.prediction, "raises", None, error=ERROR)
    witness = replace(WITNESS, text=IN_A_CALLBACK, origins=tuple(range(1, 10)))
    twin = replace(found, code="KFL107", location=replace(found.location, line=3))

    assert [one.request.wanted for one in controls(seen, witness, twin, Settings())] == [None]


LOOP = """\
import keras
import tensorflow as tf
base = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4)], name="base")
base.trainable = False
model = keras.Sequential([base, keras.layers.Dense(1)])
optimizer = keras.optimizers.SGD(0.1)
x, y = tf.ones((8, 3)), tf.ones((8, 1))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((model(x) - y) ** 2)
optimizer.apply_gradients(zip(tape.gradient(loss, model.weights), model.weights))
"""


def test_a_loop_over_all_weights_is_mended_first_where_its_flags_are_set_already() -> None:
    settings = Settings(keras="keras==3.15")
    (found,) = lint_source(LOOP, "train.py", settings).findings
    assert found.code == "KFL601"
    frozen = replace(call(layer("frozen"), line=10), call="apply_gradients")
    late = replace(call(layer("trainable"), line=10), call="apply_gradients")

    assert words_of(frozen, LOOP, found) == ["mended", "frozen from the beginning"]
    assert words_of(late, LOOP, found) == ["frozen from the beginning", "mended"]


BAKED = """\
from tensorflow import keras
from tensorflow.keras import layers
base = keras.Sequential([layers.Dense(4, input_shape=(4,)), layers.BatchNormalization(name="norm")], name="bäse")
i = keras.Input((4,))
model = keras.Model(i, layers.Dense(1, name="ä")(base(i, training={mode})))
model.compile("sgd", "mse")
model.fit(x, y)
model.predict(x)
"""


def told_otherwise(mode: str, *, known: bool = True) -> list[Proposal]:
    """What is proposed where a model moves statistics that is only used."""
    text = BAKED.replace("{mode}", mode)
    (found,) = lint_source(BAKED.replace("{mode}", "True"), "train.py", Settings(keras="keras==2.15")).findings
    assert found.prediction is not None
    norm = LayerMeasurement("norm", "BatchNormalization", ("model",), "trainable", STILL, MOVED)
    used = replace(call(norm, line=8), call="predict")
    seen = Observation(found.prediction, "moves", used, layers=(("norm", norm),))
    witness = replace(WITNESS, text=text, origins=tuple(range(1, 9)))
    return list(controls(seen, witness, found if known else None, Settings(keras="keras==2.15")))


def test_a_model_that_is_only_used_is_compared_with_one_that_is_called_with_training_false() -> None:
    (proposal,) = told_otherwise("True")

    assert proposal.text == BAKED.replace("{mode}", "False")
    assert proposal.words == "called with training=False"
    assert proposal.request.control is None
    assert proposal.request.inference == {8}
    assert proposal.request.wanted == (frozenset({8}), 1)


def test_only_the_mode_is_another() -> None:
    (proposal,) = told_otherwise("not  (0)")

    assert proposal.text == BAKED.replace("{mode}", "False")


def test_without_the_finding_in_the_witness_nothing_is_known_to_be_told_otherwise() -> None:
    assert told_otherwise("True", known=False) == []
