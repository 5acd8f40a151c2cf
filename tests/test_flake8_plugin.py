"""The flake8 face, through the real flake8."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keras_freeze_lint.flake8_plugin import OFF_BY_DEFAULT
from keras_freeze_lint.rules.registry import RULES
from tests.faces import CORRECT, FROZEN_TOO_LATE, MISSPELLED, flake8, keras_freeze_lint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "gan.py").write_text(MISSPELLED)
    (tmp_path / "late.py").write_text(FROZEN_TOO_LATE)
    (tmp_path / "right.py").write_text(CORRECT)
    return tmp_path


class TestFindings:
    def test_they_are_on_without_any_option(self, project: Path) -> None:
        done = flake8("gan.py", cwd=project)

        assert done.code == 1
        assert "gan.py:5:1: KFL401 " in done.out

    def test_they_are_those_of_the_command_line(self, project: Path) -> None:
        ours = keras_freeze_lint("check", "--keras=2.15", "gan.py", "late.py", "right.py", cwd=project)
        theirs = flake8("--select=KFL", "--kfl-keras=2.15", "gan.py", "late.py", "right.py", cwd=project)

        assert ours.codes == ["KFL401", "KFL101"]
        assert ours.out == theirs.out

    @pytest.mark.parametrize("jobs", ["1", "2", "auto"])
    def test_several_jobs_give_the_same(self, project: Path, jobs: str) -> None:
        for number in range(20):
            (project / f"more{number:02}.py").write_text(FROZEN_TOO_LATE)

        done = flake8("--select=KFL", "--kfl-keras=2.15", f"--jobs={jobs}", cwd=project)

        assert done.codes.count("KFL101") == 21

    def test_standard_input(self, project: Path) -> None:
        done = flake8("--select=KFL", "-", cwd=project, stdin=MISSPELLED)
        assert done.positions == ["5:1 KFL401"]

        done = flake8("--select=KFL", "--stdin-display-name=new.py", "-", cwd=project, stdin=MISSPELLED)
        assert done.out.startswith("new.py:5:1: KFL401 ")

    def test_the_column_counts_characters(self, project: Path) -> None:
        text = MISSPELLED.replace("layer.trainble", "größe = 1; layer.trainble")

        assert flake8("--select=KFL", "-", cwd=project, stdin=text).positions == ["5:12 KFL401"]

    def test_a_byte_order_mark_does_no_harm(self, project: Path) -> None:
        (project / "gan.py").write_text(MISSPELLED, encoding="utf-8-sig")

        assert flake8("--select=KFL", "gan.py", cwd=project).positions == ["5:1 KFL401"]

    def test_flake8s_own_selection_works(self, project: Path) -> None:
        assert flake8("--select=KFL1", "gan.py", cwd=project).codes == []
        assert flake8("--select=KFL", "--ignore=KFL401", "gan.py", cwd=project).codes == []
        assert flake8("--select=KFL", "--extend-ignore=KFL4", "gan.py", cwd=project).codes == []
        assert flake8("--select=KFL", "--per-file-ignores=gan.py:KFL4", "gan.py", cwd=project).codes == []


class TestOptions:
    def test_the_version_decides(self, project: Path) -> None:
        assert flake8("--select=KFL", "--kfl-keras=keras==2.2.4", "late.py", cwd=project).codes == ["KFL101"]
        assert flake8("--select=KFL", "--kfl-keras=3.15", "late.py", cwd=project).codes == []

    @pytest.mark.parametrize("file", ["setup.cfg", "tox.ini", ".flake8"])
    def test_they_may_stand_in_flake8s_configuration(self, project: Path, file: str) -> None:
        (project / file).write_text(
            "[flake8]\nselect = KFL\nkfl-keras = 2.15\nkfl-backend = jax\nkfl-pedantic = true\n"
        )

        assert flake8("late.py", cwd=project).codes == ["KFL101"]

    @pytest.mark.parametrize(
        ("option", "message"),
        [("--kfl-keras=bananas", "--kfl-keras: "), ("--kfl-backend=theano", "--kfl-backend: unknown backend 'theano'")],
    )
    def test_an_impossible_value_is_a_clear_error(self, project: Path, option: str, message: str) -> None:
        done = flake8(option, "late.py", cwd=project)

        assert done.code == 1
        assert done.out.splitlines()[1].startswith(message)
        assert "Traceback" not in done.out + done.err

    def test_rules_that_are_off_by_default_are_on_when_asked_for(self, project: Path) -> None:
        assert tuple(rule.code for rule in RULES if not rule.default) == OFF_BY_DEFAULT
        assert flake8("--kfl-pedantic", "--select=KFL", "right.py", cwd=project).code == 0

    def test_a_file_that_never_names_keras_is_analysed_on_demand(self, tmp_path: Path) -> None:
        (tmp_path / "helper.py").write_text("def freeze(model):\n    model.trainble = False\n")

        assert flake8("--select=KFL", "helper.py", cwd=tmp_path).code == 0
        assert flake8("--select=KFL", "--kfl-no-prefilter", "helper.py", cwd=tmp_path).code in {0, 1}


LIGHT = """
import sys
before = set(sys.modules)
from keras_freeze_lint.flake8_plugin import Plugin
import ast
text = {text!r}
list(Plugin(ast.parse(text), text.splitlines(True), "x.py").run())
heavy = {{"click", "libcst", "packaging", "rich", "tomllib", "keras_freeze_lint.linter", "keras_freeze_lint.rules"}}
print(sorted(heavy & (set(sys.modules) - before)))
"""


@pytest.mark.parametrize("text", ["x = 1\n", "import keras\nmodel = keras.Sequential()\n", "trainable = True\n"])
def test_a_file_without_freezing_costs_no_import(text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT.format(text=text)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_nothing_on_the_lint_path_imports_libcst(tmp_path: Path) -> None:
    (tmp_path / "gan.py").write_text(MISSPELLED)
    program = "import sys; from keras_freeze_lint.cli import main\ntry: main()\nfinally: print('libcst' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program, "check", "gan.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert "KFL401" in done.stdout
    assert done.stdout.endswith("False\n")
