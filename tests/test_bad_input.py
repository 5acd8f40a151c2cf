"""Bad input: one clear line on stderr, exit code 2, no traceback, and the other files are checked all the same."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from keras_freeze_lint.findings import Report
from keras_freeze_lint.linter import lint_source, trace_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import SourceError
from tests.faces import MISSPELLED, flake8, keras_freeze_lint

BAD_FILES = {
    "wrong encoding": (b"x = 'gr\xf6\xdfe'\nimport keras\n", "unusable encoding: "),
    "wrong encoding further down": (b"import keras\n\n\nx = 'gr\xf6\xdfe'\n", "byte 23 is not valid utf-8"),
    "unknown encoding": (b"# coding: klingon\nimport keras\n", "unusable encoding: unknown encoding: klingon"),
    "UTF-16": ("import keras\n".encode("utf-16"), "contains null bytes"),
    "null bytes": (b"import keras\0\n", "contains null bytes"),
    "syntax error": (b"import keras\ndef f(:\n", "line 2: syntax error: "),
    "unfinished": (b"import keras\nmodel = (\n", "line 2: syntax error: "),
    "wrong indentation": (b"import keras\n  x = 1\n", "line 2: syntax error: unexpected indent"),
    "Python 2 print": (b"import keras\nprint 'x'\n", "line 2: Python 2 source: "),
    "Python 2 except": (b"try:\n    import keras\nexcept ImportError, e:\n    pass\n", "line 3: Python 2 source: "),
    "Python 2 numbers": (b"import keras\nmode = 0755\n", "line 2: Python 2 source: "),
    "syntax error without Keras": (b"def f(:\n", "line 1: syntax error: "),
}


@pytest.mark.parametrize(("data", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_python_is_one_line_and_the_rest_is_checked(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "bad.py").write_bytes(data)
    (tmp_path / "good.py").write_text(MISSPELLED)

    done = keras_freeze_lint("check", ".", cwd=tmp_path)

    error, _summary = done.err.splitlines()
    assert error.startswith(f"error: bad.py: {message}")
    assert done.code == 2
    assert done.codes == ["KFL401"]


# Null bytes are left out: on Python 3.10 flake8 itself falls over them.
@pytest.mark.parametrize("data", [data for data, message in BAD_FILES.values() if "null" not in message])
def test_the_flake8_plugin_leaves_them_to_flake8(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.py").write_bytes(data)
    (tmp_path / "good.py").write_text(MISSPELLED)

    done = flake8("--select=KFL,E9", "bad.py", "good.py", cwd=tmp_path)

    assert [code for code in done.codes if code.startswith("KFL")] == ["KFL401"]
    assert "Traceback" not in done.err


def test_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "good.py").write_text(MISSPELLED)

    done = keras_freeze_lint("check", "none.py", "empty", "good.py", cwd=tmp_path)

    assert done.code == 2
    assert done.codes == ["KFL401"]
    assert done.err.splitlines()[:2] == [
        "error: none.py: no such file or directory",
        "error: empty: no Python files or notebooks in this directory",
    ]


def test_a_file_that_the_system_refuses_to_open(tmp_path: Path) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")  # not even root may read it
    (tmp_path / "good.py").write_text(MISSPELLED)

    done = keras_freeze_lint("check", "loop.py", "good.py", cwd=tmp_path)

    assert done.code == 2
    assert done.codes == ["KFL401"]
    assert done.err.startswith("error: loop.py: Too many levels of symbolic links\n")


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to("gone.py")

    done = keras_freeze_lint("check", "link.py", cwd=tmp_path)

    assert (done.code, done.err.splitlines()[0]) == (2, "error: link.py: No such file or directory")


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "\ufeff"])
def test_an_empty_file_is_clean(tmp_path: Path, text: str) -> None:
    (tmp_path / "__init__.py").write_text(text, encoding="utf-8")

    assert keras_freeze_lint("check", ".", cwd=tmp_path).code == 0


def test_a_broken_pin_file_is_an_error_beside_the_findings(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("keras===\n")
    (tmp_path / "pyproject.toml").write_text("[project\n")
    (tmp_path / "good.py").write_text(MISSPELLED)
    (tmp_path / "better.py").write_text(MISSPELLED)

    done = keras_freeze_lint("check", ".", cwd=tmp_path)

    assert done.code == 2
    assert done.codes == ["KFL401", "KFL401"]
    assert all(line.startswith("error: ") for line in done.err.splitlines()[:-1])
    assert "Traceback" not in done.err


def test_a_table_that_cannot_be_followed_is_told_once_and_the_files_are_checked(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.keras-freeze-lint]\nkears = '3'\n")
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(MISSPELLED)

    done = keras_freeze_lint("check", ".", cwd=tmp_path)

    assert done.code == 2
    assert done.codes == ["KFL401", "KFL401"]
    assert done.err.count("error: pyproject.toml: unknown key tool.keras-freeze-lint.kears") == 1


def test_a_pyproject_that_is_no_toml_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.keras-freeze-lint]\nselect = [\n")
    (tmp_path / "good.py").write_text(MISSPELLED)

    done = keras_freeze_lint("check", ".", cwd=tmp_path)

    assert done.code == 2
    assert done.codes == ["KFL401"]
    assert [line.split(": ", 3)[:3] for line in done.err.splitlines()[:-1]] == [
        ["error", "pyproject.toml", "not readable as pyproject.toml"]
    ]


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="there every file name is Unicode")
def test_a_name_that_is_no_text_is_printed_escaped(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/gr\xf6\xdfe.py")).write_text(MISSPELLED)

    done = keras_freeze_lint("check", ".", cwd=tmp_path)

    assert done.code == 1
    assert done.out.startswith("gr\\udcf6\\udcdfe.py:5:1: KFL401 ")


# Programs that overtax a parser or a recursive walk: deep ones, and one that is merely long.
HEAD = "import keras\nmodel = keras.Sequential([keras.layers.Dense(1)])\nmodel.trainable = False\n"
GIANTS = {
    "10,000 elif arms": "if x == 0:\n    pass\n" + "".join(f"elif x == {i}:\n    pass\n" for i in range(10_000)),
    "5,000 terms": "total = " + " + ".join(f"x{i}" for i in range(5_000)) + "\n",
    "5,000 operands in an or": "found = " + " or ".join(f"x{i}" for i in range(5_000)) + "\n",
    "5,000 attributes": "deep = x" + ".y" * 5_000 + "\n",
    "5,000 chained calls": "deep = x" + ".f()" * 5_000 + "\n",
    "5,000 concatenated strings": "text = (" + "\n".join("'a'" for _ in range(5_000)) + ")\n",
    "5,000 not": "deep = " + "not " * 5_000 + "x\n",
    "150 brackets": "deep = " + "[" * 150 + "]" * 150 + "\n",
    "5,000 brackets": "deep = " + "[" * 5_000 + "]" * 5_000 + "\n",
    "5,000 lambdas": "deep = " + "lambda: " * 5_000 + "x\n",
    "90 blocks": "".join("    " * i + "if x:\n" for i in range(90)) + "    " * 90 + "model.trainable = True\n",
    "150 blocks": "".join("    " * i + "if x:\n" for i in range(150)) + "    " * 150 + "pass\n",
    "900 functions in each other's calls": "".join(f"def f{i}(m):\n    f{i + 1}(m)\n" for i in range(900))
    + "f0(model)\n",
    "50,000 lines": "model.trainable = not model.trainable\nmodel.compile('sgd', 'mse')\n" * 25_000,
    "20,000 assignments in branches": "".join(f"if x{i}:\n    y{i} = model.layers[{i}]\n" for i in range(10_000)),
    "12 ifs that decide": "".join(f"if x{i}:\n    model.trainable = x{i}\n" for i in range(12)) + "model.fit(a, b)\n",
}


@pytest.mark.slow  # each takes many seconds
@pytest.mark.parametrize("body", GIANTS.values(), ids=GIANTS)
def test_a_giant_ends_in_bounded_time_and_never_in_a_traceback(tmp_path: Path, body: str) -> None:
    (tmp_path / "giant.py").write_text(HEAD + body)
    (tmp_path / "good.py").write_text(MISSPELLED)
    start = time.monotonic()

    # What counts here is time, so no coverage is taken of it.
    done = keras_freeze_lint("check", ".", cwd=tmp_path, env={"COVERAGE_PROCESS_CONFIG": ""})

    assert time.monotonic() - start < 60
    assert done.code in {1, 2}
    assert any(line.startswith("good.py:5:1: KFL401 ") for line in done.out.splitlines())
    assert "Traceback" not in done.err
    assert "internal error" not in done.err


class TestTheDoor:
    """``lint_source`` never raises, whatever it is given."""

    @pytest.mark.parametrize("text", ["\0", "def f(:", "\ud800", "x = '\ud800'", "(" * 10_000, "\ufeffx = 1"])
    def test_strange_texts(self, text: str) -> None:
        report = lint_source(text, "strange.py", Settings())

        assert report.findings == ()
        assert report.error is None or "\n" not in report.error.message

    def test_an_impossible_keras_is_an_error_of_the_report(self) -> None:
        report = lint_source(MISSPELLED, "train.py", Settings(keras="bananas"))

        assert report.error is not None
        assert "bananas" in report.error.message

    def test_a_mistake_of_ours_asks_for_a_report(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> Report:
            raise KeyError("lost\nlayer")

        monkeypatch.setattr("keras_freeze_lint.linter._analysed", fail)
        report = lint_source(MISSPELLED, "train.py", Settings())

        assert report.error is not None
        assert report.error.message == "internal error (KeyError: 'lost\\nlayer'): please report it with the file"

    def test_a_trace_of_what_is_no_python_raises_a_source_error(self) -> None:
        with pytest.raises(SourceError, match="line 1: syntax error: "):
            trace_source("def f(:", "broken.py")
