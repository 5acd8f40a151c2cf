"""Being measured changes nothing of what a program does: it trains to the same digit as it does alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from keras_freeze_lint.verify.runner import Request, Runner
from tests.conformance.environments import Subject
from tests.verify.subjects import NEW, subject

pytestmark = pytest.mark.slow  # imports TensorFlow twice

HEAD = """\
import keras
import numpy as np
import tensorflow as tf
from keras import layers, optimizers

keras.utils.set_random_seed(7)
x, y = np.random.rand(24, 5).astype("float32"), np.random.rand(24, 1).astype("float32")


def build(**options):
    return keras.Sequential(
        [layers.Input((5,)), layers.Dense(4, activation="relu"), layers.BatchNormalization(), layers.Dense(1)], **options
    )


traced = []


class Counting(keras.Model):
    def train_step(self, data):
        traced.append(1)
        return super().train_step(data)


model = build()
"""
TAIL = """
print([float(np.abs(np.asarray(weight)).sum()) for weight in model.get_weights()])
"""
FIT = "model.fit(x, y, batch_size=8, epochs=2, verbose=0)\n"
PROGRAMS = {
    "slots": 'model.compile("adam", "mse")\n' + FIT,
    "metrics": 'model.compile("adam", "mse", metrics=["mae", keras.metrics.RootMeanSquaredError(), "accuracy"])\n' + FIT,
    "weighted-metrics": 'model.compile("ftrl", "mse", weighted_metrics=["mae"])\n' + FIT,
    "moving-average": 'model.compile(optimizers.SGD(0.1, momentum=0.9, use_ema=True, ema_overwrite_frequency=2), "mse")\n'
    + FIT,
    "loss-scale": 'model.compile(optimizers.LossScaleOptimizer(optimizers.RMSprop(0.01, centered=True)), "mse")\n' + FIT,
    "accumulated": 'model.compile(optimizers.Adam(gradient_accumulation_steps=2), "mse")\n' + FIT,
    "compiled-again": 'model.compile("adam", "mse")\n' + FIT + 'model.layers[0].trainable = False\n'
    + 'model.compile("nadam", "mse")\n' + FIT,
    "opened-in-a-callback": dedent("""\
        class Open(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                self.model.layers[0].trainable = True

        model.layers[0].trainable = False
        model.compile("adam", "mse")
        model.fit(x, y, batch_size=8, verbose=0, callbacks=[Open()])
        """),
    "built-by-fit": 'model = keras.Sequential([layers.Dense(3), layers.Dense(1)])\nmodel.compile("adam", "mse")\n' + FIT,
    "one-batch-at-a-time": dedent("""\
        model.compile("adamw", "mse", metrics=["mae"])
        for turn in range(3):
            print(model.train_on_batch(x, y))
        """),
    "two-optimizers": dedent("""\
        class Two(Counting):
            def train_step(self, data):
                first, second = data
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean((self(first, training=True) - second) ** 2)
                found = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply_gradients(zip(found[:2], self.trainable_variables[:2]))
                self.other.apply_gradients(zip(found[2:], self.trainable_variables[2:]))
                return {"loss": loss}

        model = Two(model.inputs, model.outputs)
        model.other = optimizers.Adam(0.1)
        model.compile("adam")
        """) + FIT,
    "traced-by-the-program": dedent("""\
        optimizer = optimizers.Adam(0.1)

        @tf.function
        def step(first, second):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(first, training=True) - second) ** 2)
            found = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(found, model.trainable_variables))
            return loss

        for turn in range(3):
            print(float(step(x, y)))
        """),
    # TensorFlow allows new variables in the first trace only: this must fail measured, too.
    "variables-too-late": dedent("""\
        model.compile("sgd", "mse")
        model.train_on_batch(x, y)
        model.optimizer = optimizers.Adam()
        try:
            model.train_on_batch(x[:8, :], y[:8])
        except ValueError as error:
            print("ValueError", str(error)[:60])
        """),
    "a-strategy": dedent("""\
        with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
            model = build()
            model.compile("adam", "mse", metrics=["mae"])
        """) + FIT,
}  # fmt: skip
# Each program in a fork of one process: what they print, by name.
ALONE = """
import json, os, sys
import keras, tensorflow
found = {}
for name, text in json.load(sys.stdin).items():
    reads, writes = os.pipe()
    if not os.fork():
        os.dup2(writes, 1)
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        exec(compile(text, name, "exec"), {"__name__": "__main__"})
        sys.stdout.flush()
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as stream:
        found[name] = stream.read()
    os.wait()
with open(sys.argv[1], "w") as out:
    json.dump(found, out)
"""


@pytest.fixture(scope="module")
def new() -> Subject:
    return subject(*NEW)


@pytest.fixture(scope="module")
def alone(new: Subject, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the programs print when nothing measures them, with the arithmetic that the runner asks for."""
    out = tmp_path_factory.mktemp("alone") / "printed.json"
    with Runner(new.python, backend="tensorflow", device="cpu") as running:
        settings = running._environment(str(out.parent))
    texts = json.dumps({name: HEAD + text + TAIL for name, text in PROGRAMS.items()})
    command = [new.python, "-c", ALONE, str(out)]
    subprocess.run(command, input=texts, text=True, check=True, env={**os.environ, **settings}, cwd=out.parent)
    return dict(json.loads(Path(out).read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def measured(new: Subject) -> dict[str, str]:
    with Runner(new.python, backend="tensorflow", device="cpu") as running:
        found = running.run_all([Request(HEAD + text + TAIL) for text in PROGRAMS.values()])
    for name, one in zip(PROGRAMS, found, strict=True):
        assert one.status == "finished", (name, one.message, one.output)
    return {name: one.output for name, one in zip(PROGRAMS, found, strict=True)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_to_the_digit(name: str, alone: dict[str, str], measured: dict[str, str]) -> None:
    assert alone[name]
    assert measured[name] == alone[name]


def test_what_fails_alone_fails_measured(measured: dict[str, str]) -> None:
    assert "ValueError Creating variables on a non-first call" in measured["variables-too-late"]


@pytest.mark.parametrize("metrics", [None, ["mae"]])
def test_a_training_call_is_traced_once(new: Subject, metrics: object) -> None:
    """Two traces are what Keras 3 takes alone, because it makes the optimizer's slots and the metrics in the first."""
    training = f'model = Counting(model.inputs, model.outputs)\nmodel.compile("adam", "mse", metrics={metrics})\n{FIT}'
    with Runner(new.python, backend="tensorflow", device="cpu") as running:
        found = running.run(HEAD + training + "print(len(traced))\n")

    assert (found.status, found.output) == ("finished", "1\n"), found.message


@pytest.mark.parametrize("names", [NEW, ("keras-2.15",), ("tf-2.11",)], ids=lambda names: names[0])
def test_the_cause_of_an_error_in_a_graph(names: tuple[str, ...]) -> None:
    """TensorFlow says first where in TensorFlow it happened, over pages; here the cause is to stand in a sentence."""
    there = subject(*names)
    words = """\
from keras import layers
model = keras.Sequential([layers.Input((1,)), layers.Embedding(4, 3), layers.Flatten(), layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.full((8, 1), 9), np.zeros((8, 1)), verbose=0)
"""
    with Runner(there.python, backend="tensorflow", device="cpu") as running:
        found = running.run("import keras\nimport numpy as np\n" + words)

    assert (found.status, found.line) == ("raised", 6)
    assert found.message.startswith("InvalidArgumentError: indices[0,0] = 9 is not in [0, 4)")
