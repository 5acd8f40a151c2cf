"""What people and programs get to read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from keras_freeze_lint.findings import (
    Certainty,
    FileError,
    Finding,
    Location,
    PathStep,
    Prediction,
    Report,
    Severity,
)
from keras_freeze_lint.reporters import json as json_reporter
from keras_freeze_lint.reporters import text, trace_text

LATE = Finding(
    code="KFL102",
    name="trainable-between-fits",
    message="changed between two fits",
    location=Location(30, 1, 30, 28),
    keras="<3",
    path=(PathStep(22, "compiled here"), PathStep(25, "trained here"), PathStep(30, "changed here")),
    prediction=Prediction(33, ("block5_conv1",), "trainable", "still", "weights"),
)
PERHAPS = Finding(
    code="KFL402",
    name="trainable-compared",
    message="compared, not assigned",
    location=Location(4, 5, 4, 31),
    severity=Severity.WARNING,
    certainty=Certainty.POSSIBLE,
)
REPORTS = (
    Report("train.py", (PERHAPS, LATE)),
    Report("clean.py"),
    Report("old.py", error=FileError("old.py", "line 3: Python 2 source: Missing parentheses")),
    Report("pinned.py", (LATE,), FileError("requirements.txt", "line 1: no version")),
)
ERRORS = tuple(report.error for report in REPORTS if report.error)


class TestText:
    def test_a_finding_is_one_line_in_the_form_of_flake8(self) -> None:
        assert text.render(REPORTS[0]) == (
            "train.py:4:5: KFL402 compared, not assigned\ntrain.py:30:1: KFL102 changed between two fits\n"
        )

    def test_a_file_without_findings_says_nothing(self) -> None:
        assert text.render(REPORTS[1]) == ""

    def test_colours_are_the_callers_choice(self) -> None:
        painted = text.render(REPORTS[0], lambda part, piece: f"<{part}>{piece}")

        assert painted.splitlines()[0] == "<path>train.py:4:5: <warning>KFL402 compared, not assigned"
        assert painted.splitlines()[1] == "<path>train.py:30:1: <error>KFL102 changed between two fits"

    def test_an_error_names_its_file(self) -> None:
        assert text.render_error(ERRORS[1]) == "error: requirements.txt: line 1: no version"

    @pytest.mark.parametrize(
        ("reports", "expected"),
        [
            (REPORTS, "Found 3 findings in 2 files (3 checked). 2 errors."),
            (REPORTS[:2], "Found 2 findings in 1 file (2 checked)."),
            (REPORTS[1:2], "No findings in 1 file."),
            (REPORTS[2:3], "No findings in 0 files. 1 error."),
        ],
    )
    def test_the_summary_counts(self, reports: tuple[Report, ...], expected: str) -> None:
        assert text.summary(reports, [report.error for report in reports if report.error]) == expected


class TestJson:
    def test_the_document_has_exactly_the_shape_that_programs_rely_on(self) -> None:
        document = json.loads(json_reporter.render(REPORTS, ERRORS))

        assert document["version"] == 1
        assert document["files_checked"] == 3
        assert document["errors"] == [
            {"file": "old.py", "message": "line 3: Python 2 source: Missing parentheses"},
            {"file": "requirements.txt", "message": "line 1: no version"},
        ]
        assert document["findings"][1] == {
            "file": "train.py",
            "cell": None,
            "line": 30,
            "column": 1,
            "end_line": 30,
            "end_column": 28,
            "code": "KFL102",
            "name": "trainable-between-fits",
            "message": "changed between two fits",
            "severity": "error",
            "certainty": "certain",
            "keras": "<3",
            "path": [
                {"line": 22, "what": "compiled here"},
                {"line": 25, "what": "trained here"},
                {"line": 30, "what": "changed here"},
            ],
            "prediction": {
                "training_call": 33,
                "layers": ["block5_conv1"],
                "intent": "trainable",
                "effect": "still",
                "quantity": "weights",
            },
            "fix": None,
            "verdict": None,
        }

    def test_every_finding_fits_the_schema(self) -> None:
        schema = {
            "type": "object",
            "required": ["version", "files_checked", "errors", "findings"],
            "additionalProperties": False,
            "properties": {
                "version": {"const": 1},
                "files_checked": {"type": "integer"},
                "errors": {"items": {"required": ["file", "message"]}},
                "findings": {
                    "items": {
                        "required": [
                            "file",
                            "cell",
                            "line",
                            "column",
                            "end_line",
                            "end_column",
                            "code",
                            "fix",
                            "verdict",
                        ],
                        "properties": {
                            "line": {"type": "integer", "minimum": 1},
                            "column": {"type": "integer", "minimum": 1},
                            "severity": {"enum": ["error", "warning"]},
                            "certainty": {"enum": ["certain", "possible"]},
                            "prediction": {"type": ["object", "null"]},
                        },
                    }
                },
            },
        }
        jsonschema.validate(json.loads(json_reporter.render(REPORTS, ERRORS)), schema)

    def test_any_name_survives_any_code_page(self) -> None:
        document = json_reporter.render([Report("凍結.py", (LATE,))], [])

        assert document.isascii()
        assert json.loads(document)["findings"][0]["file"] == "凍結.py"


def layer(cls: str, intent: str, weights: str, statistics: str | None = None) -> dict[str, Any]:
    entry = {"class": cls, "line": 3, "intent": intent, "weights": weights}
    return entry if statistics is None else {**entry, "statistics": statistics}


def trace_of(*calls: dict[str, Any], findings: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "version": 1,
        "file": "train.py",
        "measured": False,
        "keras": {"versions": ">=2.16", "backend": "tensorflow", "evidence": "requirements.txt: tensorflow==2.16.1"},
        "training_calls": list(calls),
        "findings": list(findings),
    }


BASE = {f"block{block}_conv{number}": layer("Conv2D", "frozen", "still") for block in (1, 2, 3, 4) for number in (1, 2)}
WARM_UP = {
    "line": 24,
    "call": "fit",
    "model": "model",
    "reached": "always",
    "layers": {
        **BASE,
        "bn": layer("BatchNormalization", "frozen", "still", "moves"),
        "flatten": layer("Flatten", "trainable", "still"),
        "head": layer("Dense", "trainable", "moves"),
    },
}
FINE_TUNE = {
    "line": 31,
    "call": "fit",
    "model": "model",
    "reached": "maybe",
    "layers": {
        **{name: layer("Conv2D", "trainable", "still") for name in BASE},
        "bn": layer("BatchNormalization", "trainable", "varies", "moves"),
        "adapter": layer("Adapter", "unknown", "unknown"),
        "head": layer("Dense", "trainable", "moves"),
    },
}


class TestTraceText:
    def test_one_row_a_training_call_tells_who_learns_who_is_still_and_what_the_source_did_not_say(self) -> None:
        finding = {"line": 30, "code": "KFL102", "message": "changed between two fits"}

        assert trace_text.render(trace_of(WARM_UP, FINE_TUNE, findings=(finding,))) == GOLDEN

    def test_it_keeps_to_the_width(self) -> None:
        for width in (100, 120, 160):
            assert max(map(len, trace_text.render(trace_of(WARM_UP, FINE_TUNE), width).splitlines())) <= width

    def test_columns_in_which_nothing_stands_are_left_out(self) -> None:
        call = {**WARM_UP, "layers": {"head": layer("Dense", "trainable", "moves")}}

        assert trace_text.render(trace_of(call)).splitlines()[2:] == [
            "line  call       learns  still",
            "24    model.fit  head    -",
        ]

    def test_of_a_call_that_raises_only_that_is_told(self) -> None:
        frozen = {"head": layer("Dense", "trainable", "still")}
        call = {**WARM_UP, "error": "ValueError: Unknown variable", "layers": frozen}

        assert trace_text.render(trace_of(call)).splitlines()[3] == "24    model.fit  -       head   raises ValueError"

    def test_a_file_that_trains_nothing_says_so(self) -> None:
        assert trace_text.render(trace_of()).endswith("\n\nNo training call found.\n")


GOLDEN = """\
train.py: Keras >=2.16 on tensorflow (requirements.txt: tensorflow==2.16.1)

line  call                 learns    still                               cannot tell  differs from the source
24    model.fit            head      block1_conv1 … bn (9 layers)        -            bn: frozen, but statistics move
31    model.fit (perhaps)  bn, head  block1_conv1 … block4_conv2 (8      adapter      block1_conv1 … block4_conv2 (8
                                     layers)                                          layers): trainable, but weights
                                                                                      stay still
                                                                                      bn: trainable, but weights move
                                                                                      only at times

line 30: KFL102 changed between two fits
"""
