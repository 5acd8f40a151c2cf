"""Where witnesses are kept: each once, with what it is about and takes for granted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from keras_freeze_lint import __version__
from keras_freeze_lint.verify.verifying import witness_files
from tests.verify.samples import WITNESS, finding


def test_a_witness_tells_what_it_is_about_and_takes_for_granted(tmp_path: Path) -> None:
    witness_files(tmp_path / "kept")("models/train.py", WITNESS, [finding(message="frozen\ntoo late")])

    text = (tmp_path / "kept" / "train.witness.py").read_text(encoding="utf-8")
    assert text == (
        f"# Cut out of models/train.py by keras-freeze-lint {__version__}: a witness of\n"
        f"#   line {finding().location.line}: KFL101 frozen too late\n"
        "# It takes for granted, because the file does not say it:\n"
        "#   line 7: x, y is 8 rows of random numbers <&>\n"
        "\n" + WITNESS.text
    )
    compile(text, "train.witness.py", "exec")


def test_what_several_environments_run_is_kept_once(tmp_path: Path) -> None:
    keep = witness_files(tmp_path)
    for one in (WITNESS, WITNESS, replace(WITNESS, text=WITNESS.text + "again = 1\n"), WITNESS):
        keep("train.py", one, [finding()])

    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.witness-2.py", "train.witness.py"]


def test_a_file_with_a_name_that_is_no_text_has_a_witness_too(tmp_path: Path) -> None:
    witness_files(tmp_path)("odd-\udcff/train.py", WITNESS, [finding()])

    assert (tmp_path / "train.witness.py").read_text(encoding="utf-8").startswith("# Cut out of odd-\\udcff/train.py")
