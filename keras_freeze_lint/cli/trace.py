"""``keras-freeze-lint trace``: what each training call is predicted to move."""

from __future__ import annotations

import shutil

import click

from keras_freeze_lint.cli.common import (
    CLEAN,
    USAGE,
    Told,
    backend_option,
    keras_option,
    settings_of,
    stdin_name_option,
    upgrade_option,
)
from keras_freeze_lint.configuration import check_overrides
from keras_freeze_lint.findings import FileError
from keras_freeze_lint.linter import trace_source, upgrade_source
from keras_freeze_lint.reporters import json as json_reporter
from keras_freeze_lint.reporters import trace_text as trace_reporter
from keras_freeze_lint.reporters import upgrade_text as upgrade_reporter
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import STDIN, SourceError, read_source


@click.command()
@click.argument("file")
@keras_option
@upgrade_option
@backend_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
@stdin_name_option
def trace(file: str, form: str, stdin_display_name: str, **options: str | None) -> int:
    """Print what each training call in FILE ('-' is standard input) will really train, layer by layer.

    With --upgrade-to: what it trains on both Kerases, side by side.
    """
    overrides = {key: value for key, value in options.items() if value is not None}
    check_overrides(overrides, "--{}".format)
    name = stdin_display_name if file == STDIN else file
    told = Told()
    settings = settings_of(name, overrides, told)
    try:
        document = _document(read_source(file), name, settings, options["upgrade_to"])
    except SourceError as error:
        told.add(FileError(name, str(error)))
        return USAGE
    if form == "json":
        click.echo(json_reporter.render_document(document), nl=False)
    else:
        width = shutil.get_terminal_size((trace_reporter.WIDTH, 0)).columns
        reporter = upgrade_reporter if options["upgrade_to"] else trace_reporter
        click.echo(reporter.render(document, width), nl=False)
    return USAGE if told.errors else CLEAN


def _document(text: str, name: str, settings: Settings, upgrade_to: str | None) -> dict[str, object]:
    """What both Kerases do only where the command line asks for it: a setting must not change the shape of the JSON."""
    if upgrade_to:
        return upgrade_source(text, name, upgrade_to, settings.keras, settings.backend)
    return trace_source(text, name, settings.keras, settings.backend)
