"""Environments: what the list says, how one is built and found, and that nothing half-built ever counts."""

from __future__ import annotations

import ensurepip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from keras_freeze_lint.keras.versions import parse_target
from keras_freeze_lint.verify.environments import EnvironmentProblem, Store, definition, definitions, find_environment
from keras_freeze_lint.verify.environments.building import Tools, create
from keras_freeze_lint.verify.environments.definitions import Definition
from keras_freeze_lint.verify.environments.interpreters import find_interpreter
from tests.faces import Done, keras_freeze_lint

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
NO_UV = Tools(uv=None, virtualenv=None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for environments that does not exist yet."""
    folder = tmp_path / "envs"
    monkeypatch.setenv("KFL_ENVS", str(folder))
    return folder


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only place where pip looks: it holds a package that calls itself Keras 3.15.1."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "keras-3.15.1-py3-none-any.whl", "w") as wheel:
        about = "keras-3.15.1.dist-info"
        wheel.writestr("keras/__init__.py", "__version__ = '3.15.1'\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: keras\nVersion: 3.15.1\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in [*wheel.namelist(), f"{about}/RECORD"]))
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(wheels)), ("PIP_CONFIG_FILE", os.devnull)):
        monkeypatch.setenv(name, value)
    return wheels


@pytest.fixture
def slow_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that lasts until it is ended, however busy the machine is."""
    tool = tmp_path / "tools" / "uv"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")


def envs(folder: Path, *arguments: str | Path) -> Done:
    """Run the command on the environments of a folder."""
    return keras_freeze_lint("envs", *arguments, cwd=folder.parent, env={"KFL_ENVS": str(folder)})


def small(**changes: object) -> Definition:
    """An environment that is built in a moment: one package on the Python of this test."""
    values: dict[str, object] = {
        "name": "keras-3.15-jax",
        "python": (HERE,),
        "keras": "keras==3.15",
        "imports": "keras",
        "backend": "jax",
        "framework": "nothing",
        "pip": ensurepip.version(),
        "pins": ("keras==3.15.1",),
    }
    return Definition(**{**values, **changes})  # type: ignore[arg-type]


class TestDefinitions:
    def test_every_environment_is_a_keras_that_the_analysis_knows(self) -> None:
        for known in definitions():
            assert parse_target(known.keras, known.backend).releases, known.name

    def test_every_pin_is_exact(self) -> None:
        for known in definitions():
            for pin in (*known.pins, *known.by_pip):
                assert pin.partition(";")[0].count("==") == 1, (known.name, pin)

    def test_the_versions_that_differ_are_there(self) -> None:
        wanted = "2.0.8 2.1.2 2.1.3 2.2.4 2.15 3.15 3.15-jax 3.15-torch".split()
        assert {f"keras-{version}" for version in wanted} | {"tf-2.1", "tf-2.4"} <= {one.name for one in definitions()}

    def test_an_alias_is_the_same_environment(self) -> None:
        assert definition("tf-2.15") is definition("keras-2.15")


class TestList:
    def test_text(self, folder: Path) -> None:
        done = envs(folder, "list")

        assert done.code == 0
        head, *rows = done.out.splitlines()
        assert head.split() == ["NAME", "PYTHON", "KERAS", "RUNS", "ON", "STATE"]
        assert [row.split()[0] for row in rows[: len(definitions())]] == [known.name for known in definitions()]
        assert str(folder) in rows[-1]

    def test_json(self, folder: Path) -> None:
        document = json.loads(envs(folder, "list", "--format", "json").out)

        assert (document["version"], document["folder"]) == (1, str(folder))
        first = document["environments"][0]
        assert (first["name"], first["keras"], first["needs_python"]) == ("keras-2.0.8", "keras==2.0.8", ["3.6"])
        assert {entry["state"] for entry in document["environments"]} <= {"can be created", "no interpreter"}

    def test_a_python_that_is_not_there(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("PATH", "HOME", "PYENV_ROOT", "XDG_DATA_HOME", "UV_PYTHON_INSTALL_DIR"):
            monkeypatch.setenv(name, str(tmp_path / "nothing"))
        if find_interpreter(("3.6",)) is not None:
            pytest.skip("the system's folders hold a Python 3.6")

        assert "needs python3.6" in envs(folder, "list").out
        done = envs(folder, "create", "keras-2.0.8")

        assert done.code == 2
        assert done.err.startswith("keras-freeze-lint: error: keras-2.0.8 needs Python 3.6, which was not found")
        assert not folder.exists()


class TestCreate:
    @pytest.mark.slow  # makes a virtual environment
    @pytest.mark.usefixtures("wheels")
    def test_built_found_listed_removed(self, folder: Path) -> None:
        said: list[str] = []
        store = Store(folder)

        assert create(store, small(), said.append, NO_UV)
        assert not create(store, small(), said.append, NO_UV)

        assert [line.partition(":")[0] for line in said] == ["keras-3.15-jax"] * 3
        assert [path.name for path in folder.iterdir()] == ["keras-3.15-jax"]
        found = find_environment("keras-3.15-jax")
        assert (found.keras, found.backend, found.imports) == ("keras==3.15", "jax", "keras")
        version = subprocess.run(
            [found.python, "-c", "import keras; print(keras.__version__)"], capture_output=True, text=True, check=True
        )
        assert version.stdout == "3.15.1\n"
        [row] = [row for row in envs(folder, "list").out.splitlines() if row.startswith("keras-3.15-jax ")]
        assert row.split()[2:4] == ["keras", "3.15.1"]
        assert row.endswith("ready")

        assert envs(folder, "remove", "keras-3.15-jax").code == 0
        assert list(folder.iterdir()) == []

    @pytest.mark.slow  # makes a virtual environment
    @pytest.mark.usefixtures("wheels")
    def test_a_package_that_does_not_exist_is_named_and_nothing_stays(self, folder: Path) -> None:
        with pytest.raises(EnvironmentProblem, match=r"keras-3.15-jax: pip could not install .*nosuchpackage==1.0"):
            create(Store(folder), small(pins=("nosuchpackage==1.0",)), print, NO_UV)

        assert list(folder.iterdir()) == []

    @pytest.mark.slow  # makes a virtual environment
    @pytest.mark.usefixtures("wheels")
    def test_another_keras_than_the_wanted_one_is_no_environment(self, folder: Path) -> None:
        with pytest.raises(EnvironmentProblem, match=r"keras==3.0 is wanted, but 3.15.1 was installed"):
            create(Store(folder), small(keras="keras==3.0"), print, NO_UV)

        assert list(folder.iterdir()) == []

    @pytest.mark.slow  # makes a virtual environment
    @pytest.mark.usefixtures("wheels")
    def test_a_keras_that_does_not_import_is_no_environment(self, folder: Path) -> None:
        with pytest.raises(EnvironmentProblem, match=r"its Keras does not import: .*No module named 'tensorflow'"):
            create(Store(folder), small(imports="tf.keras"), print, NO_UV)

        assert list(folder.iterdir()) == []

    @pytest.mark.slow  # makes a virtual environment
    @pytest.mark.usefixtures("wheels")
    def test_what_is_left_of_an_older_build_is_replaced(self, folder: Path) -> None:
        (folder / "keras-3.15-jax" / "bin").mkdir(parents=True)
        (folder / "keras-3.15-jax" / "bin" / "python").touch()

        with pytest.raises(EnvironmentProblem, match="is not there yet"):
            find_environment("keras-3.15-jax")
        assert create(Store(folder), small(), print, NO_UV)
        find_environment("keras-3.15-jax")

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(EnvironmentProblem, match=r"file/envs cannot be written"):
            create(Store(tmp_path / "file" / "envs"), small(), print, NO_UV)

    @pytest.mark.usefixtures("slow_uv")
    @pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
    def test_an_interrupted_build_leaves_nothing(self, folder: Path) -> None:
        name = next(known.name for known in definitions() if find_interpreter(known.python) is not None)
        command = [sys.executable, "-m", "keras_freeze_lint", "envs", "create", name]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as process:
            deadline = time.monotonic() + 30
            while not (folder.is_dir() and list(folder.iterdir())) and time.monotonic() < deadline:
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)

        assert process.returncode == 130
        assert list(folder.iterdir()) == []

    @pytest.mark.skipif(sys.platform == "win32", reason="there only time tells what is left")
    def test_what_a_killed_process_left_is_swept_away(self, folder: Path) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            pass
        names = [f".{what}-keras-2.0.8-{pid}-x" for pid in (gone.pid, os.getpid()) for what in ("building", "removed")]
        for name in [*names, "keras-2.0.8", ".other-1-x"]:
            (folder / name).mkdir(parents=True)

        Store(folder).sweep()

        assert sorted(path.name for path in folder.iterdir()) == sorted([*names[2:], "keras-2.0.8", ".other-1-x"])

    @pytest.mark.slow  # makes a virtual environment
    @pytest.mark.usefixtures("wheels", "slow_uv")
    @pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like that there")
    def test_a_killed_build_does_not_count_and_is_swept_away(self, folder: Path) -> None:
        name = next(known.name for known in definitions() if find_interpreter(known.python) is not None)
        command = [sys.executable, "-m", "keras_freeze_lint", "envs", "create", name]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as process:
            deadline = time.monotonic() + 30
            while not (folder.is_dir() and list(folder.iterdir())) and time.monotonic() < deadline:
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)
        (left,) = folder.iterdir()
        assert left.name.startswith(f".building-{name}-")
        assert "ready" not in [row.split()[-1] for row in envs(folder, "list").out.splitlines() if row]

        beside = folder / f".building-{name}-{os.getpid()}-abc"  # of a process that runs
        beside.mkdir()
        with pytest.raises(EnvironmentProblem, match="nosuchpackage"):
            create(Store(folder), small(pins=("nosuchpackage==1.0",)), print, NO_UV)
        assert list(folder.iterdir()) == [beside]


class TestNames:
    @pytest.mark.parametrize("command", ["create", "remove"])
    def test_an_unknown_name_is_said_before_anything_is_done(self, folder: Path, command: str) -> None:
        done = envs(folder, command, "keras-2.0.8", "keras-9.9")

        assert done.code == 2
        assert done.err.startswith(
            "keras-freeze-lint: error: no environment is called 'keras-9.9'; there are keras-2.0.8,"
        )
        assert not folder.exists()

    def test_nothing_to_remove(self, folder: Path) -> None:
        done = envs(folder, "remove", "tf-2.4")
        assert (done.code, done.out) == (2, "")
        assert "tf-2.4 is not there" in done.err

    def test_the_command_line_chooses_the_folder(self, folder: Path, tmp_path: Path) -> None:
        done = envs(folder, "list", "--envs-dir", str(tmp_path / "other"))
        assert str(tmp_path / "other") in done.out


@pytest.mark.slow  # installs TensorFlow 1.3: about half a minute
def test_the_oldest_environment_is_built_from_its_pins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_interpreter(("3.6",)) is None:
        pytest.skip("no Python 3.6 on this machine")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # of the user, for other things
    done = envs(folder, "create", "keras-2.0.8")

    assert done.code == 0, done.err
    python = find_environment("keras-2.0.8").python
    line = "import keras, tensorflow; print(keras.__version__, tensorflow.__version__)"
    told = subprocess.run([python, "-c", line], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["2.0.8", "1.3.0"]
    compiled = {path.parent.parent.name for path in folder.rglob("*.pyc")}
    assert {"keras", "tensorflow"} <= compiled, "each verification would compile them again"
