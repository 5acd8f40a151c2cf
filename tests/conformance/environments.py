"""Every Keras of this machine that can be asked: the installed one, and the environments that were created.

Environments are those of ``keras-freeze-lint envs`` (``KFL_ENVS`` says where), or of a folder of hand-made ones with
the same names, ``KFL_ENVIRONMENTS``: <folder>/<name>/bin/python.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from keras_freeze_lint.settings import BACKENDS
from keras_freeze_lint.verify.environments import Definition, Store, default_folder, definition, definitions
from keras_freeze_lint.verify.environments.store import python_of

HAND_MADE_VARIABLE = "KFL_ENVIRONMENTS"


@dataclass(frozen=True)
class Subject:
    """One Keras: a Python, what it imports (``keras``, ``tf.keras``, ``tf_keras``) and a backend."""

    name: str
    python: str
    flavour: str
    backend: str

    def settings(self) -> dict[str, str]:
        """The environment variables for a run."""
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
        return {**os.environ, **quiet, "KERAS_BACKEND": self.backend, "KFL_FLAVOUR": self.flavour}


@cache
def subjects() -> tuple[Subject, ...]:
    """What can be asked here: the installed Keras first, then the environments in the order of time."""
    return (*_installed(), *(one for known in definitions() for one in _of_environment(known)))


def missing() -> tuple[str, ...]:
    """The environments that could be asked if they were there."""
    there = {subject.name for subject in subjects()}
    return tuple(known.name for known in definitions() if known.name not in there)


def python_of_environment(known: Definition) -> str | None:
    """The Python of an environment, where it is there."""
    store = Store(default_folder())
    if store.is_ready(known):
        return str(store.python(known))
    folder = os.environ.get(HAND_MADE_VARIABLE)
    if folder and python_of(Path(folder, known.name)).exists():
        return str(python_of(Path(folder, known.name)))
    return None


def _of_environment(known: Definition) -> Iterator[Subject]:
    python = python_of_environment(known)
    if python is not None:
        yield Subject(known.name, python, known.imports, known.backend)
        if known.name == "keras-3.15" and _has(python, "tf_keras"):
            yield Subject(f"{known.name}-tf_keras", python, "tf_keras", "tensorflow")
        if known.name == "keras-3.15":
            yield from (
                Subject(f"keras-3.15-{backend}", python, "keras", backend)
                for backend in ("jax", "torch")
                if python_of_environment(definition(f"keras-3.15-{backend}")) is None and _has(python, backend)
            )


def _installed() -> Iterator[Subject]:
    if importlib.util.find_spec("keras") is not None:
        for backend in BACKENDS:
            if importlib.util.find_spec(backend) is not None:
                yield Subject(f"installed-{backend}", sys.executable, "keras", backend)
    if importlib.util.find_spec("tf_keras") is not None:
        yield Subject("installed-tf_keras", sys.executable, "tf_keras", "tensorflow")


@cache
def _has(python: str, module: str) -> bool:
    line = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", line], check=False).returncode == 0
