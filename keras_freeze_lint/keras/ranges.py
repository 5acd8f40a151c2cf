"""How to write a range of releases: as a specifier and in words, always by known releases."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from keras_freeze_lint.keras.releases import KERAS_3, KERAS_OF_TENSORFLOW, NEWEST, RELEASES, Release

_LABELS = {"keras": "Keras", "tensorflow": "tf.keras", "tf_keras": "tf_keras"}

# Not a Keras of its own, but where a range of tf.keras ends in TensorFlow's numbers.
_TENSORFLOW_WITH_KERAS_3 = Release("tensorflow", Version(next(iter(KERAS_OF_TENSORFLOW))))


def specifier(part: Sequence[Release], known: Sequence[Release]) -> str:
    """Return the range from the first to the last of ``part`` among the ``known`` releases, open where those end."""
    first, last = part[0], part[-1]
    if first == last:
        return f"=={_number(first)}"
    beyond = _next(last, known)
    bounds = [
        *([f">={_lower(first)}"] if first != known[0] or beyond is None else []),
        *([f"<{_upper(beyond)}"] if beyond is not None else []),
    ]
    return ",".join(bounds)


def own_range(releases: Sequence[Release]) -> str:
    """Return the range of ascending releases among all releases of their package, in that package's numbers."""
    if any(release.line == "tensorflow" for release in releases):
        reaches_keras_3 = releases[-1].line == "keras"
        return specifier(
            releases, (*RELEASES["tensorflow"], *(KERAS_3 if reaches_keras_3 else (_TENSORFLOW_WITH_KERAS_3,)))
        )
    return specifier(releases, RELEASES[releases[-1].line])


def requirement(releases: Sequence[Release]) -> str:
    """Return the narrowest requirement that lets in all of the ascending releases: ``keras>=2.0,<2.4``."""
    lines = {release.line for release in releases}
    package = "tensorflow" if "tensorflow" in lines else releases[0].line
    return f"{package}{own_range(releases)}"


def words(part: Sequence[Release], known: Sequence[Release]) -> str:
    """Return ``on Keras < 2.1.3``, ``on Keras 2.15``, ``on tf.keras 2.0 - 2.15`` for a part of the known releases."""
    first, last = part[0], part[-1]
    label = _LABELS[first.line] if len({release.line for release in part}) == 1 else "Keras"
    if first == last:
        return f"on {label} {_number(first)}"
    for major in (2, 3):
        whole = [release for release in RELEASES["keras"] if release.version.major == major]
        if [first, last] == [whole[0], whole[-1]]:
            return f"on {label} {major}"
    if last == NEWEST:
        return f"on {label} >= {_lower(first)}"
    beyond = _next(last, known)
    if first == known[0] and beyond is not None and beyond.line == first.line:
        return f"on {label} < {_upper(beyond)}"
    return f"on {label} {_lower(first)} - {_number(last)}"


def minor_series(version: Version) -> tuple[int, int]:
    """Return the minor series that a version belongs to."""
    return version.major, version.minor


def _next(release: Release, known: Sequence[Release]) -> Release | None:
    return next((other for other in known if other > release), None)


def _lower(release: Release) -> str:
    """The release as the beginning of a range: the first of a series begins the series."""
    return _series_number(release) if release in _siblings(release)[:1] else _number(release)


def _upper(release: Release) -> str:
    """The release as the exclusive end of a range: 3.0 is simply 3."""
    return _lower(release).removesuffix(".0")


def _number(release: Release) -> str:
    """The release by itself: by its series unless several releases of the series are known."""
    return str(release.version) if len(_siblings(release)) > 1 else _series_number(release)


def _siblings(release: Release) -> list[Release]:
    series = minor_series(release.version)
    return [other for other in RELEASES[release.line] if minor_series(other.version) == series]


def _series_number(release: Release) -> str:
    return f"{release.version.major}.{release.version.minor}"
