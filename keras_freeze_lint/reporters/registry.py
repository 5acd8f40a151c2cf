"""All formats of ``check``, by name; a format's file is imported only for a run that wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from keras_freeze_lint.findings import FileError, Report

Render = Callable[[Sequence[Report], Sequence[FileError]], str]

# Written line by line while the run goes on.
TEXT = "text"
# Written at the end of the run; each is a file beside this one.
DOCUMENTS = ("json", "sarif", "github", "gitlab", "rdjson", "junit")
# Those that carry fixes.
WITH_FIXES = frozenset({"json", "sarif", "rdjson"})


def renderer(form: str) -> Render:
    """Return the function that makes the document of a format from the reports and errors of a whole run."""
    render: Render = import_module(f"keras_freeze_lint.reporters.{form}").render
    return render
