"""A control that goes on with the run that it is compared with: the same call, from where it began, with other flags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keras_freeze_lint.verify.agenda import Agenda, Work
from keras_freeze_lint.verify.measurement import CallMeasurement, Control, Measurement
from keras_freeze_lint.verify.runner import Limits, Request, Runner
from tests.conformance.environments import Subject
from tests.verify.subjects import subject

MARK = "  # here"
HEAD = """\
import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(3)
x, y = np.random.rand(32, 4).astype("float32"), np.random.rand(32, 1).astype("float32")
base = keras.Sequential([layers.Input((4,)), layers.Dense(3, name="inner"), layers.BatchNormalization(name="norm")])
model = keras.Sequential([base, layers.Dense(1, name="head")])
model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
"""
FIT = f"model.fit(x, y, batch_size=8, shuffle=False, verbose=0){MARK}\n"
OPEN = {"inner": True, "norm": True, "head": True}
FROZEN = {"inner": False, "norm": False}

# In each, what comes after the call does not stand in the way of making it once more.
REPEATABLE = {
    "fit": FIT,
    "train_on_batch": f"model.train_on_batch(x, y){MARK}\n",
    "the-first-of-several": f"for step in range(3):\n    model.train_on_batch(x, y){MARK}\n",
    "trained-again": FIT + "model.fit(x, y, epochs=2, verbose=0)\n",
    "frozen-later": FIT + 'base.trainable = False\nmodel.compile("adam", "mse")\nmodel.fit(x, y, verbose=0)\n',
    "part-of-a-larger-model": FIT + "larger = keras.Sequential([model, layers.Dense(2)])\n"
    "larger.compile('adam', 'mse')\nlarger.fit(x, np.zeros((32, 2)), verbose=0)\n",
    "weights-set-later": FIT + "model.set_weights([np.zeros_like(one) for one in model.get_weights()])\n",
}
# In each, the call could do something else the second time.
SINGULAR = {
    "generator": f"model.fit(((x, y) for _ in range(4)), steps_per_epoch=4, verbose=0){MARK}\n",
    "callback": "stops = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)\n"
    + FIT.replace("verbose=0", "callbacks=[stops]"),
    "class-of-its-own": "class Counting(layers.Layer):\n    def call(self, x):\n        return x\n\n"
    "model = keras.Sequential([base, Counting(), layers.Dense(1, name='head')])\nmodel.compile('sgd', 'mse')\n" + FIT,
    "training-step-of-its-own": "class Own(keras.Model):\n    def train_step(self, *data):\n"
    "        return super().train_step(*data)\n\n"
    "start = keras.Input((4,))\nmodel = Own(start, model(start))\nmodel.compile('sgd', 'mse')\n" + FIT,
    "slower-later": "slow = keras.optimizers.SGD(0.1)\nmodel.compile(slow, 'mse')\n"
    + FIT
    + "slow.learning_rate.assign(0.0)\n",
    "rebuilt": FIT + "model.add(layers.Dense(2))\n",
}
NAMES = ["keras-3.15", "keras-3.15-jax", "keras-3.15-torch", "keras-2.15"]


@pytest.fixture(scope="module", params=NAMES)
def place(request: pytest.FixtureRequest) -> Subject:
    return subject(request.param)


@pytest.fixture(scope="module")
def running(place: Subject) -> Iterator[Runner]:
    with Runner(place.python, place.backend, device="cpu") as runner:
        yield runner


def line_in(text: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if line.endswith(MARK))


def in_turn(running: Runner, text: str, *flags: dict[str, bool]) -> tuple[Measurement, list[Measurement]]:
    """The run of a program, and what its marked call does once more with each of some flags."""
    found: list[Measurement] = []
    line = line_in(text)

    def control(one: dict[str, bool]) -> Work:
        found.append((yield Request(text, Control(line, one), continued=True)))

    def run() -> Work:
        found.append((yield Request(text, again=frozenset({line}))))
        for one in flags:
            agenda.add(control(one))

    agenda = Agenda(lambda: running)
    agenda.add(run())
    agenda.finish()
    return found[0], found[1:]


def call_at(measured: Measurement, line: int) -> CallMeasurement:
    assert measured.status == "finished", (measured.message, measured.output)
    return next(call for call in measured.calls if call.line == line)


def outcome(call: CallMeasurement) -> dict[str, tuple[bool, bool | None, str]]:
    return {
        layer.key: (layer.weights.moves, layer.statistics.moves if layer.statistics else None, layer.intent)
        for layer in call.layers
    }


@pytest.mark.slow
@pytest.mark.parametrize("program", REPEATABLE)
def test_it_shows_what_a_control_of_its_own_shows(running: Runner, program: str) -> None:
    text = HEAD + REPEATABLE[program]
    line = line_in(text)
    first, (frozen, opened) = in_turn(running, text, FROZEN, OPEN)

    apart = running.run_all([Request(text, Control(line, flags), (frozenset({line}), 1)) for flags in (FROZEN, OPEN)])

    assert [call.controlled for call in first.calls] == [False] * len(first.calls)
    for once_more, alone in zip((frozen, opened), apart, strict=True):
        assert once_more.device == alone.device
        assert len(once_more.calls) == 1
        assert call_at(once_more, line).controlled
        assert outcome(call_at(once_more, line)) == outcome(call_at(alone, line))
    assert outcome(call_at(frozen, line))["inner"] == (False, None, "frozen")
    assert outcome(call_at(opened, line))["inner"] == (True, None, "trainable")


@pytest.mark.slow
@pytest.mark.parametrize("program", REPEATABLE)
def test_it_begins_where_the_call_began(running: Runner, program: str) -> None:
    """With the same flags it goes the same way, whatever has been trained, set or frozen between."""
    text = HEAD + REPEATABLE[program]
    first, (frozen, again) = in_turn(running, text, FROZEN, OPEN)
    line = line_in(text)
    before, after = call_at(first, line), call_at(again, line)

    assert frozen.status == "finished"
    for one, other in zip(before.layers, after.layers, strict=True):
        assert other.weights.drift == pytest.approx(one.weights.drift, rel=1e-4)
        assert (one.statistics is None) == (other.statistics is None)


@pytest.mark.slow
@pytest.mark.parametrize("program", SINGULAR)
def test_what_could_differ_is_not_made_once_more(running: Runner, program: str) -> None:
    first, (again,) = in_turn(running, HEAD + SINGULAR[program], FROZEN)

    assert first.status == "finished", first.message
    assert again.status in {"unusable", "raised"}
    assert again.calls == ()


@pytest.mark.slow
def test_what_never_ends_the_second_time_is_stopped_and_the_run_stands() -> None:
    """A loss of the program's own is called again when the model is compiled again."""
    hanging = (
        "calls = []\n\n\ndef loss(truth, answer):\n    while calls:\n        pass\n"
        "    return keras.losses.mean_squared_error(truth, answer)\n\n\nmodel.compile('sgd', loss)\n"
    )
    text = HEAD + hanging + FIT + "calls.append(1)\n"
    place = subject("keras-3.15")
    with Runner(place.python, place.backend, device="cpu", limits=Limits(seconds=20)) as running:
        first, (again,) = in_turn(running, text, FROZEN)
        other = running.run("print(1)")

    assert call_at(first, line_in(text)).raised is None
    assert again.status == "stopped"
    assert other.output == "1\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keras-3.15", "keras-2.15"])
@pytest.mark.parametrize(("steps", "eagerly"), [(8, True), (9, False)])
def test_few_steps_are_made_without_a_graph(name: str, steps: int, eagerly: bool) -> None:
    """To trace a graph costs more than eight steps without one. What moves is the same: see above."""
    told = (
        "import tensorflow\n\n\ndef loss(truth, answer):\n    print(tensorflow.executing_eagerly(), end=' ', flush=True)\n"
        "    return keras.losses.mean_squared_error(truth, answer)\n\n\nmodel.compile('sgd', loss)\n"
        f"x, y = np.ones(({8 * steps}, 4), 'float32'), np.ones(({8 * steps}, 1), 'float32')\n"
    )
    place = subject(name)
    with Runner(place.python, place.backend, device="cpu") as running:
        first, (again,) = in_turn(running, HEAD + told + FIT, FROZEN)

    assert "False" in first.output.split()
    assert "True" not in first.output.split()
    assert again.status == "finished", again.message
    assert ("True" in again.output.split()) is eagerly


def test_without_the_run_there_is_nothing_to_go_on_with() -> None:
    with Runner("/bin/false", device="cpu", sandbox=False) as running:
        (measured,) = running.run_all([Request("import keras", Control(1, {}), continued=True)])

    assert (measured.status, measured.message) == ("unusable", "the run that this would go on with is over")
