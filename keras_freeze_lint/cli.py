"""The command line face: ``keras-freeze-lint check`` and ``keras-freeze-lint trace``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from keras_freeze_lint import __version__
from keras_freeze_lint.configuration import ConfigurationError, Overrides, check_overrides, settings_for, settings_from
from keras_freeze_lint.findings import FileError, Report
from keras_freeze_lint.fix_mode import Mode, fix_file
from keras_freeze_lint.fixing import Fixed, with_fixes
from keras_freeze_lint.linter import internal_error, lint_source, trace_source
from keras_freeze_lint.reporters import json as json_reporter
from keras_freeze_lint.reporters import text as text_reporter
from keras_freeze_lint.reporters import trace_text as trace_reporter
from keras_freeze_lint.settings import BACKENDS, Settings, SettingsError
from keras_freeze_lint.sources.discovery import discover
from keras_freeze_lint.sources.files import STDIN, SourceError, read_source

COMMAND = "keras-freeze-lint"
CLEAN, FINDINGS, USAGE = 0, 1, 2
# What a shell reports of a program that this signal ended.
INTERRUPTED = 130

_keras_option = click.option(
    "--keras",
    metavar="VERSION",
    help="The Keras to check for: a version (2.0.8), a requirement (keras==2.2.4, tensorflow==2.15), "
    "'auto' (what the file and its project say, else the newest) or 'installed'.  [default: auto]",
)
_backend_option = click.option(
    "--backend", type=click.Choice(BACKENDS), help="The backend that Keras 3 runs on.  [default: tensorflow]"
)
_stdin_name_option = click.option(
    "--stdin-display-name", default="stdin", metavar="PATH", help="What to call the source that comes from '-'."
)
_format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=COMMAND)
def cli() -> None:
    """Find the layer-freezing mistakes that make Keras train the wrong weights, without running your code."""


def _codes(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


@cli.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--select",
    multiple=True,
    callback=_codes,
    metavar="CODES",
    help="Report only these codes or prefixes: KFL1,KFL401.",
)
@click.option("--ignore", multiple=True, callback=_codes, metavar="CODES", help="Leave these codes or prefixes out.")
@_keras_option
@_backend_option
@_format_option
@click.option("--pedantic", is_flag=True, default=None, help="Also report what is wrong only perhaps.")
@click.option(
    "--no-prefilter", "prefilter", flag_value=False, default=None, help="Also analyse files that never name Keras."
)
@click.option("--disable-noqa", "noqa", flag_value=False, default=None, help="Report what noqa comments suppress, too.")
@click.option("--fix", is_flag=True, help="Write safe fixes to the files (from standard input: to standard output).")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and write nothing.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: fixes that may change more than was meant, too."
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings.")
@_stdin_name_option
def check(paths: tuple[str, ...], form: str, exit_zero: bool, stdin_display_name: str, **options: object) -> int:
    """Report the freezing mistakes in files and directories (default: this directory; '-' is standard input).

    Settings may also stand in the [tool.keras-freeze-lint] table of the nearest pyproject.toml.

    Exit code: 0 if there are no findings (left, with --fix), 1 with findings, 2 if something could not be checked.
    With --diff it is 1 if --fix would change something.
    """
    mode = _mode_of(options)
    overrides = {key: value for key, value in options.items() if value not in (None, ())}
    check_overrides(overrides, "--{}".format)
    told = _Told()
    discovery = discover(paths or (".",))
    for error in discovery.errors:
        told.add(error)
    reports: list[Report] = []
    fixed = 0
    # The fixed source has standard output for itself.
    aside = mode.fix and not mode.diff and STDIN in discovery.files
    for file in discovery.files:
        outcome = _outcome(file, stdin_display_name if file == STDIN else file, overrides, told, mode, form)
        fixed += outcome.count
        reports.append(outcome.report)
        if outcome.report.error is not None:
            told.add(outcome.report.error)
        if form == "text" and not mode.diff:
            click.echo(text_reporter.render(outcome.report, _paint()), nl=False, err=aside)
    if mode:
        unsafe = 0 if mode.unsafe else sum(finding.fix is not None for one in reports for finding in one.findings)
        click.echo(text_reporter.fix_summary(fixed, unsafe, would=mode.diff), err=True)
    if not mode.diff:
        _conclude(reports, told, form, aside)
    if told.errors:
        return USAGE
    wrong = fixed if mode.diff else any(report.findings for report in reports)
    return FINDINGS if wrong and not exit_zero else CLEAN


def _conclude(reports: list[Report], told: _Told, form: str, aside: bool) -> None:
    if form == "json":
        click.echo(json_reporter.render(reports, told.errors), nl=False, err=aside)
    else:
        click.echo(text_reporter.summary(reports, told.errors), err=True)


def _mode_of(options: dict[str, object]) -> Mode:
    """Take the options about fixes out of the others. Raises UsageError if they make no sense."""
    mode = Mode(bool(options.pop("fix")), bool(options.pop("diff")), bool(options.pop("unsafe_fixes")))
    if mode.unsafe and not mode:
        raise click.UsageError("--unsafe-fixes needs --fix or --diff")
    return mode


@cli.command()
@click.argument("file")
@_keras_option
@_backend_option
@_format_option
@_stdin_name_option
def trace(file: str, form: str, stdin_display_name: str, **options: str | None) -> int:
    """Print what each training call in FILE ('-' is standard input) will really train, layer by layer."""
    overrides = {key: value for key, value in options.items() if value is not None}
    check_overrides(overrides, "--{}".format)
    name = stdin_display_name if file == STDIN else file
    told = _Told()
    settings = _settings_of(name, overrides, told)
    try:
        document = trace_source(read_source(file), name, settings.keras, settings.backend)
    except SourceError as error:
        told.add(FileError(name, str(error)))
        return USAGE
    if form == "json":
        click.echo(json_reporter.render_document(document), nl=False)
    else:
        width = shutil.get_terminal_size((trace_reporter.WIDTH, 0)).columns
        click.echo(trace_reporter.render(document, width), nl=False)
    return USAGE if told.errors else CLEAN


def main() -> NoReturn:
    """Run the command; errors become one line on stderr and the exit code 2."""
    _survive_odd_characters()
    try:
        code = cli.main(prog_name=COMMAND, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        code = USAGE
    except click.ClickException as error:
        code = _fail(error.format_message())
    except SettingsError as error:
        code = _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a user gets a line, never a traceback
        code = _fail(internal_error(error))
    sys.exit(code)


class _Told:
    """The errors of a run, each printed as it comes, and once, however many files suffer from it."""

    def __init__(self) -> None:
        self.errors: list[FileError] = []

    def add(self, error: FileError) -> None:
        if error not in self.errors:
            self.errors.append(error)
            click.echo(text_reporter.render_error(error), err=True)


def _outcome(file: str, name: str, overrides: Overrides, told: _Told, mode: Mode, form: str) -> Fixed:
    """Check a file, and fix it where that is wanted; JSON tells the fixes without applying them, too."""
    settings = _settings_of(name, overrides, told)
    try:
        if mode:
            return fix_file(file, name, settings, mode)
        text = read_source(file)
        report = lint_source(text, name, settings)
        return Fixed(text, with_fixes(report, text, settings) if form == "json" else report, 0)
    except SourceError as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001 - one strange file must not end the run for all others
        message = internal_error(error)
    return Fixed("", Report(name, error=FileError(name, message)), 0)


def _settings_of(name: str, overrides: Overrides, told: _Told) -> Settings:
    """Return the settings for a file; a table that cannot be followed is told, and the file checked without it."""
    try:
        return settings_for(Path(name).absolute().parent, overrides)
    except ConfigurationError as error:
        told.add(FileError(os.path.relpath(error.file), str(error)))
        return settings_from(overrides)


def _fail(message: str) -> int:
    click.echo(f"{COMMAND}: error: {' '.join(message.split())}", err=True)
    return USAGE


_COLOURS = {"path": {"bold": True}, "error": {"fg": "red", "bold": True}, "warning": {"fg": "yellow", "bold": True}}


def _paint() -> Callable[[str, str], str]:
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text_reporter.plain
    return lambda part, text: click.style(text, **_COLOURS[part])  # type: ignore[arg-type]


def _survive_odd_characters() -> None:
    """A file name or a variable that the terminal cannot show is printed escaped."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
