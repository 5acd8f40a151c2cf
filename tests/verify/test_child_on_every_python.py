"""The measuring program runs on every Python that a Keras may need: it is one file, and all that it imports is there."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from keras_freeze_lint.verify.connection import CHILD
from keras_freeze_lint.verify.environments.interpreters import Interpreter, find_interpreter

RELEASES = [
    pytest.param(f"3.{minor}", marks=() if minor in {6, 13} else pytest.mark.slow)  # the ends of the row every day
    for minor in range(6, 15)
]
PROGRAM = """\
import math
print(math.pi)
for turn in range(2):
    text = f"{turn}"
"""


@pytest.fixture(params=RELEASES)
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    found = find_interpreter([request.param])
    if found is None:
        pytest.skip(f"there is no Python {request.param} on this machine")
    return found


def test_a_program_without_keras_has_an_empty_trace(interpreter: Interpreter, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")

    done = subprocess.run(
        [interpreter.executable, "-B", "-W", "error", str(CHILD), str(program)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    trace = json.loads(done.stdout)
    assert (trace["version"], trace["measured"], trace["training_calls"]) == (1, True, [])
    assert "error" not in trace
    assert done.stderr == "3.141592653589793\n"


def test_an_error_is_told_and_the_exit_code_says_so(interpreter: Interpreter, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import nothing_of_this_name\n", encoding="utf-8")

    done = subprocess.run(
        [interpreter.executable, "-B", str(CHILD), str(program)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "nothing_of_this_name" in json.loads(done.stdout)["error"]


def test_it_stands_alone() -> None:
    imported = set()
    for node in ast.walk(ast.parse(CHILD.read_text(encoding="utf-8"), feature_version=(3, 6))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])

    assert imported - sys.stdlib_module_names == {"tensorflow"}  # where it is loaded anyway
