"""``explain``: the pages in the terminal, from a working copy and from an installed wheel."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from rich.console import Console
from rich.markdown import Markdown

from keras_freeze_lint.pages import page, section
from keras_freeze_lint.rules.base import Rule
from keras_freeze_lint.rules.registry import RULES
from tests.faces import ROOT, keras_freeze_lint


class TestExplain:
    @pytest.mark.parametrize("name", ["KFL101", "kfl101", "trainable-after-compile", "Trainable-After-Compile"])
    def test_a_rule_is_known_by_code_and_name(self, tmp_path: Path, name: str) -> None:
        done = keras_freeze_lint("explain", name, cwd=tmp_path)

        assert (done.code, done.err) == (0, "")
        assert done.out == page("KFL101")
        assert "## Use instead" in done.out

    def test_several_rules_and_families(self, tmp_path: Path) -> None:
        done = keras_freeze_lint("explain", "KFL60", "same-value-skipped", "KFL601", cwd=tmp_path)
        titles = [line for line in done.out.splitlines() if line.startswith("# KFL")]

        assert [title.split()[1] for title in titles] == ["KFL601", "KFL602", "KFL603", "KFL507"]

    def test_without_a_rule_all_are_listed(self, tmp_path: Path) -> None:
        lines = keras_freeze_lint("explain", cwd=tmp_path).out.splitlines()

        assert [line.split()[:2] for line in lines] == [[rule.code, rule.name] for rule in RULES]
        assert all(line.endswith(rule.summary) for line, rule in zip(lines, RULES, strict=True))

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("KFL10l", "unknown rule 'KFL10l'; did you mean KFL10"),
            ("trainable-after-compil", "unknown rule 'trainable-after-compil'; did you mean trainable-after-compile?"),
            ("bananas", "unknown rule 'bananas'; `keras-freeze-lint explain` lists all rules"),
            ("", "unknown rule ''; `keras-freeze-lint explain` lists all rules"),
        ],
    )
    def test_an_unknown_rule_is_one_line_with_a_suggestion(self, tmp_path: Path, name: str, told: str) -> None:
        done = keras_freeze_lint("explain", "KFL101", name, cwd=tmp_path)

        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"keras-freeze-lint: error: {told}")
        assert done.err.count("\n") == 1

    def test_json(self, tmp_path: Path) -> None:
        document = json.loads(keras_freeze_lint("explain", "--format=json", "KFL401", "KFL902", cwd=tmp_path).out)

        assert document["version"] == 1
        typo, unused = document["rules"]
        assert (typo["code"], typo["name"], typo["severity"], typo["default"]) == (
            "KFL401", "misspelled-trainable", "error", True,
        )  # fmt: skip
        assert typo["page"] == page("KFL401")
        assert unused["default"] is False
        everything = json.loads(keras_freeze_lint("explain", "--format=json", cwd=tmp_path).out)
        assert [rule["code"] for rule in everything["rules"]] == [rule.code for rule in RULES]


class TestPages:
    @pytest.mark.parametrize("code", [rule.code for rule in RULES])
    def test_every_rule_has_what_machines_show(self, code: str) -> None:
        assert section(code, "What happens")
        assert "](../" not in page(code)
        assert "](KFL" not in page(code)

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
    def test_a_terminal_can_typeset_it(self, rule: Rule) -> None:
        screen = io.StringIO()
        Console(file=screen, force_terminal=True, width=100).print(Markdown(page(rule.code)))

        assert rule.name in screen.getvalue()

    def test_there_is_none_for_what_is_no_code(self) -> None:
        with pytest.raises(LookupError, match="no page for KFL999"):
            page("KFL999")

    def test_a_missing_section_is_empty(self) -> None:
        assert section("KFL101", "Nothing") == ""


@pytest.mark.slow  # builds a wheel and installs it, with what it needs, in an environment of its own
def test_an_installed_wheel_explains_and_reports_too(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"keras_freeze_lint/pages/{rule.code}.md" for rule in RULES} <= set(names)

    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(wheel)], check=True)
    command = [str(python), "-m", "keras_freeze_lint"]
    explained = subprocess.run([*command, "explain", "KFL507"], cwd=tmp_path, check=True, capture_output=True)
    assert explained.stdout.decode().startswith("# KFL507 same-value-skipped\n")

    (tmp_path / "train.py").write_text("import keras\nlayer = keras.layers.Dense(4)\nlayer.trainble = False\n")
    for form in ("sarif", "junit", "gitlab"):
        done = subprocess.run(
            [*command, "check", "--format", form, "train.py"], cwd=tmp_path, check=False, capture_output=True
        )
        assert (done.returncode, b"KFL401" in done.stdout) == (1, True)
