"""Reported problems as small programs: what was wrong is found on its line, the same program put right stays silent.

Each folder of ``tests/cases`` holds a report retold: ``bad.py`` (where there was a problem), ``good.py``, and
``case.toml``, which names the Keras, the expected findings, the remarks that are tolerated, and what a real run showed.
The scoring rule is strict: every expected finding on one of its lines, and nothing else but what is tolerated.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CASES = Path(__file__).parent / "cases"

# The labels are older than some codes: these say the same more precisely.
MORE_PRECISE = {
    "KFL101": {"KFL107"},
    "KFL102": {"KFL107"},
    "KFL104": {"KFL107", "KFL506", "KFL507", "KFL701"},
    "KFL202": {"KFL206"},
}


@cache
def label(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))


def programs() -> Iterator[Path]:
    for folder in sorted(CASES.iterdir()):
        for name in ("bad.py", "good.py"):
            if (folder / name).exists():
                yield folder / name


def tolerated(entries: list[Any]) -> set[str]:
    return {entry if isinstance(entry, str) else entry["code"] for entry in entries}


@pytest.mark.parametrize("program", list(programs()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_reported_problem_is_found_and_nothing_else(program: Path) -> None:
    case = label(program.parent)
    settings = Settings(keras=case["keras"], backend=case.get("backend", "tensorflow"))
    report = lint_source(program.read_text(encoding="utf-8"), str(program), settings)
    assert report.error is None
    found = [(finding.location.line, finding.code) for finding in report.findings]

    is_bad = program.name == "bad.py"
    missed = []
    for wanted in case.get("expect", []) if is_bad else []:
        lines = {wanted["line"], *wanted.get("also_lines", [])}
        codes = {wanted["code"], *MORE_PRECISE.get(wanted["code"], set())}
        hits = [(line, code) for line, code in found if line in lines and code in codes]
        if not hits:
            missed.append((wanted["line"], wanted["code"]))
        found = [one for one in found if one not in hits]
    allowed = tolerated(case.get("allowed" if is_bad else "allowed_good", []))
    false_alarms = [(line, code) for line, code in found if code not in allowed]
    assert (missed, false_alarms) == ([], []), f"(missed, false alarms): {case['why']}"


def test_every_case_has_a_program_that_must_stay_silent() -> None:
    folders = [folder for folder in CASES.iterdir() if folder.is_dir()]
    assert len(folders) >= 54
    assert [folder.name for folder in folders if not (folder / "good.py").exists()] == []
