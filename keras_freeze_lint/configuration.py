"""Settings from the ``[tool.keras-freeze-lint]`` table of the nearest pyproject.toml, and the checks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from keras_freeze_lint.selection import check_prefixes
from keras_freeze_lint.settings import BACKENDS, Settings, SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = "keras-freeze-lint"
Overrides = Mapping[str, object]


class ConfigurationError(SettingsError):
    """A pyproject.toml that cannot be followed; ``file`` names it, the message does not."""

    def __init__(self, file: Path, message: str) -> None:
        super().__init__(message)
        self.file = file


def settings_for(directory: Path, overrides: Overrides) -> Settings:
    """Return the settings for the files of a directory; what the command line says overrides the nearest table.

    Raises ConfigurationError for a file that is no TOML, an unknown key, or a value that cannot be followed.
    """
    return settings_from({**_nearest_table(directory), **overrides})


def check_overrides(overrides: Overrides, name_of: Callable[[str], str]) -> None:
    """Raise SettingsError for a value that cannot be followed; ``name_of`` tells how the user calls a setting."""
    settings = settings_from(overrides)
    check_prefixes(settings.select, name_of("select"))
    check_prefixes(settings.extend_select, name_of("extend-select"))
    check_prefixes(settings.ignore, name_of("ignore"))
    if settings.backend not in BACKENDS:
        raise SettingsError(
            f"{name_of('backend')}: unknown backend {settings.backend!r} (known: {', '.join(BACKENDS)})"
        )
    if settings.keras != "auto":
        _check_keras(settings.keras, settings.backend, name_of("keras"))
    if settings.upgrade_to:
        _check_keras(settings.upgrade_to, settings.backend, name_of("upgrade-to"))


def settings_from(overrides: Overrides) -> Settings:
    """Return the default settings with these values in their place."""
    return replace(Settings(), **overrides)  # type: ignore[arg-type]


def _check_keras(keras: str, backend: str, name: str) -> None:
    from keras_freeze_lint.keras.versions import TargetError, installed_target, parse_target

    try:
        if keras == "installed":
            installed_target(backend)
        else:
            parse_target(keras, backend)
    except TargetError as error:
        raise SettingsError(f"{name}: {error}") from error


@cache
def _nearest_table(directory: Path) -> Overrides:
    file = directory / "pyproject.toml"
    if file.is_file():
        table = _table_of(file)
        if table is not None:
            return table
    return {} if directory.parent == directory else _nearest_table(directory.parent)


def _table_of(file: Path) -> Overrides | None:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(file, f"not readable as {file.name}: {error}") from error
    tools = document.get("tool")
    if not isinstance(tools, dict) or TABLE not in tools:
        return None
    table = tools[TABLE]
    if not isinstance(table, dict):
        raise ConfigurationError(file, f"tool.{TABLE} must be a table")
    overrides = {key.replace("-", "_"): _value(file, key, value) for key, value in table.items()}
    try:
        check_overrides(overrides, lambda key: f"tool.{TABLE}.{key}")
    except SettingsError as error:
        raise ConfigurationError(file, str(error)) from error
    return overrides


def _value(file: Path, key: str, value: object) -> object:
    expected = _KINDS.get(key)
    if expected is None:
        raise ConfigurationError(file, f"unknown key tool.{TABLE}.{key} (known: {', '.join(sorted(_KINDS))})")
    if expected is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if expected is not tuple and isinstance(value, expected):
        return value
    kinds = {str: "a string", bool: "true or false", tuple: "a list of strings"}
    raise ConfigurationError(file, f"tool.{TABLE}.{key} must be {kinds[expected]}")


_KINDS: Mapping[str, type] = {
    "backend": str,
    "extend-select": tuple,
    "ignore": tuple,
    "keras": str,
    "pedantic": bool,
    "prefilter": bool,
    "select": tuple,
    "upgrade-to": str,
}
