"""What a project pins Keras and TensorFlow to, file format by file format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_freeze_lint.keras.pin_files import is_pin_file, read_pins
from keras_freeze_lint.keras.pins import PinError, ProjectPins, forget_pins, project_pins
from keras_freeze_lint.keras.versions import releases_of

NAMES = ["pyproject.toml", "Pipfile", "Pipfile.lock", "uv.lock", "setup.cfg", "setup.py"]
NAMES += ["requirements.txt", "environment.yml"]
WORDS = [
    "keras",
    "tensorflow",
    "==",
    "2.2.4",
    "=",
    "^",
    "~",
    "*",
    ">",
    "<",
    "|",
    " ",
    "\n",
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
]
WORDS += [
    ",",
    ":",
    "- ",
    "-r ",
    "[options]\n",
    "install_requires",
    "[[package]]\n",
    "name = ",
    "version = ",
    "[packages]\n",
]
WORDS += ["[tool.poetry.dependencies]\n", 'keras = "', "setup(", ")", "=[", "'keras", "x", "@", ";", "#"]


def project(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Lay out a project, and return the path of a program in it."""
    (root / ".git").mkdir(exist_ok=True)
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root / "train.py"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


def pins(root: Path, files: Mapping[str, str | bytes]) -> dict[str, str]:
    """Requirement by evidence, of a project with these files and no mistakes in them."""
    found = project_pins(project(root, files))
    assert found.errors == ()
    return {pin.evidence: pin.requirement for pin in found.pins.values()}


def the_error(found: ProjectPins) -> PinError:
    (error,) = found.errors
    return error


class TestRequirements:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("keras==2.2.4", "keras==2.2.4"),
            ("numpy\nKeras == 2.2.4  # the last good one\n", "keras==2.2.4"),
            ("tensorflow-gpu>=1.13,<2", "tensorflow<2,>=1.13"),
            ("tensorflow[and-cuda]~=2.15.0", "tensorflow~=2.15.0"),
            ("tf_keras==2.16.0", "tf_keras==2.16.0"),
            ("keras==2.2.4 \\\n    --hash=sha256:aaaa \\\n    --hash=sha256:bbbb\n", "keras==2.2.4"),
            ("--extra-index-url https://example.org\n-e .\nkeras==3.4.1\n", "keras==3.4.1"),
            ("\ufeffkeras==2.2.4", "keras==2.2.4"),
            ("keras=2.2.4=py36_0", "keras==2.2.4"),
            ("tensorflow==2.9.1; sys_platform == 'darwin'", "tensorflow==2.9.1"),
            (
                "tensorflow==2.9.1; sys_platform == 'darwin'\ntensorflow==2.15.0; sys_platform != 'darwin'",
                "tensorflow==2.15.0",
            ),
            ("keras\nkeras==2.2.4", "keras==2.2.4"),
            ("keras>=2\nkeras==2.2.4", "keras==2.2.4"),
        ],
    )
    def test_requirements_txt(self, tmp_path: Path, text: str, expected: str) -> None:
        assert list(pins(tmp_path, {"requirements.txt": text}).values()) == [expected]

    def test_windows_shells_redirect_in_utf_16(self, tmp_path: Path) -> None:
        assert pins(tmp_path, {"requirements.txt": "keras==2.2.4\r\n".encode("utf-16")}) == {
            "requirements.txt: keras==2.2.4": "keras==2.2.4"
        }

    @pytest.mark.parametrize(
        "name", ["requirements-gpu.txt", "dev-requirements.txt", "requirements.in", "requirements/base.txt"]
    )
    def test_by_other_names(self, tmp_path: Path, name: str) -> None:
        assert pins(tmp_path, {name: "keras==2.2.4"}) == {f"{name}: keras==2.2.4": "keras==2.2.4"}

    @pytest.mark.parametrize("include", ["-r deps/base.txt", "--requirement=deps/base.txt", "-c deps/base.txt"])
    def test_includes_are_followed(self, tmp_path: Path, include: str) -> None:
        files = {"requirements.txt": f"numpy\n{include}\n", "deps/base.txt": "keras==2.2.4\n-r ../requirements.txt\n"}
        assert pins(tmp_path, files) == {"deps/base.txt: keras==2.2.4": "keras==2.2.4"}

    def test_an_include_that_is_not_there_is_left_to_pip(self, tmp_path: Path) -> None:
        assert pins(tmp_path, {"requirements.txt": "-r nowhere.txt\nkeras==2.2.4"}) != {}

    def test_other_packages_may_be_written_as_they_like(self, tmp_path: Path) -> None:
        assert pins(tmp_path, {"requirements.txt": "numpy==what?\nkeras-tuner=>1\nkeras==2.2.4"}) != {}


class TestPyproject:
    @pytest.mark.parametrize(
        "text",
        [
            '[project]\ndependencies = ["numpy", "keras==2.2.4"]',
            '[project.optional-dependencies]\ntrain = ["keras==2.2.4"]',
            '[dependency-groups]\ndev = [{include-group = "x"}, "keras==2.2.4"]',
            '[tool.uv]\ndev-dependencies = ["keras==2.2.4"]',
            '[tool.pdm.dev-dependencies]\ntest = ["keras==2.2.4"]',
            '[tool.poetry.dependencies]\nkeras = "2.2.4"',
            '[tool.poetry.dependencies]\nkeras = {version = "2.2.4", optional = true}',
            '[tool.poetry.dev-dependencies]\nKeras = "2.2.4"',
            '[tool.poetry.group.train.dependencies]\nkeras = [{version = "==2.2.4"}, {git = "x"}]',
        ],
    )
    def test_every_table(self, tmp_path: Path, text: str) -> None:
        assert list(pins(tmp_path, {"pyproject.toml": text}).values()) == ["keras==2.2.4"]

    @pytest.mark.parametrize(
        ("poetry", "specifier"),
        [
            ("^2.4", ">=2.4,<3"),
            ("^2.2.4", ">=2.2.4,<3"),
            ("^3", ">=3,<4"),
            ("~2.2.4", ">=2.2.4,<2.3"),
            ("~2.2", ">=2.2,<2.3"),
            ("~2", ">=2,<3"),
            ("~=2.2", "~=2.2"),
            ("2.*", "==2.*"),
            (">=2.2, <3", ">=2.2,<3"),
            (">=2.2 <3", ">=2.2,<3"),
            ("^2.2 || ^3.0", ">=2.2,<3"),
        ],
    )
    def test_poetry_has_ranges_of_its_own(self, tmp_path: Path, poetry: str, specifier: str) -> None:
        (requirement,) = pins(tmp_path, {"pyproject.toml": f'[tool.poetry.dependencies]\nkeras = "{poetry}"'}).values()
        assert releases_of(requirement) == releases_of(f"keras{specifier}")

    def test_evidence_quotes_the_file(self, tmp_path: Path) -> None:
        text = '[tool.poetry.dependencies]\nkeras = "^2.4"\ntensorflow = "2.4.1"'
        assert pins(tmp_path, {"pyproject.toml": text}).keys() == {
            "pyproject.toml: keras^2.4",
            "pyproject.toml: tensorflow 2.4.1",
        }

    def test_tables_of_another_shape_are_not_ours_to_judge(self, tmp_path: Path) -> None:
        text = 'project = 3\ndependency-groups = []\n[tool]\npoetry = "x"\nuv = {dev-dependencies = "keras==2"}'
        assert pins(tmp_path, {"pyproject.toml": text}) == {}


class TestSetuptools:
    @pytest.mark.parametrize(
        "text",
        [
            "[options]\ninstall_requires =\n    numpy\n    keras==2.2.4  # old\n",
            "[options.extras_require]\ntrain = keras==2.2.4\n",
            "[options]\ntests_require = keras==2.2.4\n",
        ],
    )
    def test_setup_cfg(self, tmp_path: Path, text: str) -> None:
        assert pins(tmp_path, {"setup.cfg": text}) == {"setup.cfg: keras==2.2.4": "keras==2.2.4"}

    @pytest.mark.parametrize(
        "text",
        [
            "setup(install_requires=['numpy', 'keras==2.2.4'])",
            "NEEDS = ['keras==2.2.4']\nsetup(install_requires=NEEDS + ['numpy'])",
            "setup(extras_require={'tensorflow': ['keras==2.2.4']})",
            "setup(**{'install_requires': ('keras==2.2.4',)})",
            "setup(install_requires='''numpy\nkeras==2.2.4\n'''.split())",
            "A = B = A\nsetup(install_requires=[A, 'keras==%s' % version, 'keras==2.2.4'], name='\\d')",
        ],
    )
    def test_setup_py_is_read_and_never_run(self, tmp_path: Path, text: str) -> None:
        found = pins(tmp_path, {"setup.py": f"raise SystemExit\n{text}\n"})
        assert found == {"setup.py: keras==2.2.4": "keras==2.2.4"}

    def test_an_old_setup_py_without_keras_is_nobodys_business(self, tmp_path: Path) -> None:
        assert pins(tmp_path, {"setup.py": "print 'python 2'\nsetup(install_requires=['numpy'])"}) == {}


class TestOtherTools:
    @pytest.mark.parametrize("value", ['"==2.2.4"', '{version = "==2.2.4", extras = []}'])
    @pytest.mark.parametrize("section", ["packages", "dev-packages"])
    def test_pipfile(self, tmp_path: Path, section: str, value: str) -> None:
        found = pins(tmp_path, {"Pipfile": f"[{section}]\nnumpy = '*'\nKeras = {value}\n"})
        assert found == {"Pipfile: Keras==2.2.4": "keras==2.2.4"}

    @pytest.mark.parametrize("section", ["default", "develop"])
    def test_pipfile_lock(self, tmp_path: Path, section: str) -> None:
        lock = {"_meta": {"requires": {}, "sources": []}, section: {"keras": {"hashes": [], "version": "==2.2.4"}}}
        assert pins(tmp_path, {"Pipfile.lock": json.dumps(lock)}) == {"Pipfile.lock: keras==2.2.4": "keras==2.2.4"}

    @pytest.mark.parametrize("name", ["poetry.lock", "uv.lock"])
    def test_lock_files_in_toml(self, tmp_path: Path, name: str) -> None:
        lock = """\
version = 1

[[package]]
name = "keras"
version = "2.15.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "keras-preprocessing" },
]

[[package]]
name = "keras-preprocessing"
version = "1.1.2"

[[package]]
name = "tensorflow"
version = "2.10.0"

[[package]]
name = "tensorflow"
version = "2.15.1"

[package.dependencies]
keras = ">=2.15.0,<2.16"
"""
        found = pins(tmp_path, {name: lock})
        assert found == {f"{name}: keras==2.15.0": "keras==2.15.0", f"{name}: tensorflow==2.15.1": "tensorflow==2.15.1"}

    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            ("- keras=2.2.4", "keras==2.2.4.*"),
            ("- keras==2.2.4", "keras==2.2.4"),
            ("- keras 2.2.4", "keras==2.2.4"),
            ("- keras=2.2", "keras==2.2.*"),
            ("- keras=2.2.*", "keras==2.2.*"),
            ("- keras=2.2.4=py36_0", "keras==2.2.4.*"),
            ("- 'keras>=2.2,<2.3'", "keras<2.3,>=2.2"),
            ("- conda-forge::keras=2.2.4  # old", "keras==2.2.4.*"),
            ("- keras-gpu=2.2.4", "keras==2.2.4.*"),
            ("- tensorflow-gpu=1.15", "tensorflow==1.15.*"),
            ("- pip:\n    - keras==2.2.4", "keras==2.2.4"),
            ("- pip:\n    - keras==2.2.4; python_version > '3'", "keras==2.2.4"),
        ],
    )
    def test_conda_environments(self, tmp_path: Path, entry: str, expected: str) -> None:
        text = f"name: x\nchannels:\n  - defaults\ndependencies:\n  - python=3.6\n  {entry}\n"
        assert list(pins(tmp_path, {"environment.yml": text}).values()) == [expected]

    @pytest.mark.parametrize("name", ["environment.yaml", "environment-gpu.yml", "conda-env.yml", "env.yaml"])
    def test_conda_environments_by_other_names_and_in_one_line(self, tmp_path: Path, name: str) -> None:
        found = pins(tmp_path, {name: "dependencies: [python=3.6, keras=2.2.4]\n"})
        assert found == {f"{name}: keras=2.2.4": "keras==2.2.4.*"}


class TestWhichPinCounts:
    def test_packages_are_told_apart(self, tmp_path: Path) -> None:
        found = project_pins(project(tmp_path, {"requirements.txt": "keras==2.2.4\ntensorflow==1.15\ntf-keras==2.16"}))
        assert {line: pin.requirement for line, pin in found.pins.items()} == {
            "keras": "keras==2.2.4",
            "tensorflow": "tensorflow==1.15",
            "tf_keras": "tf_keras==2.16",
        }

    def test_a_lock_file_before_everything_else(self, tmp_path: Path) -> None:
        files = {"requirements.txt": "keras==2.2.4", "poetry.lock": '[[package]]\nname = "keras"\nversion = "2.3.1"'}
        assert list(pins(tmp_path, files)) == ["poetry.lock: keras==2.3.1"]

    def test_an_exact_version_before_a_range(self, tmp_path: Path) -> None:
        files = {"pyproject.toml": '[project]\ndependencies = ["keras>=2"]', "requirements-dev.txt": "keras==2.2.4"}
        assert list(pins(tmp_path, files)) == ["requirements-dev.txt: keras==2.2.4"]

    def test_among_equals_the_first_file(self, tmp_path: Path) -> None:
        files = {"setup.cfg": "[options]\ninstall_requires = keras==2.2.4", "environment.yml": "- keras==2.3.1"}
        assert list(pins(tmp_path, files)) == ["setup.cfg: keras==2.2.4"]

    def test_the_nearest_directory_with_a_pin(self, tmp_path: Path) -> None:
        files = {"requirements.txt": "keras==2.2.4", "gan/requirements.txt": "keras==3.4.1", "gan/deep/setup.cfg": ""}
        project(tmp_path, files)
        assert project_pins(tmp_path / "gan/deep/train.py").pins["keras"].requirement == "keras==3.4.1"
        assert project_pins(tmp_path / "vgg/train.py").pins["keras"].requirement == "keras==2.2.4"

    def test_not_beyond_the_project(self, tmp_path: Path) -> None:
        project(tmp_path, {"requirements.txt": "keras==2.2.4", "inner/.git/HEAD": "", "inner/train.py": ""})
        assert project_pins(tmp_path / "inner/train.py").pins == {}

    def test_not_into_the_home_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        project(tmp_path, {"requirements.txt": "keras==2.2.4", "work/train.py": ""})
        monkeypatch.setattr(Path, "home", lambda: tmp_path)
        assert project_pins(tmp_path / "work/train.py").pins == {}
        assert project_pins(tmp_path / "train.py").pins != {}

    def test_a_machine_without_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def nowhere() -> Path:
            raise RuntimeError("no home")

        monkeypatch.setattr(Path, "home", nowhere)
        project(tmp_path, {"requirements.txt": "keras==2.2.4", "work/train.py": ""})
        assert project_pins(tmp_path / "work/train.py").pins != {}

    def test_a_name_without_version_only_where_there_is_nothing_better(self, tmp_path: Path) -> None:
        project(tmp_path, {"requirements.txt": "keras==2.2.4", "gan/requirements.txt": "keras\ntensorflow"})
        assert project_pins(tmp_path / "gan/train.py").pins["keras"].requirement == "keras==2.2.4"
        (tmp_path / "requirements.txt").unlink()
        forget_pins()
        assert project_pins(tmp_path / "gan/train.py").pins["keras"].requirement == "keras"

    def test_what_is_not_a_file_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "requirements.txt").mkdir()
        (tmp_path / "poetry.lock").symlink_to(tmp_path / "nowhere")
        assert pins(tmp_path, {}) == {}

    @pytest.mark.parametrize("path", ["-", "<unknown>", "stdin", "no/such/place/train.py", "a\0b/c.py"])
    def test_any_path_will_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
        project(tmp_path, {"requirements.txt": "keras==2.2.4"})
        monkeypatch.chdir(tmp_path)
        assert project_pins(Path(path)).pins["keras"].evidence == "requirements.txt: keras==2.2.4"

    def test_a_directory_is_read_once_until_it_is_forgotten(self, tmp_path: Path) -> None:
        path = project(tmp_path, {"requirements.txt": "keras==2.2.4"})
        project_pins(path)
        project(tmp_path, {"requirements.txt": "keras==3.4.1"})
        assert project_pins(path).pins["keras"].requirement == "keras==2.2.4"
        forget_pins()
        assert project_pins(path).pins["keras"].requirement == "keras==3.4.1"


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("pyproject.toml", "[project", "not readable as pyproject.toml: "),
            ("Pipfile", "keras = ", "not readable as Pipfile: "),
            ("poetry.lock", '[[package]]\nname = "keras"\nversion = ', "not readable as poetry.lock: "),
            ("Pipfile.lock", "{", "not readable as Pipfile.lock: "),
            ("Pipfile.lock", "[" * 100_000, "not readable as Pipfile.lock: "),
            ("setup.cfg", "install_requires = keras", "not readable as setup.cfg: File contains no section headers."),
            ("setup.py", "print 'keras'", "not readable as setup.py: "),
            ("requirements.txt", b"keras==2.2.4 # \xe9t\xe9", "not a UTF-8 text"),
            ("environment.yml", b"\xff\xfea", "not a UTF-8 text"),
            ("pyproject.toml", b"x = '\xff'", "not a UTF-8 text"),
            ("requirements.txt", "keras==banana", "not a requirement: keras==banana"),
            ("requirements.txt", "keras=>2", "not a requirement: keras=>2"),
            ("environment.yml", "- keras=banana", "not a requirement: keras=banana"),
            ("pyproject.toml", '[tool.poetry.dependencies]\nkeras = "^banana"', "not a requirement: keras^banana"),
        ],
    )
    def test_are_one_clear_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str | bytes, message: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        error = the_error(project_pins(project(tmp_path, {name: content})))
        assert error.file == name
        assert error.message.startswith(message)
        assert str(error) == f"{name}: {error.message}"
        assert "\n" not in error.message

    def test_the_other_files_still_count(self, tmp_path: Path) -> None:
        found = project_pins(project(tmp_path, {"pyproject.toml": "[", "requirements.txt": "keras==2.2.4"}))
        assert the_error(found).file.endswith("pyproject.toml")
        assert found.pins["keras"].requirement == "keras==2.2.4"

    def test_a_file_that_disappears(self, tmp_path: Path) -> None:
        with pytest.raises(PinError, match="cannot be read: No such file or directory"):
            read_pins(tmp_path / "requirements.txt", tmp_path)

    @settings(max_examples=300)
    @given(
        name=st.sampled_from(NAMES), content=st.binary() | st.lists(st.sampled_from(WORDS)).map("".join).map(str.encode)
    )
    def test_no_content_ends_in_anything_but_pins_or_its_error(self, scratch: Path, name: str, content: bytes) -> None:
        file = scratch / name
        file.write_bytes(content)
        try:
            found = read_pins(file, file.parent)
        except PinError:
            return
        assert all(pin.package in {"keras", "tensorflow"} for pin in found)


@pytest.mark.parametrize("name", ["train.py", "keras.txt", "requirements.py", "environment.json", "pyproject.toml.bak"])
def test_other_files_pin_nothing(name: str) -> None:
    assert not is_pin_file(name)
