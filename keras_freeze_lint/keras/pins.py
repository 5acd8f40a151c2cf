"""The project that a file belongs to, and what it pins Keras and TensorFlow to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from keras_freeze_lint.keras.pin_files import PRECEDENCE, Pin, PinError, is_pin_file, read_pins

__all__ = ["Pin", "PinError", "ProjectPins", "forget_pins", "project_pins"]


@dataclass(frozen=True)
class ProjectPins:
    """The most telling pin for each of ``keras``, ``tensorflow`` and ``tf_keras``, and the files that failed."""

    pins: Mapping[str, Pin]
    errors: tuple[PinError, ...]


def project_pins(path: Path) -> ProjectPins:
    """Return what the project of a file pins: the nearest directory that pins anything speaks for all of it.

    The project ends at the directory with ``.git``, at the home directory or at the root of the file system. In one
    directory a lock file counts before everything else, and an exact version before a range. Names without a version
    are returned only if the whole project has nothing better. Directories are read once, until ``forget_pins``.
    """
    nothing_better: Mapping[str, Pin] = {}
    errors: list[PinError] = []
    for directory in _project_directories(path):
        pins, failed = _directory_pins(directory)
        errors += failed
        if any(pin.specifier for pin in pins.values()):
            return ProjectPins({line: pin for line, pin in pins.items() if pin.specifier}, tuple(errors))
        nothing_better = nothing_better or pins
    return ProjectPins(nothing_better, tuple(errors))


def forget_pins() -> None:
    """Forget what was read, so that a later run in the same process sees changed files."""
    _directory_pins.cache_clear()


def _project_directories(path: Path) -> Iterator[Path]:
    start = path.absolute().parent
    for directory in (start, *start.parents):
        if directory != start and directory in _outside():
            return
        yield directory
        if (directory / ".git").exists():
            return


def _outside() -> tuple[Path, ...]:
    root = Path(os.sep).absolute()
    try:
        return root, Path.home()
    except RuntimeError:
        return (root,)


@lru_cache(maxsize=4096)
def _directory_pins(directory: Path) -> tuple[Mapping[str, Pin], tuple[PinError, ...]]:
    pins: list[Pin] = []
    errors: list[PinError] = []
    for file in _pin_files(directory):
        found = _pins_or_error(file, directory)
        if isinstance(found, PinError):
            errors.append(found)
        else:
            pins += found
    return _most_telling(pins), tuple(errors)


def _pins_or_error(file: Path, directory: Path) -> list[Pin] | PinError:
    try:
        return read_pins(file, directory)
    except PinError as error:
        return error


def _pin_files(directory: Path) -> list[Path]:
    """The files of a directory that may pin packages, the most telling first."""
    names = _files(directory)
    nested = [f"requirements/{name}" for name in _files(directory / "requirements") if name.endswith((".txt", ".in"))]
    wanted = [*filter(is_pin_file, names), *nested]
    return [directory / name for name in sorted(wanted, key=_rank)]


def _files(directory: Path) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if entry.is_file()]
    except (OSError, ValueError):
        return []


def _rank(name: str) -> tuple[int, str]:
    return PRECEDENCE.index(name) if name in PRECEDENCE else len(PRECEDENCE), name


def _most_telling(pins: Iterable[Pin]) -> Mapping[str, Pin]:
    """For each line the best pin; among equals the first, among the versions of a lock file the newest."""
    best: dict[str, Pin] = {}
    for pin in sorted(pins, key=lambda pin: (not pin.specifier, not pin.usual, not pin.locked, not pin.exact)):
        known = best.setdefault(pin.package, pin)
        if known is not pin and known.locked and pin.file == known.file:
            best[pin.package] = pin
    return best
