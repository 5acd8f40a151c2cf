"""From text to a syntax tree, or one line that says why not."""

from __future__ import annotations

import ast
import warnings

from keras_freeze_lint.sources.files import NotPythonError
from keras_freeze_lint.sources.python2 import looks_like_python2

TOO_DEEP = "too deeply nested to be followed"


def parse(text: str) -> ast.Module:
    """Return the tree of a source text. Raises NotPythonError if it is not Python 3."""
    if "\0" in text:
        raise NotPythonError("contains null bytes")
    try:
        with warnings.catch_warnings():
            # Python has its own opinion of "\d" and "is 1"; it is not ours to print.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise NotPythonError(_syntax_message(error, text), error.lineno or 1) from error
    except (RecursionError, MemoryError) as error:
        raise NotPythonError(TOO_DEEP) from error
    except ValueError as error:
        raise NotPythonError(f"not readable as Python: {error}") from error


def _syntax_message(error: SyntaxError, text: str) -> str:
    number = error.lineno or 1
    lines = text.split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    kind = "Python 2 source" if looks_like_python2(line) else "syntax error"
    return f"line {number}: {kind}: {error.msg}"
