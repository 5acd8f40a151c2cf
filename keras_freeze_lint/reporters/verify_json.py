"""The measured timeline in JSON: the shape of ``trace``, with what a run showed in the place of what is predicted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from keras_freeze_lint.findings import FileError
from keras_freeze_lint.reporters.json import VERSION, finding_object, render_document
from keras_freeze_lint.verify.judging import origin_of
from keras_freeze_lint.verify.measurement import CallMeasurement, Device, LayerMeasurement, Measurement, Quantity
from keras_freeze_lint.verify.verdicts import Evidence, LayerEvidence, VerifiedFile
from keras_freeze_lint.verify.witness import Witness

# Where a text makes its layers, by the names that these have in traces: lines of that text.
LinesOf = Callable[[VerifiedFile], Mapping[str, int]]


def render(files: Sequence[VerifiedFile], errors: Iterable[FileError], lines_of: LinesOf | None = None) -> str:
    """Return the document of ``verify --format json``: of one file in one environment a trace, else a list of them."""
    told = [{"file": error.file, "message": error.message} for error in errors]
    runs = [document(file, lines_of(file) if lines_of is not None else {}) for file in files]
    if len(runs) == 1:
        return render_document({**runs[0], "errors": told})
    return render_document({"version": VERSION, "measured": True, "runs": runs, "errors": told})


def document(verified: VerifiedFile, lines: Mapping[str, int] = MappingProxyType({})) -> dict[str, Any]:
    """Return one file in one environment; ``lines`` tells where its layers are made."""
    return {
        "version": VERSION,
        "file": verified.file,
        "measured": True,
        "keras": {"versions": verified.versions, "backend": verified.backend, "evidence": verified.target},
        "environment": verified.environment,
        "device": verified.device and _device(verified.device),
        "training_calls": [_with_lines(call, verified, lines) for call in training_calls(verified)],
        "assumptions": [
            {**place(verified, line), "written": written, "assumed": assumed}
            for line, written, assumed in assumptions(verified)
        ],
        "findings": [
            {**finding_object(each.finding, verified.file), "evidence": _evidence(each, verified)}
            for each in verified.evidence
        ],
    }


def training_calls(
    verified: VerifiedFile, calls: Iterable[tuple[int, CallMeasurement]] | None = None
) -> list[dict[str, Any]]:
    """Return one entry for each line that trained, as in a trace: where its turns differ, an effect varies.

    ``calls`` are those of the whole file unless others are given, each with its line there.
    """
    entries: dict[tuple[int, str], dict[str, Any]] = {}
    for line, call in calls_of(verified) if calls is None else calls:
        entry = entries.setdefault(
            (line, call.call),
            {**place(verified, line), "call": call.call, "model": call.model, "reached": "always", "layers": {}},
        )
        if call.raised is not None:
            entry["raised"] = call.raised
        if call.answers is not None:
            entry.setdefault("answers_drift", []).append(call.answers)
        for layer in call.layers:
            _merge(entry["layers"].setdefault(layer.key, _layer(layer)), _layer(layer))
    return list(entries.values())


def _with_lines(call: dict[str, Any], verified: VerifiedFile, lines: Mapping[str, int]) -> dict[str, Any]:
    layers = {
        name: {**layer, **place(verified, lines[name])} if name in lines else layer
        for name, layer in call["layers"].items()
    }
    return {**call, "layers": layers}


def calls_of(verified: VerifiedFile) -> Iterator[tuple[int, CallMeasurement]]:
    """Yield the training calls as they ran, each with its line in the user's file; a second witness adds its own."""
    seen: set[int] = set()
    for run in verified.runs:
        if isinstance(run.witness, Witness) and run.measured is not None:
            found = [(origin_of(run.witness, call.line), call) for call in run.measured.calls]
            yield from ((line, call) for line, call in found if line not in seen)
            seen.update(line for line, _ in found)


def answers_of(evidence: Evidence) -> list[float]:
    """Return how far the answers of a frozen model drifted, turn by turn of the training call that decided."""
    witness, measured, decided = evidence.witness, evidence.measured, evidence.call
    if witness is None or measured is None or decided is None:
        return []
    calls = [call for call in measured.calls if origin_of(witness, call.line) == decided.line]
    return [call.answers for call in calls if call.answers is not None and call.model == decided.model]


def assumptions(verified: VerifiedFile) -> list[tuple[int, str, str]]:
    """Return what the witnesses fill in, each once: the line, what is written there, and what stands for it."""
    found: dict[tuple[int, str, str], None] = {}
    for run in verified.runs:
        if isinstance(run.witness, Witness):
            found.update(((one.line, one.written, one.assumed), None) for one in run.witness.assumptions)
    return sorted(found)


def place(verified: VerifiedFile, line: int) -> dict[str, int]:
    """Return the place of a line of the analysed text, in a notebook with its cell."""
    if not verified.cells or not line:
        return {"line": line}
    first, cell = verified.cells[max(bisect_right(verified.cells, line, key=itemgetter(0)) - 1, 0)]
    return {"cell": cell, "line": line - first + 1}


def _merge(known: dict[str, Any], layer: dict[str, Any]) -> None:
    for key, value in layer.items():
        if known.setdefault(key, value) != value:
            known[key] = max(known[key], value, key=len) if key.endswith("drift") else "varies"


def _layer(layer: LayerMeasurement) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "class": layer.cls,
        "line": None,
        "intent": layer.intent,
        "weights": _word(layer.weights),
        "drift": list(layer.weights.drift),
    }
    if layer.statistics is not None:
        entry["statistics"] = _word(layer.statistics)
        entry["statistics_drift"] = list(layer.statistics.drift)
    return entry


def _word(quantity: Quantity) -> str:
    return "moves" if quantity.moves else "still"


def _device(device: Device) -> dict[str, str]:
    return {
        "name": device.name,
        "python": device.python,
        "keras": device.keras,
        "backend": device.backend,
        "framework": device.framework,
    }


def _evidence(evidence: Evidence, verified: VerifiedFile) -> dict[str, Any]:
    """The proof: what the layers in question did, what they did in the control, and the witness, to run it again."""
    call = evidence.call
    return {
        "training_call": call
        and {**place(verified, call.line), "call": call.call, "model": call.model, "raised": call.raised},
        "layers": [_compared(layer) for layer in evidence.layers],
        "answers_drift": answers_of(evidence),
        "control": evidence.control or None,
        "run": evidence.measured and _run(evidence.measured),
        "control_run": evidence.control_run and _run(evidence.control_run),
        "witness": evidence.witness.text if evidence.witness else None,
        "warnings": _warnings(evidence, verified),
    }


def _warnings(evidence: Evidence, verified: VerifiedFile) -> list[dict[str, Any]]:
    """What Keras said while the witness ran, each with the line of the user's file that was at work."""
    witness, measured = evidence.witness, evidence.measured
    if witness is None or measured is None:
        return []
    said = dict.fromkeys((origin_of(witness, line), message) for line, message in measured.warnings)
    return [{**place(verified, line), "message": message} for line, message in said]


def _compared(layer: LayerEvidence) -> dict[str, Any]:
    return {
        "layer": layer.predicted,
        "measured_as": layer.measured.key,
        "path": list(layer.measured.path),
        "measured": _layer(layer.measured),
        "control": layer.control and _layer(layer.control),
    }


def _run(measured: Measurement) -> dict[str, Any]:
    return {"status": measured.status, "message": measured.message, "seconds": round(measured.seconds, 3)}
