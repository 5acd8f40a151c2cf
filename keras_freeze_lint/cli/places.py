"""The options that say where, and how contained, ``verify`` and ``check --verify`` run what they verify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

# Longer than importing any Keras and cutting training to a few steps should take on a slow machine.
SECONDS = 120.0

_OPTIONS = (
    click.option("--python", metavar="PATH", help="Run on the Keras of this interpreter.  [default: this one's]"),
    click.option("--env", "environment", metavar="NAME", help="Run in an environment that `envs create` has built."),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "gpu"]),
        default="auto",
        show_default=True,
        help="What to compute on; auto takes a GPU where Keras sees one.",
    ),
    click.option(
        "--save-witness", metavar="DIR", help="Keep the programs that ran: each complete, ready for a bug report."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=1.0),
        default=SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="How long one run may take.",
    ),
    click.option(
        "--no-sandbox",
        "sandbox",
        flag_value=False,
        default=True,
        help="Run even where this system offers nothing to contain the code with.",
    ),
    click.option("--only-confirmed", is_flag=True, help="Report only findings that a run has confirmed."),
)


@dataclass(frozen=True)
class Choices:
    """What these options said; ``matrix`` names several environments in the place of one."""

    python: str | None
    environment: str | None
    device: Literal["auto", "cpu", "gpu"]
    save_witness: str | None
    timeout: float
    sandbox: bool
    matrix: tuple[str, ...] = ()


DEFAULTS = Choices(None, None, "auto", None, SECONDS, sandbox=True)


def place_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def choices(options: dict[str, Any], matrix: tuple[str, ...] = ()) -> Choices:
    """Take these options out of the others. Raises UsageError if they make no sense together."""
    found = Choices(
        options.pop("python"),
        options.pop("environment"),
        options.pop("device"),
        options.pop("save_witness"),
        options.pop("timeout"),
        options.pop("sandbox"),
        tuple(dict.fromkeys(matrix)),
    )
    named = {"--python": found.python, "--env": found.environment, "--matrix": matrix}
    said = [name for name, value in named.items() if value]
    if len(said) > 1:
        raise click.UsageError(f"{' and '.join(said)} name different places to run in: give one of them")
    return found
