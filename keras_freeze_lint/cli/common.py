"""What all commands share: options, exit codes, the errors of a run, colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from keras_freeze_lint.configuration import ConfigurationError, Overrides, settings_for, settings_from
from keras_freeze_lint.findings import FileError
from keras_freeze_lint.reporters import text as text_reporter
from keras_freeze_lint.settings import BACKENDS, Settings

COMMAND = "keras-freeze-lint"
CLEAN, FINDINGS, USAGE = 0, 1, 2

keras_option = click.option(
    "--keras",
    metavar="VERSION",
    help="The Keras to check for: a version (2.0.8), a requirement (keras==2.2.4, tensorflow==2.15), "
    "'auto' (what the file and its project say, else the newest) or 'installed'.  [default: auto]",
)
backend_option = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    help="The backend that Keras 3 runs on.  [default: tensorflow; to verify: the first that is installed]",
)
upgrade_option = click.option(
    "--upgrade-to",
    metavar="VERSION",
    help="Another Keras (as --keras takes it, not 'auto'): also tell what each training call does otherwise there.",
)
stdin_name_option = click.option(
    "--stdin-display-name", default="stdin", metavar="PATH", help="What to call the source that comes from '-'."
)


def codes(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split lists of codes: ``--select KFL1,KFL401 --select KFL5``."""
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


class Told:
    """The errors of a run, each printed as it comes, and once, however many files suffer from it."""

    def __init__(self) -> None:
        self.errors: list[FileError] = []

    def add(self, error: FileError) -> None:
        if error not in self.errors:
            self.errors.append(error)
            click.echo(text_reporter.render_error(error), err=True)


def settings_of(name: str, overrides: Overrides, told: Told) -> Settings:
    """Return the settings for a file; a table that cannot be followed is told, and the file checked without it."""
    try:
        return settings_for(Path(name).absolute().parent, overrides)
    except ConfigurationError as error:
        told.add(FileError(os.path.relpath(error.file), str(error)))
        return settings_from(overrides)


_COLOURS = {"path": {"bold": True}, "error": {"fg": "red", "bold": True}, "warning": {"fg": "yellow", "bold": True}}


def paint() -> Callable[[str, str], str]:
    """Return what colours the parts of a finding, where the terminal takes colours."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text_reporter.plain
    return lambda part, text: click.style(text, **_COLOURS[part])  # type: ignore[arg-type]
