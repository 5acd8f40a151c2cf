"""What a run showed, as one page to look at: a file that stands alone and asks nothing of any network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from keras_freeze_lint import __version__
from keras_freeze_lint.findings import FileError, Finding, Verdict
from keras_freeze_lint.reporters.plots import Plot, plot
from keras_freeze_lint.reporters.text import place
from keras_freeze_lint.reporters.verify_json import assumptions, training_calls
from keras_freeze_lint.reporters.verify_json import place as place_of_line
from keras_freeze_lint.reporters.verify_text import SIGNS, distance, label, word
from keras_freeze_lint.verify.comparing import quantity_of
from keras_freeze_lint.verify.judging import origin_of
from keras_freeze_lint.verify.measurement import LayerMeasurement, Measurement
from keras_freeze_lint.verify.verdicts import Evidence, LayerEvidence, VerifiedFile

# Lines shown around each station of the path.
_AROUND = 2
# A model may have hundreds of layers; these many show what there is to see, the JSON has them all.
_ROWS = 40
_CALLS = 12
_PLOTS = 12
_TURNS = 20


@dataclass(frozen=True)
class _SourceLine:
    """A line of the excerpt; ``number`` is empty where lines are left out, ``marks`` say what happens there."""

    number: str
    text: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Cell:
    """One layer at one training call: what was meant, what happened, whether these differ."""

    intent: str
    effect: str
    differs: bool
    decides: bool


def render(files: Sequence[VerifiedFile], errors: Iterable[FileError]) -> str:
    """Return the page."""
    counts = Counter(evidence.verdict for one in files for evidence in one.evidence)
    template = _environment().get_template("verify.html.j2")
    return template.render(
        version=__version__,
        counts=[(verdict.value, SIGNS[verdict], counts[verdict]) for verdict in Verdict],
        errors=list(errors),
        several=len({one.environment for one in files}) > 1,
        files=_numbered([_file(one) for one in files]),
    )


def _numbered(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The files with a number for each finding, by which the list at the top of the page leads to it."""
    numbers = count(1)
    for file in files:
        for finding in file["findings"]:
            finding["number"] = next(numbers)
    return files


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("keras_freeze_lint.reporters"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(verified: VerifiedFile) -> dict[str, Any]:
    return {
        "name": verified.file,
        "environment": verified.environment,
        "device": verified.device,
        "versions": verified.versions,
        "target": verified.target,
        "findings": [_finding(verified, one) for one in verified.evidence],
        "assumptions": [(_where(verified, line), *rest) for line, *rest in assumptions(verified)],
        "error": verified.error,
    }


def _finding(verified: VerifiedFile, evidence: Evidence) -> dict[str, Any]:
    finding = evidence.finding
    prediction = finding.prediction
    quantity = prediction.quantity if prediction else "weights"
    return {
        "verdict": evidence.verdict.value,
        "sign": SIGNS[evidence.verdict],
        "code": finding.code,
        "name": finding.name,
        "place": place(finding.location),
        "message": finding.message,
        "reason": evidence.reason,
        "reason_place": _where(verified, evidence.line) if evidence.verdict is Verdict.INCONCLUSIVE else "",
        "source": _excerpt(verified, finding),
        "quantity": quantity,
        "prediction": prediction,
        "layers": [
            (
                label(one),
                one.measured.intent,
                word(quantity_of(one.measured, quantity)),
                distance(quantity_of(one.measured, quantity)),
                word(quantity_of(one.control, quantity)) if one.control else "-",
            )
            for one in evidence.layers[:_ROWS]
        ],
        "control": evidence.control,
        "timeline": _timeline(verified, evidence),
        "plots": _plots(evidence, quantity),
        "witness": evidence.witness.text if evidence.witness else "",
    }


def _excerpt(verified: VerifiedFile, finding: Finding) -> list[_SourceLine]:
    """The lines of the path freeze -> compile -> fit, each marked with what happens there, and those around them."""
    marks: dict[int, list[str]] = {}
    for number, step in enumerate(finding.path, 1):
        marks.setdefault(_line(verified, step.line, step.cell), []).append(f"{number} {step.what}")
    marks.setdefault(_line(verified, finding.location.line, finding.location.cell), []).append(finding.code)
    lines = verified.text.split("\n")
    wanted = {near for line in marks for near in range(line - _AROUND, line + _AROUND + 1) if 1 <= near <= len(lines)}
    excerpt: list[_SourceLine] = []
    before = 0
    for line in sorted(wanted):
        if before and line > before + 1:
            excerpt.append(_SourceLine("", "⋯"))
        excerpt.append(_SourceLine(_where(verified, line), lines[line - 1], tuple(marks.get(line, ()))))
        before = line
    return excerpt


def _line(verified: VerifiedFile, line: int, cell: int | None) -> int:
    """A place in a cell as a line of the analysed text."""
    return line + next((first - 1 for first, number in verified.cells if number == cell), 0)


def _where(verified: VerifiedFile, line: int) -> str:
    found = place_of_line(verified, line)
    return f"{found['cell']}:{found['line']}" if "cell" in found else str(found["line"] or "")


def _timeline(verified: VerifiedFile, evidence: Evidence) -> dict[str, Any]:
    """Every layer at every line that trained in the run for this finding."""
    prediction = evidence.finding.prediction
    witness, measured = evidence.witness, evidence.measured
    calls = [(origin_of(witness, call.line), call) for call in measured.calls] if witness and measured else []
    entries = training_calls(verified, calls)[:_CALLS]
    names = list(dict.fromkeys(name for entry in entries for name in entry["layers"]))
    concerned = {one.measured.key for one in evidence.layers}
    names.sort(key=lambda name: name not in concerned)
    rows = []
    for name in names[:_ROWS]:
        cells = []
        for entry in entries:
            layer = entry["layers"].get(name)
            decides = bool(
                prediction
                and name in concerned
                and evidence.call
                and entry["call"] == evidence.call.call
                and _same_place(verified, entry, evidence.call.line)
            )
            cells.append(None if layer is None else _cell(layer, evidence, decides=decides))
        rows.append((name, cells))
    headings = [
        (entry["call"], f"{entry['cell']}:{entry['line']}" if "cell" in entry else entry["line"]) for entry in entries
    ]
    return {"headings": headings, "rows": rows, "more": max(len(names) - _ROWS, 0)}


def _same_place(verified: VerifiedFile, entry: dict[str, Any], line: int) -> bool:
    return {key: entry.get(key) for key in ("cell", "line")} == {"cell": None, **place_of_line(verified, line)}


def _cell(layer: dict[str, Any], evidence: Evidence, *, decides: bool) -> _Cell:
    prediction = evidence.finding.prediction
    quantity = prediction.quantity if prediction and decides else "weights"
    intent = prediction.intent if prediction and decides else layer["intent"]
    effect = {"moves": "moved", "still": "still"}.get(layer.get(quantity, ""), "varies")
    differs = (intent, effect) in {("frozen", "moved"), ("trainable", "still")}
    drift = layer["drift" if quantity == "weights" else "statistics_drift"]
    far = f" {drift[-1]:.2g}" if effect == "moved" and drift else ""
    subject = "statistics " if quantity == "statistics" else ""
    return _Cell(intent, f"{subject}{effect}{far}", differs, decides)


def _plots(evidence: Evidence, quantity: str) -> list[Plot]:
    return [_plot(evidence, one, quantity) for one in evidence.layers[:_PLOTS]]


def _plot(evidence: Evidence, layer: LayerEvidence, quantity: str) -> Plot:
    measured = _turns(evidence, layer.measured, evidence.measured, quantity)
    control = _turns(evidence, layer.control, evidence.control_run, quantity) if layer.control else None
    return plot(label(layer), measured, control)


def _turns(
    evidence: Evidence, layer: LayerMeasurement, run: Measurement | None, quantity: str
) -> list[tuple[float, ...]]:
    """The drift of a layer in each turn of the training call that decided; in the control one turn may be all."""
    decided = next((call for call in run.calls if layer in call.layers), None) if run else None
    if run is None or decided is None or evidence.call is None:
        found = [layer]
    else:
        turns = [call for call in run.calls if (call.line, call.model) == (decided.line, decided.model)]
        found = [one for call in turns for one in call.layers if one.key == layer.key]
    shown = [quantity_of(one, quantity) for one in found]
    return [one.drift for one in shown[:_TURNS] if one is not None]
