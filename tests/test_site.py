"""The documentation site: built as `zensical build --strict` builds it, without a warning, and every page in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keras_freeze_lint.rules.registry import RULES
from tests.faces import ROOT


def built(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    return tmp_path


@pytest.mark.slow  # renders the whole site
def test_it_is_built_without_warnings_and_has_every_page(project: Path) -> None:
    done = built(project)

    assert done.returncode == 0, done.stdout + done.stderr
    for rule in RULES:
        page = (project / "site" / "rules" / rule.code / "index.html").read_text(encoding="utf-8")
        assert f"{rule.code} {rule.name}" in page
        assert "```" not in page
    table = (project / "site" / "rules" / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'href="[^"]*(KFL\d{3})/"', table)) == {rule.code for rule in RULES}


@pytest.mark.slow  # renders the whole site
def test_a_link_to_nowhere_ends_the_build(project: Path) -> None:
    with (project / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[nowhere](rules/KFL999.md)\n")

    assert built(project).returncode != 0
