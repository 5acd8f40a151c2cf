"""What the tests of the faces share: programs whose mistakes are beyond doubt, and ways to run the real commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

# KFL401 on line 5, on every Keras.
MISSPELLED = """\
from keras.layers import Dense
from keras.models import Sequential

layer = Dense(4, input_shape=(8,))
layer.trainble = False
model = Sequential([layer, Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)
"""

# KFL101 on line 7, on Keras 2.
FROZEN_TOO_LATE = """\
from keras.layers import Dense
from keras.models import Sequential

layer = Dense(4, input_shape=(8,))
model = Sequential([layer, Dense(1)])
model.compile("sgd", "mse")
layer.trainable = False
model.fit(x, y)
"""

CORRECT = """\
from keras.layers import Dense
from keras.models import Sequential

layer = Dense(4, input_shape=(8,))
layer.trainable = False
model = Sequential([layer, Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)
"""


def notebook(*cells: str | dict[str, object], **metadata: object) -> str:
    """A notebook file as Jupyter writes it; a text is a code cell."""
    code: dict[str, object] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    document = {
        "cells": [
            {**code, "source": cell.splitlines(keepends=True)} if isinstance(cell, str) else cell for cell in cells
        ],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The codes of the findings, from lines ``path:line:column: CODE message``."""
        return [line.split(": ", 1)[1].split()[0] for line in self.out.splitlines()]

    @property
    def positions(self) -> list[str]:
        """``line:column CODE`` of each finding, without path and message."""
        places = [line.split(": ", 1) for line in self.out.splitlines()]
        return [f"{':'.join(place.split(':')[-2:])} {rest.split()[0]}" for place, rest in places]


def keras_freeze_lint(
    *arguments: str | Path, cwd: Path, stdin: str | bytes = b"", env: Mapping[str, str] | None = None
) -> Done:
    """Run the real command in a process of its own."""
    return _run("keras_freeze_lint", *arguments, cwd=cwd, stdin=stdin, env=env)


def flake8(*arguments: str | Path, cwd: Path, stdin: str | bytes = b"") -> Done:
    """Run the real flake8, with the plugin that is installed, and no configuration but that of ``cwd``."""
    return _run("flake8", *arguments, cwd=cwd, stdin=stdin)


def _run(
    module: str, *arguments: str | Path, cwd: Path, stdin: str | bytes, env: Mapping[str, str] | None = None
) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1", **(env or {})},
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
