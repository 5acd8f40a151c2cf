"""Source text from files and standard input, decoded as Python itself would."""

from __future__ import annotations

import io
import sys
import tokenize
from pathlib import Path

STDIN = "-"


class SourceError(Exception):
    """A source that cannot be read or understood; the message is one line and does not name the file."""


def read_source(path: str) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raises SourceError if it cannot be read or is no text in the encoding that it declares.
    """
    try:
        data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise SourceError(error.strerror or str(error)) from error
    return decode_source(data)


def decode_source(data: bytes) -> str:
    """Return the text of Python source: a byte order mark and a coding comment count, line ends become line feeds.

    Raises SourceError on null bytes, an unknown encoding and bytes that the encoding does not have.
    """
    if b"\0" in data:
        raise SourceError("contains null bytes: not a Python source file, or one saved as UTF-16")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not valid {error.encoding}: save as UTF-8 or declare the encoding"
        raise SourceError(message) from error
    except (SyntaxError, LookupError) as error:
        raise SourceError(f"unusable encoding: {error}") from error
