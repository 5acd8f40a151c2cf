"""``verify`` and ``check --verify`` as their users meet them: commands in processes of their own."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from keras_freeze_lint.cli.verification import as_report
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.notebooks import read_notebook
from keras_freeze_lint.verify.judging import Undecided, undecided
from keras_freeze_lint.verify.verdicts import VerifiedFile
from tests.conformance.environments import Subject
from tests.faces import CORRECT, MISSPELLED, ROOT, Done, keras_freeze_lint, notebook
from tests.verify.subjects import NEW, subject

SCHEMA = json.loads((ROOT / "docs" / "verify.schema.json").read_text(encoding="utf-8"))

# KFL102 on line 12 of every Keras 2 and of Keras 3 on TensorFlow: the base stays frozen in the second phase.
TWO_PHASES = """\
import numpy as np
import keras
from keras import layers

base = layers.Dense(4, activation="tanh", name="base")
base.trainable = False
model = keras.Sequential([layers.Input((8,)), base, layers.Dense(1, name="head")])
model.compile("sgd", "mse")
x, y = np.random.rand(16, 8), np.random.rand(16, 1)
model.fit(x, y, epochs=1, verbose=0)

base.trainable = True
model.fit(x, y, epochs=1, verbose=0)
"""

# Keras 3 has no such optimizer any more, and says so when the program runs.
BROKEN_AT_ONCE = TWO_PHASES.replace('"sgd"', "keras.optimizers.legacy.SGD()")


def command(code: str, *arguments: str | Path, cwd: Path) -> Done:
    """Run the command after some Python that changes the world that it finds."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nfrom keras_freeze_lint.cli import main\nmain()", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def promise_keras(folder: Path, version: str) -> None:
    """An environment that says it has a Keras, and has none."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / f"keras-{version}.dist-info").mkdir()
    record = packages / f"keras-{version}.dist-info" / "METADATA"
    record.write_text(f"Name: keras\nVersion: {version}\n", encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(TWO_PHASES, encoding="utf-8")
    (tmp_path / "fine.py").write_text(CORRECT, encoding="utf-8")
    return tmp_path


class TestWhatCannotBeDone:
    """A clear word on standard error, exit code 2, and nothing has run."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["verify", "train.py", "--python", "nowhere/python"], "nowhere/python: no such interpreter"),
            (["verify", "train.py", "--python", "/bin/false"], "/bin/false does not run as a Python interpreter"),
            (["verify", "train.py", "--env", "keras-9.9"], "keras-9.9"),
            (["verify", "train.py", "--env", "a", "--python", "b"], "--python and --env name different places"),
            (["verify", "train.py", "--matrix", "a,b", "--env", "c"], "--env and --matrix name different places"),
            (["check", "train.py", "--verify", "--fix"], "--verify runs what is there, and --fix and --diff change it"),
            (["check", "train.py", "--only-confirmed"], "options that say where and how to run need --verify"),
            (["check", "train.py", "--device", "cpu"], "options that say where and how to run need --verify"),
            (["check", "train.py", "--verify", "--python", "nowhere"], "nowhere: no such interpreter"),
        ],
        ids=lambda value: "-".join(value[:1] + value[2:3]) if isinstance(value, list) else None,
    )
    def test_options_that_lead_nowhere(self, project: Path, arguments: Sequence[str], words: str) -> None:
        done = keras_freeze_lint(*arguments, cwd=project)

        assert done.code == 2
        assert words in done.err
        assert "Traceback" not in done.err
        assert done.out == ""

    def test_an_interpreter_without_keras(self, project: Path) -> None:
        python = project / "bare" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(python.parents[1])], check=True, timeout=60)
        done = keras_freeze_lint("verify", "train.py", "--python", python, cwd=project)

        assert (done.code, done.out) == (2, "")
        assert f"{python} has no Keras" in done.err

    def test_a_keras_that_cannot_be_imported(self, project: Path) -> None:
        promise_keras(project / "old", "3.15.1")
        # Relative, as one writes it: what runs there has another working directory.
        done = keras_freeze_lint("verify", "train.py", "--python", "old/bin/python", cwd=project)

        assert done.code == 2
        assert "error: keras 3.15.1: " in done.err
        assert "No module named" in done.err
        assert "Traceback" not in done.err

    def test_what_is_about_the_keras_to_upgrade_to_is_not_judged_on_this_one(self, project: Path) -> None:
        late = TWO_PHASES.replace("base.trainable = True\n", "").replace("base.trainable = False\n", "")
        late = late.replace("x, y =", "base.trainable = False\nx, y =")
        (project / "late.py").write_text(late, encoding="utf-8")
        promise_keras(project / "old", "2.15.0")
        arguments = ["--python", "old/bin/python", "--upgrade-to", "keras==3.15", "--select", "KFL801"]
        done = keras_freeze_lint("check", "--verify", "late.py", *arguments, cwd=project)

        assert done.code == 1
        assert "KFL801" in done.out
        assert "inconclusive" in done.out
        assert "is for the Keras to upgrade to" in done.out

    def test_a_page_without_the_package_that_makes_it(self, project: Path) -> None:
        done = command(
            "import sys; sys.modules['jinja2'] = None", "verify", "train.py", "--format", "html", cwd=project
        )

        assert done.code == 2
        assert "--format html needs jinja2: install it with pip install 'keras-freeze-lint[verify]'" in done.err

    def test_no_walls_no_run(self, project: Path) -> None:
        walls_gone = (
            "import keras_freeze_lint.cli.verification as it\n"
            "from keras_freeze_lint.verify.interrogation import Place\n"
            "it.available = lambda: it.NoSandbox('no namespaces, no Landlock')\n"
            "it.place_of = lambda *_: Place('keras 3.15', 'python', '3.11.0', {'keras': '3.15.0'})"
        )
        refused = command(walls_gone, "verify", "train.py", cwd=project)

        assert (refused.code, refused.out) == (2, "")
        assert "nothing can be contained here (no namespaces, no Landlock); --no-sandbox runs" in refused.err

        warned = command(walls_gone, "verify", "fine.py", "--no-sandbox", cwd=project)
        assert warned.code == 0
        assert "NOT contained (--no-sandbox): it can do whatever you can" in warned.err


class TestWhatCheckIsGiven:
    """Verified findings carry the lines by which the formats make fingerprints and columns."""

    @pytest.mark.parametrize(
        ("name", "text"), [("train.py", MISSPELLED), ("train.ipynb", notebook(MISSPELLED, "x = 1\n", CORRECT))]
    )
    def test_the_lines_are_those_of_check(self, name: str, text: str) -> None:
        checked = lint_source(text, name, Settings(keras="keras==3.15"))
        book = read_notebook(text) if name.endswith("ipynb") else None
        evidence = tuple(undecided(one, Undecided("not run")) for one in checked.findings)
        verified = VerifiedFile(
            name, "here", evidence=evidence, text=book.text if book else text, cells=book.cells if book else ()
        )

        assert checked.findings
        assert as_report(verified).lines == checked.lines


@pytest.fixture(scope="module")
def new() -> Subject:
    return subject(*NEW, "installed-jax", "installed-torch")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "train.py").write_text(TWO_PHASES, encoding="utf-8")
    (folder / "stuck.py").write_text(BROKEN_AT_ONCE, encoding="utf-8")
    return folder


def place(new: Subject) -> list[str]:
    return ["--python", str(new.python), "--device", "cpu"]


@pytest.mark.slow  # imports a real Keras each
class TestRuns:
    def test_a_finding_is_confirmed_and_the_notice_comes_first(self, files: Path, new: Subject) -> None:
        done = keras_freeze_lint("verify", "train.py", *place(new), cwd=files)

        assert done.code == 1, done.err
        assert "train.py:12:1: KFL102 ✗ confirmed" in done.out
        assert "ran on keras 3." in done.out
        assert done.err.startswith("verify runs code from these files, on ")
        assert "contained by" in done.err.splitlines()[0]
        assert done.err.splitlines()[-1] == "1 confirmed (1 file)."
        assert "━" not in done.err

    def test_what_cannot_be_decided_says_why_and_where_and_is_no_failure(self, files: Path, new: Subject) -> None:
        done = keras_freeze_lint("verify", "stuck.py", *place(new), cwd=files)

        assert done.code == 0
        assert "? inconclusive" in done.out
        assert "`keras.optimizers.legacy` is not supported" in done.out
        assert "(line 8)" in done.out

    def test_only_confirmed_and_the_shape_of_the_json(self, files: Path, new: Subject) -> None:
        done = keras_freeze_lint("verify", ".", *place(new), "--format", "json", cwd=files)
        document = json.loads(done.out)

        jsonschema.validate(document, SCHEMA)
        verdicts = {run["file"]: [one["verdict"]["verdict"] for one in run["findings"]] for run in document["runs"]}
        assert {Path(file).name: found for file, found in verdicts.items()} == {
            "stuck.py": ["inconclusive"],
            "train.py": ["confirmed"],
        }
        trained = next(run for run in document["runs"] if run["file"].endswith("train.py"))
        assert trained["device"]["name"] == "cpu"
        assert {name: layer["line"] for name, layer in trained["training_calls"][0]["layers"].items()} == {
            "base": 5,
            "head": 7,
        }
        fewer = keras_freeze_lint("check", ".", "--verify", "--only-confirmed", *place(new), cwd=files)
        assert fewer.code == 1
        assert fewer.positions == ["12:1 KFL102"]
        assert re.search(r"\[confirmed on keras 3\.\S+ \(\w+\)\]$", fewer.out.rstrip())

    def test_nothing_confirmed_is_clean_where_only_that_is_asked_for(self, files: Path, new: Subject) -> None:
        done = keras_freeze_lint("check", "stuck.py", "--verify", "--only-confirmed", *place(new), cwd=files)

        assert (done.code, done.out) == (0, "")

    @pytest.mark.parametrize("form", ["json", "sarif", "github", "gitlab", "rdjson", "junit", "text"])
    def test_the_verdict_reaches_every_format(self, files: Path, new: Subject, form: str) -> None:
        done = keras_freeze_lint("check", "train.py", "--verify", "--format", form, *place(new), cwd=files)

        assert done.code == 1, done.err
        assert "confirmed" in _verdict_in(form, done.out)

    def test_a_fingerprint_stays_the_same_with_and_without_verdict(self, files: Path, new: Subject) -> None:
        target = ["--keras", "keras==3.15", "--backend", new.backend]
        plain = keras_freeze_lint("check", "train.py", "--format", "sarif", *target, cwd=files)
        verified = keras_freeze_lint("check", "train.py", "--format", "sarif", "--verify", *place(new), cwd=files)
        one, other = (json.loads(done.out)["runs"][0]["results"][0] for done in (plain, verified))

        assert one["partialFingerprints"] == other["partialFingerprints"]
        assert one.get("fixes") == other.get("fixes")
        assert one["message"]["text"] in other["message"]["text"]

    def test_a_witness_runs_by_itself(self, files: Path, new: Subject, tmp_path: Path) -> None:
        done = keras_freeze_lint("verify", "train.py", *place(new), "--save-witness", tmp_path / "kept", cwd=files)
        assert done.code == 1
        (witness,) = (tmp_path / "kept").iterdir()
        empty = tmp_path / "empty"
        empty.mkdir()
        ran = subprocess.run(
            [str(new.python), str(witness)],
            cwd=empty,
            capture_output=True,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": new.backend},
            timeout=300,
            check=False,
        )

        assert ran.returncode == 0, ran.stderr
        text = witness.read_text(encoding="utf-8")
        assert text.startswith("# Cut out of train.py by keras-freeze-lint ")
        assert re.match(r"#   line \d+: KFL\d{3} ", text.splitlines()[1])
        assert "base.trainable = True" in text

    def test_a_terminal_sees_a_bar(self, files: Path, new: Subject) -> None:
        ours, theirs = pty.openpty()
        running = subprocess.Popen(
            [sys.executable, "-m", "keras_freeze_lint", "verify", "train.py", *place(new)],
            cwd=files,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        )
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        os.close(ours)

        assert running.wait(timeout=60) == 1
        assert "1/1" in seen.decode("utf-8", "replace") or "0/1" in seen.decode("utf-8", "replace")
        assert "train.py" in seen.decode("utf-8", "replace")

    def test_one_that_is_told_to_end_leaves_nothing_behind(self, files: Path, new: Subject, tmp_path: Path) -> None:
        folders = tmp_path / "temporary"
        folders.mkdir()
        running = subprocess.Popen(
            [sys.executable, "-m", "keras_freeze_lint", "verify", "train.py", *place(new)],
            cwd=files,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folders)},
        )
        assert running.stderr is not None
        assert b"verify runs code" in running.stderr.readline()
        deadline = time.monotonic() + 60
        while not [*folders.glob("keras-freeze-lint-*")] and time.monotonic() < deadline:
            time.sleep(0.05)  # until the process that imports Keras has its folder
        time.sleep(1)
        running.terminate()
        said = running.communicate(timeout=30)[1].decode("utf-8", "replace")

        assert running.returncode == 143, said
        assert "Traceback" not in said
        assert not [*folders.iterdir()]

    def test_a_gpu_that_is_not_there_is_no_cpu(self, files: Path, new: Subject) -> None:
        done = keras_freeze_lint("verify", "train.py", "--python", new.python, "--device", "gpu", cwd=files)
        if done.code == 1:
            assert "confirmed" in done.out  # there is one
            return

        assert done.code == 2
        assert "this machine shows none" in done.err


def _verdict_in(form: str, out: str) -> str:
    """The verdict where a program that reads the format finds it."""
    if form == "junit":
        failure = ET.fromstring(out).find(".//failure")
        assert failure is not None
        return failure.attrib["message"]
    if form in {"text", "github"}:
        return out
    document: Any = json.loads(out)
    match form:
        case "json":
            return str(document["findings"][0]["verdict"]["verdict"])
        case "sarif":
            return str(document["runs"][0]["results"][0]["properties"]["verdict"]["verdict"])
        case "gitlab":
            return str(document[0]["description"])
        case _:
            return str(document["diagnostics"][0]["message"])
