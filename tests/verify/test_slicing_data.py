"""Random data suits the model that it is made for: its inputs, its outputs, its loss, on every Keras at hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keras_freeze_lint.verify.runner import Limits, Runner
from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.witness import Witness
from tests.conformance.environments import Subject, subjects

# What builds, compiles and trains; ``keras`` stands for the package of the environment.
PROGRAMS = {
    "numbers": """
        model = Sequential([Dense(4, input_shape=(8,)), Dense(2)])
        model.compile("sgd", "mse")
    """,
    "classes": """
        model = Sequential([Dense(4, input_shape=(8,)), Dense(3, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy")
    """,
    "labels": """
        model = Sequential([Dense(4, input_shape=(8,)), Dense(3, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
    """,
    "yes or no": """
        model = Sequential([Dense(4, input_shape=(8,)), Dense(1, activation="sigmoid")])
        model.compile("sgd", "binary_crossentropy")
    """,
    "a loss of one's own": """
        def loss(wanted, given):
            return (wanted - given) ** 2

        model = Sequential([Dense(4, input_shape=(8,)), Dense(2)])
        model.compile("sgd", loss)
    """,
    "sequences": """
        model = Sequential([LSTM(4, input_shape=(None, 3)), Dense(2)])
        model.compile("sgd", "mse")
    """,
    "sequences to sequences": """
        model = Sequential([LSTM(4, return_sequences=True, input_shape=(6, 3)), TimeDistributed(Dense(3, activation="softmax"))])
        model.compile("sgd", "sparse_categorical_crossentropy")
    """,
    "words": """
        model = Sequential([Embedding(5, 4, input_length=7), LSTM(3), Dense(2)])
        model.compile("sgd", "mse")
    """,
    "words and numbers": """
        words, numbers = Input((6,)), Input((2,))
        model = Model([words, numbers], Dense(2)(concatenate([LSTM(3)(Embedding(5, 4)(words)), Dense(3)(numbers)])))
        model.compile("sgd", "mse")
    """,
    "two vocabularies": """
        first, second = Input((6,)), Input((6,))
        model = Model([first, second], Dense(2)(concatenate([LSTM(3)(Embedding(50, 4)(first)), LSTM(3)(Embedding(3, 4)(second))])))
        model.compile("sgd", "mse")
    """,
    "a mask": """
        words, mask = Input((6,)), Input((6,), name="attention_mask")
        heard = multiply([LSTM(6)(Embedding(5, 4)(words)), mask])
        model = Model([words, mask], Dense(2)(heard))
        model.compile("sgd", "mse")
    """,
    "pictures": """
        model = Sequential([Conv2D(2, (3, 3), input_shape=(16, 16, 3)), Flatten(), Dense(2)])
        model.compile("sgd", "mse")
    """,
    "pictures of any size": """
        picture = Input((None, None, 3))
        model = Model(picture, Conv2D(1, (3, 3), padding="same", activation="sigmoid")(Conv2D(2, (3, 3), padding="same")(picture)))
        model.compile("sgd", "binary_crossentropy")
    """,
    "two outputs": """
        given = Input((8,))
        kind, size = Dense(3, activation="softmax", name="kind")(given), Dense(1, name="size")(given)
        model = Model(given, [kind, size])
        model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    """,
}
# Since Keras knows its inputs late.
LATE = {
    "a model that is built late": """
        model = Sequential([Conv2D(2, (3, 3)), Flatten(), Dense(3, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy")
    """,
    "a model class": """
        class Net(Model):
            def __init__(self):
                super().__init__()
                self.base = Dense(4)
                self.head = Dense(2)

            def call(self, inputs):
                return self.head(self.base(inputs))

        model = Net()
        model.compile("sgd", "mse")
    """,
}
IMPORTS = """
from keras.layers import LSTM, Conv2D, Dense, Embedding, Flatten, Input, TimeDistributed, concatenate, multiply
from keras.models import Model, Sequential
"""
CALLS = ("model.fit(x, y, epochs=10)", "model.train_on_batch(x, y)")


def witness_of(text: str, subject: Subject, call: str) -> Witness:
    body = "\n".join(line[8:] for line in text.splitlines())
    package = {"tf.keras": "tensorflow.keras"}.get(subject.flavour, subject.flavour)
    program = IMPORTS.replace("from keras", f"from {package}") + body + f"\n{call}\n"
    line = len(program.splitlines())
    witness = slice_program(
        program, "train.py", [line], [line], modern=subject.name.startswith(("keras-2.15", "keras-3"))
    )
    assert isinstance(witness, Witness), witness
    return witness


@pytest.fixture(scope="module", params=subjects(), ids=lambda subject: subject.name)
def environment(request: pytest.FixtureRequest) -> Iterator[tuple[Subject, Runner]]:
    subject = request.param
    with Runner(subject.python, subject.backend, "cpu", Limits(), sandbox=False) as runner:
        yield subject, runner


@pytest.mark.slow  # a Keras is imported in every environment that is there
@pytest.mark.parametrize("kind", [*PROGRAMS, *LATE])
def test_a_model_trains_on_the_data_that_is_made_up_for_it(kind: str, environment: tuple[Subject, Runner]) -> None:
    subject, runner = environment
    if kind in LATE and subject.name.startswith(("keras-2.0", "keras-2.1", "keras-2.2", "tf-1")):
        pytest.skip("this Keras wants to know the inputs of a model at once")
    for call in CALLS:
        witness = witness_of((PROGRAMS | LATE)[kind], subject, call)
        measured = runner.run(witness.text)
        assert measured.status == "finished", f"{measured.message}\n{witness.text}"
        (trained,) = measured.calls
        assert trained.layers
        assert all(layer.weights.moves for layer in trained.layers), [
            one.key for one in trained.layers if not one.weights.moves
        ]


class TestCallsThatOnlyUseAModel:
    BUILT = """\
from keras.layers import Dense
from keras.models import Sequential
from data import x, y, batches, count

model = Sequential([Dense(1, input_shape=(4,))])
model.compile("sgd", "mse")
model.fit([[1, 2, 3, 4]], [[1]])
"""

    def kept(self, last: str, *, asked: bool = True) -> str:
        """What stays of the last line of a program, if that is what a finding is about."""
        line = self.BUILT.count("\n") + 1
        used = {line} if asked else set()
        witness = slice_program(self.BUILT + last, "train.py", [line - 2], [line], inference_calls=used)
        assert isinstance(witness, Witness), witness
        return witness.text.rstrip().rpartition("\n")[2]

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("model.predict([[1, 2, 3, 4]], batch_size=64, verbose=0)", "model.predict([[1, 2, 3, 4]], verbose=0)"),
            ("model.predict(x, batch_size=64)", "model.predict(synthetic_inputs(model))"),
            ("p = model.predict_on_batch(x)", "p = model.predict_on_batch(synthetic_inputs(model))"),
            ("s = model.evaluate(x, y, verbose=1)", "s = model.evaluate(*synthetic_batch(model))"),
            ("print(model.test_on_batch(x[:8], y[:8]))", "print(model.test_on_batch(*synthetic_batch(model)))"),
            ("model.predict_generator(batches, steps=count)", "model.predict(synthetic_inputs(model))"),
            ("model.evaluate_generator(generator=batches, steps=2)", "model.evaluate(*synthetic_batch(model))"),
            (
                "a = max(model.predict(x).argmax(1), count)",
                "a = max(model.predict(synthetic_inputs(model)).argmax(1), count)",
            ),
        ],
    )
    def test_they_stay_with_random_data(self, written: str, kept: str) -> None:
        assert self.kept(written) == kept

    def test_elsewhere_their_answers_are_made_up(self) -> None:
        assert "predict" not in self.kept("p = model.predict(x)", asked=False)
