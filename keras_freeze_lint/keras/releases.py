"""The known releases of Keras under its three names: data only, and the one place to add a release.

Taken from the package index: what is listed exists. Before 2.4 every release of the package ``keras`` is listed, for
behaviour changed in patch releases; from then on the last of each minor series stands for the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import total_ordering

from packaging.version import Version


@total_ordering
@dataclass(frozen=True)
class Release:
    """One known Keras: of the package ``keras``, of the Keras 2 inside ``tensorflow`` (tf.keras), or of ``tf_keras``.

    Releases are ordered by version first: so a range from tf.keras 2.4 to Keras 3 stands in the order of time.
    """

    line: str
    version: Version

    def __lt__(self, other: Release) -> bool:
        return (self.version, self.line) < (other.version, other.line)


def _releases(line: str, versions: str) -> tuple[Release, ...]:
    return tuple(Release(line, Version(version)) for version in versions.split())


RELEASES: Mapping[str, tuple[Release, ...]] = {
    "keras": _releases(
        "keras",
        """
        1.0.8 1.1.2 1.2.2
        2.0.0 2.0.1 2.0.2 2.0.3 2.0.4 2.0.5 2.0.6 2.0.7 2.0.8 2.0.9
        2.1.0 2.1.1 2.1.2 2.1.3 2.1.4 2.1.5 2.1.6
        2.2.0 2.2.1 2.2.2 2.2.3 2.2.4 2.2.5
        2.3.0 2.3.1
        2.4.3 2.6.0 2.7.0 2.8.0 2.9.0 2.10.0 2.11.0 2.12.0 2.13.1 2.14.0 2.15.0
        3.0.5 3.1.1 3.2.1 3.3.3 3.4.1 3.5.0 3.6.0 3.7.0 3.8.0 3.9.2 3.10.0 3.11.3 3.12.4 3.13.2 3.14.1 3.15.1
        """,
    ),
    "tensorflow": _releases(
        "tensorflow",
        """
        1.4 1.5 1.6 1.7 1.8 1.9 1.10 1.11 1.12 1.13 1.14 1.15
        2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 2.10 2.11 2.12 2.13 2.14 2.15
        """,
    ),
    "tf_keras": _releases("tf_keras", "2.14 2.15 2.16 2.17 2.18 2.19 2.20 2.21"),
}

NEWEST = RELEASES["keras"][-1]
KERAS_3 = tuple(release for release in RELEASES["keras"] if release.version.major >= 3)

# TensorFlow without a Keras of its own (tf.keras came with 1.4): the package keras was used beside it.
TENSORFLOW_WITHOUT_KERAS = ("1.0", "1.1", "1.2", "1.3")

# TensorFlow whose tf.keras is the installed package keras, and the oldest Keras 3 that its metadata asks for.
KERAS_OF_TENSORFLOW = {"2.16": "3.0", "2.17": "3.2", "2.18": "3.5", "2.19": "3.5", "2.20": "3.10", "2.21": "3.12"}

# (first, last) TensorFlow and the (first, last) releases of the package keras used beside them: by what runs together
# (2.3.0 is the first on TensorFlow 2, 2.4 needs 2.2 and later, from 2.6 on TensorFlow asks for its own number), and by
# date for TensorFlow 1, where nearly everything runs with everything.
KERAS_BESIDE_TENSORFLOW = (
    ("1.0", "1.3", "1.2.2", "2.0.9"),
    ("1.4", "1.8", "2.0.8", "2.1.6"),
    ("1.9", "1.14", "2.2.0", "2.2.5"),
    ("1.15", "1.15", "2.2.4", "2.3.1"),
    ("2.0", "2.1", "2.3.0", "2.3.1"),
    ("2.2", "2.3", "2.3.0", "2.4.3"),
    ("2.4", "2.5", "2.4.3", "2.4.3"),
    *((f"2.{minor}", f"2.{minor}", f"2.{minor}", f"2.{minor}.9") for minor in range(6, 16)),
)
