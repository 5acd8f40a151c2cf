"""``verify --matrix`` and the table of drift, by the command itself on old and new Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from keras_freeze_lint.verify.environments import definition
from keras_freeze_lint.verify.environments.store import FOLDER_VARIABLE, RECORD
from tests.conformance.environments import python_of_environment
from tests.faces import ROOT

PROGRAM = ROOT / "fixtures" / "drift_table" / "wrong.py"
# The drift of a frozen model's prediction over five steps, as it was first published: Keras 2.1.2 on TensorFlow 1.4.
PUBLISHED = ["0.00632572", "0.0126197", "0.0188823", "0.0251132", "0.0313131"]


def command(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    if folder is not None:
        environment[FOLDER_VARIABLE] = str(folder)
    return subprocess.run(
        [sys.executable, "-m", "keras_freeze_lint", "verify", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
        check=False,
    )


def python_with(name: str) -> str:
    """The Python of an environment; skips the test where it is not there."""
    python = python_of_environment(definition(name))
    if python is None:
        pytest.skip(f"no environment {name} here: keras-freeze-lint envs create {name}")
    return python


def store_of(folder: Path, names: Iterable[str]) -> Path:
    """A folder of environments as ``envs create`` leaves it, also where those at hand were made otherwise."""
    for name in names:
        known = definition(name)
        python = folder / known.name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{python_with(name)}" "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        (folder / known.name / RECORD).write_text("{}", encoding="utf-8")
    return folder


@pytest.mark.slow  # a run on Keras 2.1.2
def test_the_published_table_of_drift_to_its_digits() -> None:
    done = command(PROGRAM, "--python", python_with("keras-2.1.2"), "--format", "json")

    document: Any = json.loads(done.stdout)
    (finding,) = document["findings"]
    assert (finding["line"], finding["code"], finding["verdict"]["verdict"]) == (12, "KFL201", "confirmed")
    assert [f"{drift:.6g}" for drift in finding["evidence"]["answers_drift"]] == PUBLISHED
    assert [f"{drift:.6g}" for drift in document["training_calls"][0]["answers_drift"]] == PUBLISHED
    assert document["device"]["keras"] == "keras 2.1.2"
    assert document["device"]["framework"].startswith("tensorflow 1.4")


@pytest.mark.slow  # a run on each of four Kerases
def test_a_matrix_tells_since_when_a_program_is_broken(tmp_path: Path) -> None:
    names = ["keras-2.0.8", "keras-2.1.3", "tf-2.15", "keras-3.15"]

    done = command(PROGRAM, "--select", "KFL201", "--matrix", ",".join(names), folder=store_of(tmp_path, names))

    assert done.returncode == 1
    table = done.stdout.split("since when it is broken", 1)[1].split("\n")
    (header,) = (line.split() for line in table if "keras-2.0.8" in line)
    (row,) = (line.split() for line in table if "KFL201" in line)
    assert header == ["finding", *names]
    assert row[-8:] == ["✗", "confirmed", "✓", "refuted", "✓", "refuted", "✓", "refuted"]


def test_what_is_not_there_is_said_and_nothing_runs(tmp_path: Path) -> None:
    done = command(PROGRAM, "--matrix", "keras-2.0.8,keras-1.9", folder=tmp_path)

    assert done.returncode == 2
    assert not done.stdout.strip() or "No findings" in done.stdout
    assert "keras-2.0.8 is not there yet: keras-freeze-lint envs create keras-2.0.8 builds it" in done.stderr
    assert "no environment is called 'keras-1.9'" in done.stderr
    assert "Traceback" not in done.stderr
