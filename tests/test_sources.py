"""Reading files as Python reads them, and finding the files that a command line means."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from keras_freeze_lint.findings import FileError
from keras_freeze_lint.sources.discovery import discover
from keras_freeze_lint.sources.files import SourceError, decode_source, read_source


class TestDecoding:
    def test_utf8_is_the_default(self) -> None:
        assert decode_source("größe = 1\n".encode()) == "größe = 1\n"

    def test_a_byte_order_mark_is_no_part_of_the_text(self) -> None:
        assert decode_source(codecs.BOM_UTF8 + b"x = 1\n") == "x = 1\n"

    def test_a_coding_comment_counts(self) -> None:
        assert (
            decode_source("# coding: shift_jis\nx = '凍結'\n".encode("shift_jis"))
            == "# coding: shift_jis\nx = '凍結'\n"
        )

    def test_all_line_ends_become_line_feeds(self) -> None:
        assert decode_source(b"a = 1\r\nb = 2\rc = 3\n") == "a = 1\nb = 2\nc = 3\n"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"x = 1\0\n", "null bytes"),
            ("x = 1\n".encode("utf-16"), "null bytes"),
            ("größe = 1\n".encode("latin-1"), "unusable encoding: "),
            ("a = 1\n\n\ngröße = 1\n".encode("latin-1"), "byte 11 is not valid utf-8"),
            (b"# coding: klingon\n", "unusable encoding: unknown encoding: klingon"),
            (b"# coding: rot13\n", "unusable encoding: "),
        ],
    )
    def test_what_is_no_text_is_refused_in_one_line(self, data: bytes, message: str) -> None:
        with pytest.raises(SourceError, match=message) as caught:
            decode_source(data)
        assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_source(str(tmp_path / "none.py"))


class TestDiscovery:
    def test_a_directory_is_searched_for_python_files_and_notebooks_in_sorted_order(self, tmp_path: Path) -> None:
        wanted = ["a.py", "models/gan.py", "models/vgg.py", "notes/book.ipynb", "z.py"]
        _touch(tmp_path, *reversed(wanted), "notes.txt", "stubs.pyi", "notes/.ipynb_checkpoints/book.ipynb")

        assert _found(tmp_path) == wanted

    @pytest.mark.parametrize(
        "folder", [".git", ".venv", "venv", "node_modules", "__pycache__", "build", "site-packages"]
    )
    def test_other_peoples_code_and_build_results_are_skipped(self, tmp_path: Path, folder: str) -> None:
        _touch(tmp_path, "train.py", f"{folder}/x.py", f"sub/{folder}/x.py")

        assert _found(tmp_path) == ["train.py"]

    def test_a_virtual_environment_is_skipped_whatever_its_name(self, tmp_path: Path) -> None:
        _touch(tmp_path, "train.py", "my-env/pyvenv.cfg", "my-env/lib/x.py")

        assert _found(tmp_path) == ["train.py"]

    def test_a_skipped_directory_that_is_named_is_searched(self, tmp_path: Path) -> None:
        _touch(tmp_path, "build/train.py")

        assert _found(tmp_path / "build") == ["train.py"]

    def test_links_to_directories_make_no_loops(self, tmp_path: Path) -> None:
        _touch(tmp_path, "sub/train.py")
        (tmp_path / "sub" / "up").symlink_to(tmp_path)

        assert _found(tmp_path) == ["sub/train.py"]

    def test_a_dangling_link_in_a_directory_is_no_file(self, tmp_path: Path) -> None:
        _touch(tmp_path, "train.py")
        (tmp_path / ".#train.py").symlink_to("editor@host.1234")

        assert _found(tmp_path) == ["train.py"]

    def test_a_file_is_taken_whatever_its_name(self, tmp_path: Path) -> None:
        _touch(tmp_path, "train")

        assert discover([str(tmp_path / "train")]).files == (str(tmp_path / "train"),)

    def test_each_file_counts_once_under_the_first_name_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _touch(tmp_path, "a.py", "b.py")
        monkeypatch.chdir(tmp_path)

        assert discover(["./b.py", ".", "b.py"]).files == ("./b.py", "a.py")

    def test_paths_that_lead_nowhere_are_errors_and_the_others_count(self, tmp_path: Path) -> None:
        _touch(tmp_path, "train.py", "empty/notes.txt")
        names = ["none.py", "empty", "train.py"]

        discovery = discover(str(tmp_path / name) for name in names)

        assert discovery.files == (str(tmp_path / "train.py"),)
        assert discovery.errors == (
            FileError(str(tmp_path / "none.py"), "no such file or directory"),
            FileError(str(tmp_path / "empty"), "no Python files or notebooks in this directory"),
        )


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _found(folder: Path) -> list[str]:
    return [Path(file).relative_to(folder).as_posix() for file in discover([str(folder)]).files]
