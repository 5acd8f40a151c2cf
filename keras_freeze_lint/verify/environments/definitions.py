"""The environments that can be built, read from the pins that are part of this package."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class EnvironmentProblem(ValueError):
    """An environment that is not known, not there, or cannot be built; the message is what a user reads."""


@dataclass(frozen=True)
class Definition:
    """One environment: ``python`` names the releases that it can be built on (``3.6``), the best first.

    ``keras`` is its Keras as ``--keras`` takes it, ``imports`` what programs there import (``keras`` or ``tf.keras``),
    ``framework`` what Keras runs on, in words. ``pip`` is the pip for its Python; ``by_pip`` are packages that pip
    installs whatever installs the ``pins``.
    """

    name: str
    python: tuple[str, ...]
    keras: str
    imports: str
    backend: str
    framework: str
    pip: str
    pins: tuple[str, ...]
    by_pip: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@cache
def definitions() -> tuple[Definition, ...]:
    """Return all of them, in the order of time."""
    text = (files(__package__) / "pins.toml").read_text(encoding="utf-8")
    return tuple(
        Definition(
            name=name,
            python=tuple(table["python"]),
            keras=table["keras"],
            imports=table["imports"],
            backend=table["backend"],
            framework=table["framework"],
            pip=table["pip"],
            pins=tuple(table["pins"]),
            by_pip=tuple(table.get("by_pip", ())),
            aliases=tuple(table.get("aliases", ())),
        )
        for name, table in tomllib.loads(text)["environments"].items()
    )


def definition(name: str) -> Definition:
    """Return the environment of that name or alias.

    Raises:
        EnvironmentProblem: there is none.
    """
    for known in definitions():
        if name in (known.name, *known.aliases):
            return known
    names = ", ".join(known.name for known in definitions())
    raise EnvironmentProblem(f"no environment is called {name!r}; there are {names}")
