"""``check --fix``, ``--unsafe-fixes`` and ``--diff``: what becomes of files, and what is said about it."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keras_freeze_lint.sources import rewriting
from keras_freeze_lint.sources.files import SourceError
from tests.faces import CORRECT, FROZEN_TOO_LATE, MISSPELLED, keras_freeze_lint

SPELLED_RIGHT = MISSPELLED.replace("trainble", "trainable")
COMPILED_AGAIN = FROZEN_TOO_LATE.replace("= False\n", '= False\nmodel.compile("sgd", "mse")\n')
KERAS_2 = ("check", "--keras", "keras==2.15")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A file with a mistake that has a safe fix, one with a mistake that has an unsafe fix, and one without."""
    (tmp_path / "slip.py").write_text(MISSPELLED)
    (tmp_path / "late.py").write_text(FROZEN_TOO_LATE)
    (tmp_path / "right.py").write_text(CORRECT)
    return tmp_path


class TestFix:
    def test_safe_fixes_are_written_and_the_rest_is_reported(self, project: Path) -> None:
        done = keras_freeze_lint(*KERAS_2, "--fix", ".", cwd=project)

        assert (project / "slip.py").read_text() == SPELLED_RIGHT
        assert (project / "late.py").read_text() == FROZEN_TOO_LATE
        assert done.positions == ["7:1 KFL101"]
        assert done.err.splitlines() == [
            "Fixed 1 finding (1 unsafe fix available with --unsafe-fixes).",
            "Found 1 finding in 1 file (3 checked).",
        ]
        assert done.code == 1

    def test_unsafe_fixes_on_demand(self, project: Path) -> None:
        done = keras_freeze_lint(*KERAS_2, "--fix", "--unsafe-fixes", ".", cwd=project)

        assert (project / "late.py").read_text() == COMPILED_AGAIN
        assert (done.code, done.out) == (0, "")
        assert done.err.splitlines() == ["Fixed 2 findings.", "No findings in 3 files."]

        again = keras_freeze_lint(*KERAS_2, "--fix", "--unsafe-fixes", ".", cwd=project)
        assert again.err.splitlines() == ["Fixed 0 findings.", "No findings in 3 files."]

    def test_without_it_nothing_is_written(self, project: Path) -> None:
        keras_freeze_lint(*KERAS_2, ".", cwd=project)
        assert (project / "slip.py").read_text() == MISSPELLED

    def test_unsafe_fixes_alone_mean_nothing(self, project: Path) -> None:
        done = keras_freeze_lint("check", "--unsafe-fixes", cwd=project)
        assert (done.code, done.err) == (2, "keras-freeze-lint: error: --unsafe-fixes needs --fix or --diff\n")

    def test_what_cannot_be_read_is_an_error(self, project: Path) -> None:
        (project / "broken.py").write_text("import keras\nmodel.trainable = = 1\n")
        done = keras_freeze_lint("check", "--fix", "broken.py", "slip.py", cwd=project)

        assert done.code == 2
        assert done.err.startswith("error: broken.py: line 2: syntax error")
        assert (project / "slip.py").read_text() == SPELLED_RIGHT

    def test_standard_input_goes_fixed_to_standard_output_and_the_findings_aside(self, project: Path) -> None:
        done = keras_freeze_lint("check", "--fix", "-", cwd=project, stdin=MISSPELLED)
        assert (done.code, done.out) == (0, SPELLED_RIGHT)
        *told, assumed = done.err.splitlines()
        assert told == ["Fixed 1 finding.", "No findings in 1 file."]
        assert assumed.startswith("1 file names no version of Keras")

        done = keras_freeze_lint(*KERAS_2, "--fix", "-", cwd=project, stdin=FROZEN_TOO_LATE)
        assert (done.code, done.out) == (1, FROZEN_TOO_LATE)
        assert done.err.startswith("stdin:7:1: KFL101 ")

    def test_standard_input_keeps_every_byte_that_is_not_fixed(self, project: Path) -> None:
        source = ("# coding: latin-1\n# größe\n" + MISSPELLED).replace("\n", "\r\n").encode("latin-1")
        program = "import sys; from keras_freeze_lint.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, "check", "--fix", "-"],
            cwd=project,
            input=source,
            capture_output=True,
            check=True,
        )
        assert done.stdout == source.replace(b"trainble", b"trainable")

    def test_json_tells_what_is_left(self, project: Path) -> None:
        done = keras_freeze_lint(*KERAS_2, "--fix", "--format", "json", ".", cwd=project)
        assert [finding["code"] for finding in json.loads(done.out)["findings"]] == ["KFL101"]


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            (MISSPELLED.replace("\n", "\r\n"), "utf-8"),
            (MISSPELLED + "# größe 凍結", "utf-8"),
            ("# größe\r" + MISSPELLED, "utf-8-sig"),
            ("# -*- coding: latin-1 -*-\n# größe\n" + MISSPELLED.rstrip("\n"), "latin-1"),
            ("# coding: shift_jis\n# 凍結\n" + MISSPELLED, "shift_jis"),
        ],
        ids=["CRLF", "no last line end", "byte order mark", "latin-1", "shift_jis"],
    )
    def test_every_byte_that_is_not_fixed_stays(self, tmp_path: Path, text: str, encoding: str) -> None:
        file = tmp_path / "train.py"
        file.write_bytes(text.encode(encoding))

        keras_freeze_lint("check", "--fix", "train.py", cwd=tmp_path)

        assert file.read_bytes() == text.replace("trainble", "trainable").encode(encoding)
        assert file.read_bytes().startswith(codecs.BOM_UTF8) == (encoding == "utf-8-sig")

    @pytest.mark.skipif(sys.platform == "win32", reason="modes and links are those of POSIX")
    def test_mode_and_link_stay_and_nothing_else_is_left(self, project: Path) -> None:
        (project / "slip.py").chmod(0o755)
        (project / "link.py").symlink_to("slip.py")
        names = sorted(project.iterdir())

        keras_freeze_lint("check", "--fix", "link.py", cwd=project)

        assert (project / "slip.py").read_text() == SPELLED_RIGHT
        assert (project / "slip.py").stat().st_mode & 0o777 == 0o755
        assert (project / "link.py").is_symlink()
        assert sorted(project.iterdir()) == names

    def test_a_file_that_may_not_be_written_stays_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "train.py"
        file.write_text("x")

        monkeypatch.setattr(os, "access", lambda *_: False)
        with pytest.raises(SourceError, match="permission denied"):
            rewriting.replace_file(str(file), b"y")
        monkeypatch.undo()

        monkeypatch.setattr(shutil, "copymode", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
        with pytest.raises(SourceError, match="cannot be fixed: disk full"):
            rewriting.replace_file(str(file), b"y")

        assert [one.name for one in tmp_path.iterdir()] == ["train.py"]
        assert file.read_text() == "x"

    def test_a_text_that_its_encoding_would_change_is_not_written(self, tmp_path: Path) -> None:
        file = tmp_path / "train.py"
        # UTF-7 has several spellings of the same text.
        file.write_bytes(b"# coding: utf-7\n# +AHg-\n")
        source = rewriting.read_exactly(str(file))

        with pytest.raises(SourceError, match="cannot be written back in its encoding"):
            source.encode(source.text)


class TestDiff:
    def test_the_diff_is_all_there_is_on_standard_output_and_nothing_is_written(self, project: Path) -> None:
        done = keras_freeze_lint(*KERAS_2, "--diff", ".", cwd=project)

        assert (project / "slip.py").read_text() == MISSPELLED
        assert done.out.splitlines() == DIFF
        assert done.err == "Would fix 1 finding (1 unsafe fix available with --unsafe-fixes).\n"
        assert done.code == 1

    def test_patch_understands_it(self, project: Path) -> None:
        (project / "slip.py").write_bytes(MISSPELLED.replace("\n", "\r\n").rstrip("\r\n").encode())
        done = keras_freeze_lint(*KERAS_2, "--diff", "--unsafe-fixes", ".", cwd=project)

        subprocess.run(["git", "apply", "-p0", "-"], cwd=project, input=done.out.encode(), check=True)

        assert (project / "slip.py").read_bytes() == SPELLED_RIGHT.replace("\n", "\r\n").rstrip("\r\n").encode()
        assert (project / "late.py").read_text() == COMPILED_AGAIN

    def test_it_wins_over_fix(self, project: Path) -> None:
        assert keras_freeze_lint("check", "--fix", "--diff", "slip.py", cwd=project).code == 1
        assert (project / "slip.py").read_text() == MISSPELLED

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [(["late.py"], 0), (["right.py"], 0), (["slip.py"], 1), (["slip.py", "--exit-zero"], 0), (["none.py"], 2)],
    )
    def test_the_exit_code_says_whether_something_would_change(
        self, project: Path, arguments: list[str], code: int
    ) -> None:
        assert keras_freeze_lint(*KERAS_2, "--diff", *arguments, cwd=project).code == code


class TestWithoutFixing:
    def test_json_tells_the_fixes(self, project: Path) -> None:
        done = keras_freeze_lint(*KERAS_2, "--format", "json", ".", cwd=project)

        late, slip = (finding["fix"] for finding in json.loads(done.out)["findings"])
        assert slip == {
            "safe": True,
            "summary": "Rename trainble to trainable",
            "edits": [{"line": 5, "column": 7, "end_line": 5, "end_column": 15, "replacement": "trainable"}],
        }
        assert late == {
            "safe": False,
            "summary": "Compile again after the change",
            "edits": [
                {"line": 8, "column": 1, "end_line": 8, "end_column": 1, "replacement": 'model.compile("sgd", "mse")\n'}
            ],
        }

    @pytest.mark.parametrize(
        ("arguments", "imported"),
        [
            (["check", "slip.py"], False),
            (["trace", "--format", "json", "slip.py"], False),
            (["check", "--format", "json", "right.py"], False),
            (["check", "--fix", "right.py"], False),
            (["check", "--format", "json", "slip.py"], True),
            (["check", "--diff", "slip.py"], True),
        ],
        ids=lambda one: " ".join(one) if isinstance(one, list) else "",
    )
    def test_libcst_is_imported_only_where_there_is_something_to_fix(
        self, project: Path, arguments: list[str], imported: bool
    ) -> None:
        program = (
            "import sys; from keras_freeze_lint.cli import main\n"
            "try: main()\n"
            "finally: print('libcst' in sys.modules, file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=project, capture_output=True, text=True, check=False
        )
        assert done.stderr.splitlines()[-1] == str(imported)

    def test_flake8_never_imports_libcst(self, project: Path) -> None:
        program = (
            "import sys; from flake8.main.cli import main\n"
            "main(['--isolated', '--jobs=1', '--select=KFL', 'slip.py'])\n"
            "print('libcst' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True)

        assert "KFL401" in done.stdout
        assert done.stdout.endswith("False\n")


DIFF = [
    "--- slip.py",
    "+++ slip.py",
    "@@ -2,7 +2,7 @@",
    " from keras.models import Sequential",
    " ",
    " layer = Dense(4, input_shape=(8,))",
    "-layer.trainble = False",
    "+layer.trainable = False",
    " model = Sequential([layer, Dense(1)])",
    ' model.compile("sgd", "mse")',
    " model.fit(x, y)",
]
