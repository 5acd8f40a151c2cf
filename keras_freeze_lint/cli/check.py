"""``keras-freeze-lint check``: the findings of files, and their fixes."""

from __future__ import annotations

import click

from keras_freeze_lint.cli.common import (
    CLEAN,
    FINDINGS,
    USAGE,
    Told,
    backend_option,
    codes,
    keras_option,
    paint,
    settings_of,
    stdin_name_option,
    upgrade_option,
)
from keras_freeze_lint.configuration import Overrides, check_overrides
from keras_freeze_lint.findings import FileError, Report
from keras_freeze_lint.fix_mode import Mode, fix_file
from keras_freeze_lint.fixing import Fixed, with_fixes
from keras_freeze_lint.linter import internal_error, lint_source
from keras_freeze_lint.reporters import json as json_reporter
from keras_freeze_lint.reporters import text as text_reporter
from keras_freeze_lint.sources.discovery import discover
from keras_freeze_lint.sources.files import STDIN, SourceError, read_source


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--select",
    multiple=True,
    callback=codes,
    metavar="CODES",
    help="Report only these codes or prefixes: KFL1,KFL401.",
)
@click.option("--ignore", multiple=True, callback=codes, metavar="CODES", help="Leave these codes or prefixes out.")
@keras_option
@upgrade_option
@backend_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
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
@stdin_name_option
def check(paths: tuple[str, ...], form: str, exit_zero: bool, stdin_display_name: str, **options: object) -> int:
    """Report the freezing mistakes in files and directories (default: this directory; '-' is standard input).

    Settings may also stand in the [tool.keras-freeze-lint] table of the nearest pyproject.toml.

    Exit code: 0 if there are no findings (left, with --fix), 1 with findings, 2 if something could not be checked.
    With --diff it is 1 if --fix would change something.
    """
    mode = _mode_of(options)
    overrides = {key: value for key, value in options.items() if value not in (None, ())}
    check_overrides(overrides, "--{}".format)
    told = Told()
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
            click.echo(text_reporter.render(outcome.report, paint()), nl=False, err=aside)
    if mode:
        unsafe = 0 if mode.unsafe else sum(finding.fix is not None for one in reports for finding in one.findings)
        click.echo(text_reporter.fix_summary(fixed, unsafe, would=mode.diff), err=True)
    if not mode.diff:
        _conclude(reports, told, form, aside)
    if told.errors:
        return USAGE
    wrong = fixed if mode.diff else any(report.findings for report in reports)
    return FINDINGS if wrong and not exit_zero else CLEAN


def _conclude(reports: list[Report], told: Told, form: str, aside: bool) -> None:
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


def _outcome(file: str, name: str, overrides: Overrides, told: Told, mode: Mode, form: str) -> Fixed:
    """Check a file, and fix it where that is wanted; JSON tells the fixes without applying them, too."""
    settings = settings_of(name, overrides, told)
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
