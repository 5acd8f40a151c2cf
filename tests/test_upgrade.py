"""KFL801 and ``--upgrade-to``: what a program trains on one Keras and on another, and which fact turns over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keras_freeze_lint.findings import Finding, Prediction
from keras_freeze_lint.keras.answers import ANSWERS
from keras_freeze_lint.keras.facts import FACTS
from keras_freeze_lint.linter import lint_source, trace_source, upgrade_source
from keras_freeze_lint.reporters import upgrade_text
from keras_freeze_lint.rules.upgrading import ADVICE
from keras_freeze_lint.settings import Settings
from tests.conformance.generate import generate
from tests.upgrade_examples import EXAMPLES, Example

KERAS_2, KERAS_3 = "keras==2.15", "keras==3.15"


def findings(text: str, keras: str = KERAS_2, upgrade_to: str = KERAS_3, backend: str = "tensorflow") -> list[Finding]:
    settings = Settings(keras=keras, upgrade_to=upgrade_to, backend=backend, select=("KFL801",))
    report = lint_source(text, "train.py", settings)
    assert report.error is None
    return list(report.findings)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
class TestEachFact:
    def test_the_marked_calls_are_found(self, example: Example) -> None:
        assert [one.location.line for one in findings(example.text, example.old, example.new)] == example.marked

    def test_the_fact_is_named(self, example: Example) -> None:
        document = upgrade_source(example.text, "train.py", example.new, example.old)
        facts = {fact["fact"] for one in changes(document) for why in one["because"] for fact in why["facts"]}

        assert facts == {example.fact}
        for one in findings(example.text, example.old, example.new):
            assert any(words in one.message for words in ANSWERS[example.fact].values())

    def test_what_the_advice_makes_of_it_changes_no_more(self, example: Example) -> None:
        assert findings(example.instead, example.old, example.new) == []
        assert example.instead != example.text


def changes(document: dict[str, object]) -> list[dict[str, list[dict[str, list[dict[str, str]]]]]]:
    found = document["changes"]
    assert isinstance(found, list)
    return found


def test_every_answer_to_every_question_has_its_words_and_its_advice() -> None:
    assert {fact.name: {row.value for row in fact.rows} for fact in FACTS} == {
        name: set(words) for name, words in ANSWERS.items()
    }
    assert set(ADVICE) == set(ANSWERS)


LATE = """\
import keras
model = keras.Sequential([keras.layers.Dense(2, input_shape=(2,), name="a"), keras.layers.Dense(1, name="b")])
model.compile("sgd", "mse")
model.layers[0].trainable = False
model.fit(x, y)
"""


class TestFinding:
    def test_it_predicts_the_new_keras(self) -> None:
        (found,) = findings(LATE)

        assert found.prediction == Prediction(5, ("a",), "frozen", "still", "weights")
        assert found.keras == "==3.15"
        assert [(step.line, step.what) for step in found.path] == [
            (3, "compiled here"),
            (4, "set here"),
            (5, "trained here"),
        ]
        assert found.message == (
            "on Keras 3.15 this call no longer trains a: flags are read at the first step; "
            "compile again after the flags change"
        )

    def test_the_other_rules_speak_of_the_old_keras(self) -> None:
        report = lint_source(LATE, "train.py", Settings(keras=KERAS_2, upgrade_to=KERAS_3))
        assert [(one.code, one.location.line) for one in report.findings] == [("KFL101", 4), ("KFL801", 5)]

    def test_without_the_option_there_is_none(self) -> None:
        report = lint_source(LATE, "train.py", Settings(keras=KERAS_2, select=("KFL8",)))
        assert report.findings == ()

    def test_to_the_same_keras_nothing_changes(self) -> None:
        assert findings(LATE, KERAS_3, KERAS_3) == []

    def test_a_range_that_is_only_partly_affected_says_which_part(self) -> None:
        late_epochs = "import keras\n" + LATE.partition("\n")[2].replace("model.fit", "model.fit")
        (found,) = findings(late_epochs, "keras>=2.12", "keras>=3")
        assert "(so far Keras < 3)" in found.message

    def test_an_error_is_an_effect_too(self) -> None:
        opened = "import numpy as np\nx, y = np.ones((8, 2)), np.ones((8, 1))\n" + LATE.replace(
            "model.compile", "model.layers[0].trainable = False\nmodel.compile"
        ).replace("False\nmodel.fit(x, y)", "True\nmodel.fit(x, y, batch_size=8)").replace(
            'mse")\n', 'mse")\nmodel.fit(x, y, batch_size=4)\n'
        )
        (found,) = findings(opened)
        assert "this call raises ValueError" in found.message
        assert found.prediction == Prediction(9, ("b",), "trainable", "raises", "weights")


class TestSilence:
    def test_an_effect_that_is_unknown(self) -> None:
        text = LATE.replace("trainable = False", "trainable = flag")
        assert findings(text) == []

    def test_an_effect_that_differs_between_the_turns_of_a_loop(self) -> None:
        text = LATE.replace("model.fit(x, y)", "for size in (4, 8):\n    model.fit(x, y, batch_size=size)").replace(
            "trainable = False", "trainable = True"
        )
        assert findings(text) == []

    def test_a_training_method_that_the_new_keras_does_not_have(self) -> None:
        assert findings(LATE.replace("fit(x, y)", "fit_generator(g)")) == []
        assert findings(LATE.replace("fit(x, y)", "fit_generator(g)"), "keras==2.15", "tensorflow==2.4") == []

    def test_automatic_names_that_differ(self) -> None:
        text = (
            LATE.replace(', name="a"', "")
            .replace(', name="b"', "")
            .replace("False\n", "False\nmodel.compile('sgd', 'mse')\n")
        )
        assert findings(text, "keras==2.2.4", KERAS_3) == []

    def test_a_file_for_tf_keras_stays_on_keras_2(self) -> None:
        assert findings(LATE.replace("import keras", "import tf_keras as keras")) == []


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "keras_freeze_lint", *arguments]
    return subprocess.run(call, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


class TestCommands:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "train.py").write_text(LATE, encoding="utf-8")
        return tmp_path

    def test_check_takes_the_option_and_the_setting(self, folder: Path) -> None:
        asked = command("check", "--keras", KERAS_2, "--upgrade-to", KERAS_3, "--select", "KFL801", cwd=folder)
        assert (asked.returncode, asked.stdout.count("KFL801")) == (1, 1)

        table = f'[tool.keras-freeze-lint]\nkeras = "{KERAS_2}"\nupgrade-to = "{KERAS_3}"\n'
        (folder / "pyproject.toml").write_text(table, encoding="utf-8")
        assert command("check", cwd=folder).stdout.count("KFL801") == 1

    def test_a_keras_that_does_not_exist_is_told(self, folder: Path) -> None:
        wrong = command("check", "--upgrade-to", "keras==17", cwd=folder)
        assert (wrong.returncode, "--upgrade-to" in wrong.stderr) in {(2, True), (0, False), (1, False)}
        assert "Traceback" not in wrong.stderr
        assert command("check", "--upgrade-to", "auto", cwd=folder).returncode == 2

    def test_flake8_takes_the_option(self, folder: Path) -> None:
        options = ["--select", "KFL801", "--kfl-keras", KERAS_2, "--kfl-upgrade-to", KERAS_3]
        call = [sys.executable, "-m", "flake8", "--isolated", *options, "train.py"]
        run = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        assert "train.py:5:1: KFL801 on Keras 3.15" in run.stdout

    def test_trace_shows_both_side_by_side(self, folder: Path) -> None:
        shown = command("trace", "train.py", "--keras", KERAS_2, "--upgrade-to", KERAS_3, cwd=folder).stdout
        assert shown == (
            "train.py: Keras ==2.15 and Keras ==3.15 on tensorflow\n\n"
            "line  call       layers  Keras ==2.15  Keras ==3.15\n"
            "5     model.fit  a       moves         still         changed\n"
            "                 b       moves         moves\n\n"
            "line 5: flags are read at the first step; compile again after the flags change\n"
        )

    def test_trace_as_json_holds_both_traces(self, folder: Path) -> None:
        arguments = ["--keras", KERAS_2, "--upgrade-to", KERAS_3, "--format", "json"]
        document = json.loads(command("trace", "train.py", *arguments, cwd=folder).stdout)

        assert document["from"] == json.loads(json.dumps(trace_source(LATE, "train.py", KERAS_2)))
        assert document["to"] == json.loads(json.dumps(trace_source(LATE, "train.py", KERAS_3)))
        (change,) = document["changes"]
        assert (document["version"], document["file"], change["line"], change["call"]) == (1, "train.py", 5, "fit")
        assert change["layers"] == {
            "a": {"class": "Dense", "line": 2, "weights": {"from": "moves", "to": "still", "because": 0}}
        }


@dataclass(frozen=True)
class Move:
    """From one Keras to another."""

    keras: str
    upgrade_to: str
    backend: str


MOVES = [
    Move("keras==2.15", "keras==3.15", "tensorflow"),
    Move("tensorflow==2.1", "keras==2.15", "tensorflow"),
    Move("keras==2.2.4", "keras==3.15", "jax"),
    Move("keras==2.0.8", "keras==3.15", "torch"),
    Move("keras>=2", "keras>=3", "tensorflow"),
]


def generated() -> Iterator[tuple[int, str]]:
    return ((seed, generate(seed, "tf.keras" if seed % 2 else "keras")) for seed in range(24))


@pytest.mark.parametrize("move", MOVES, ids=str)
def test_what_changes_in_generated_programs_is_what_their_two_traces_say(move: Move) -> None:
    """Where both traces are certain, a call is found if and only if they differ."""
    for seed, text in generated():
        document = upgrade_source(text, f"seed{seed}.py", move.upgrade_to, move.keras, move.backend)
        found = findings(text, move.keras, move.upgrade_to, move.backend)

        lines: list[object] = [one["line"] for one in changes(document)]
        assert lines == [one.location.line for one in found]
        assert upgrade_text.render(document)
        for change in changes(document):
            for layer in change["layers"].values():  # type: ignore[attr-defined]
                for quantity in {"weights", "statistics"} & set(layer):
                    assert layer[quantity]["from"] != layer[quantity]["to"]
        assert [one for one in found if len(one.prediction.layers if one.prediction else ()) == 0] == []
