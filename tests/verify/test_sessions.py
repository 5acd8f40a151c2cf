"""TensorFlow 1: an optimizer's step is put into a graph on one line, and trains where a session runs it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

import pytest

from keras_freeze_lint.cli.progress import Silence
from keras_freeze_lint.findings import Verdict
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.interrogation import place_of
from keras_freeze_lint.verify.measurement import Control, Measurement
from keras_freeze_lint.verify.runner import Limits, Runner
from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.verifying import Verifier
from keras_freeze_lint.verify.witness import Witness
from tests.verify.subjects import OLD, subject

GRAPH = """\
import numpy as np
import tensorflow as tf
from keras.layers import Dense
from keras.models import Sequential

model = Sequential()
model.add(Dense(4, input_shape=(4,), name="base"))
model.add(Dense(1, name="head"))
model.layers[0].trainable = False
x = tf.placeholder(tf.float32, (None, 4))
y = tf.placeholder(tf.float32, (None, 1))
loss = tf.reduce_mean(tf.square(model(x) - y))
"""
STEP = "step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)\n"
START = "session = tf.Session()\nsession.run(tf.global_variables_initializer())\n"
FEED = "feed_dict={x: np.random.rand(8, 4), y: np.random.rand(8, 1)}"
STEP_LINE = GRAPH.count("\n") + 1


class TestSlicing:
    @staticmethod
    def witness(text: str) -> str:
        found = slice_program(text, "train.py", [STEP_LINE], [STEP_LINE])
        assert isinstance(found, Witness), found
        return found.text

    def test_what_runs_the_step_and_what_begins_is_kept(self) -> None:
        text = self.witness(GRAPH + STEP + START + f"session.run(step, {FEED})\nprint(session.run(loss, {FEED}))\n")

        assert text.splitlines()[-3:] == [
            "session = tf.Session()",
            "session.run(tf.global_variables_initializer())",
            f"session.run(step, {FEED})",
        ]

    def test_a_step_that_is_one_of_several_and_an_initializer_with_a_name_are_kept(self) -> None:
        rest = f"""\
        init = tf.global_variables_initializer()
        together = tf.group(step, tf.no_op())
        with tf.Session(config=tf.ConfigProto(log_device_placement=True)) as session:
            init.run()
            for turn in range(100000):
                session.run([together, loss], {FEED})
        """
        text = self.witness(GRAPH + STEP + dedent(rest))

        assert "with tf.Session() as session:\n    init.run()\n    for turn in range(3):\n" in text
        assert "session.run([together, loss]" in text

    def test_data_that_is_not_there_is_fed_in_the_shape_of_its_placeholder(self) -> None:
        rest = """\
        from tensorflow.examples.tutorials.mnist import input_data
        data = input_data.read_data_sets("MNIST_data")
        rows, labels = data.train.next_batch(50)
        with session.as_default():
            step.run(feed_dict={x: rows, y: labels})
        """
        text = self.witness(GRAPH + STEP + START + dedent(rest))

        assert "step.run(feed_dict={x: synthetic_feed(x), y: synthetic_feed(y)})" in text
        assert "input_data" not in text

    def test_a_session_that_is_only_set_up_is_left_out(self) -> None:
        text = dedent("""\
            import tensorflow as tf
            from keras import backend as K
            from keras.layers import Dense
            from keras.models import Sequential
            K.set_session(tf.Session(config=tf.ConfigProto()))
            model = Sequential([Dense(1, input_shape=(4,))])
            model.compile("sgd", "mse")
            model.fit(x, y)
            """)
        found = slice_program(text, "train.py", [8], [8])

        assert isinstance(found, Witness)
        assert "Session" not in found.text


# Each runs the step twice or more, in a way of its own.
WAYS = {
    "a session": START + f"for turn in range(2):\n    session.run(step, {FEED})\n",
    "among others": START + f"for turn in range(2):\n    _, now = session.run([step, loss], {FEED})\n",
    "in a dictionary": START + f"for turn in range(2):\n    session.run({{'step': step, 'loss': loss}}, {FEED})\n",
    "the default session": START + f"with session.as_default():\n    for turn in range(2):\n        step.run({FEED})\n",
    "as a part": START + f"part = tf.group(step)\nfor turn in range(2):\n    session.run(part, {FEED})\n",
    "by its name": START + f"for turn in range(2):\n    session.run(step.name, {FEED})\n",
    "monitored": f"with tf.train.MonitoredSession() as session:\n    for turn in range(2):\n        session.run(step, {FEED})\n",
}


@pytest.fixture(scope="module", params=["keras-2.2.4", "keras-2.0.8"])
def old(request: pytest.FixtureRequest) -> Iterator[Runner]:
    where = subject(request.param)
    with Runner(where.python, where.backend, "cpu", Limits(seconds=120)) as started:
        yield started


def moved(measured: Measurement) -> list[dict[str, bool]]:
    return [
        {layer.key.rpartition("/")[2]: layer.weights.moves for layer in call.layers}
        for call in measured.calls
        if call.line == STEP_LINE
    ]


@pytest.mark.slow  # trains on a Keras of TensorFlow 1
class TestMeasuring:
    @pytest.mark.parametrize("way", WAYS)
    def test_each_run_of_the_step_is_measured(self, way: str, old: Runner) -> None:
        measured = old.run(GRAPH + STEP + WAYS[way])

        assert measured.status == "finished", measured
        assert moved(measured) == [{"base": True, "head": True}] * 2
        assert {call.call for call in measured.calls} == {"minimize"}

    def test_a_control_leaves_the_layer_out_of_var_list(self, old: Runner) -> None:
        text = GRAPH + STEP + WAYS["a session"]

        controlled = old.run(text, Control(STEP_LINE, {"base": False}))

        assert moved(controlled) == [{"base": False, "head": True}] * 2
        assert all(call.controlled for call in controlled.calls)

    def test_layers_without_a_model_are_measured(self, old: Runner) -> None:
        measured = old.run(
            dedent("""\
                import numpy as np
                import tensorflow as tf
                from keras.layers import Dense
                x = tf.placeholder(tf.float32, (None, 4))
                y = tf.placeholder(tf.float32, (None, 1))
                first, last = Dense(4, name="base"), Dense(1, name="head")
                loss = tf.reduce_mean(tf.square(last(first(x)) - y))
                """)
            + STEP
            + WAYS["a session"]
        )
        assert measured.status == "finished", measured
        assert [{layer.key: layer.weights.moves for layer in call.layers} for call in measured.calls] == [
            {"base": True, "head": True}
        ] * 2

    def test_of_two_steps_at_once_nothing_is_told(self, old: Runner) -> None:
        text = GRAPH + STEP + "second = tf.train.GradientDescentOptimizer(0.1).minimize(loss)\n" + START
        measured = old.run(text + f"session.run([step, second], {FEED})\n")

        assert measured.status == "finished"
        assert not measured.calls

    def test_a_program_that_keras_trains_is_measured_as_ever(self, old: Runner) -> None:
        measured = old.run(
            GRAPH + 'model.compile("sgd", "mse")\nmodel.fit(np.random.rand(8, 4), np.random.rand(8, 1), verbose=0)\n'
        )
        assert [call.call for call in measured.calls] == ["fit"]
        assert {layer.key: layer.weights.moves for layer in measured.calls[0].layers} == {"base": False, "head": True}


@pytest.mark.slow  # trains on a Keras of TensorFlow 1
@pytest.mark.parametrize(
    ("options", "verdicts"), [("", [Verdict.CONFIRMED]), (", var_list=model.trainable_weights", [])]
)
def test_a_step_over_everything_is_confirmed_and_one_over_what_is_trainable_cleared(
    options: str, verdicts: list[Verdict]
) -> None:
    place = place_of(subject(*OLD).python)
    text = GRAPH + STEP.replace("(loss)", f"(loss{options})") + WAYS["a session"]
    with Verifier(place, lambda: Runner(place.python, None, "cpu"), Silence()) as verifier:
        file = verifier.verify(verifier.prepare(text, "train.py", Settings(keras="auto")))

    assert [one.verdict for one in file.evidence] == verdicts
