"""What a version, a requirement or a pin means in known releases, and how ranges are said."""

from __future__ import annotations

from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from keras_freeze_lint.keras.ranges import requirement
from keras_freeze_lint.keras.versions import (
    NEWEST,
    RELEASES,
    Release,
    Target,
    TargetError,
    beside,
    describe,
    installed_target,
    is_keras3,
    parse_target,
    release_line,
    releases_of,
    where,
)


def target(text: str) -> Target:
    return parse_target(text, "tensorflow")


def first_and_last(text: str) -> tuple[str, str]:
    releases = target(text).releases
    return f"{releases[0].line} {releases[0].version}", f"{releases[-1].line} {releases[-1].version}"


def releases(text: str) -> list[Release]:
    """The releases that a requirement means, in order."""
    return sorted(releases_of(text))


class TestWhatTheUserMayAskFor:
    @pytest.mark.parametrize("text", ["2.0.8", "keras==2.0.8", "keras===2.0.8", " keras == 2.0.8 ", "v2.0.8"])
    def test_one_release(self, text: str) -> None:
        assert target(text).releases == (Release("keras", Version("2.0.8")),)
        assert target(text).versions == "==2.0.8"

    @pytest.mark.parametrize(
        ("text", "versions", "oldest", "newest"),
        [
            ("2.15", "==2.15", "keras 2.15.0", "keras 2.15.0"),
            ("2.1", ">=2.1,<2.2", "keras 2.1.0", "keras 2.1.6"),
            ("2", ">=2.0,<3", "keras 2.0.0", "keras 2.15.0"),
            ("3", ">=3.0", "keras 3.0.5", "keras 3.15.1"),
            ("3.*", ">=3.0", "keras 3.0.5", "keras 3.15.1"),
            ("keras==3.*", ">=3.0", "keras 3.0.5", "keras 3.15.1"),
            ("keras==3", ">=3.0", "keras 3.0.5", "keras 3.15.1"),
            ("keras>=2.4,<3", ">=2.4,<3", "keras 2.4.3", "keras 2.15.0"),
            (">=2.4,<3", ">=2.4,<3", "keras 2.4.3", "keras 2.15.0"),
            ("keras>=2.*", ">=2.0", "keras 2.0.0", "keras 3.15.1"),
            ("keras~=2.2", ">=2.2,<3", "keras 2.2.0", "keras 2.15.0"),
            ("keras<=2.1.2", "<2.1.3", "keras 1.0.8", "keras 2.1.2"),
            ("keras>2.15", ">=3.0", "keras 3.0.5", "keras 3.15.1"),
            ("tensorflow==2.15", "==2.15", "tensorflow 2.15", "tensorflow 2.15"),
            ("tf==1.15", "==1.15", "tensorflow 1.15", "tensorflow 1.15"),
            ("tf.keras==2.4", "==2.4", "tensorflow 2.4", "tensorflow 2.4"),
            ("tensorflow-gpu==1.4", "==1.4", "tensorflow 1.4", "tensorflow 1.4"),
            ("tensorflow_cpu[and-cuda]==2.9.1 ; python_version > '3'", "==2.9", "tensorflow 2.9", "tensorflow 2.9"),
            ("tensorflow<2", "<2", "tensorflow 1.4", "tensorflow 1.15"),
            ("tensorflow>=2.4,<2.16", ">=2.4,<2.16", "tensorflow 2.4", "tensorflow 2.15"),
            ("tensorflow>=2.4", ">=2.4", "tensorflow 2.4", "keras 3.15.1"),
            ("tf-keras==2.16", "==2.16", "tf_keras 2.16", "tf_keras 2.16"),
            ("tf_keras", "==2.21", "tf_keras 2.21", "tf_keras 2.21"),
        ],
    )
    def test_a_range_or_series(self, text: str, versions: str, oldest: str, newest: str) -> None:
        assert target(text).versions == versions
        assert first_and_last(text) == (oldest, newest)

    @pytest.mark.parametrize("text", ["keras", "tensorflow", "KERAS"])
    def test_a_bare_name_is_the_newest(self, text: str) -> None:
        assert target(text).releases == (NEWEST,)

    @pytest.mark.parametrize(
        ("text", "oldest"), [("tensorflow==2.16.1", "3.0.5"), ("tensorflow==2.18", "3.5.0"), ("tf>=2.20", "3.10.0")]
    )
    def test_tensorflow_since_2_16_brings_any_keras_3_from_the_one_it_needs(self, text: str, oldest: str) -> None:
        assert first_and_last(text) == (f"keras {oldest}", f"keras {NEWEST.version}")

    def test_its_range_is_said_in_the_numbers_of_tensorflow(self) -> None:
        assert target("tensorflow==2.16.1").versions == ">=2.16"

    @pytest.mark.parametrize(
        ("text", "known"),
        [
            ("tensorflow==2.15.0.post1", "tensorflow 2.15"),
            ("tensorflow==2.0.0-beta1", "tensorflow 2.0"),
            ("keras==2.2.6", "keras 2.2.5"),
            ("keras==2.4.1", "keras 2.4.3"),
            ("keras==3.0.0", "keras 3.0.5"),
            ("keras==3.0.99", "keras 3.0.5"),
            ("keras==1.0.1", "keras 1.0.8"),
        ],
    )
    def test_a_patch_release_that_is_not_listed_is_its_neighbour(self, text: str, known: str) -> None:
        assert first_and_last(text) == (known, known)

    @pytest.mark.parametrize("text", ["keras==3.99", "keras>=3.99", "keras==4.0.1", "99"])
    def test_a_release_of_the_future_is_the_newest_known(self, text: str) -> None:
        assert target(text).releases == (NEWEST,)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("keras==0.3.1", "'keras==0.3.1': older than Keras 1.0.8, the oldest release that is known"),
            ("keras<1", "'keras<1': older than Keras 1.0.8, the oldest release that is known"),
            ("tensorflow==0.12", "'tensorflow==0.12': older than TensorFlow 1.0, the oldest release that is known"),
            ("tensorflow==1.2", "'tensorflow==1.2': TensorFlow before 1.4 has no tf.keras"),
            ("keras==2.99", "no release of Keras matches 'keras==2.99'"),
            ("keras==2.5", "no release of Keras matches 'keras==2.5'"),
            ("keras>3,<2", "no release of Keras matches 'keras>3,<2'"),
            ("1.15", "no release of Keras matches '1.15'; for TensorFlow say tensorflow==1.15"),
            ("keras==banana", "not a Keras version or requirement: 'keras==banana'"),
            ("keras=2.2.4", "not a Keras version or requirement: 'keras=2.2.4'"),
            ("", "not a Keras version or requirement: ''"),
            ("pytorch==2", "'pytorch==2' is no requirement on keras, tensorflow or tf_keras"),
            ("keras @ https://example.org/keras.whl", "'keras @ https://example.org/keras.whl' names no version"),
        ],
    )
    def test_the_impossible_is_one_clear_line(self, text: str, message: str) -> None:
        with pytest.raises(TargetError) as error:
            target(text)
        assert str(error.value) == message

    @pytest.mark.parametrize("backend", ["theano", "cntk", "", "TensorFlow"])
    def test_an_unknown_backend(self, backend: str) -> None:
        with pytest.raises(TargetError, match=r"unknown backend '\w*': expected tensorflow, jax or torch"):
            parse_target("keras==3.*", backend)

    def test_keras_2_takes_any_backend_and_ignores_it(self) -> None:
        assert parse_target("2.2.4", "jax").releases == target("2.2.4").releases

    @given(
        st.text() | st.from_regex(r"(keras|tf|tensorflow|tf_keras)?([=<>~!]{1,3}[\d.*a-z]{1,8},?){0,3}", fullmatch=True)
    )
    def test_never_ends_in_anything_but_a_target_or_its_one_line_error(self, text: str) -> None:
        try:
            meant, message = target(text).releases, ""
        except TargetError as error:
            meant, message = (NEWEST,), str(error)
        assert list(meant) == sorted(set(meant)) != []
        assert "\n" not in message

    def test_a_number_too_long_for_python_is_no_version(self) -> None:
        with pytest.raises(TargetError, match=r"not a Keras version or requirement: 'keras==1{60,}\.\.\.'"):
            target("keras==" + "1" * 10_000)


class TestTheTableOfReleases:
    def test_every_line_ascends(self) -> None:
        for line in RELEASES.values():
            assert list(line) == sorted(set(line))

    @pytest.mark.parametrize("line", RELEASES)
    def test_every_release_is_found_by_its_own_version(self, line: str) -> None:
        for release in RELEASES[line]:
            exact = f"{line}=={release.version}" + ("" if len(release.version.release) > 2 else ".0")
            assert target(exact).releases == (release,)

    def test_only_the_package_keras_holds_keras_3(self) -> None:
        assert {release.line for line in RELEASES.values() for release in line if is_keras3(release)} == {"keras"}

    def test_time_orders_tf_keras_before_the_keras_3_that_follows_it(self) -> None:
        assert Release("tensorflow", Version("2.15")) < Release("keras", Version("3.0.5"))


class TestWhatRanBesideWhat:
    @pytest.mark.parametrize(
        ("tensorflow", "keras"),
        [
            ("tensorflow==1.2", "keras>=1.2.2,<2.1"),
            ("tensorflow==1.4", "keras>=2.0.8,<2.2"),
            ("tensorflow==1.15", "keras>=2.2.4,<2.4"),
            ("tensorflow<2", "keras>=1.2.2,<2.4"),
            ("tensorflow==2.0", "keras==2.3.*"),
            ("tensorflow==2.4", "keras==2.4.*"),
            ("tensorflow==2.11", "keras==2.11.*"),
            ("tensorflow>=2.16", "keras>=3"),
        ],
    )
    def test_the_package_keras_beside_tensorflow(self, tensorflow: str, keras: str) -> None:
        assert beside(tensorflow) == releases_of(keras)

    @pytest.mark.parametrize(
        ("keras", "tensorflow"),
        [
            ("keras==2.2.4", "tensorflow>=1.9,<2"),
            ("keras==2.3.1", "tensorflow>=1.15,<2.4"),
            ("keras==2.11", "tensorflow==2.11"),
            ("keras==3.4.1", "keras==3.4.1"),
        ],
    )
    def test_tf_keras_beside_the_package_keras(self, keras: str, tensorflow: str) -> None:
        assert beside(keras) == releases_of(tensorflow)

    def test_keras_1_had_no_tf_keras_beside_it(self) -> None:
        assert beside("keras==1.2.2") == frozenset()


class TestHowAPartOfTheTargetIsSaid:
    @pytest.mark.parametrize(
        ("wanted", "affected", "specifier", "words"),
        [
            # the whole target: in its own numbers
            ("keras==2.2.4", "keras<3", "==2.2.4", "on Keras 2.2.4"),
            ("2.15", "keras<3", "==2.15", "on Keras 2.15"),
            ("keras==3.*", "keras>=3", ">=3.0", "on Keras 3"),
            ("keras>=2.4,<3", "keras<3", ">=2.4,<3", "on Keras 2.4 - 2.15"),
            ("tensorflow==2.16.1", "keras>=3", ">=2.16", "on Keras 3"),
            ("tensorflow>=2.0,<2.16", "tensorflow<2.16", ">=2.0,<2.16", "on tf.keras 2.0 - 2.15"),
            ("tensorflow>=2.4", "tensorflow>=2.4", ">=2.4", "on Keras >= 2.4"),
            ("tf_keras>=2.16", "tf_keras>=2", ">=2.16", "on tf_keras 2.16 - 2.21"),
            # its beginning
            ("keras==2.*", "keras<2.1.3", "<2.1.3", "on Keras < 2.1.3"),
            ("keras>=1", "keras<3", "<3", "on Keras < 3"),
            ("keras==3.*", "keras<3.4", "<3.4", "on Keras < 3.4"),
            ("tensorflow>=1.4", "tensorflow<1.14", "<1.14", "on tf.keras < 1.14"),
            ("tensorflow>=2.0", "tensorflow<2.16", "<3", "on tf.keras 2.0 - 2.15"),
            ("keras==2.1.*", "keras==2.1.0", "==2.1.0", "on Keras 2.1.0"),
            # its middle
            ("keras>=1", "keras==2.*", ">=2.0,<3", "on Keras 2"),
            ("keras==2.*", "keras>=2.1.3,<2.4", ">=2.1.3,<2.4", "on Keras 2.1.3 - 2.3.1"),
            ("keras==2.*", "keras==2.1.2", "==2.1.2", "on Keras 2.1.2"),
            # its end
            ("keras>=1", "keras>=3", ">=3.0", "on Keras 3"),
            ("tensorflow>=2.0", "keras>=3", ">=3.0", "on Keras 3"),
            ("keras==3.*", "keras>=3.4", ">=3.4", "on Keras >= 3.4"),
            ("keras==2.*", "keras>=2.1.3", ">=2.1.3", "on Keras 2.1.3 - 2.15"),
            # more than the target has does not count
            ("keras==2.1.*", "keras>=2.1.3", ">=2.1.3", "on Keras 2.1.3 - 2.1.6"),
        ],
    )
    def test_as_specifier_and_in_words(self, wanted: str, affected: str, specifier: str, words: str) -> None:
        assert describe(releases(affected), target(wanted)) == specifier
        assert where(releases(affected), target(wanted)) == words

    def test_of_a_range_with_a_hole_the_ends_are_said(self) -> None:
        affected = [*releases("keras==2.0.*"), *releases("keras==2.3.*")]
        assert describe(affected, target("keras==2.*")) == "<2.4"

    @pytest.mark.parametrize("say", [describe, where])
    def test_nothing_affected_is_a_mistake_of_the_caller(self, say: object) -> None:
        assert callable(say)
        with pytest.raises(ValueError, match="no release of the target is affected"):
            say(releases("keras==2.0.8"), target("keras==3.*"))

    @given(st.sampled_from(RELEASES["keras"]), st.sampled_from(RELEASES["keras"]))
    def test_a_contiguous_part_is_said_exactly(self, one: Release, other: Release) -> None:
        affected = [release for release in RELEASES["keras"] if min(one, other) <= release <= max(one, other)]
        assert releases(f"keras{describe(affected, target('keras>=1'))}") == affected

    @given(st.sampled_from(["keras", "tensorflow", "tf_keras"]), st.data())
    def test_a_requirement_can_be_made_of_any_range(self, line: str, data: st.DataObject) -> None:
        one, other = (data.draw(st.sampled_from(RELEASES[line])) for _ in range(2))
        affected = [release for release in RELEASES[line] if min(one, other) <= release <= max(one, other)]
        assert releases(requirement(affected)) == affected


class TestInstalled:
    @staticmethod
    def install(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
        def version(package: str) -> str:
            try:
                return versions[package]
            except KeyError:
                raise metadata.PackageNotFoundError(package) from None

        monkeypatch.setattr(metadata, "version", version)

    def test_keras_tells_more_than_tensorflow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.install(monkeypatch, keras="3.4.1", tensorflow="2.16.1", tf_keras="2.16.0")
        installed = installed_target("torch")
        assert (installed.versions, installed.backend) == ("==3.4", "torch")
        assert installed.evidence == "installed: keras 3.4.1"

    def test_tensorflow_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.install(monkeypatch, tensorflow="2.4.4")
        assert installed_target("tensorflow").releases == (Release("tensorflow", Version("2.4")),)

    def test_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.install(monkeypatch)
        with pytest.raises(TargetError, match="neither keras nor tensorflow nor tf_keras is installed"):
            installed_target("tensorflow")


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("Keras", "keras"),
        ("tensorflow_gpu", "tensorflow"),
        ("tensorflow.keras", "tensorflow"),
        ("tf-keras", "tf_keras"),
        ("keras-tuner", None),
        ("tensorflow-probability", None),
    ],
)
def test_which_distribution_holds_which_keras(package: str, line: str | None) -> None:
    assert release_line(package) == line
