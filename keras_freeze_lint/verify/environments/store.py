"""The folder in which environments lie: which are there, which could be built, where their Pythons are."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from keras_freeze_lint.verify.environments.definitions import Definition, EnvironmentProblem, definition, definitions
from keras_freeze_lint.verify.environments.interpreters import Interpreter, find_interpreter

FOLDER_VARIABLE = "KFL_ENVS"
# Written when an environment has been built and has imported its Keras.
RECORD = "environment.json"
_UNFINISHED = re.compile(r"\.(building|removed)-.+-(?P<process>\d+)-[^-]*$")
# Where a process cannot be asked for, what is older than this is nobody's.
_LONGEST_SECONDS = 24 * 3600

State = Literal["ready", "can be created", "no interpreter"]


@dataclass(frozen=True)
class Environment:
    """An environment that is there: its Python, and what runs in it (as in `Definition`)."""

    name: str
    python: str
    keras: str
    imports: str
    backend: str


@dataclass(frozen=True)
class Entry:
    """One line of the list; ``interpreter`` is what it is built on, or would be, ``installed`` what it really holds."""

    definition: Definition
    state: State
    folder: Path
    interpreter: Interpreter | None
    installed: dict[str, str]


def default_folder() -> Path:
    """Return where environments lie: ``KFL_ENVS``, else the platform's folder for caches."""
    if os.environ.get(FOLDER_VARIABLE):
        return Path(os.environ[FOLDER_VARIABLE]).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("keras-freeze-lint", appauthor=False) / "envs"


def find_environment(name: str, folder: Path | None = None) -> Environment:
    """Return the environment of that name (or alias) that was created before.

    Raises:
        EnvironmentProblem: there is no such environment, or it has not been created; the message says what to do.
    """
    return Store(folder or default_folder()).find(name)


class Store:
    """The environments of one folder. What lies under a name there is complete: builds happen beside, and move in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def path(self, wanted: Definition) -> Path:
        return self.folder / wanted.name

    def python(self, wanted: Definition) -> Path:
        return python_of(self.path(wanted))

    def is_ready(self, wanted: Definition) -> bool:
        return (self.path(wanted) / RECORD).is_file() and self.python(wanted).exists()

    def find(self, name: str) -> Environment:
        """Return an environment that is there.

        Raises:
            EnvironmentProblem: it is not, or no environment is called that.
        """
        wanted = definition(name)
        if not self.is_ready(wanted):
            raise EnvironmentProblem(
                f"the environment {wanted.name} is not there yet: keras-freeze-lint envs create {wanted.name} "
                f"builds it (looked in {self.folder})"
            )
        return Environment(wanted.name, str(self.python(wanted)), wanted.keras, wanted.imports, wanted.backend)

    def entries(self) -> list[Entry]:
        return [self._entry(wanted) for wanted in definitions()]

    def _entry(self, wanted: Definition) -> Entry:
        if self.is_ready(wanted):
            record = json.loads((self.path(wanted) / RECORD).read_text(encoding="utf-8"))
            built_on = Interpreter(str(self.python(wanted)), record["python"])
            return Entry(wanted, "ready", self.path(wanted), built_on, record)
        interpreter = find_interpreter(wanted.python)
        return Entry(wanted, "can be created" if interpreter else "no interpreter", self.path(wanted), interpreter, {})

    def unfinished(self, what: str, wanted: Definition) -> str:
        """Return how the folder of an environment is called, or begins, while this process works on it."""
        return f".{what}-{wanted.name}-{os.getpid()}-"

    def sweep(self) -> None:
        """Delete what processes left that were killed while they built or removed an environment."""
        for path in self.folder.glob(".*-*-*"):
            found = _UNFINISHED.match(path.name)
            if found is not None and not _runs(int(found["process"]), path):
                shutil.rmtree(path, ignore_errors=True)

    def remove(self, name: str) -> Path:
        """Delete an environment and return the folder that is gone.

        Raises:
            EnvironmentProblem: it is not there, or cannot be deleted.
        """
        wanted = definition(name)
        path = self.path(wanted)
        if not path.is_dir():
            raise EnvironmentProblem(f"the environment {wanted.name} is not there: nothing to remove in {self.folder}")
        doomed = self.folder / self.unfinished("removed", wanted)
        self.sweep()
        try:
            path.rename(doomed)
            shutil.rmtree(doomed)
        except OSError as error:
            raise EnvironmentProblem(f"{path} cannot be removed: {error}") from error
        return path


def _runs(process: int, its_folder: Path) -> bool:
    """Whether a process may still work on its folder."""
    if sys.platform == "win32":
        try:
            return time.time() - its_folder.stat().st_mtime < _LONGEST_SECONDS
        except OSError:
            return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def python_of(folder: Path) -> Path:
    """Return the Python of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
