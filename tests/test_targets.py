"""Which releases a file is judged for, and on what evidence."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from keras_freeze_lint.keras.targets import resolve_target
from keras_freeze_lint.keras.versions import NEWEST, Target, TargetError, releases_of

STANDALONE = "import keras\n"
TF_KERAS = "from tensorflow import keras\n"
LEGACY = "import tf_keras as keras\n"


class Project:
    """A project with pins, in which programs can be asked for their target."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".git").mkdir()

    def pin(self, files: Mapping[str, str]) -> None:
        for name, content in files.items():
            (self.root / name).write_text(content)

    def target(self, source: str, keras: str = "auto", backend: str = "tensorflow") -> Target:
        target, errors = resolve_target(keras, backend, ast.parse(source), str(self.root / "train.py"))
        assert errors == []
        return target

    def errors(self, source: str) -> list[str]:
        _, errors = resolve_target("auto", "tensorflow", ast.parse(source), str(self.root / "train.py"))
        return [error.message for error in errors]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class TestWhatTheUserSaysCounts:
    @pytest.mark.parametrize("source", [STANDALONE, TF_KERAS, "from keras import ops", "model.fit_generator(g)"])
    @pytest.mark.parametrize("keras", ["2.0.8", "keras==3.*", "tensorflow==2.15"])
    def test_to_the_letter(self, project: Project, source: str, keras: str) -> None:
        project.pin({"requirements.txt": "keras==2.2.4"})
        target = project.target(source, keras, "torch")
        assert set(target.releases) == releases_of(keras)
        assert (target.evidence, target.backend) == ("--keras", "torch")

    def test_tf_keras_is_keras_2_whatever_keras_3_is_asked_for(self, project: Project) -> None:
        target = project.target(LEGACY, "keras==3.*")
        assert [release.line for release in target.releases] == ["tf_keras"]
        assert target.evidence == "--keras; the file uses tf_keras"

    def test_tf_keras_under_keras_2_is_what_is_asked_for(self, project: Project) -> None:
        assert set(project.target(LEGACY, "keras==2.15").releases) == releases_of("keras==2.15")

    def test_nonsense_is_an_error(self, project: Project) -> None:
        with pytest.raises(TargetError, match="no requirement on keras"):
            project.target("", "pytorch==2")

    def test_installed(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.metadata.version", lambda _: "3.4.1")
        assert project.target("", "installed").evidence == "installed: keras 3.4.1"


class TestNothingIsKnown:
    @pytest.mark.parametrize("source", ["", STANDALONE, TF_KERAS])
    def test_the_newest_keras(self, project: Project, source: str) -> None:
        target = project.target(source)
        assert target.releases == (NEWEST,)
        assert (target.versions, target.evidence) == ("==3.15", "newest Keras")

    def test_the_newest_tf_keras(self, project: Project) -> None:
        target = project.target(LEGACY)
        assert (target.releases[0].line, target.evidence) == ("tf_keras", "newest tf_keras")

    def test_what_only_narrows_is_no_reason_to_leave_it(self, project: Project) -> None:
        assert project.target(STANDALONE + "model.fit(x, y, epochs=3)").releases == (NEWEST,)

    def test_a_name_without_version_is_mentioned(self, project: Project) -> None:
        project.pin({"requirements.txt": "tensorflow\n"})
        target = project.target(TF_KERAS)
        assert target.releases == (NEWEST,)
        assert target.evidence == "newest Keras (requirements.txt: tensorflow)"


class TestTheFileTells:
    def test_its_own_range(self, project: Project) -> None:
        target = project.target(STANDALONE + "\nmodel.fit(x, y, nb_epoch=3)")
        assert (target.versions, target.evidence) == ("<2.4", "train.py:3: nb_epoch")

    def test_and_the_project_narrows_it(self, project: Project) -> None:
        project.pin({"requirements.txt": "keras>=2.0"})
        target = project.target(STANDALONE + "\nmodel.fit(x, y, nb_epoch=3)")
        assert target.versions == ">=2.0,<2.4"
        assert target.evidence == "train.py:3: nb_epoch; requirements.txt: keras>=2.0"

    def test_or_confirms_it(self, project: Project) -> None:
        project.pin({"requirements.txt": "tensorflow==2.16.1"})
        target = project.target("import tensorflow as tf\ntf.keras.ops.mean(x)")
        assert target.versions == ">=2.16"
        assert target.evidence == "train.py:2: tf.keras.ops; requirements.txt: tensorflow==2.16.1"

    def test_or_is_wrong(self, project: Project) -> None:
        project.pin({"requirements.txt": "keras==3.4.1"})
        target = project.target(STANDALONE + "\nmodel.fit(x, y, nb_epoch=3)")
        assert (target.versions, target.evidence) == ("<2.4", "train.py:3: nb_epoch")

    def test_what_only_narrows_narrows_pins(self, project: Project) -> None:
        project.pin({"requirements.txt": "keras<2.4"})
        source = "from keras.optimizers import SGD\nSGD(learning_rate=0.1)"
        assert project.target(source).versions == ">=2.3,<2.4"

    def test_but_never_contradicts_them(self, project: Project) -> None:
        project.pin({"requirements.txt": "keras==2.2.4"})
        target = project.target("from keras.optimizers import SGD\nSGD(learning_rate=0.1)")
        assert (target.versions, target.evidence) == ("==2.2.4", "requirements.txt: keras==2.2.4")


class TestTheProjectTells:
    @pytest.mark.parametrize(
        ("pins", "source", "expected"),
        [
            # the pin of the package that the file imports
            ("keras==2.2.4\ntensorflow==1.15", STANDALONE, "keras==2.2.4"),
            ("keras==2.2.4\ntensorflow==1.15", TF_KERAS, "tensorflow==1.15"),
            ("keras==2.2.4\ntf_keras==2.16", LEGACY, "tf_keras==2.16"),
            # the days of the other package
            ("tensorflow==1.15", STANDALONE, "keras>=2.2.4,<2.4"),
            ("tensorflow==1.2", STANDALONE, "keras>=1.2.2,<2.1"),
            ("tensorflow==2.8", STANDALONE, "keras==2.8"),
            ("tensorflow==2.16.1", STANDALONE, "keras>=3"),
            ("keras==2.2.4", TF_KERAS, "tensorflow>=1.9,<2"),
            ("keras==2.11", TF_KERAS, "tensorflow==2.11"),
            ("keras==3.4.1", TF_KERAS, "keras==3.4.1"),
            # both together
            ("keras>=2.2\ntensorflow==1.15", STANDALONE, "keras>=2.2.4,<2.4"),
            ("tensorflow==2.16.1\nkeras==3.4.1", TF_KERAS, "keras==3.4.1"),
            ("keras==2.0.8\ntensorflow==2.15", STANDALONE, "keras==2.0.8"),
            # one without a version tells nothing beside the other
            ("keras\ntensorflow==1.15", STANDALONE, "keras>=2.2.4,<2.4"),
            # a file that imports no Keras
            ("keras==2.2.4\ntensorflow==1.15", "", "keras==2.2.4"),
            ("tensorflow==1.15", "", "tensorflow==1.15"),
        ],
    )
    def test_by_the_package_that_the_file_imports(
        self, project: Project, pins: str, source: str, expected: str
    ) -> None:
        project.pin({"requirements.txt": pins})
        assert set(project.target(source).releases) == releases_of(expected)

    def test_evidence_names_the_file_and_the_pin(self, project: Project) -> None:
        project.pin({"requirements.txt": "tensorflow==2.16.1"})
        target = project.target(TF_KERAS)
        assert (target.versions, target.evidence) == (">=2.16", "requirements.txt: tensorflow==2.16.1")

    def test_evidence_names_both_pins_if_both_count(self, project: Project) -> None:
        project.pin({"requirements.txt": "keras>=2.2", "setup.cfg": "[options]\ninstall_requires = tensorflow==1.15"})
        target = project.target(STANDALONE)
        assert target.evidence == "requirements.txt: keras>=2.2; setup.cfg: tensorflow==1.15"

    def test_the_keras_of_a_time_without_tf_keras_tells_nothing_of_it(self, project: Project) -> None:
        project.pin({"requirements.txt": "keras==1.2.2"})
        assert project.target(TF_KERAS).releases == (NEWEST,)

    @pytest.mark.parametrize(
        ("pin", "message"),
        [
            ("keras==2.99", "no release of Keras matches 'keras==2.99'"),
            ("keras==0.3.1", "'keras==0.3.1': older than Keras 1.0.8, the oldest release that is known"),
            ("keras==banana", "not a requirement: keras==banana"),
        ],
    )
    def test_a_pin_that_means_nothing_is_reported_and_passed_over(
        self, project: Project, pin: str, message: str
    ) -> None:
        project.pin({"requirements.txt": pin, "setup.cfg": "[options]\ninstall_requires = tensorflow==2.8"})
        target, errors = resolve_target("auto", "tensorflow", ast.parse(STANDALONE), str(project.root / "train.py"))
        assert [error.message for error in errors] == [message]
        assert errors[0].file.endswith("requirements.txt")
        assert target.versions == "==2.8"

    def test_a_broken_file_is_reported_and_passed_over(self, project: Project) -> None:
        project.pin({"pyproject.toml": "[", "requirements.txt": "keras==2.2.4"})
        (message,) = project.errors(STANDALONE)
        assert message.startswith("not readable as pyproject.toml: ")
