"""Which Keras a file is judged for: what the user says, else what the file, its project, or the calendar tells."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from keras_freeze_lint.keras.evidence import Clue, source_evidence
from keras_freeze_lint.keras.pin_files import shown
from keras_freeze_lint.keras.pins import Pin, PinError, ProjectPins, project_pins
from keras_freeze_lint.keras.versions import (
    Release,
    Target,
    TargetError,
    beside,
    installed_target,
    is_keras3,
    parse_target,
    releases_of,
    target_of,
)

# Whose pin says what about the Keras that a file imports; the first is the package itself.
_TELLING: dict[str | None, tuple[tuple[str, Callable[[str], frozenset[Release]]], ...]] = {
    "keras": (("keras", releases_of), ("tensorflow", beside)),
    "tensorflow": (("tensorflow", releases_of), ("keras", beside)),
    "tf_keras": (("tf_keras", releases_of),),
    None: (("keras", releases_of), ("tensorflow", releases_of), ("tf_keras", releases_of)),
}


def resolve_target(keras: str, backend: str, tree: ast.Module, path: str) -> tuple[Target, list[PinError]]:
    """Return the releases to judge a file for, and the pin files that could not be understood on the way.

    ``keras`` is what the user asks for: ``auto`` asks the file itself, then the project that it lies in, then takes the
    newest Keras; ``installed`` takes what is installed here; anything else is taken literally. Only a file that imports
    ``tf_keras`` runs on Keras 2, whatever Keras 3 is asked for. Raises TargetError if ``keras`` means no known Keras.
    """
    if keras == "auto":
        return _found_out(backend, tree, path)
    target = installed_target(backend) if keras == "installed" else parse_target(keras, backend)
    if any(map(is_keras3, target.releases)) and source_evidence(tree).package == "tf_keras":
        return parse_target("tf_keras", backend, f"{target.evidence}; the file uses tf_keras"), []
    return target, []


def resolve_upgrade(keras: str, backend: str, tree: ast.Module, path: str) -> Target | None:
    """Return the releases that the file is to move to, None for an empty ``keras``. Raises TargetError as above."""
    return resolve_target(keras, backend, tree, path)[0] if keras else None


def _found_out(backend: str, tree: ast.Module, path: str) -> tuple[Target, list[PinError]]:
    package, clue = source_evidence(tree)
    project = project_pins(Path(path))
    errors = list(project.errors)
    pinned = _pinned(package, project, backend, errors)
    if clue is None:
        return pinned or _newest(package, project, backend), errors
    told = f"{Path(path).name}:{clue.line}: {clue.what}"
    if pinned is None:
        return target_of(clue.releases, backend, told) if clue.settles else _newest(package, project, backend), errors
    return _together(clue, told, pinned), errors


def _together(clue: Clue, told: str, pinned: Target) -> Target:
    """File and project: what they agree on, else the file, unless all that it does is narrow."""
    common = clue.releases.intersection(pinned.releases)
    if len(common) == len(pinned.releases):
        return replace(pinned, evidence=f"{told}; {pinned.evidence}") if clue.settles else pinned
    if common:
        return target_of(common, pinned.backend, f"{told}; {pinned.evidence}")
    return target_of(clue.releases, pinned.backend, told) if clue.settles else pinned


def _pinned(package: str | None, project: ProjectPins, backend: str, errors: list[PinError]) -> Target | None:
    """What the pins say of the Keras that the file imports: the pin of its package, narrowed by the other's."""
    target: Target | None = None
    for pin, releases in _told_by_pins(package, project, errors):
        if target is None:
            target = _target_of_pin(pin, package, releases, backend)
        elif package is not None and releases.intersection(target.releases) not in (frozenset(), set(target.releases)):
            common = releases.intersection(target.releases)
            target = target_of(common, backend, f"{target.evidence}; {pin.evidence}")
    return target


def _told_by_pins(
    package: str | None, project: ProjectPins, errors: list[PinError]
) -> Iterator[tuple[Pin, frozenset[Release]]]:
    for line, telling in _TELLING[package]:
        pin = project.pins.get(line)
        if pin is None or not pin.specifier:
            continue
        try:
            releases = telling(pin.requirement)
        except TargetError as error:
            errors.append(PinError(shown(pin.file), str(error)))
        else:
            if releases:
                yield pin, releases


def _target_of_pin(pin: Pin, package: str | None, releases: frozenset[Release], backend: str) -> Target:
    if package in {pin.package, None}:
        return parse_target(pin.requirement, backend, pin.evidence)
    return target_of(releases, backend, pin.evidence)


def _newest(package: str | None, project: ProjectPins, backend: str) -> Target:
    """The newest release: nobody says anything else, at most that some version is wanted."""
    name = package if package == "tf_keras" else "keras"
    unpinned = next((pin.evidence for pin in project.pins.values() if not pin.specifier), None)
    newest = f"newest {'tf_keras' if package == 'tf_keras' else 'Keras'}"
    target = parse_target(name, backend, f"{newest} ({unpinned})" if unpinned else newest)
    return replace(target, is_assumed=True)
