"""The command line: what it prints, where, and the exit code it leaves behind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keras_freeze_lint import __version__
from tests.faces import CORRECT, FROZEN_TOO_LATE, MISSPELLED, keras_freeze_lint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with two mistakes in two files and a file without."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "gan.py").write_text(MISSPELLED)
    (tmp_path / "late.py").write_text(FROZEN_TOO_LATE)
    (tmp_path / "right.py").write_text(CORRECT)
    return tmp_path


class TestCheck:
    def test_findings_are_lines_on_stdout_and_the_summary_is_on_stderr(self, project: Path) -> None:
        done = keras_freeze_lint("check", "--keras", "keras==2.15", ".", cwd=project)

        assert done.code == 1
        late, misspelled = done.out.splitlines()
        assert late.startswith("late.py:7:1: KFL101 ")
        assert misspelled.startswith("models/gan.py:5:1: KFL401 ")
        assert done.err == "Found 2 findings in 2 files (3 checked).\n"

    def test_without_findings_stdout_is_empty_and_the_exit_code_0(self, project: Path) -> None:
        done = keras_freeze_lint("check", "right.py", "--keras", "2.15", cwd=project)

        assert (done.code, done.out, done.err) == (0, "", "No findings in 1 file.\n")

    def test_who_names_no_keras_is_told_which_one_is_assumed(self, project: Path) -> None:
        told = keras_freeze_lint("check", "right.py", cwd=project).err.splitlines()
        (project / "requirements.txt").write_text("keras==2.15\n", encoding="utf-8")
        pinned = keras_freeze_lint("check", "right.py", cwd=project).err.splitlines()

        assert re.fullmatch(r"1 file names no version .* the newest, 3\.\d+; --keras names another\.", told[1])
        assert pinned == told[:1]

    def test_without_paths_the_current_directory_is_checked(self, project: Path) -> None:
        assert keras_freeze_lint("check", cwd=project).out == keras_freeze_lint("check", ".", cwd=project).out

    def test_the_version_decides(self, project: Path) -> None:
        for keras, codes in (
            ("2.15", ["KFL101"]),
            ("2.2.4", ["KFL101"]),
            ("tensorflow==2.15", ["KFL101"]),
            ("3.15", []),
        ):
            assert keras_freeze_lint("check", "--keras", keras, "late.py", cwd=project).codes == codes

    def test_standard_input(self, project: Path) -> None:
        done = keras_freeze_lint("check", "-", cwd=project, stdin=MISSPELLED)
        assert done.out.startswith("stdin:5:1: KFL401 ")

        done = keras_freeze_lint("check", "-", "--stdin-display-name", "models/new.py", cwd=project, stdin=MISSPELLED)
        assert done.out.startswith("models/new.py:5:1: KFL401 ")

    def test_json_has_the_files_the_errors_and_the_findings(self, project: Path) -> None:
        (project / "broken.py").write_text("def f(:\n")

        done = keras_freeze_lint("check", "--format", "json", ".", cwd=project)

        document = json.loads(done.out)
        assert done.code == 2
        assert document["files_checked"] == 3
        assert [error["file"] for error in document["errors"]] == ["broken.py"]
        (finding,) = (each for each in document["findings"] if each["code"] == "KFL401")
        place = [finding[key] for key in ("file", "line", "column", "end_line")]
        assert place == ["models/gan.py", 5, 1, 5]
        assert finding["end_column"] > finding["column"]

    @pytest.mark.parametrize(
        ("arguments", "codes"),
        [
            (["--select", "KFL4"], ["KFL401"]),
            (["--select", "KFL1,KFL4"], ["KFL101", "KFL401"]),
            (["--select", "KFL1", "--select", "KFL401"], ["KFL101", "KFL401"]),
            (["--ignore", "KFL1"], ["KFL401"]),
            (["--select", "KFL", "--ignore", "KFL401"], ["KFL101"]),
            (["--ignore", "KFL1,KFL4"], []),
        ],
    )
    def test_select_and_ignore(self, project: Path, arguments: list[str], codes: list[str]) -> None:
        done = keras_freeze_lint("check", "--keras", "2.15", *arguments, cwd=project)

        assert done.codes == codes
        assert done.code == bool(codes)

    def test_exit_zero(self, project: Path) -> None:
        done = keras_freeze_lint("check", "--exit-zero", cwd=project)
        assert done.codes
        assert done.code == 0

        assert keras_freeze_lint("check", "--exit-zero", "none.py", cwd=project).code == 2

    def test_a_file_that_never_names_keras_is_analysed_on_demand(self, tmp_path: Path) -> None:
        (tmp_path / "helper.py").write_text(
            "def freeze(model):\n    for layer in model.layers:\n        layer.trainble = 0\n"
        )

        assert keras_freeze_lint("check", cwd=tmp_path).code == 0
        assert keras_freeze_lint("check", "--no-prefilter", cwd=tmp_path).code in {0, 1}

    def test_settings_come_from_the_nearest_pyproject(self, project: Path) -> None:
        (project / "pyproject.toml").write_text('[tool.keras-freeze-lint]\nkeras = "2.15"\nignore = ["KFL4"]\n')

        assert keras_freeze_lint("check", cwd=project).codes == ["KFL101"]
        assert keras_freeze_lint("check", str(project), cwd=project.parent).codes == ["KFL101"]
        assert keras_freeze_lint("check", "--keras", "3.15", cwd=project).codes == []

    def test_a_pipe_closed_by_its_reader_is_no_error_of_ours(self, project: Path) -> None:
        command = [sys.executable, "-m", "keras_freeze_lint", "check", "models/gan.py"]
        with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            told = process.stderr.read().decode()
            process.wait(60)

        assert "Traceback" not in told
        assert "Exception ignored" not in told

    @pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix closes it")
    def test_a_standard_output_that_is_closed_changes_no_exit_code(self, project: Path) -> None:
        command = f'"{sys.executable}" -m keras_freeze_lint check models/gan.py >&-'
        done = subprocess.run(command, shell=True, cwd=project, capture_output=True, check=False)

        assert done.returncode == 1
        assert "Traceback" not in done.stderr.decode()

    @pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix closes it")
    def test_a_standard_input_that_is_closed_is_an_empty_one(self, project: Path) -> None:
        command = f'"{sys.executable}" -m keras_freeze_lint check - <&-'
        done = subprocess.run(command, shell=True, cwd=project, capture_output=True, check=False)

        assert (done.returncode, done.stderr.decode()) == (0, "No findings in 1 file.\n")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full is a device of Linux")
    def test_a_disk_that_is_full_is_told_as_what_it_is(self, project: Path) -> None:
        command = f'"{sys.executable}" -m keras_freeze_lint check models/gan.py >/dev/full'
        done = subprocess.run(command, shell=True, cwd=project, capture_output=True, check=False)

        assert done.returncode == 2
        assert done.stderr.decode().strip() == "keras-freeze-lint: error: No space left on device"

    @pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send on Windows")
    def test_an_interrupt_is_one_line(self, project: Path) -> None:
        command = [sys.executable, "-m", "keras_freeze_lint", "check", "-"]
        with subprocess.Popen(
            command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            time.sleep(2)  # it has started and waits for its standard input
            process.send_signal(signal.SIGINT)
            out, told = process.communicate(timeout=60)

        assert (process.returncode, out, told.decode().strip()) == (130, b"", "interrupted")


class TestTrace:
    def test_the_table(self, project: Path) -> None:
        done = keras_freeze_lint("trace", "--keras", "2.15", "late.py", cwd=project)

        assert done.code == 0
        assert done.out.startswith("late.py: Keras ")
        assert "model.fit" in done.out
        assert "line 7: KFL101 " in done.out

    def test_the_json(self, project: Path) -> None:
        done = keras_freeze_lint("trace", "--format", "json", "--keras", "2.15", "late.py", cwd=project)

        document = json.loads(done.out)
        assert set(document) == {"version", "file", "measured", "keras", "training_calls", "findings"}
        assert document["measured"] is False
        assert set(document["keras"]) == {"versions", "backend", "evidence"}
        (call,) = document["training_calls"]
        assert (call["line"], call["call"], call["model"], call["reached"]) == (8, "fit", "model", "always")
        frozen, learning = call["layers"].values()
        assert (frozen["class"], frozen["line"], frozen["intent"], frozen["weights"]) == ("Dense", 4, "frozen", "moves")
        assert (learning["intent"], learning["weights"]) == ("trainable", "moves")
        assert [finding["code"] for finding in document["findings"]] == ["KFL101"]

    def test_standard_input(self, project: Path) -> None:
        done = keras_freeze_lint("trace", "-", "--format", "json", cwd=project, stdin=CORRECT)
        assert json.loads(done.out)["file"] == "stdin"

    def test_a_file_that_cannot_be_read_is_an_error(self, project: Path) -> None:
        done = keras_freeze_lint("trace", "none.py", cwd=project)
        assert (done.code, done.out, done.err) == (2, "", "error: none.py: No such file or directory\n")

    def test_a_file_without_keras_trains_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "plain.py").write_text("print('hello')\n")
        assert "No training call found." in keras_freeze_lint("trace", "plain.py", cwd=tmp_path).out


class TestUsage:
    def test_version_and_help(self, tmp_path: Path) -> None:
        assert keras_freeze_lint("--version", cwd=tmp_path).out == f"keras-freeze-lint, version {__version__}\n"
        for arguments in (["--help"], ["check", "--help"], ["trace", "-h"]):
            done = keras_freeze_lint(*arguments, cwd=tmp_path)
            assert done.code == 0
            assert done.out.startswith("Usage: keras-freeze-lint")

    def test_without_a_command_the_help_is_shown(self, tmp_path: Path) -> None:
        done = keras_freeze_lint(cwd=tmp_path)
        assert done.code == 2
        assert done.err.startswith("Usage: ")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["check", "--select", "KFL999"], "--select: unknown code 'KFL999' (known: KFL101, "),
            (["check", "--ignore", "E501"], "--ignore: unknown code 'E501' (known: KFL101, "),
            (["check", "--keras", "bananas"], "--keras: "),
            (["trace", "--keras", "bananas", "x.py"], "--keras: "),
            (["check", "--backend", "theano"], "Invalid value for '--backend': 'theano' is not one of"),
            (["check", "--format", "xml"], "Invalid value for '--format': 'xml' is not one of"),
            (["check", "--nonsense"], "No such option"),
            (["lint"], "No such command"),
            (["trace"], "Missing argument"),
        ],
    )
    def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(
        self, tmp_path: Path, arguments: list[str], message: str
    ) -> None:
        done = keras_freeze_lint(*arguments, cwd=tmp_path)

        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"keras-freeze-lint: error: {message}")
        assert done.err.count("\n") == 1
