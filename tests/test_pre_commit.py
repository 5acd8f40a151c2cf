"""The pre-commit hook, through the real pre-commit on a real git repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faces import CORRECT, MISSPELLED, ROOT, notebook

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")


def run(*command: str | Path, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    # Nothing of a git hook that may be running these tests, and pre-commit's environments in a place of their own.
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**env, "PRE_COMMIT_HOME": str(cwd.parent / "pre-commit-home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


def repository(folder: Path) -> Path:
    folder.mkdir()
    run("git", "init", "--quiet", cwd=folder)
    return folder


def commit(folder: Path) -> None:
    run("git", "add", "--all", cwd=folder)
    run("git", *IDENTITY, "commit", "--quiet", "--no-verify", "--message", "state", cwd=folder)


@pytest.fixture
def hook_source(tmp_path: Path) -> Path:
    """This work tree, committed or not, as the repository that a user's configuration names."""
    source = repository(tmp_path / "keras-freeze-lint")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    commit(source)
    return source


@pytest.mark.slow  # pre-commit installs the hook into an environment of its own
def test_the_hook_stops_a_commit_with_a_mistake_and_lets_the_mended_one_pass(tmp_path: Path, hook_source: Path) -> None:
    head = run("git", "rev-parse", "HEAD", cwd=hook_source).stdout.strip()
    user = repository(tmp_path / "user")
    (user / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hook_source}\n  rev: {head}\n  hooks:\n  - id: keras-freeze-lint\n"
    )
    (user / "train.py").write_text(MISSPELLED)
    (user / "notes.txt").write_text(MISSPELLED)
    (user / "book.ipynb").write_text(notebook(MISSPELLED))
    run("git", "add", "--all", cwd=user)

    refused = run(sys.executable, "-m", "pre_commit", "run", cwd=user, check=False)

    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "train.py:5:1: KFL401 " in refused.stdout
    assert "book.ipynb:cell 0:5:1: KFL401 " in refused.stdout
    assert "notes.txt" not in refused.stdout

    (user / "train.py").write_text(CORRECT)
    (user / "book.ipynb").write_text(notebook(CORRECT))
    run("git", "add", "--all", cwd=user)

    assert "Passed" in run(sys.executable, "-m", "pre_commit", "run", cwd=user).stdout
