"""Jupyter notebooks: the code cells, one below the other, are one module, and its lines lead back to their cells."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from keras_freeze_lint.sources.files import NotPythonError, with_line_feeds
from keras_freeze_lint.sources.magics import python_of
from keras_freeze_lint.sources.parsing import parse


@dataclass(frozen=True)
class Notebook:
    """The module that a notebook amounts to.

    ``cells`` holds, in order, the first line of each code cell in ``text`` and the cell's number. Cells are numbered as
    the file lists them, from 0, whatever their type. ``errors`` tells which cells are no Python; these are left out:
    a notebook that runs them refuses them, too.
    """

    text: str
    cells: tuple[tuple[int, int], ...]
    errors: tuple[tuple[int, NotPythonError], ...] = ()

    def place(self, line: int) -> tuple[int, int]:
        """The cell in which a line of the module stands, and its number there, from 1."""
        position = bisect_right(self.cells, line, key=itemgetter(0)) - 1
        first, cell = self.cells[max(position, 0)]
        return cell, line - first + 1

    def lines_of(self, cell: int) -> tuple[str, ...]:
        """The lines of a code cell, as they are analysed."""
        starts = [*(first for first, _ in self.cells), self.text.count("\n") + 1]
        position = next(number for number, (_, other) in enumerate(self.cells) if other == cell)
        return tuple(self.text.split("\n")[starts[position] - 1 : starts[position + 1] - 1])


def read_notebook(text: str) -> Notebook:
    """Return what a notebook file's text amounts to; one for another language amounts to nothing.

    Raises NotPythonError if the text is no notebook.
    """
    document = _document(text)
    lines: list[str] = []
    cells: list[tuple[int, int]] = []
    errors: list[tuple[int, NotPythonError]] = []
    for number, cell in enumerate(_cells(document)):
        source = _code(cell, number) if _is_python(document) else None
        if source is None:
            continue
        source = python_of(source)
        try:
            parse(source)
        except NotPythonError as error:
            errors.append((number, error))
            source = ""
        cells.append((len(lines) + 1, number))
        lines += source.split("\n")
    return Notebook("\n".join([*lines, ""]), tuple(cells) or ((1, 0),), tuple(errors))


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotPythonError(f"not a notebook: {' '.join(str(error).split()) or 'no JSON'}") from error
    if not isinstance(document, dict):
        raise NotPythonError("not a notebook: no JSON object")
    return document


def _cells(document: dict[str, Any]) -> list[Any]:
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):
        # The format before 2015.
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or ()]
    if not isinstance(cells, list):
        raise NotPythonError("not a notebook: it has no cells")
    return cells


def _code(cell: object, number: int) -> str | None:
    """The source of a cell, None if it is no code cell. Raises NotPythonError if it has none."""
    if not isinstance(cell, dict):
        raise NotPythonError(f"not a notebook: cell {number} is no object")
    if cell.get("cell_type") != "code":
        return None
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotPythonError(f"not a notebook: cell {number} has no source")
    return with_line_feeds(source).replace("\0", " ")


def _is_python(document: dict[str, Any]) -> bool:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return True
    told = [metadata.get("language_info"), metadata.get("kernelspec")]
    names = [each.get(key) for each, key in zip(told, ("name", "language"), strict=True) if isinstance(each, dict)]
    name = next((name for name in names if isinstance(name, str)), "python")
    return "python" in name.lower()
