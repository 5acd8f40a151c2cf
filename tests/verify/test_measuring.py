"""What stands still for another reason than its flag is not taken for frozen; and every way to train is measured rightly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import dedent

import pytest

from keras_freeze_lint.findings import Finding, Location, Prediction, Verdict
from keras_freeze_lint.verify.comparing import Comparison
from keras_freeze_lint.verify.judging import Undecided, judge, observe
from keras_freeze_lint.verify.measurement import Control, Measurement
from keras_freeze_lint.verify.runner import Limits, Request, Runner
from keras_freeze_lint.verify.witness import Witness
from tests.conformance.environments import Subject
from tests.verify.subjects import NEW, subject

MARK = "  # here"
HEAD = """\
import numpy as np
import keras
from keras import layers
from keras.initializers import Constant
from keras.layers import Dense
from keras.models import Model, Sequential
from keras.optimizers import SGD

x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
"""


def plain(base: str = 'Dense(4, name="base")', between: str = "", head: str = 'Dense(1, name="head")') -> str:
    inner = ", ".join(filter(None, ["layers.Input((3,))", base, between, head]))
    return f"model = Sequential([{inner}])\n{{flag}}"


COMPILED = 'model.compile("sgd", "mse")\n'
TRAINED = "model.fit(x, y, batch_size=8, verbose=0)" + MARK + "\n"

# In all of them the gradient of the layer "base" is zero, or nothing comes of it. {flag} is where its flag is set.
STILL = {
    "dead-relu": plain(
        'Dense(4, activation="relu", kernel_initializer=Constant(-1.0), name="base")'
    ) + COMPILED + TRAINED,
    "zeros-behind-it": plain(head='Dense(1, kernel_initializer="zeros", name="head")') + COMPILED + TRAINED,
    "saturated": plain('Dense(4, activation="tanh", kernel_initializer=Constant(1e4), name="base")')
    + COMPILED + TRAINED,
    "everything-dropped": plain(between="layers.Dropout(0.9999999)") + COMPILED + TRAINED,
    "one-class": plain(head='Dense(1, activation="softmax", name="head")')
    + 'model.compile("sgd", "categorical_crossentropy")\n' + TRAINED,
    "no-error": plain(head='Dense(1, kernel_initializer="zeros", bias_initializer="ones", name="head")')
    + COMPILED + TRAINED,
    "no-learning-rate": plain() + 'model.compile(SGD(0.0), "mse")\n' + TRAINED,
    "a-schedule-from-zero": plain()
    + 'rate = keras.optimizers.schedules.PolynomialDecay(0.0, 100, 1.0)\nmodel.compile(SGD(rate), "mse")\n' + TRAINED,
    "no-loss-weight": plain() + 'model.compile("sgd", "mse", loss_weights=[0.0])\n' + TRAINED,
    "clipped-away": plain('Dense(4, use_bias=False, name="base")') + 'model.compile(SGD(0.1, clipnorm=1e-30), "mse")\n' + TRAINED,
    "no-sample-weight": plain() + COMPILED + TRAINED.replace("batch_size", "sample_weight=np.zeros(8), batch_size"),
    "gradient-stopped": plain(between="layers.Lambda({stop})") + COMPILED + TRAINED,
    "output-without-a-loss": """\
a = layers.Input((3,))
model = Model(a, [Dense(1, name="head")(a), Dense(1, name="base")(a)])
{flag}model.compile("sgd", ["mse", None])
model.fit(x, [y, y], batch_size=8, verbose=0)  # here
""".replace("[y, y]", "{labels}"),
    "all-masked": """\
x = np.zeros((8, 5), "int32")
model = Sequential([layers.Input((5,)), layers.Embedding(4, 2, mask_zero=True, name="base"), layers.LSTM(2), Dense(1)])
{flag}""" + COMPILED + TRAINED,
    "nothing-to-train-on": plain() + COMPILED + "model.fit(x, y, epochs=0, verbose=0)" + MARK + "\n",
}  # fmt: skip
# Here it does get a gradient, if a small one: only a part of its numbers, or only in the second step.
MOVING = {
    "few-rows": """\
x = np.ones((8, 5), "int32")
model = Sequential([layers.Input((5,)), layers.Embedding(100, 2, name="base"), layers.Flatten(), Dense(1)])
{flag}""" + COMPILED + TRAINED,
    "one-unit-alive": plain('Dense(2, activation="relu", name="base", kernel_initializer=one)').join(
        ["one = lambda shape, dtype=None: np.array([[1, -1]] * 3, 'float32')\n", COMPILED + TRAINED]
    ),
    "the-second-step": plain(head='Dense(1, kernel_initializer="zeros", name="head")')
    + COMPILED + TRAINED.replace("batch_size=8", "batch_size=4"),
    "a-sample-counts": plain() + COMPILED
    + TRAINED.replace("batch_size", "sample_weight=np.array([0.0] * 7 + [1.0]), batch_size"),
    "regularised-away": plain(
        'Dense(4, activation="relu", kernel_initializer=Constant(-1.0), kernel_regularizer="l2", name="base")'
    ) + COMPILED + TRAINED,
}  # fmt: skip
FINDING = Finding("KFL102", "trainable-between-fits", "trainable is set too late", Location(1, 1, 1, 1))


@pytest.fixture(scope="module", params=["new", "keras-2.15"])
def where(request: pytest.FixtureRequest) -> Subject:
    return subject(*NEW) if request.param == "new" else subject(request.param)


@pytest.fixture(scope="module")
def running(where: Subject) -> Iterator[Runner]:
    with Runner(where.python, where.backend, "cpu", Limits(seconds=120)) as started:
        yield started


def text_of(body: str, flag: str, where: Subject) -> str:
    keras_3 = where.flavour == "keras" and where.name != "keras-2.15"
    stop = "keras.ops.stop_gradient" if keras_3 else "keras.backend.stop_gradient"
    head = HEAD if where.flavour == "keras" else HEAD.replace("import keras\n", "from tensorflow import keras\n")
    if where.flavour != "keras":
        head = head.replace("from keras", "from tensorflow.keras")
    body = body.replace("{stop}", stop).replace(
        "{labels}", "[y, y]" if keras_3 else "y" if "2.15" in where.name else "[y, y]"
    )
    return head + body.replace("{flag}", flag)


def verdict(text: str, prediction: Prediction, observed: Measurement, controlled: Measurement) -> Verdict:
    """The verdict on a prediction, were it made about a program."""
    lines = tuple(range(1, len(text.splitlines()) + 1))
    finding, witness = replace(FINDING, prediction=prediction), Witness("program.py", text, lines, ())
    seen = observe(finding, prediction, witness, observed, exact=True)
    if isinstance(seen, Undecided):
        return Verdict.INCONCLUSIVE
    control = Comparison("with other flags", frozenset({prediction.training_call}), controlled, by_flags=True)
    return judge(finding, witness, observed, seen, control).verdict


def both(body: str, where: Subject, running: Runner) -> tuple[Verdict, Verdict]:
    """The verdicts on "it stays still, although trainable", and on "it moves, although frozen", where it is frozen."""
    texts = [text_of(body, flag, where) for flag in ("", 'model.get_layer("base").trainable = False\n')]
    lines = [next(n for n, line in enumerate(text.splitlines(), 1) if MARK in line) for text in texts]
    opened = [Control(line, {"base": True}) for line in lines]
    requests = [Request(text, control) for text, last in zip(texts, opened, strict=True) for control in (None, last)]
    free, free_open, frozen, frozen_open = running.run_all(requests)
    for measured in (free, frozen):
        assert measured.status == "finished", measured
    still = Prediction(lines[0], ("base",), "trainable", "still", "weights")
    moves = Prediction(lines[1], ("base",), "frozen", "moves", "weights")
    return verdict(texts[0], still, free, free_open), verdict(texts[1], moves, frozen, frozen_open)


@pytest.mark.slow  # trains on a real Keras
class TestGradients:
    @pytest.mark.parametrize("cause", STILL)
    def test_what_gets_no_gradient_is_not_taken_for_frozen(self, cause: str, where: Subject, running: Runner) -> None:
        assert both(STILL[cause], where, running) == (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE)

    @pytest.mark.parametrize("cause", MOVING)
    def test_what_gets_a_small_gradient_is_seen_to_move(self, cause: str, where: Subject, running: Runner) -> None:
        assert both(MOVING[cause], where, running) == (Verdict.REFUTED, Verdict.REFUTED)


MODEL = """\
def build():
    found = Sequential([layers.Input((3,)), Dense(4, name="base"), Dense(1, name="head")])
    found.get_layer("base").trainable = False
    return found


model = build()
"""
LOOP = """\
import tensorflow as tf
{model}
optimizer = SGD(0.1)
{step}
for turn in range(2):
    step()
"""
# Each trains a model whose base is frozen and whose head is not.
WAYS = {
    "fit": MODEL + COMPILED + "model.fit(x, y, epochs=2, verbose=0)",
    "fit-in-a-function": MODEL + COMPILED + "def go(one):\n    one.fit(x, y, verbose=0)\n\ngo(model)",
    "fit-in-a-loop": MODEL + COMPILED + "for turn in range(3):\n    model.fit(x, y, verbose=0)",
    "train-on-batch": MODEL + COMPILED + "for turn in range(3):\n    model.train_on_batch(x, y)",
    "a-generator": MODEL + COMPILED + dedent("""\
        def batches():
            while True:
                yield x, y

        model.fit(batches(), steps_per_epoch=2, verbose=0)
        """),
    "a-data-set": MODEL + COMPILED + dedent("""\
        import tensorflow as tf
        model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(4), verbose=0)
        """),
    "fit-in-a-callback": MODEL + COMPILED + dedent("""\
        other = build()
        other.compile("sgd", "mse")

        class Also(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                other.fit(x, y, verbose=0)

        model.fit(x, y, verbose=0, callbacks=[Also()])
        """),
    "train-step": dedent("""\
        import tensorflow as tf

        class Own(Model):
            def train_step(self, data):
                a, b = data
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean((self(a, training=True) - b) ** 2)
                found = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply_gradients(zip(found, self.trainable_variables))
                return {"loss": loss}

        a = layers.Input((3,))
        model = Own(a, Dense(1, name="head")(Dense(4, name="base", trainable=False)(a)))
        model.compile("sgd")
        model.fit(x, y, verbose=0)
        """),
    "subclassed": dedent("""\
        class Own(Model):
            def __init__(self):
                super().__init__()
                self.base = Dense(4, name="base", trainable=False)
                self.head = Dense(1, name="head")

            def call(self, inputs):
                return self.head(self.base(inputs))

        model = Own()
        """) + COMPILED + "model.fit(x, y, verbose=0)",
    "nested": dedent("""\
        base = Sequential([layers.Input((3,)), Dense(4, name="base")])
        base.trainable = False
        model = Sequential([layers.Input((3,)), base, Dense(1, name="head")])
        """) + COMPILED + "model.fit(x, y, verbose=0)",
    "several-models": MODEL + COMPILED + dedent("""\
        other = Sequential([layers.Input((3,)), Dense(2, name="other")])
        other.compile("sgd", "mse")
        for turn in range(2):
            other.train_on_batch(x, np.ones((8, 2)))
            model.train_on_batch(x, y)
        """),
    "apply-gradients": LOOP.replace("{model}", MODEL).replace("{step}", dedent("""\
        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - y) ** 2)
            found = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(found, model.trainable_variables))
        """)),
    "apply-gradients-traced": LOOP.replace("{model}", MODEL).replace("{step}", dedent("""\
        @tf.function
        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - y) ** 2)
            found = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(found, model.trainable_variables))
        """)),
}  # fmt: skip
ONLY_KERAS_3 = {
    "apply": LOOP.replace("{model}", MODEL).replace("{step}", dedent("""\
        def step():
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x) - y) ** 2)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        """)),
}  # fmt: skip
ONLY_KERAS_2 = {
    "minimize": LOOP.replace("{model}", MODEL).replace("{step}", dedent("""\
        def step():
            optimizer.minimize(lambda: tf.reduce_mean((model(x) - y) ** 2), model.trainable_variables)
        """)),
}  # fmt: skip
# Normalisation keeps its statistics by itself; that is no writing of the program's.
NORMALISING = (
    MODEL.replace('Dense(1, name="head")', 'layers.BatchNormalization(name="norm"), Dense(1, name="head")')
    + COMPILED
    + "model.fit(x + np.arange(8)[:, None], y, verbose=0)"
)


def moved(measured: Measurement) -> dict[str, set[bool]]:
    found: dict[str, set[bool]] = {}
    for call in measured.calls:
        for layer in call.layers:
            found.setdefault(layer.key.rpartition("/")[2], set()).add(layer.weights.moves)
    return found


@pytest.mark.slow  # trains on a real Keras
class TestWays:
    @pytest.mark.parametrize("way", [*WAYS, *ONLY_KERAS_3, *ONLY_KERAS_2])
    def test_every_way_to_train_is_measured(self, way: str, where: Subject, running: Runner) -> None:
        of_3 = "keras-3" in where.name or "installed" in where.name
        if way in (ONLY_KERAS_2 if of_3 else ONLY_KERAS_3):
            pytest.skip("this Keras has no such method")
        measured = running.run(text_of({**WAYS, **ONLY_KERAS_3, **ONLY_KERAS_2}[way], "", where))

        assert measured.status == "finished", measured
        found = moved(measured)
        assert (found["base"], found["head"]) == ({False}, {True}), measured

    @pytest.mark.parametrize("way", ["fit-in-a-loop", "train-on-batch", "apply-gradients", "apply-gradients-traced"])
    def test_a_run_ends_after_the_calls_that_are_wanted(self, way: str, where: Subject, running: Runner) -> None:
        text = text_of(WAYS[way], "", where) + "\nraise SystemError('what comes after them')\n"
        (every,) = running.run_all([Request(text)])
        lines = frozenset(call.line for call in every.calls)

        (one,) = running.run_all([Request(text, wanted=(lines, 1))])

        assert every.status == "raised"
        assert len(every.calls) > 1
        assert one.status == "finished", one
        assert len(one.calls) == 1
        assert moved(one) == {"base": {False}, "head": {True}}

    def test_calls_that_use_a_model_are_measured_on_the_lines_in_question_alone(
        self, where: Subject, running: Runner
    ) -> None:
        keras_2 = where.name == "keras-2.15"
        body = dedent("""\
            base = Sequential([layers.Input((3,)), layers.BatchNormalization(name="norm")])
            start = layers.Input((3,))
            model = Model(start, Dense(1, name="head")(base(start, training=True)))
            model.compile("sgd", "mse")
            data = x + np.arange(8)[:, None]

            class Asks(keras.callbacks.Callback):
                def on_epoch_end(self, epoch, logs=None):
                    model.predict(data, verbose=0)  # used

            model.fit(data, y, validation_data=(data, y), callbacks=[Asks()], verbose=0)
            model.predict(data, verbose=0)  # used
            for _ in range(2):
                model.evaluate(data, y, verbose=0)  # used
            model.predict_on_batch(data)
            model.test_on_batch(data, y)  # used
            """)
        text = text_of(body, "", where)
        used = frozenset(number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# used"))

        plain, asked = running.run_all([Request(text), Request(text, inference=used)])

        assert [call.call for call in plain.calls] == ["fit"]
        assert [call.call for call in asked.calls] == ["fit", "predict", "evaluate", "evaluate", "test_on_batch"]
        assert {call.line for call in asked.calls[1:]} < used
        for call in asked.calls:
            (norm,) = (layer for layer in call.layers if layer.key == "norm")
            (head,) = (layer for layer in call.layers if layer.key == "head")
            assert norm.statistics is not None
            assert norm.statistics.moves is (keras_2 or call.call == "fit"), call
            assert norm.weights.moves is head.weights.moves is (call.call == "fit"), call

    def test_statistics_are_not_written_by_the_program(self, where: Subject, running: Runner) -> None:
        measured = running.run(text_of(NORMALISING, "", where))

        (norm,) = (layer for call in measured.calls for layer in call.layers if layer.key == "norm")
        assert norm.weights.moves
        assert norm.statistics is not None
        assert norm.statistics.moves

    def test_a_layer_that_another_model_trains_meanwhile_is_not_measured(self, where: Subject, running: Runner) -> None:
        shared = (
            MODEL
            + COMPILED
            + dedent("""\
            base = model.get_layer("base")
            base.trainable = True
            other = Sequential([layers.Input((3,)), base])
            other.compile("sgd", "mse")
            base.trainable = False

            class Also(keras.callbacks.Callback):
                def on_epoch_end(self, epoch, logs=None):
                    other.train_on_batch(x, np.ones((8, 4)))

            model.fit(x, y, verbose=0, callbacks=[Also()])
            """)
        )
        assert moved(running.run(text_of(shared, "", where))) == {"head": {True}}

    def test_a_frozen_layer_that_a_callback_clips_is_not_measured(self, where: Subject, running: Runner) -> None:
        clipping = (
            MODEL
            + COMPILED
            + dedent("""\
            class Clipping(keras.callbacks.Callback):
                def on_batch_end(self, batch, logs=None):
                    for variable in self.model.get_layer("base").weights:
                        variable.assign(variable * 0.5)

                on_train_batch_end = on_batch_end

            model.fit(x, y, verbose=0, callbacks=[Clipping()])
            """)
        )
        assert moved(running.run(text_of(clipping, "", where))) == {"head": {True}}
