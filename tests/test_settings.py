"""Settings: defaults, the table of the nearest pyproject.toml, and which codes they ask for."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from keras_freeze_lint.configuration import ConfigurationError, check_overrides, settings_for
from keras_freeze_lint.rules.registry import RULES
from keras_freeze_lint.selection import is_selected
from keras_freeze_lint.settings import Settings, SettingsError


def project(folder: Path, table: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(table, encoding="utf-8")
    return folder


class TestTable:
    def test_without_a_table_the_defaults_hold(self, tmp_path: Path) -> None:
        assert settings_for(tmp_path, {}) == Settings()

    def test_every_key_of_the_table_counts(self, tmp_path: Path) -> None:
        project(
            tmp_path,
            """
            [tool.keras-freeze-lint]
            keras = "keras==2.2.4"
            backend = "jax"
            select = ["KFL1", "KFL401"]
            extend-select = ["KFL902"]
            ignore = ["KFL102"]
            pedantic = true
            prefilter = false
            """,
        )
        assert settings_for(tmp_path, {}) == Settings(
            keras="keras==2.2.4",
            backend="jax",
            select=("KFL1", "KFL401"),
            extend_select=("KFL902",),
            ignore=("KFL102",),
            pedantic=True,
            prefilter=False,
        )

    def test_the_nearest_table_wins_and_the_command_line_wins_over_it(self, tmp_path: Path) -> None:
        project(tmp_path, '[tool.keras-freeze-lint]\nkeras = "2.0.8"\nbackend = "jax"')
        inner = project(tmp_path / "inner", '[tool.keras-freeze-lint]\nkeras = "2.15"')
        (inner / "deep" / "er").mkdir(parents=True)

        assert settings_for(inner / "deep" / "er", {}) == Settings(keras="2.15")
        assert settings_for(inner, {"keras": "3.0"}) == Settings(keras="3.0")
        assert settings_for(tmp_path, {"keras": "3.0"}) == Settings(keras="3.0", backend="jax")

    def test_a_pyproject_without_the_table_is_passed_by(self, tmp_path: Path) -> None:
        project(tmp_path, '[tool.keras-freeze-lint]\nkeras = "2.0.8"')
        inner = project(tmp_path / "inner", "[tool.ruff]\nline-length = 100")

        assert settings_for(inner, {}).keras == "2.0.8"

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            ("[tool.keras-freeze-lint", "not readable as pyproject.toml: "),
            ("[tool]\nkeras-freeze-lint = 3", "tool.keras-freeze-lint must be a table"),
            ("[tool.keras-freeze-lint]\nkears = '3'", "unknown key tool.keras-freeze-lint.kears (known: backend, "),
            ("[tool.keras-freeze-lint]\nkeras = 3", "tool.keras-freeze-lint.keras must be a string"),
            ("[tool.keras-freeze-lint]\nselect = 'KFL1'", "tool.keras-freeze-lint.select must be a list of strings"),
            ("[tool.keras-freeze-lint]\nignore = [1]", "tool.keras-freeze-lint.ignore must be a list of strings"),
            ("[tool.keras-freeze-lint]\npedantic = 1", "tool.keras-freeze-lint.pedantic must be true or false"),
            (
                "[tool.keras-freeze-lint]\nbackend = 'theano'",
                "tool.keras-freeze-lint.backend: unknown backend 'theano'",
            ),
            ("[tool.keras-freeze-lint]\nselect = ['KFL999']", "tool.keras-freeze-lint.select: unknown code 'KFL999'"),
            ("[tool.keras-freeze-lint]\nkeras = 'bananas'", "tool.keras-freeze-lint.keras: "),
        ],
    )
    def test_what_cannot_be_followed_is_refused_in_one_line(self, tmp_path: Path, table: str, message: str) -> None:
        folder = project(tmp_path, table)

        with pytest.raises(ConfigurationError) as caught:
            settings_for(folder, {})

        assert caught.value.file == folder / "pyproject.toml"
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("table", ["tool = 3", "[project]\nname = 'x'", ""])
    def test_other_projects_are_none_of_our_business(self, tmp_path: Path, table: str) -> None:
        assert settings_for(project(tmp_path, table), {}) == Settings()


class TestSelection:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
    def test_by_default_the_rules_that_are_on_by_default_are_on(self, rule: object) -> None:
        code, default = rule.code, rule.default  # type: ignore[attr-defined]

        own = code.startswith("KFL9")

        assert is_selected(code, Settings()) == default
        assert is_selected(code, Settings(pedantic=True)) is not own
        assert is_selected(code, Settings(select=("KFL",))) is not own
        assert not is_selected(code, Settings(ignore=("KFL",)))

    def test_codes_about_the_tool_are_on_only_where_they_are_asked_for_by_name(self) -> None:
        for prefix in ("KFL9", "KFL90", "KFL902"):
            assert is_selected("KFL902", Settings(select=(prefix,)))
            assert is_selected("KFL902", Settings(extend_select=(prefix,)))
            assert not is_selected("KFL902", Settings(extend_select=(prefix,), ignore=("KFL902",)))

    def test_extending_keeps_what_was_on(self) -> None:
        assert is_selected("KFL101", Settings(extend_select=("KFL902",)))
        assert is_selected("KFL101", Settings(select=("KFL4",), extend_select=("KFL1",)))
        assert not is_selected("KFL501", Settings(select=("KFL4",), extend_select=("KFL1",)))

    @pytest.mark.parametrize(
        ("select", "ignore", "selected"),
        [
            (("KFL1",), (), True),
            (("KFL101",), (), True),
            (("KFL4",), (), False),
            (("KFL4", "KFL1"), (), True),
            (("KFL1",), ("KFL101",), False),
            (("KFL101",), ("KFL1",), True),
            (("KFL101",), ("KFL101",), False),
            ((), ("KFL1",), False),
            ((), ("KFL4",), True),
        ],
    )
    def test_the_longer_prefix_wins_and_ignore_wins_a_tie(
        self, select: tuple[str, ...], ignore: tuple[str, ...], selected: bool
    ) -> None:
        assert is_selected("KFL101", Settings(select=select, ignore=ignore)) == selected


def _nothing_is_installed(name: str) -> str:
    raise PackageNotFoundError(name)


class TestChecks:
    @pytest.mark.parametrize("prefix", ["K", "KFL", "KFL1", "KFL101"])
    def test_prefixes_of_known_codes_pass(self, prefix: str) -> None:
        check_overrides({"select": (prefix,), "ignore": (prefix,)}, "--{}".format)

    @pytest.mark.parametrize("code", ["KFL999", "E501", "kfl101", "KFL1010", ""])
    def test_an_unknown_code_is_named_with_the_known_ones(self, code: str) -> None:
        with pytest.raises(SettingsError, match=rf"--select: unknown code '{code}' \(known: KFL101, "):
            check_overrides({"select": (code,)}, "--{}".format)

    @pytest.mark.parametrize("keras", ["auto", "2.0.8", "keras==2.2.4", "keras==3.*", "keras>=2.4,<3"])
    def test_versions_and_requirements_pass(self, keras: str) -> None:
        check_overrides({"keras": keras}, "--{}".format)

    def test_installed_passes_where_keras_is_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.metadata.version", lambda _name: "3.3.1")
        check_overrides({"keras": "installed"}, "--{}".format)

    @pytest.mark.parametrize("keras", ["bananas", "numpy==1.0", "keras==", "two.point.oh", "", "installed"])
    def test_what_names_no_keras_does_not(self, keras: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.metadata.version", _nothing_is_installed)
        with pytest.raises(SettingsError, match="--keras: "):
            check_overrides({"keras": keras}, "--{}".format)
