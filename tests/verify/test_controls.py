"""What an observation is compared with, where the flagged call itself is taken out of the witness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.comparing import Observation
from keras_freeze_lint.verify.controls import controls
from tests.verify.samples import TRAINED, WITNESS, call, finding

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
