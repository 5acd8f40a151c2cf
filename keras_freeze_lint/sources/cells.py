"""Tells what was found in the module that a notebook amounts to in terms of the notebook's cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_freeze_lint.findings import Finding, PathStep, Prediction
from keras_freeze_lint.sources.notebooks import Notebook

# How messages name lines ("line 12"), and layers without a name ("Dense@12").
_LINE = re.compile(r"\bline (\d+)\b")
_NAMELESS = re.compile(r"(?<=\w)@(\d+)$")


def in_cells(finding: Finding, notebook: Notebook) -> Finding:
    """Return a finding with every line that it names turned into a cell and a line of it."""
    location = finding.location
    cell, line = notebook.place(location.line)
    _, end_line = notebook.place(location.end_line)
    return replace(
        finding,
        message=_words(finding.message, notebook),
        location=replace(location, cell=cell, line=line, end_line=end_line),
        path=tuple(_step(step, notebook) for step in finding.path),
        prediction=finding.prediction and _prediction(finding.prediction, notebook),
    )


def trace_in_cells(document: Mapping[str, Any], notebook: Notebook) -> dict[str, Any]:
    """Return a trace document, its findings still objects, in terms of cells."""
    keras = document["keras"]
    evidence = _evidence(keras["evidence"], document["file"], notebook)
    return {
        **document,
        "keras": {**keras, "evidence": evidence},
        "training_calls": calls_in_cells(document["training_calls"], notebook),
        "findings": [in_cells(finding, notebook) for finding in document["findings"]],
    }


def calls_in_cells(calls: Iterable[Mapping[str, Any]], notebook: Notebook) -> list[dict[str, Any]]:
    """Return training calls, with their layers, in terms of cells."""
    return [_call(call, notebook) for call in calls]


def _call(call: Mapping[str, Any], notebook: Notebook) -> dict[str, Any]:
    cell, line = notebook.place(call["line"])
    layers = {_name(name, notebook): _layer(layer, notebook) for name, layer in call["layers"].items()}
    return {"cell": cell, **call, "line": line, "layers": layers}


def _evidence(evidence: str, path: str, notebook: Notebook) -> str:
    """The evidence for a target names lines of the file: ``book.ipynb:12: ...``."""
    name = Path(path).name

    def words(match: re.Match[str]) -> str:
        cell, line = notebook.place(int(match[1]))
        return f"{name}:cell {cell}:{line}:"

    return re.sub(rf"{re.escape(name)}:(\d+):", words, evidence)


def _step(step: PathStep, notebook: Notebook) -> PathStep:
    cell, line = notebook.place(step.line)
    return PathStep(line, _words(step.what, notebook), cell)


def _prediction(prediction: Prediction, notebook: Notebook) -> Prediction:
    cell, line = notebook.place(prediction.training_call)
    layers = tuple(_name(layer, notebook) for layer in prediction.layers)
    return replace(prediction, training_call=line, cell=cell, layers=layers)


def _layer(layer: Mapping[str, Any], notebook: Notebook) -> dict[str, Any]:
    cell, line = notebook.place(layer["line"])
    return {**layer, "cell": cell, "line": line}


def _name(name: str, notebook: Notebook) -> str:
    def place(match: re.Match[str]) -> str:
        cell, line = notebook.place(int(match[1]))
        return f"@{cell}:{line}"

    return _NAMELESS.sub(place, name)


def _words(text: str, notebook: Notebook) -> str:
    def place(match: re.Match[str]) -> str:
        cell, line = notebook.place(int(match[1]))
        return f"line {line} of cell {cell}"

    return _LINE.sub(place, text)
