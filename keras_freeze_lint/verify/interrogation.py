"""Which Keras an interpreter has: its package metadata is read, nothing of it is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keras_freeze_lint.keras.versions import release_line

# Runs on Python 3.6: the folders of metadata are named after the package and its version.
_ASK = r"""
import json, os, sys
found = {}
for folder in sys.path:
    try:
        names = sorted(os.listdir(folder or "."))
    except (OSError, IOError):
        continue
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            package, _, version = name.rsplit(".", 1)[0].partition("-")
            found.setdefault(package.lower().replace("-", "_"), version.split("-")[0])
print(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], "packages": found}))
"""
_SECONDS = 60
_BACKENDS = ("tensorflow", "jax", "torch")


class NoKeras(ValueError):
    """An interpreter that cannot be asked, or has no Keras; the message is what a user reads."""


@dataclass(frozen=True)
class Place:
    """Where witnesses run: what it is called, its interpreter, and the versions of the packages that matter there.

    ``packages`` has the keys ``keras``, ``tensorflow``, ``tf_keras``, ``jax`` and ``torch``, as far as they are there.
    """

    name: str
    python: str
    version: str
    packages: Mapping[str, str]

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends that Keras 3 could run on there, the usual one first."""
        return tuple(name for name in _BACKENDS if name in self.packages)

    @property
    def is_modern(self) -> bool:
        """Whether its Keras has dropped the names of older ones (2.11 and later): modules, arguments, methods."""
        version = self.packages.get("keras") or self.packages.get("tensorflow") or self.packages.get("tf_keras", "0")
        return _major_minor(version) >= (2, 11)

    def requirement(self, imported: str | None) -> str | None:
        """The Keras of a program there, as ``--keras`` takes it; None if what it imports is not there.

        ``imported`` is the package that the program takes its Keras from; None if it names none.
        """
        candidates = (imported,) if imported else ("keras", "tf_keras", "tensorflow")
        for package in candidates:
            if package == "tensorflow" and self._tensorflow_brings_keras_3():
                package = "keras"  # noqa: PLW2901 - tf.keras is that package
            if package in self.packages:
                return f"{package}=={self.packages[package]}"
        return None

    def _tensorflow_brings_keras_3(self) -> bool:
        return (
            _major_minor(self.packages.get("tensorflow", "0")) >= (2, 16)
            and int(self.packages.get("keras", "0").split(".")[0]) >= 3
        )


def place_of(python: str | None, name: str = "") -> Place:
    """Return what an interpreter has (None: the one that runs this).

    Raises:
        NoKeras: there is no such interpreter, it does not run, or has no Keras.
    """
    # The child starts elsewhere; a link is what makes an environment of an interpreter, and stays one.
    executable = os.path.abspath(python) if python is not None else sys.executable  # noqa: PTH100
    if python is not None and not Path(python).is_file():
        raise NoKeras(f"{python}: no such interpreter")
    try:
        done = subprocess.run(  # noqa: S603
            [executable, "-I", "-c", _ASK], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        answer = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise NoKeras(f"{executable} does not run as a Python interpreter: {type(error).__name__}") from error
    packages = _that_matter(answer["packages"])
    if not {"keras", "tf_keras", "tensorflow"} & packages.keys():
        raise NoKeras(_advice(executable) if python is None else f"{executable} has no Keras")
    return Place(name or _words(packages), executable, answer["python"], packages)


def _major_minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])


def _that_matter(found: Mapping[str, str]) -> dict[str, str]:
    packages = {name: found[name] for name in ("jax", "torch") if name in found}
    for name, version in found.items():
        line = release_line(name)
        if line is not None:
            packages.setdefault(line, version)
    return packages


def _words(packages: Mapping[str, str]) -> str:
    order = [name for name in ("keras", "tf_keras", "tensorflow") if name in packages]
    return f"{order[0]} {packages[order[0]]}"


def _advice(executable: str) -> str:
    return (
        f"there is no Keras to run anything on in this environment ({executable}): install one with "
        "pip install 'keras-freeze-lint[verify]', name another interpreter with --python, or build an environment with "
        "keras-freeze-lint envs create and name it with --env"
    )
