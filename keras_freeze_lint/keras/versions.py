"""What a requirement on Keras or TensorFlow means in known releases, and how to name a part of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from keras_freeze_lint.keras.ranges import minor_series, own_range, specifier, words
from keras_freeze_lint.keras.releases import (
    KERAS_3,
    KERAS_BESIDE_TENSORFLOW,
    KERAS_OF_TENSORFLOW,
    NEWEST,
    RELEASES,
    TENSORFLOW_WITHOUT_KERAS,
    Release,
)
from keras_freeze_lint.settings import BACKENDS

__all__ = [
    "NEWEST",
    "RELEASES",
    "Release",
    "Target",
    "TargetError",
    "beside",
    "describe",
    "installed_target",
    "is_keras3",
    "parse_target",
    "release_line",
    "releases_of",
    "target_of",
    "where",
]

_PACKAGES = {
    "keras": "keras",
    "keras-gpu": "keras",
    "keras-nightly": "keras",
    "tf-keras": "tf_keras",
    "tf-keras-nightly": "tf_keras",
    "tf": "tensorflow",
    "tf-nightly": "tensorflow",
    "tf-nightly-gpu": "tensorflow",
    "tensorflow": "tensorflow",
    **{
        f"tensorflow-{build}": "tensorflow"
        for build in ("gpu", "cpu", "macos", "intel", "rocm", "mkl", "eigen", "base", "cpu-aws", "aarch64")
    },
}
_INSTALLED = ("keras", "tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tf_keras")


class TargetError(ValueError):
    """No known Keras is meant; the message is one line and says why."""


@dataclass(frozen=True)
class Target:
    """The releases that a file is judged for.

    ``releases`` is ascending and never empty. ``backend`` says what Keras 3 runs on; older releases ignore it.
    ``versions`` is the range as a specifier, in the numbers of the package that was asked for; ``evidence`` is what
    tells the range, such as ``requirements.txt: tensorflow==2.16.1``, ``--keras`` or ``newest Keras``; the last is
    assumed, because nothing tells any.
    """

    releases: tuple[Release, ...]
    backend: str
    versions: str
    evidence: str
    is_assumed: bool = False


@dataclass(frozen=True)
class _Series:
    """An entry of a package's release table: the release that stands for its minor series, and the Keras it brings."""

    version: Version
    brings: tuple[Release, ...]
    patch_releases_are_listed: bool

    @property
    def minor(self) -> tuple[int, int]:
        return minor_series(self.version)

    def stands_for(self, mentioned: Iterable[Version]) -> Iterator[Version]:
        """Every version that this entry speaks for; ``mentioned`` adds those that only a specifier knows."""
        yield self.version
        if self.patch_releases_are_listed:
            yield from (version for version in mentioned if version.release == self.version.release)
            return
        last_patch = self.version.micro if len(self.version.release) > 2 else 9
        yield from (Version(f"{self.version.major}.{self.version.minor}.{patch}") for patch in range(last_patch + 1))
        yield from (version for version in mentioned if minor_series(version) == self.minor)


def is_keras3(release: Release) -> bool:
    """Whether a release behaves as Keras 3; ``tf_keras`` never does."""
    return release.line == "keras" and release.version.major >= 3


def release_line(package: str) -> str | None:
    """Return the release line that a distribution belongs to, or None if it is neither Keras nor TensorFlow."""
    name = package.strip().lower()
    if name in {"tf.keras", "tensorflow.keras"}:
        return "tensorflow"
    return _PACKAGES.get(canonicalize_name(name))


def parse_target(text: str, backend: str, evidence: str = "--keras") -> Target:
    """Return the releases that ``text`` means: a version (``2.0.8``, ``2.15``, ``3.*``) or a requirement.

    A requirement is on ``keras``, on ``tensorflow`` (also ``tf``, ``tf.keras`` and TensorFlow's other builds) or on
    ``tf_keras``; without a version it means the newest release. A patch release that is not in the table means its
    nearest neighbour, a release newer than the table the newest one. The backend matters to Keras 3 alone.
    Raises TargetError if that means no known release, or if the backend is unknown.
    """
    if backend not in BACKENDS:
        raise TargetError(f"unknown backend {_shown(backend)}: expected {', '.join(BACKENDS[:-1])} or {BACKENDS[-1]}")
    line, specifiers = _requirement(text)
    if not specifiers:
        return target_of(_table(line)[-1].brings[-1:], backend, evidence)
    series = _matching(line, specifiers, text)
    releases = _brought_by(series)
    if not releases:
        raise TargetError(f"{_shown(text)}: TensorFlow before 1.4 has no tf.keras")
    if releases[-1] == NEWEST and line == "tensorflow":
        # In TensorFlow's own numbers; it pulls in any Keras 3 from the one that it needs to the newest.
        first = next(entry for entry in series if entry.brings)
        return Target(releases, backend, f">={first.version}", evidence)
    return target_of(releases, backend, evidence)


def target_of(releases: Iterable[Release], backend: str, evidence: str) -> Target:
    """Return the target of exactly these releases (at least one), its range said in their own numbers."""
    ascending = tuple(sorted(releases))
    return Target(ascending, backend, own_range(ascending), evidence)


@lru_cache(maxsize=512)
def releases_of(requirement: str) -> frozenset[Release]:
    """Return the releases that a requirement such as ``keras<2.4`` means. Raises TargetError as parse_target does."""
    return frozenset(parse_target(requirement, BACKENDS[0]).releases)


@lru_cache(maxsize=512)
def beside(requirement: str) -> frozenset[Release]:
    """Return what was used of the other package in the days of a requirement on ``keras`` or ``tensorflow``.

    For TensorFlow those of the package ``keras`` beside it, for ``keras`` the tf.keras beside it; Keras 3 is one and
    the same in both. Empty where there is no counterpart. Raises TargetError if the requirement means no known release.
    """
    line, specifiers = _requirement(requirement)
    series = _matching(line, specifiers, requirement)
    found = {release for release in _brought_by(series) if is_keras3(release)}
    if line == "keras":
        own = set(_brought_by(series))
        found.update(
            release for release in RELEASES["tensorflow"] if not own.isdisjoint(_keras_beside(release.version))
        )
    else:
        found.update(release for entry in series for release in _keras_beside(entry.version))
    return frozenset(found)


def installed_target(backend: str) -> Target:
    """Return the Keras that is installed here, as the metadata tells it; nothing is imported. Raises TargetError."""
    from importlib import metadata

    for package in _INSTALLED:
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
        return parse_target(f"{package}=={version}", backend, f"installed: {package} {version}")
    raise TargetError("neither keras nor tensorflow nor tf_keras is installed in this environment")


def describe(affected: Sequence[Release], target: Target) -> str:
    """Return the specifier of the part of ``target`` that is affected: the narrowest range that holds all of it.

    An open end is the target's own end. Raises ValueError if no release of the target is affected.
    """
    part = _part(affected, target)
    if len(part) == len(target.releases):
        return target.versions
    return specifier(part, target.releases)


def where(affected: Sequence[Release], target: Target) -> str:
    """Return the words for the part of ``target`` that is affected: ``on Keras < 2.1.3``, ``on tf.keras 2.0 - 2.15``.

    Raises ValueError if no release of the target is affected.
    """
    return words(_part(affected, target), target.releases)


def _part(affected: Sequence[Release], target: Target) -> tuple[Release, ...]:
    part = tuple(release for release in target.releases if release in affected)
    if not part:
        raise ValueError("no release of the target is affected")
    return part


@lru_cache(maxsize=8)
def _table(line: str) -> tuple[_Series, ...]:
    releases = RELEASES[line]
    minors = [minor_series(release.version) for release in releases]
    entries = [
        _Series(release.version, (release,), minors.count(minor) > 1)
        for release, minor in zip(releases, minors, strict=True)
    ]
    if line == "tensorflow":
        entries = [_Series(Version(version), (), False) for version in TENSORFLOW_WITHOUT_KERAS] + entries
        entries += [
            _Series(Version(tensorflow), tuple(keras for keras in KERAS_3 if keras.version >= Version(oldest)), False)
            for tensorflow, oldest in KERAS_OF_TENSORFLOW.items()
        ]
    return tuple(entries)


def _brought_by(series: Iterable[_Series]) -> tuple[Release, ...]:
    return tuple(sorted({release for entry in series for release in entry.brings}))


@lru_cache(maxsize=64)
def _keras_beside(tensorflow: Version) -> frozenset[Release]:
    return frozenset(
        release
        for first, last, oldest, newest in KERAS_BESIDE_TENSORFLOW
        if Version(first) <= tensorflow <= Version(last)
        for release in RELEASES["keras"]
        if Version(oldest) <= release.version <= Version(newest)
    )


def _requirement(text: str) -> tuple[str, tuple[Specifier, ...]]:
    """The release line and the specifiers of a requirement; ``==2.15`` means the series. Raises TargetError."""
    stripped = text.strip()
    if re.match(r"v?\d", stripped):
        stripped = f"keras=={stripped.removeprefix('v')}"
    elif stripped[:1] in {"<", ">", "=", "~", "!"}:
        stripped = f"keras{stripped}"
    # ">=2.*" is no valid specifier, yet everybody knows what it means.
    stripped = re.sub(r"(>=|<=|>|<)(\s*[\d.]+)\.\*", r"\1\2", stripped)
    try:
        requirement = Requirement(stripped)
        specifiers = tuple(_widened(specifier) for specifier in requirement.specifier)
    except ValueError:
        raise TargetError(f"not a Keras version or requirement: {_shown(text)}") from None
    line = release_line(requirement.name)
    if line is None:
        raise TargetError(f"{_shown(text)} is no requirement on keras, tensorflow or tf_keras")
    if requirement.url:
        raise TargetError(f"{_shown(text)} names no version")
    return line, specifiers


def _widened(specifier: Specifier) -> Specifier:
    if specifier.operator in {"==", "==="} and not specifier.version.endswith(".*"):
        version = Version(specifier.version)
        plain = str(version) == version.base_version
        return Specifier(f"=={version}.*" if plain and len(version.release) < 3 else f"=={version}")
    return specifier


def _matching(line: str, specifiers: Sequence[Specifier], text: str) -> tuple[_Series, ...]:
    """The entries of the line's table that the specifiers let in, ascending. Raises TargetError if there are none."""
    table = _table(line)
    wanted = SpecifierSet(",".join(map(str, specifiers)))
    mentioned = [Version(specifier.version.removesuffix(".*")) for specifier in specifiers]

    def let_in(version: Version) -> bool:
        return wanted.contains(version, prereleases=True)

    series = tuple(entry for entry in table if any(map(let_in, entry.stands_for(mentioned))))
    if series:
        return series
    exact = [version for version in mentioned if let_in(version)]
    neighbours = [entry for entry in table if exact and entry.minor == minor_series(exact[0])]
    if neighbours:
        return (max((entry for entry in neighbours if entry.version <= exact[0]), default=neighbours[0], key=_age),)
    newest = table[-1]
    future = [version for version in mentioned if minor_series(version) > newest.minor]
    if any(let_in(version) or let_in(Version(f"{version.base_version}.1")) for version in future):
        return (newest,)
    raise TargetError(_why_none(line, mentioned, text))


def _age(entry: _Series) -> Version:
    return entry.version


def _why_none(line: str, mentioned: Sequence[Version], text: str) -> str:
    package = {"keras": "Keras", "tensorflow": "TensorFlow"}.get(line, line)
    oldest = _table(line)[0].version
    if mentioned and all(version < oldest for version in mentioned):
        return f"{_shown(text)}: older than {package} {oldest}, the oldest release that is known"
    hint = ""
    if re.match(r"v?\d", text.strip()) and any(
        entry.minor == minor_series(mentioned[0]) for entry in _table("tensorflow")
    ):
        hint = f"; for TensorFlow say tensorflow=={text.strip()}"
    return f"no release of {package} matches {_shown(text)}{hint}"


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 80 else line[:77] + "...")
