"""Source text from files and standard input, decoded as Python itself would."""

from __future__ import annotations

import io
import sys
import tokenize
from pathlib import Path

STDIN = "-"
NOTEBOOK_SUFFIX = ".ipynb"


class SourceError(Exception):
    """A source that cannot be read or understood; the message is one line and does not name the file.

    ``line`` is the line of the source that stands in the way, 0 for none in particular.
    """

    code = ""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class NotPythonError(SourceError):
    """A source that is there, but no Python that can be followed."""

    code = "KFL900"


def is_notebook(path: str) -> bool:
    """Whether the file is a Jupyter notebook, by its name."""
    return path.endswith(NOTEBOOK_SUFFIX)


def read_source(path: str) -> str:
    """Return the text of a file, or of standard input for ``-``; of a notebook, its JSON.

    Raises SourceError if it cannot be read or is no text in the encoding that it declares.
    """
    return decode_source(read_bytes(path))


def read_bytes(path: str) -> bytes:
    """Return what is in a file or comes from standard input. Raises SourceError if it cannot be read."""
    try:
        return sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise SourceError(error.strerror or str(error)) from error


def decode_source(data: bytes) -> str:
    """Return the text of Python source: a byte order mark and a coding comment count, line ends become line feeds.

    Raises SourceError on null bytes, an unknown encoding and bytes that the encoding does not have.
    """
    return with_line_feeds(decode_exactly(data)[0])


def with_line_feeds(text: str) -> str:
    """Return the text with every line end turned into a line feed, as Python reads it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_exactly(data: bytes) -> tuple[str, str]:
    """Return the text of Python source with its line ends, and the encoding (``utf-8-sig`` with a byte order mark).

    Raises SourceError as ``decode_source`` does.
    """
    if b"\0" in data:
        raise NotPythonError("contains null bytes: not a Python source file, or one saved as UTF-16")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding, newline="").read(), encoding
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not valid {error.encoding}: save as UTF-8 or declare the encoding"
        raise NotPythonError(message) from error
    except (SyntaxError, LookupError) as error:
        raise NotPythonError(f"unusable encoding: {error}") from error
