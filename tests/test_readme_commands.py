"""The first screen of the README holds two commands, and CI runs exactly these."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.faces import ROOT

FIRST_SCREEN = 40


def commands_of_the_first_screen() -> list[str]:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:FIRST_SCREEN])
    return re.findall(r"^```sh\n(.+)\n```$", screen, re.MULTILINE)


def test_there_are_two_of_one_line_each_that_need_only_python_and_pip() -> None:
    lint, test = commands_of_the_first_screen()

    assert lint.startswith("python3 -m venv ")
    assert lint.endswith("keras-freeze-lint check fixtures")
    assert test.startswith("python3 -m venv ")
    assert test.endswith("pytest")


def test_ci_reads_them_out_of_the_readme() -> None:
    done = subprocess.run(["bash", ".ci/run", "--readme"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == commands_of_the_first_screen()


@pytest.mark.parametrize("variable", ["lint_command", "test_command"])
def test_ci_runs_what_it_read(variable: str) -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert f'bash -c "${variable}"' in script
    assert "keras-freeze-lint check" not in script
