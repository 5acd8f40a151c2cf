"""The reports of verify: the table for a terminal, the JSON for programs, the page for people."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest

from keras_freeze_lint.findings import FileError, Verdict, Verification
from keras_freeze_lint.linter import trace_source
from keras_freeze_lint.reporters import verify_html, verify_json, verify_text
from keras_freeze_lint.reporters.plots import plot
from keras_freeze_lint.verify.comparing import Comparison
from keras_freeze_lint.verify.judging import Undecided, judge, observe, undecided
from keras_freeze_lint.verify.verdicts import Evidence, LayerEvidence, Run, VerifiedFile
from keras_freeze_lint.verify.witness import Unsliceable
from tests.faces import ROOT
from tests.verify.samples import DEVICE, MOVED, SOURCE, STILL, TRAINED, WITNESS, call, finding, layer, run

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

    def test_brackets_in_names_are_no_markup(self) -> None:
        one = replace(verified(), file="a[/b]/[old]/train.py")

        assert "a[/b]/[old]/train.py:6" in verify_text.render_matrix([one], 100, colours=False)
        assert "[body]dense" in verify_text.render([bracketed(one)], 100, colours=False)


def bracketed(one: VerifiedFile) -> VerifiedFile:
    odd = LayerEvidence("[body]dense", layer("[body]dense"))
    return replace(one, evidence=tuple(replace(each, layers=(odd,)) for each in one.evidence))


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

    def test_what_keras_says_meanwhile_has_the_line_of_the_file(self) -> None:
        one = verified()
        said = replace(MEASURED, warnings=((TRAINED, "Discrepancy between trainable weights"), (1, "no GPU")))
        noisy = replace(one, evidence=tuple(replace(each, measured=said) for each in one.evidence if each.measured))
        finding = verify_json.document(noisy)["findings"][0]

        assert finding["evidence"]["warnings"] == [
            {"line": 7, "message": "Discrepancy between trainable weights"},
            {"line": 0, "message": "no GPU"},
        ]

    def test_two_models_on_one_line_may_have_layers_of_one_name_and_different_kinds(self) -> None:
        one = verified()
        measured = run(call(layer("head")), call(layer("head", statistics=MOVED, cls="BatchNormalization")))
        (line,) = verify_json.document(replace(one, runs=(Run(WITNESS, measured),)))["training_calls"]

        assert line["layers"]["head"]["class"] == "varies"
        assert line["layers"]["head"]["statistics"] == "moves"

    def test_several_runs_are_listed(self) -> None:
        document = json.loads(verify_json.render([verified("a"), verified("b")], [FileError("c", "not there")]))

        assert [one["environment"] for one in document["runs"]] == ["a", "b"]
        assert document["errors"] == [{"file": "c", "message": "not there"}]


class TestSchema:
    """docs/verify.schema.json, which programs that read these documents may hold them against."""

    SCHEMA: ClassVar[dict[str, Any]] = json.loads((ROOT / "docs" / "verify.schema.json").read_text(encoding="utf-8"))

    def test_it_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(self.SCHEMA)

    @pytest.mark.parametrize("path", sorted((ROOT / "fixtures").glob("*/wrong.py")), ids=lambda path: path.parent.name)
    def test_a_prediction_fits(self, path: Path) -> None:
        jsonschema.validate(trace_source(path.read_text(encoding="utf-8"), str(path), "keras==3.15"), self.SCHEMA)

    def test_a_measurement_fits(self) -> None:
        statistics = run(call(layer(statistics=MOVED), raised="ValueError: no"), call(layer(statistics=STILL)))
        several = replace(verified(), runs=(Run(WITNESS, statistics), Run(Unsliceable("too deep", 3))))
        jsonschema.validate(json.loads(verify_json.render([verified()], [])), self.SCHEMA)
        jsonschema.validate(json.loads(verify_json.render([several, several], [FileError("c", "no")])), self.SCHEMA)
        jsonschema.validate(json.loads(verify_json.render([], [])), self.SCHEMA)

    def test_an_effect_that_was_measured_is_never_unknown(self) -> None:
        document = json.loads(verify_json.render([verified()], []))
        document["training_calls"][0]["layers"]["base"]["weights"] = "unknown"

        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, self.SCHEMA)

    def test_a_layer_has_the_line_on_which_it_is_made(self) -> None:
        document = json.loads(verify_json.render([verified()], [], lambda _: {"base": 4}))

        layers = document["training_calls"][0]["layers"]
        assert (layers["base"]["line"], layers["head"]["line"]) == (4, None)


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
        assert page.count('role="img" aria-label="base: moved by') == 2


HOSTILE = "</script><img src=x onerror=alert(1)>&\"'{{ 7 * 7 }}"


def hostile() -> VerifiedFile:
    """A report in which whatever a user can write, or a framework say, tries to be markup."""
    named = layer(HOSTILE)
    found = evidence_of(Verdict.CONFIRMED)
    finding = replace(found.finding, message=HOSTILE)
    evidence = replace(found, finding=finding, reason=HOSTILE, layers=(LayerEvidence(HOSTILE, named, named),))
    return replace(
        verified(verdicts=[]),
        file=HOSTILE,
        environment=HOSTILE,
        evidence=(evidence,),
        device=replace(DEVICE, name=HOSTILE),
        text=SOURCE.replace("model.fit(x, y)", HOSTILE),
    )


class TestWhatIsDrawn:
    def test_a_curve_has_a_point_for_each_step_and_begins_anew_in_each_turn(self) -> None:
        drawn = plot("base", [(0.1, 0.2), (0.1,)], [(0.0, 0.0)])

        assert (drawn.steps, drawn.turns, drawn.highest) == (3, 2, "0.2")
        measured, control = drawn.lines
        assert [path.count(",") for path in measured.paths] == [3, 2]
        assert [path.count(",") for path in control.paths] == [3]
        assert drawn.description == "base: moved by 0.2 in 3 steps of 2 turns; in the control by 0"

    def test_without_steps_to_show_it_stays_where_it_is(self) -> None:
        drawn = plot("base", [], None)

        assert drawn.lines[0].paths == ("64.0,114.0 310.0,114.0",)

    def test_the_way_to_a_finding_is_a_link_where_there_are_several(self, page: str) -> None:
        for number in (1, 2, 3):
            assert f'<a href="#finding-{number}">' in page
            assert f'id="finding-{number}"' in page
        assert "<nav" not in verify_html.render([verified(verdicts=[Verdict.REFUTED])], [])


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


# Every text that is seen, as small as the browser draws it: pictures are scaled to their place.
SMALLEST = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let smallest = [100, ""];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
        const svg = element.closest("svg");
        const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
        const size = parseFloat(getComputedStyle(element).fontSize) * scale;
        if (size < smallest[0]) smallest = [size, walker.currentNode.data];
    }
    return smallest;
}"""
# The contrast of every text with what is painted behind it, as WCAG counts it.
FAINTEST = """() => {
    const numbers = colour => (colour.match(/[0-9.]+/g) || []).map(Number);
    const light = colour => {
        const [r, g, b] = numbers(colour).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        for (let one = element; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (numbers(colour).length === 3) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    let faintest = [100, ""];
    for (const element of document.querySelectorAll("p, h1, h2, h3, h4, td, th, span, dd, dt, a, code, li, summary, text")) {
        if (!element.textContent.trim() || !element.getClientRects().length) continue;
        const style = getComputedStyle(element);
        const [one, other] = [light(element.tagName === "text" ? style.fill : style.color), light(behind(element))];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (contrast < faintest[0]) faintest = [contrast, element.textContent];
    }
    return faintest;
}"""


@pytest.mark.slow  # starts a browser
class TestInABrowser:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [(390, 844), (1280, 900)], ids=["phone", "desktop"])
    def test_it_can_be_read_and_asks_nothing_of_a_network(
        self,
        browser: Any,  # noqa: ANN401 - its package may not be installed
        tmp_path: Path,
        size: tuple[int, int],
        scheme: str,
    ) -> None:
        file = tmp_path / "report.html"
        file.write_text(verify_html.render([verified()], []), encoding="utf-8")
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        asked, complaints = _listened(page)
        page.goto(file.as_uri())

        assert complaints == []
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
        smallest, text = page.evaluate(SMALLEST)
        assert smallest >= 12, text
        faintest, text = page.evaluate(FAINTEST)
        assert faintest >= 4.5, text
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall("[0-9]+", background))) < 3 * 128) is (scheme == "dark")
        for number, verdict in enumerate(Verdict):
            badge = page.locator("article").nth(number).locator(".badge")
            assert verdict.value in badge.inner_text()
            box = badge.bounding_box()
            assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0]

    def test_the_path_to_the_finding_stands_out_in_its_source(
        self,
        browser: Any,  # noqa: ANN401
        tmp_path: Path,
    ) -> None:
        page = _opened(browser, tmp_path, [verified(verdicts=[Verdict.CONFIRMED])])
        marked = page.locator(".source tr.marked").all_inner_texts()

        assert [row.split()[0] for row in marked] == ["5", "6", "7"]
        colours = {
            selector: page.locator(selector).first.evaluate("one => getComputedStyle(one).backgroundColor")
            for selector in (".source tr.marked td", ".source", "td.differs", "td.agrees")
        }
        assert len(set(colours.values())) == 4

    def test_the_keyboard_reaches_everything_that_moves(
        self,
        browser: Any,  # noqa: ANN401
        tmp_path: Path,
    ) -> None:
        page = _opened(browser, tmp_path, [verified()])
        reached = []
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.tagName")
            )
        for target in ("A", "SUMMARY", "Source of KFL101 on line 6:1", "All layers at all training calls"):
            assert target in reached
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details").first.get_attribute("open") is not None

    def test_hostile_text_stays_text(
        self,
        browser: Any,  # noqa: ANN401
        tmp_path: Path,
    ) -> None:
        page = _opened(browser, tmp_path, [hostile()])

        assert page.locator("img, script").count() == 0
        for selector in ("h2", "article p", ".source", "dd"):
            assert HOSTILE in " ".join(page.locator(selector).all_inner_texts())


def _listened(page: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    """What a page asks for, and what it complains of, from now on."""
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return asked, complaints


def _opened(browser: Any, folder: Path, files: Sequence[VerifiedFile]) -> Any:  # noqa: ANN401
    file = folder / "report.html"
    file.write_text(verify_html.render(files, []), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    _, complaints = _listened(page)
    page.goto(file.as_uri())
    assert complaints == []
    return page
