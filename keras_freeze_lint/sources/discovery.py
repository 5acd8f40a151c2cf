"""Which files a command line means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keras_freeze_lint.findings import FileError
from keras_freeze_lint.sources.files import NOTEBOOK_SUFFIX, STDIN

# Other people's code, build results and caches; a virtual environment of any name gives itself away by its pyvenv.cfg.
SKIPPED_DIRECTORIES = frozenset(
    """.bzr .direnv .eggs .git .hg .hypothesis .ipynb_checkpoints .mypy_cache .nox .pytest_cache .ruff_cache .svn .tox
    .venv .vscode CVS __pycache__ __pypackages__ _build build dist node_modules site-packages venv""".split()
)


@dataclass(frozen=True)
class Discovery:
    """The files to check, each once, and the paths that lead to none."""

    files: tuple[str, ...]
    errors: tuple[FileError, ...]


def discover(paths: Iterable[str]) -> Discovery:
    """Return the files that the paths name: a file as it is, of a directory its ``*.py`` and ``*.ipynb``."""
    files: dict[str, str] = {}
    errors: list[FileError] = []
    for path in paths:
        for found in _files_of(path, errors):
            files.setdefault(os.path.realpath(found) if found != STDIN else STDIN, found)
    return Discovery(tuple(files.values()), tuple(errors))


def _files_of(path: str, errors: list[FileError]) -> Iterator[str]:
    if path == STDIN:
        yield path
    elif os.path.isdir(path):  # noqa: PTH112 - a Path would lose the "./" that the user wrote
        found = sorted(_search(os.path.normpath(path), errors))
        if not found:
            errors.append(FileError(path, "no Python files or notebooks in this directory"))
        yield from found
    elif not os.path.lexists(path):
        errors.append(FileError(path, "no such file or directory"))
    else:
        yield path


def _search(directory: str, errors: list[FileError]) -> Iterator[str]:
    """Python files and notebooks below the directory. Links to directories are not followed, so there are no loops."""

    def report(error: OSError) -> None:
        errors.append(FileError(str(error.filename), error.strerror or str(error)))

    for folder, subfolders, names in os.walk(directory, onerror=report):
        subfolders[:] = [name for name in subfolders if not _is_skipped(Path(folder, name))]
        for name in names:
            path = Path(folder, name)
            # Editors lock a file by a dangling link of a similar name.
            if name.endswith((".py", NOTEBOOK_SUFFIX)) and path.is_file():
                yield str(path)


def _is_skipped(directory: Path) -> bool:
    return directory.name in SKIPPED_DIRECTORIES or (directory / "pyvenv.cfg").exists()
