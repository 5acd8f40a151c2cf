"""Programs that want their measurement to say what did not happen: none gets a wrong one.

A witness shares its process with what measures it, so no wall stands between them. Instead its text is looked through
before it runs, it gets no names that lead to the measuring, and what the measuring stands on is sealed. What is left to
a program is to have nothing measured, which never makes a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from keras_freeze_lint.verify import runner
from keras_freeze_lint.verify.measurement import Measurement
from keras_freeze_lint.verify.runner import Limits, Runner
from keras_freeze_lint.verify.sandbox import Containment, NoSandbox, available
from keras_freeze_lint.verify.vetting import vet
from tests.faces import ROOT
from tests.verify.subjects import NEW, OLD, subject

# Each wall and each age of Keras: how a program is held in has nothing to do with what it trains.
WALLS = ["namespaces-new", "landlock-old"]
FORGERIES = sorted((Path(__file__).parent / "zoo" / "forgeries").glob("*.py"))
# One layer stays as it is, the other learns.
HONEST = """\
import numpy as np
from keras.layers import Dense
from keras.models import Sequential

x, y, callbacks = np.ones((8, 3)), np.ones((8, 1)), []
model = Sequential([Dense(4, input_shape=(3,), name="base", trainable=False), Dense(1, name="head")])
model.compile("sgd", "mse")
"""
TRAIN = "model.fit(x, y, epochs=2, verbose=0, callbacks=callbacks)\n"
# What no text tells: these run, and the measuring itself must not be taken in.
ONLY_SEEN_AT_WORK = {
    "exchanges_names": "names of another layer are not measured",
    "exchanges_weights": "the name of what it sets is put together",
    "exhausts_the_stack": "a limit is no lie",
    "frames_of_an_error": "names are put together",
    "lies_about_its_flag": "what Keras does with the flag is measured, not the flag",
    "modules_through_a_function": "nothing tells that the argument is sys",
    "pretends_to_be_text": "Keras itself takes the name",
    "replaces_fit_by_another_name": "nothing tells that the class is Keras's",
    "replaces_fit_with_setattr": "nothing tells whose class it is",
    "replaces_numpy": "nothing tells that the module is NumPy",
    "replaces_numpy_for_a_moment": "nothing tells that the module is NumPy",
    "replaces_what_reads": "nothing tells whose class it is",
    "replaces_what_reads_in_bulk": "nothing tells that the module is Keras's",
    "says_it_is_keras": "the name is put together",
    "sets_values_in_a_callback": "callbacks may write weights",
    "sets_values_of_the_framework": "callbacks may write weights",
    "shows_other_weights": "a layer may define its properties",
    "trains_afterwards": "weights may be written outside of training",
    "writes_results": "streams may be written",
    "writes_weights_in_a_callback": "callbacks may write weights",
}


def witness(forgery: Path) -> str:
    text = forgery.read_text(encoding="utf-8")
    assert text.count("TRAIN\n") == 1
    return HONEST + text.replace("TRAIN\n", TRAIN)


def told(measured: Measurement) -> set[tuple[str, bool]]:
    """What a run says of the two layers, where judging would believe it: whether they moved."""
    if measured.status not in {"finished", "raised"}:
        return set()
    layers = [layer for call in measured.calls if call.raised is None for layer in call.layers]
    return {(layer.key, layer.weights.moves) for layer in layers if layer.key in {"base", "head"}}


@pytest.fixture(scope="module", params=WALLS)
def running(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """A runner behind a wall, on a new or an old Keras: it imports that once."""
    kind, _, age = request.param.partition("-")
    where = subject(*(NEW if age == "new" else OLD))
    if isinstance(available(), NoSandbox):
        pytest.skip("nothing can be contained here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "available", lambda: Containment("namespaces" if kind == "namespaces" else "landlock"))
        with Runner(where.python, where.backend, "cpu", Limits(seconds=60)) as started:
            yield started


@pytest.mark.slow  # trains on a real Keras
def test_an_honest_program_is_measured(running: Runner) -> None:
    measured = running.run(HONEST + TRAIN)

    assert measured.status == "finished", measured
    assert told(measured) == {("base", False), ("head", True)}


@pytest.mark.slow  # trains on a real Keras
@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda path: path.stem)
def test_no_forgery_is_believed_even_where_no_text_is_looked_through(
    forgery: Path, running: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "vet", lambda _: None)
    measured = running.run(witness(forgery))

    assert told(measured) <= {("base", False), ("head", True)}, measured


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda path: path.stem)
def test_what_reaches_for_the_measuring_does_not_even_run(forgery: Path) -> None:
    refused = vet(witness(forgery))

    if forgery.stem in ONLY_SEEN_AT_WORK:
        assert refused is None
    else:
        assert refused is not None
        assert refused.status == "tampered"
        assert refused.line > len(HONEST.splitlines())


def test_what_programs_that_train_do_is_let_through() -> None:
    programs = sorted((ROOT / "fixtures").rglob("*.py"))
    assert len(programs) > 20

    refused = [(path.name, found) for path in programs if (found := vet(path.read_text(encoding="utf-8"))) is not None]

    assert [name for name, found in refused if found.status == "tampered"] == []


@pytest.mark.parametrize(
    "line",
    [
        "import os, sys; os.environ['KERAS_BACKEND'] = 'jax'; sys.stdout.flush(); print(os.path.join('a', 'b'))",
        "import timeit; begin = timeit.default_timer()",
        "import logging; logging.getLogger('tensorflow').setLevel(logging.ERROR)",
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def g(*a): return f(*a)\n    return g",
        "class Kept(list):\n    def __setattr__(self, name, value):\n        super().__setattr__(name, value)",
        "import torch; torch.backends.cudnn.benchmark = True; print(list(torch.nn.Linear(1, 1).modules()))",
        "layer = object()\nfor part in layer.modules: print(part)",
        "class Own:\n    def build(self):\n        self._trainable_weights = [1]",
        "layer = object()\nlayer.trainable_weights = []",
        "'''A text that mentions __globals__ and sys.modules.'''",
        "from timeit import default_timer",
        "import numpy as np; np.float = float",
    ],
)
def test_ordinary_lines_are_let_through(line: str) -> None:
    assert vet(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("match error:\n    case object(__traceback__=found): pass", "reaches for __traceback__"),
        ("class Own:\n    __match_args__ = ('f_back',)", "defines __match_args__"),
        ("class Own(type):\n    def __instancecheck__(cls, one): return True", "defines __instancecheck__"),
        ("class Own:\n    __module__ = 'keras'", "defines __module__"),
        ("import functools\nfunctools.wraps(print, assigned=['x'])", "passes assigned"),
        ("from logging import config", "imports logging.config"),
        ("import logging.config", "imports logging.config"),
        ("from numpy.testing import runstring", "reaches for numpy.testing.runstring"),
        ("from os.path import os", "reaches for os.path.os"),
        ("from timeit import timeit", "uses timeit.timeit"),
        ("layer = object()\nlayer._trainable_weights, kept = [1], 2", "exchanges the _trainable_weights of a layer"),
        ("name = '__globals__'", "names __globals__"),
        ("import tensorflow as tf\ntf.raw_ops.AssignVariableOp", "reaches for raw_ops"),
        ("object.__setattr__(1, '__class__', 2)", "reaches for __setattr__"),
    ],
)
def test_what_leads_around_the_measuring_is_refused(line: str, why: str) -> None:
    refused = vet(line)

    assert refused is not None
    assert why in refused.message
