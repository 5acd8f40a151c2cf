"""``keras-freeze-lint check``: the findings of files, and their fixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

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
from keras_freeze_lint.cli.places import DEFAULTS, Choices, choices, place_options
from keras_freeze_lint.configuration import Overrides, check_overrides
from keras_freeze_lint.findings import Finding, Report, Verdict
from keras_freeze_lint.fix_mode import Mode, fix_file
from keras_freeze_lint.fixing import Fixed, with_fixes
from keras_freeze_lint.linter import failed, lint_source
from keras_freeze_lint.reporters import text as text_reporter
from keras_freeze_lint.reporters.registry import DOCUMENTS, TEXT, WITH_FIXES, renderer
from keras_freeze_lint.sources.discovery import discover
from keras_freeze_lint.sources.files import STDIN, read_source


@click.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--select",
    multiple=True,
    callback=codes,
    metavar="CODES",
    help="Report only these codes or prefixes: KFL1,KFL401.",
)
@click.option(
    "--extend-select",
    multiple=True,
    callback=codes,
    metavar="CODES",
    help="Report these codes or prefixes, too: KFL902.",
)
@click.option("--ignore", multiple=True, callback=codes, metavar="CODES", help="Leave these codes or prefixes out.")
@keras_option
@upgrade_option
@backend_option
@click.option(
    "--format", "form", type=click.Choice([TEXT, *DOCUMENTS]), default=TEXT, show_default=True, help="How to print."
)
@click.option("--output", type=click.Path(dir_okay=False), help="Write the findings to this file.")
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
@click.option("--verify", is_flag=True, help="Run the models that findings are about, and tell which findings hold.")
@place_options
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings.")
@stdin_name_option
def check(
    paths: tuple[str, ...], form: str, output: str | None, exit_zero: bool, stdin_display_name: str, **options: object
) -> int:
    """Report the freezing mistakes in files and directories (default: this directory; '-' is standard input).

    Settings may also stand in the [tool.keras-freeze-lint] table of the nearest pyproject.toml.

    Exit code: 0 if there are no findings (left, with --fix), 1 with findings, 2 if something could not be checked.
    With --diff it is 1 if --fix would change something.
    """
    mode = _mode_of(options)
    only_confirmed = bool(options.pop("only_confirmed"))
    where = _where(options, mode, only_confirmed=only_confirmed)
    if output is not None and mode.diff:
        raise click.UsageError("--output needs findings: --diff prints none")
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
    if where is not None:
        reports = _verified(discovery.files, stdin_display_name, overrides, where, told, form)
        if only_confirmed:
            reports = [replace(report, findings=_confirmed(report)) for report in reports]
        if form == TEXT and output is None:
            click.echo("".join(text_reporter.render(report, paint()) for report in reports), nl=False)
    for file in discovery.files if where is None else ():
        outcome = _outcome(file, stdin_display_name if file == STDIN else file, overrides, told, mode, form)
        fixed += outcome.count
        reports.append(outcome.report)
        if outcome.report.error is not None:
            told.add(outcome.report.error)
        if form == TEXT and output is None and not mode.diff:
            click.echo(text_reporter.render(outcome.report, paint()), nl=False, err=aside)
    if mode:
        unsafe = 0 if mode.unsafe else sum(finding.fix is not None for one in reports for finding in one.findings)
        click.echo(text_reporter.fix_summary(fixed, unsafe, would=mode.diff), err=True)
    if not mode.diff:
        _write(_rendered(reports, told, form, output), output, aside)
        if form == TEXT:
            click.echo(text_reporter.summary(reports, told.errors), err=True)
    if told.errors:
        return USAGE
    wrong = fixed if mode.diff else any(report.findings for report in reports)
    return FINDINGS if wrong and not exit_zero else CLEAN


def _rendered(reports: Sequence[Report], told: Told, form: str, output: str | None) -> str:
    """What is left to write at the end of the run: lines of text for a terminal are written already."""
    if form != TEXT:
        return renderer(form)(reports, told.errors)
    return "" if output is None else "".join(map(text_reporter.render, reports))


def _write(text: str, output: str | None, aside: bool) -> None:
    """Raises FileError if the file cannot be written."""
    if output is None:
        click.echo(text, nl=False, err=aside)
        return
    try:
        Path(output).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise click.FileError(output, error.strerror) from error


def _where(options: dict[str, object], mode: Mode, *, only_confirmed: bool) -> Choices | None:
    """Where to verify, None if nothing is to be verified. Raises UsageError for options that make no sense then."""
    wanted, found = bool(options.pop("verify")), choices(options)
    if wanted and mode:
        raise click.UsageError("--verify runs what is there, and --fix and --diff change it: give one of them")
    if wanted:
        return found
    if found != DEFAULTS or only_confirmed:
        raise click.UsageError("options that say where and how to run need --verify")
    return None


def _verified(
    files: Sequence[str], stdin_name: str, overrides: Overrides, where: Choices, told: Told, form: str
) -> list[Report]:
    """What the linter says of files on the Keras that runs them, with the verdicts on it."""
    from keras_freeze_lint.cli.verification import as_report, verified

    found = verified(files, stdin_name, overrides, where, told, fixes=form in WITH_FIXES)
    return [as_report(file) for file in found]


def _confirmed(report: Report) -> tuple[Finding, ...]:
    return tuple(one for one in report.findings if one.verdict and one.verdict.verdict is Verdict.CONFIRMED)


def _mode_of(options: dict[str, object]) -> Mode:
    """Take the options about fixes out of the others. Raises UsageError if they make no sense."""
    mode = Mode(bool(options.pop("fix")), bool(options.pop("diff")), bool(options.pop("unsafe_fixes")))
    if mode.unsafe and not mode:
        raise click.UsageError("--unsafe-fixes needs --fix or --diff")
    return mode


def _outcome(file: str, name: str, overrides: Overrides, told: Told, mode: Mode, form: str) -> Fixed:
    """Check a file, and fix it where that is wanted; some formats tell the fixes without applying them, too."""
    settings = settings_of(name, overrides, told)
    try:
        if mode:
            return fix_file(file, name, settings, mode)
        text = read_source(file)
        report = lint_source(text, name, settings)
        return Fixed(text, with_fixes(report, text, settings) if form in WITH_FIXES else report, 0)
    except Exception as error:  # noqa: BLE001 - one strange file must not end the run for all others
        return Fixed("", failed(name, error, settings), 0)
