"""``keras-freeze-lint envs``: the environments in which findings can be verified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from keras_freeze_lint.cli.common import CLEAN, COMMAND, USAGE
from keras_freeze_lint.reporters.json import render_document
from keras_freeze_lint.verify.environments.definitions import EnvironmentProblem, definition
from keras_freeze_lint.verify.environments.store import FOLDER_VARIABLE, Entry, Store, default_folder

folder_option = click.option(
    "--envs-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Where environments lie.  [default: {FOLDER_VARIABLE}, else the platform's folder for caches]",
)


@click.group()
def envs() -> None:
    """List, build and remove the environments with old and new Keras that verify can run in.

    "envs list" tells their names; "verify --env NAME" and "verify --matrix NAME,NAME" run in those that were created.
    """


@envs.command("list", short_help="Print every environment, and whether it is ready.")
@folder_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
def list_environments(envs_dir: Path | None, form: str) -> int:
    """Print every environment: what is in it, and whether it is ready, can be created, or lacks its Python."""
    store = Store(envs_dir or default_folder())
    entries = store.entries()
    if form == "json":
        document = {"version": 1, "folder": str(store.folder), "environments": [_as_json(entry) for entry in entries]}
        click.echo(render_document(document), nl=False)
        return CLEAN
    rows = [("NAME", "PYTHON", "KERAS", "RUNS ON", "STATE"), *map(_row, entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]))
    click.echo(f"\nReady ones lie in {store.folder}")
    return CLEAN


@envs.command(short_help="Build environments from their pins.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@folder_option
def create(names: tuple[str, ...], envs_dir: Path | None) -> int:
    """Build environments, each from its pins, and import their Keras; those that are ready stay as they are.

    They are built by uv where it is installed, else by venv (or virtualenv) and pip, on the Pythons of this machine.
    What is interrupted leaves nothing that counts.
    """
    from keras_freeze_lint.verify.environments.building import create as build

    store = Store(envs_dir or default_folder())

    def one(name: str) -> None:
        wanted = definition(name)
        built = build(store, wanted, lambda line: click.echo(line, err=True))
        click.echo(f"{wanted.name} {'is ready' if built else 'was ready already'}: {store.python(wanted)}")

    return _each(names, one)


@envs.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@folder_option
def remove(names: tuple[str, ...], envs_dir: Path | None) -> int:
    """Delete environments."""
    store = Store(envs_dir or default_folder())
    return _each(names, lambda name: click.echo(f"removed {store.remove(name)}"))


def _each(names: tuple[str, ...], action: Callable[[str], None]) -> int:
    """All names are tried; what is wrong with one is said, and remembered in the exit code."""
    try:
        for name in names:
            definition(name)
    except EnvironmentProblem as error:
        raise click.ClickException(str(error)) from error
    code = CLEAN
    for name in dict.fromkeys(names):
        problem = _problem(action, name)
        if problem is not None:
            click.echo(f"{COMMAND}: error: {problem}", err=True)
            code = USAGE
    return code


def _problem(action: Callable[[str], None], name: str) -> EnvironmentProblem | None:
    try:
        action(name)
    except EnvironmentProblem as error:
        return error
    return None


def _row(entry: Entry) -> tuple[str, ...]:
    wanted = entry.definition
    python = entry.interpreter.version if entry.interpreter else wanted.python[0]
    keras = f"{'tf.' if wanted.imports == 'tf.keras' else ''}keras {_version(entry)}"
    return (wanted.name, python, keras, wanted.framework, _state(entry))


def _version(entry: Entry) -> str:
    package, _, version = entry.definition.keras.partition("==")
    return entry.installed.get(package, version)


def _state(entry: Entry) -> str:
    return f"needs python{entry.definition.python[0]}" if entry.state == "no interpreter" else entry.state


def _as_json(entry: Entry) -> dict[str, Any]:
    wanted = entry.definition
    return {
        "name": wanted.name,
        "aliases": list(wanted.aliases),
        "state": entry.state,
        "needs_python": list(wanted.python),
        "interpreter": entry.interpreter.executable if entry.interpreter else None,
        "interpreter_version": entry.interpreter.version if entry.interpreter else None,
        "keras": wanted.keras,
        "imports": wanted.imports,
        "backend": wanted.backend,
        "framework": wanted.framework,
        "folder": str(entry.folder),
    }
