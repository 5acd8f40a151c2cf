"""The reports of verify: the table for a terminal, the JSON for programs, the page for people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from keras_freeze_lint.findings import FileError, Verdict, Verification
from keras_freeze_lint.reporters import verify_html, verify_json, verify_text
from keras_freeze_lint.verify.comparing import Comparison
from keras_freeze_lint.verify.judging import Undecided, judge, observe, undecided
from keras_freeze_lint.verify.verdicts import Evidence, Run, VerifiedFile
from tests.verify.samples import DEVICE, SOURCE, STILL, TRAINED, WITNESS, call, finding, layer, run

MEASURED = run(call(layer(), layer("head", intent="trainable")))
CONTROL = run(call(layer(weights=STILL), layer("head", intent="trainable")))


def evidence_of(verdict: Verdict) -> Evidence:
    """One finding for each kind of verdict."""
    if verdict is Verdict.INCONCLUSIVE:
        found = undecided(finding(), Undecided("the number of classes comes from a directory", 4), WITNESS)
    else:
        first, second = (MEASURED, CONTROL) if verdict is Verdict.CONFIRMED else (CONTROL, MEASURED)
        prediction = finding().prediction
        assert prediction is not None
        observation = observe(finding(), prediction, WITNESS, first, exact=True)
        assert not isinstance(observation, Undecided)
        flag = "frozen" if verdict is Verdict.CONFIRMED else "trainable"
        comparison = Comparison(f"{flag} before a new compile()", frozenset({TRAINED}), second)
        found = judge(finding(), WITNESS, first, observation, comparison)
    assert found.verdict is verdict
    told = Verification(verdict, found.reason, found.line, None, "keras 2.15.0 (tensorflow)", "cpu")
    return replace(found, finding=replace(found.finding, verdict=told))


def verified(environment: str = "keras-2.15", verdicts: Sequence[Verdict] = tuple(Verdict)) -> VerifiedFile:
    return VerifiedFile(
        "train.py",
        environment,
        "==2.15",
        "tensorflow",
        "keras-2.15 (python)",
        tuple(map(evidence_of, verdicts)),
        (Run(WITNESS, MEASURED),),
        DEVICE,
        text=SOURCE,
    )


class TestText:
    def test_each_finding_has_its_verdict_its_reason_and_the_table_that_proves_it(self) -> None:
        text = verify_text.render([verified(verdicts=[Verdict.CONFIRMED])], 120, colours=False)

        assert "train.py:6:1: KFL101 ✗ confirmed" in text
        assert "weights of base moved by up to 0.011 at fit on line 7" in text
        row = next(line for line in text.splitlines() if line.strip().startswith("base"))
        assert row.split() == ["base", "frozen", "frozen", "moves", "moved", "0.011", "still"]
        assert "8 rows of random numbers <&>" in text
        assert "ran on keras 2.15.0 (tensorflow), tensorflow 2.15.1, Python 3.11.7, cpu" in text

    def test_without_a_verdict_the_line_that_stands_in_the_way_is_named(self) -> None:
        text = verify_text.render([verified(verdicts=[Verdict.INCONCLUSIVE])], 120, colours=False)

        assert "the number of classes comes from a directory (line 4)" in text

    def test_no_line_is_wider_than_the_terminal(self) -> None:
        text = verify_text.render([verified()], 60, colours=False)

        assert max(map(len, text.splitlines())) <= 60

    def test_colours_only_where_they_are_wanted(self) -> None:
        assert "\x1b[" in verify_text.render([verified()], 120, colours=True)
        assert "\x1b[" not in verify_text.render([verified()], 120, colours=False)

    def test_a_matrix_has_a_column_for_each_environment(self) -> None:
        files = [verified("keras-2.0.8", [Verdict.CONFIRMED]), verified("keras-2.1.3", [Verdict.REFUTED])]
        text = verify_text.render_matrix(files, 120, colours=False)

        assert [line.split() for line in text.splitlines() if "train.py" in line] == [
            ["train.py:6:1", "KFL101", "✗", "confirmed", "✓", "refuted"]
        ]


class TestJson:
    def test_one_file_is_a_trace_that_was_measured(self) -> None:
        document = json.loads(verify_json.render([verified()], []))

        assert (document["version"], document["measured"], document["file"]) == (1, True, "train.py")
        (trained,) = document["training_calls"]
        assert (trained["line"], trained["call"], trained["reached"]) == (7, "fit", "always")
        assert trained["layers"]["base"] == {
            "class": "Dense", "line": None, "intent": "frozen", "weights": "moves", "drift": [0.004, 0.008, 0.011],
        }  # fmt: skip

    def test_each_finding_has_its_verdict_and_its_evidence(self) -> None:
        document = json.loads(verify_json.render([verified()], []))

        assert [one["verdict"]["verdict"] for one in document["findings"]] == [
            "confirmed", "refuted", "inconclusive",
        ]  # fmt: skip
        confirmed, _, open_yet = document["findings"]
        (compared,) = confirmed["evidence"]["layers"]
        assert (compared["measured"]["weights"], compared["control"]["weights"]) == ("moves", "still")
        assert confirmed["evidence"]["witness"] == WITNESS.text
        assert (open_yet["verdict"]["line"], open_yet["evidence"]["layers"]) == (4, [])

    def test_turns_of_a_line_that_differ_vary(self) -> None:
        turns = run(call(layer()), call(layer(weights=STILL)))
        document = verify_json.document(replace(verified(), runs=(Run(WITNESS, turns),)))

        assert document["training_calls"][0]["layers"]["base"]["weights"] == "varies"

    def test_several_runs_are_listed(self) -> None:
        document = json.loads(verify_json.render([verified("a"), verified("b")], [FileError("c", "not there")]))

        assert [one["environment"] for one in document["runs"]] == ["a", "b"]
        assert document["errors"] == [{"file": "c", "message": "not there"}]


@pytest.fixture(scope="module")
def page() -> str:
    return verify_html.render([verified()], [FileError("other.py", "not <there>")])


class TestPage:
    def test_it_is_valid_html(self, page: str) -> None:
        html5lib: Any = pytest.importorskip("html5lib", reason="the validator is not installed")
        parser = html5lib.HTMLParser(strict=True)
        parser.parse(page)

        assert parser.errors == []

    def test_what_comes_from_the_user_is_escaped(self, page: str) -> None:
        assert "<b>not bold" not in page
        assert '<b>not bold & "quoted"</b>' in unescape(page)
        assert "not &lt;there&gt;" in page

    def test_it_refers_to_nothing_outside(self, page: str) -> None:
        assert not [word for word in ("http://", "https://", "<script", "src=", "@import", "url(") if word in page]

    def test_the_path_is_marked_in_the_source(self, page: str) -> None:
        for mark in ("▲ 1 compiled here", "▲ 2 changed here · KFL101", "▲ 3 trained here"):
            assert mark in page

    def test_a_layer_that_does_not_do_what_was_meant_is_told_apart_without_colours(self, page: str) -> None:
        assert "≠ moved 0.011" in page
        assert "= moved 0.011" in page

    def test_every_verdict_plot_and_assumption_is_there(self, page: str) -> None:
        for words in ("✗ 1 confirmed", "✓ 1 refuted", "? 1 inconclusive", "8 rows of random numbers"):
            assert words in unescape(page)
        assert page.count('<svg viewBox="0 0 320.0 132.0" role="img" aria-label="base: moved by') == 2


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def browser() -> Iterator[Any]:
    playwright: Any = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.slow  # starts a browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(360, 740), (1280, 900)], ids=["phone", "desktop"])
def test_a_browser_shows_the_page_without_a_network(
    browser: Any,  # noqa: ANN401 - its package may not be installed
    tmp_path: Path,
    size: tuple[int, int],
    scheme: str,
) -> None:
    file = tmp_path / "report.html"
    file.write_text(verify_html.render([verified()], []), encoding="utf-8")
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())

    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
    for number, verdict in enumerate(Verdict):
        badge = page.locator("article").nth(number).locator(".badge")
        assert badge.is_visible()
        assert verdict.value in badge.inner_text()
        box = badge.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
    shot = tmp_path / "report.png"
    page.screenshot(path=str(shot), full_page=True)
    assert shot.stat().st_size > 10_000
