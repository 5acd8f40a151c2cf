"""The one settings object that every face fills and the linter reads."""

from __future__ import annotations

from dataclasses import dataclass

BACKENDS = ("tensorflow", "jax", "torch")


class SettingsError(ValueError):
    """A setting that cannot be followed; the message is one line and names the setting."""


@dataclass(frozen=True)
class Settings:
    """What to check for, and on which Keras.

    ``keras`` is a version (``2.0.8``), a requirement (``keras==2.2.4``, ``tensorflow==2.15``), ``auto`` or
    ``installed``. ``select`` and ``ignore`` hold code prefixes (``KFL``, ``KFL1``, ``KFL101``); an empty ``select``
    means the rules that are on by default; ``extend_select`` adds to either. ``pedantic`` adds the rules that are not,
    and what is wrong only perhaps. Without ``prefilter`` a file that never names Keras is analysed too; without
    ``noqa`` the suppression comments are not read. ``upgrade_to`` is a Keras as ``keras`` is (not ``auto``), or empty:
    training calls that do something else there are found, too.
    """

    keras: str = "auto"
    backend: str = "tensorflow"
    upgrade_to: str = ""
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    pedantic: bool = False
    prefilter: bool = True
    noqa: bool = True
