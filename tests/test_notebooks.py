"""Jupyter notebooks: their cells are one module, and what is found there is told by cell and line."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from keras_freeze_lint.linter import lint_source, trace_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import SourceError
from keras_freeze_lint.sources.magics import python_of
from keras_freeze_lint.sources.notebooks import read_notebook
from tests.faces import CORRECT, MISSPELLED, keras_freeze_lint, notebook

MARKDOWN: dict[str, object] = {"cell_type": "markdown", "metadata": {}, "source": ["# Fine-tuning\n", "Text"]}

# The layer is frozen in cell 4, after the compile of cell 3; KFL101 on Keras 2.
FROZEN_TOO_LATE = notebook(
    "%matplotlib inline\n!pip install keras",
    MARKDOWN,
    "from keras.layers import Dense\nfrom keras.models import Sequential\n",
    "layer = Dense(4, input_shape=(8,))\nmodel = Sequential([layer, Dense(1)])\nmodel.compile('sgd', 'mse')",
    "# no more learning\nlayer.trainable = False",
    MARKDOWN,
    "%time model.fit(x, y)\nmodel.summary?",
)


class TestWhatIsFound:
    def test_a_finding_names_cell_and_line(self, tmp_path: Path) -> None:
        (tmp_path / "book.ipynb").write_text(FROZEN_TOO_LATE)

        done = keras_freeze_lint("check", "--keras", "2.3", "book.ipynb", cwd=tmp_path)

        assert done.out.startswith("book.ipynb:cell 4:2:1: KFL101 ")
        assert done.code == 1

    def test_json_tells_the_cell_of_everything_that_has_a_line(self, tmp_path: Path) -> None:
        (tmp_path / "book.ipynb").write_text(FROZEN_TOO_LATE)

        done = keras_freeze_lint("check", "--keras", "2.3", "--format", "json", "book.ipynb", cwd=tmp_path)

        (finding,) = json.loads(done.out)["findings"]
        assert (finding["cell"], finding["line"], finding["end_line"], finding["column"]) == (4, 2, 2, 1)
        assert [(step["cell"], step["line"]) for step in finding["path"]] == [(3, 3), (4, 2), (6, 1)]
        assert (finding["prediction"]["cell"], finding["prediction"]["training_call"]) == (6, 1)

    def test_a_python_file_has_no_cells(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(MISSPELLED)

        done = keras_freeze_lint("check", "--format", "json", "train.py", cwd=tmp_path)

        (finding,) = json.loads(done.out)["findings"]
        assert finding["cell"] is None
        assert all(set(step) == {"line", "what"} for step in finding["path"])

    def test_a_message_that_names_a_line_names_its_cell(self) -> None:
        text = notebook(
            "from keras.layers import Dense\nfrom keras.models import Sequential",
            "model = Sequential([Dense(4, input_shape=(8,)), Dense(1)])\nmodel.compile('sgd', 'mse')\nmodel.fit(x, y)",
            "model.layers[0].trainable = False\nmodel.fit(x, y)",
        )

        (finding,) = lint_source(text, "book.ipynb", Settings(keras="2.3")).findings

        assert finding.code == "KFL102"
        assert "on line 2 of cell 2;" in finding.message

    def test_a_trace_names_cells(self) -> None:
        trace: dict[str, Any] = trace_source(FROZEN_TOO_LATE, "book.ipynb", "2.3")

        (call,) = trace["training_calls"]
        assert (call["cell"], call["line"], call["call"]) == (6, 1, "fit")
        assert [(layer["cell"], layer["line"]) for layer in call["layers"].values()] == [(3, 1), (3, 2)]

    def test_a_printed_trace_names_cells(self, tmp_path: Path) -> None:
        (tmp_path / "book.ipynb").write_text(FROZEN_TOO_LATE)

        done = keras_freeze_lint("trace", "--keras", "2.3", "book.ipynb", cwd=tmp_path)

        assert "\ncell 6:1  model.fit" in done.out
        assert "\ncell 4:2: KFL101 " in done.out

    def test_evidence_for_the_version_names_its_cell(self) -> None:
        text = notebook(
            "import keras", "from keras.layers.core import Dense\nlayer = Dense(2)\nlayer.trainable = False"
        )

        assert "book.ipynb:cell 1:1:" in str(trace_source(text, "book.ipynb")["keras"])

    def test_a_comment_silences_a_line_of_a_cell(self) -> None:
        silenced = FROZEN_TOO_LATE.replace("layer.trainable = False", "layer.trainable = False  # noqa: KFL101")

        assert not lint_source(silenced, "book.ipynb", Settings(keras="2.3")).findings

    def test_standard_input_is_a_notebook_if_its_name_says_so(self, tmp_path: Path) -> None:
        name = ("--stdin-display-name", "book.ipynb")

        done = keras_freeze_lint("check", *name, "-", cwd=tmp_path, stdin=notebook(MISSPELLED))

        assert done.out.startswith("book.ipynb:cell 0:5:1: KFL401 ")


class TestReading:
    def test_cells_are_counted_as_the_file_lists_them(self) -> None:
        book = read_notebook(notebook("a = 1\nb = 2", MARKDOWN, "", "c = 3\n"))

        assert book.text == "a = 1\nb = 2\n\nc = 3\n\n"
        assert [book.place(line) for line in (1, 2, 3, 4)] == [(0, 1), (0, 2), (2, 1), (3, 1)]

    def test_a_source_may_be_one_text(self) -> None:
        document = {"cells": [{"cell_type": "code", "source": "a = 1\r\nb = 2"}]}

        assert read_notebook(json.dumps(document)).text == "a = 1\nb = 2\n"

    def test_the_old_format_keeps_cells_in_worksheets(self) -> None:
        document = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": ["a = 1"]}]}]}

        assert read_notebook(json.dumps(document)).text == "a = 1\n"

    @pytest.mark.parametrize(
        "metadata",
        [{"kernelspec": {"name": "ir", "language": "R"}}, {"language_info": {"name": "julia"}}],
        ids=["kernel", "language"],
    )
    def test_a_notebook_for_another_language_holds_no_python(self, metadata: dict[str, object]) -> None:
        assert read_notebook(notebook("x <- keras_model()", **metadata)).text == ""

    def test_a_cell_that_is_no_python_is_an_error_and_the_others_count(self, tmp_path: Path) -> None:
        (tmp_path / "book.ipynb").write_text(notebook("print 'x'", MISSPELLED, "model.fit(x,"))

        done = keras_freeze_lint("check", "book.ipynb", cwd=tmp_path)

        assert done.codes == ["KFL401"]
        assert done.err.startswith("error: book.ipynb: cell 0, line 1: Python 2 source: ")
        assert done.code == 2

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "not a notebook: Expecting value: line 1 column 1"),
            ('{"cells": [', "not a notebook: Expecting value"),
            ("[]", "not a notebook: no JSON object"),
            ("{}", "not a notebook: it has no cells"),
            ('{"cells": [1]}', "not a notebook: cell 0 is no object"),
            ('{"cells": [{"cell_type": "code"}]}', "not a notebook: cell 0 has no source"),
            ("[" * 100_000, "not a notebook: "),
        ],
    )
    def test_what_is_no_notebook_is_refused_in_one_line(self, text: str, message: str) -> None:
        with pytest.raises(SourceError, match=message) as caught:
            read_notebook(text)
        assert "\n" not in str(caught.value)

    def test_a_broken_notebook_is_an_error_of_the_run(self, tmp_path: Path) -> None:
        (tmp_path / "book.ipynb").write_text(notebook(MISSPELLED)[:-20])

        done = keras_freeze_lint("check", ".", cwd=tmp_path)

        assert done.err.startswith("error: book.ipynb: not a notebook: ")
        assert done.code == 2


class TestFixing:
    def test_fixes_are_not_written_to_notebooks_and_that_is_said(self, tmp_path: Path) -> None:
        book = tmp_path / "book.ipynb"
        book.write_text(notebook(MISSPELLED))

        done = keras_freeze_lint("check", "--fix", "book.ipynb", cwd=tmp_path)

        assert book.read_text() == notebook(MISSPELLED)
        assert done.codes == ["KFL401"]
        assert "error: book.ipynb: fixes are not written to notebooks" in done.err

    def test_a_notebook_without_mistakes_needs_no_word(self, tmp_path: Path) -> None:
        (tmp_path / "book.ipynb").write_text(notebook(CORRECT))

        assert keras_freeze_lint("check", "--fix", "book.ipynb", cwd=tmp_path).code == 0


def cell(source: str) -> str:
    return textwrap.dedent(source).strip("\n")


class TestMagics:
    @pytest.mark.parametrize(
        ("source", "python"),
        [
            ("%matplotlib inline\nx = 1", "pass\nx = 1"),
            ("x = 1\n!ls *.h5\ny = 2", "x = 1\npass\ny = 2"),
            ("if colab:\n    !pip install keras\nx = 1", "if colab:\n    pass\nx = 1"),
            ("!pip install \\\n  keras\nx = 1", "pass\n\nx = 1"),
            ("model.fit?\nmodel.layers[0]??\n?model", "pass\npass\npass"),
            ("files = !ls\nout, err = %sx ls", "files = get_ipython()\nout, err = get_ipython()"),
            ("%time model.fit(x, y)", "None; model.fit(x, y)"),
            ("%%time\nmodel.fit(x, y)", "\nmodel.fit(x, y)"),
            ("\n%%capture out\nx = 1", "\n\nx = 1"),
            ("%%bash\nls *.h5\npwd", "\n\n"),
            ("#@title Data\n%%bash\nls", "\n\n"),
            ("%%writefile train.py\nlayer.trainable = False", "\n"),
        ],
    )
    def test_what_only_ipython_understands_becomes_nothing(self, source: str, python: str) -> None:
        assert python_of(source) == python

    @pytest.mark.parametrize(
        "source",
        [
            "x = (a\n     % b)",
            "print('%d of %d'\n      % (i, n))",
            "x = a \\\n  % b",
            'text = """\n%matplotlib inline\n!ls\n"""',
            "x = y != z",
            "really = 'model?'",
        ],
    )
    def test_python_that_looks_like_it_stays(self, source: str) -> None:
        assert python_of(source) == source

    def test_both_in_one_cell(self) -> None:
        source = cell(
            """
            !pip install keras
            print('%d of %d'
                  % (i, n))
            """
        )

        assert python_of(source) == source.replace("!pip install keras", "pass")
