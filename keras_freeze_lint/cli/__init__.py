"""The command line face: one file a command."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from keras_freeze_lint import __version__
from keras_freeze_lint.cli.common import COMMAND, USAGE
from keras_freeze_lint.linter import internal_error
from keras_freeze_lint.settings import SettingsError

# What a shell reports of a program that this signal ended.
INTERRUPTED = 130
# In the order of the help. Each stands in a file of its own, which is imported when the command is wanted.
COMMANDS = ("check", "trace", "verify", "explain", "envs")


class _Commands(click.Group):
    """The commands, imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click calls it so
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=COMMAND)
def cli() -> None:
    """Find the layer-freezing mistakes that make Keras train the wrong weights, without running your code."""


def main() -> NoReturn:
    """Run the command; errors become one line on stderr and the exit code 2."""
    _open_closed_streams()
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
    except OSError as error:
        # The system refuses, such as to write on a full disk: nothing that we could mend.
        code = _fail(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - a user gets a line, never a traceback
        code = _fail(internal_error(error))
    sys.exit(code)


def _fail(message: str) -> int:
    click.echo(f"{COMMAND}: error: {' '.join(message.split())}", err=True)
    return USAGE


def _open_closed_streams() -> None:
    """Where the caller closed a standard stream (``>&-``), nothing is read, and what is printed goes nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Open as long as this process runs, as the standard streams are.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _survive_odd_characters() -> None:
    """A file name or a variable that the terminal cannot show is printed escaped."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
