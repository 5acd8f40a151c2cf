"""``keras-freeze-lint verify``: run the flagged models and prove the findings."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_freeze_lint.cli.common import (
    CLEAN,
    FINDINGS,
    USAGE,
    Told,
    backend_option,
    codes,
    keras_option,
    stdin_name_option,
)
from keras_freeze_lint.cli.places import choices, place_options
from keras_freeze_lint.configuration import check_overrides
from keras_freeze_lint.findings import FileError, Verdict
from keras_freeze_lint.keras.versions import TargetError
from keras_freeze_lint.sources.discovery import discover
from keras_freeze_lint.sources.files import SourceError

if TYPE_CHECKING:
    from keras_freeze_lint.verify.verdicts import Evidence, VerifiedFile

# The width of a table that nobody's terminal limits.
WIDTH = 120


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@keras_option
@backend_option
@click.option("--select", multiple=True, callback=codes, metavar="CODES", help="Verify only these codes or prefixes.")
@click.option("--ignore", multiple=True, callback=codes, metavar="CODES", help="Leave these codes or prefixes out.")
@click.option("--pedantic", is_flag=True, default=None, help="Also verify what is wrong only perhaps.")
@click.option(
    "--matrix", callback=codes, multiple=True, metavar="A,B", help="Run in each of these environments: since when?"
)
@place_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="How to report.",
)
@click.option("--output", metavar="FILE", help="Write the report there instead of to standard output.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of confirmed findings.")
@stdin_name_option
def verify(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    exit_zero: bool,
    stdin_display_name: str,
    **options: Any,  # noqa: ANN401 - as many kinds as there are options
) -> int:
    """Run the models that findings are about, on a real Keras, and tell which findings hold.

    From each FILE what builds, freezes, compiles and trains is cut out and runs in a sandbox on made-up data.
    The findings are those of the Keras that runs them, unless --keras names another.

    Exit code: 0 if nothing is confirmed, 1 if a finding is, 2 if something could not be done.
    """
    if form == "html":
        need_extra()
    from keras_freeze_lint.cli.verification import verified

    matrix, only_confirmed = options.pop("matrix"), options.pop("only_confirmed")
    where = choices(options, matrix)
    overrides = {key: value for key, value in options.items() if value not in (None, ())}
    check_overrides(overrides, "--{}".format)
    told = Told()
    discovery = discover(paths)
    for error in discovery.errors:
        told.add(error)
    files = verified(discovery.files, stdin_display_name, overrides, where, told, fixes=form == "json")
    found = any(one.verdict is Verdict.CONFIRMED for file in files for one in file.evidence)
    if only_confirmed:
        files = [replace(file, evidence=tuple(_confirmed(file))) for file in files]
    _report(files, told, form, output, with_table=bool(matrix))
    if told.errors:
        return USAGE
    return FINDINGS if found and not exit_zero else CLEAN


def need_extra() -> None:
    """Raise UsageError if what the page is made with is not installed."""
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise click.UsageError(
            f"--format html needs {error.name}: install it with pip install 'keras-freeze-lint[verify]'"
        ) from error


def _confirmed(file: VerifiedFile) -> list[Evidence]:
    return [one for one in file.evidence if one.verdict is Verdict.CONFIRMED]


def _report(files: Sequence[VerifiedFile], told: Told, form: str, output: str | None, *, with_table: bool) -> None:
    text = _rendered(files, told, form, output, with_table=with_table)
    if output is None:
        click.echo(text, nl=False)
    else:
        try:
            Path(output).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            told.add(FileError(output, error.strerror or str(error)))
    if form == "text":
        from keras_freeze_lint.reporters import verify_text

        click.echo(verify_text.summary(files), err=True)


def _layer_lines(file: VerifiedFile) -> dict[str, int]:
    """Where the analysed text makes its layers, by their names in traces; a name of several is left out."""
    from keras_freeze_lint.linter import trace_source

    try:
        calls: Any = trace_source(file.text, "module.py", "keras", file.backend or "tensorflow")["training_calls"]
    except (SourceError, TargetError):
        return {}
    found: dict[str, set[int]] = {}
    for call in calls:
        for name, layer in call["layers"].items():
            found.setdefault(name, set()).add(layer["line"])
    return {name: next(iter(lines)) for name, lines in found.items() if len(lines) == 1 and 0 not in lines}


def _rendered(files: Sequence[VerifiedFile], told: Told, form: str, output: str | None, *, with_table: bool) -> str:
    if form == "json":
        from keras_freeze_lint.reporters import verify_json

        return verify_json.render(files, told.errors, _layer_lines)
    if form == "html":
        from keras_freeze_lint.reporters import verify_html

        return verify_html.render(files, told.errors)
    from keras_freeze_lint.reporters import verify_text

    colours = output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((WIDTH, 0)).columns if output is None and sys.stdout.isatty() else WIDTH
    parts: list[Callable[..., str]] = [verify_text.render]
    if with_table:
        parts.append(verify_text.render_matrix)
    return "".join(part(files, width, colours=colours) for part in parts)
