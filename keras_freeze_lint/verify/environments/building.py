"""Builds an environment: an interpreter, the pins, an import of its Keras; all of it, or nothing stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

from keras_freeze_lint.verify.environments.definitions import Definition, EnvironmentProblem
from keras_freeze_lint.verify.environments.interpreters import Interpreter, find_interpreter
from keras_freeze_lint.verify.environments.store import RECORD, Store, python_of

Say = Callable[[str], None]

# How much of what an installer printed is shown when it fails: its reason stands at the end.
_SHOWN_LINES = 6
# Imports what programs import, as they do, and tells the versions; tf.keras of newer TensorFlow loads its Keras late.
_PROBE = """
import json, os, sys
if sys.argv[1] == "tf.keras":
    import tensorflow
    keras = tensorflow.keras
    keras.layers.Dense
else:
    import keras
found = {"python": "%d.%d.%d" % sys.version_info[:3]}
found["keras"] = str(getattr(keras, "__version__", "") or __import__("keras").__version__)
for name in ("tensorflow", "jax", "torch"):
    if name in sys.modules:
        found[name] = str(sys.modules[name].__version__)
with open(sys.argv[2], "w") as out:
    json.dump(found, out)
"""


@dataclass(frozen=True)
class Tools:
    """What builds environments here: uv if there is one, and the shelter where a Python cannot make its own."""

    uv: str | None
    virtualenv: str | None


def tools() -> Tools:
    """Return what this machine has; what is installed beside this package counts too."""
    beside = str(Path(sys.executable).parent)
    places = os.pathsep.join([os.environ.get("PATH", ""), beside])
    return Tools(shutil.which("uv", path=places), shutil.which("virtualenv", path=places))


def create(store: Store, wanted: Definition, say: Say, use: Tools | None = None) -> bool:
    """Build an environment, unless it is there; returns whether it was built now.

    It is built in a folder beside, and takes its name only when it has imported its Keras: whatever interrupts this,
    nothing half-built counts.

    Raises:
        EnvironmentProblem: no interpreter, a package that cannot be installed, a Keras that does not import.
    """
    if store.is_ready(wanted):
        return False
    interpreter = find_interpreter(wanted.python)
    if interpreter is None:
        raise EnvironmentProblem(missing_interpreter(wanted))
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        store.sweep()
        folder = Path(tempfile.mkdtemp(prefix=store.unfinished("building", wanted), dir=store.folder))
    except OSError as error:
        raise EnvironmentProblem(f"{store.folder} cannot be written: {error.strerror or error}") from error
    try:
        _build(_Build(wanted, interpreter, folder, use or tools(), say))
        _move(folder, store, wanted)
    except OSError as error:
        raise EnvironmentProblem(f"{wanted.name} cannot be built: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return True


def missing_interpreter(wanted: Definition) -> str:
    """Return what to tell a user who lacks the interpreter."""
    releases = " or ".join(f"Python {release}" for release in wanted.python)
    first = wanted.python[0]
    uv = f", or uv python install {first}," if tuple(map(int, first.split("."))) >= (3, 8) else ""
    return (
        f"{wanted.name} needs {releases}, which was not found on PATH, among the interpreters of pyenv and uv, "
        f"or in the system's folders; pyenv install {first}{uv} gives it"
    )


@dataclass(frozen=True)
class _Build:
    wanted: Definition
    interpreter: Interpreter
    folder: Path
    tools: Tools
    say: Say

    @property
    def python(self) -> str:
        return str(python_of(self.folder))


def _build(build: _Build) -> None:
    """Make the environment in its folder, and write the record that says it is complete."""
    wanted = build.wanted
    build.say(f"{wanted.name}: Python {build.interpreter.version} ({build.interpreter.executable})")
    with tempfile.TemporaryDirectory(prefix="kfl-envs-") as scratch:
        pins = Path(scratch, "pins.txt")
        pins.write_text("\n".join(wanted.pins) + "\n", encoding="utf-8")
        _make_venv(build)
        installer = "uv" if build.tools.uv else "pip"
        build.say(f"{wanted.name}: installing {len(wanted.pins) + len(wanted.by_pip)} packages with {installer}")
        if build.tools.uv:
            command = [build.tools.uv, "pip", "install", "--quiet", "--no-deps", "--python", build.python]
            _run(build, [*command, "-r", str(pins)], "uv could not install its packages")
        else:
            _run(build, [*_pip(build), "--no-deps", "-r", str(pins)], "pip could not install its packages")
        if wanted.by_pip:
            _run(build, [*_pip(build), "-c", str(pins), *wanted.by_pip], "pip could not install its packages")
        build.say(f"{wanted.name}: importing Keras")
        _record(build, Path(scratch, "found.json"))


def _make_venv(build: _Build) -> None:
    """An empty environment with a pip that its Python still runs; a Python without `venv` is given to virtualenv."""
    made = str(build.folder)
    if build.tools.uv:
        seed = ["--seed"] if build.wanted.by_pip else []
        command = [build.tools.uv, "venv", "--quiet", "--allow-existing", *seed, "--python"]
        _run(build, [*command, build.interpreter.executable, made], "uv could not make it")
        return
    try:
        _run(build, [build.interpreter.executable, "-m", "venv", made], "venv could not make it")
    except EnvironmentProblem:
        if build.tools.virtualenv is None:
            raise
        command = [build.tools.virtualenv, "--quiet", "--python", build.interpreter.executable, made]
        _run(build, command, "virtualenv could not make it")
    _run(build, [*_pip(build), f"pip=={build.wanted.pip}"], "pip could not be brought up to date")


def _pip(build: _Build) -> list[str]:
    return [build.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _record(build: _Build, answer: Path) -> None:
    """Import the Keras, see that it is the right one, and write down what is there."""
    wanted = build.wanted
    _run(build, [build.python, "-c", _PROBE, wanted.imports, str(answer)], "its Keras does not import")
    found = json.loads(answer.read_text(encoding="utf-8"))
    package, _, version = wanted.keras.partition("==")
    if not SpecifierSet(f"=={version}.*").contains(found[package]):
        raise EnvironmentProblem(f"{wanted.name}: {wanted.keras} is wanted, but {found[package]} was installed")
    record = {"name": wanted.name, **found, "pins": list(wanted.pins)}
    (build.folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _run(build: _Build, command: Sequence[str], complaint: str) -> None:
    """Run a command, or raise EnvironmentProblem with the end of what it printed."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": build.wanted.backend, "PYTHONNOUSERSITE": "1"}
    # The import at the end leaves bytecode behind: else each verification would compile Keras again.
    left_out = {"PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}
    settings = {key: value for key, value in os.environ.items() if key not in left_out}
    done = subprocess.run(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**settings, **quiet},
        check=False,
    )
    if done.returncode != 0:
        printed = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        errors = [line for line in printed if "rror" in line or "No solution" in line or "not found" in line]
        shown = (errors or printed)[-_SHOWN_LINES:]
        raise EnvironmentProblem(f"{build.wanted.name}: {complaint}: " + " | ".join(shown))


def _move(folder: Path, store: Store, wanted: Definition) -> None:
    """Give a complete environment its name; if another process was faster, its environment stays."""
    path = store.path(wanted)
    if path.exists() and not store.is_ready(wanted):
        shutil.rmtree(path)
    try:
        folder.rename(path)
    except OSError:
        if not store.is_ready(wanted):
            raise
