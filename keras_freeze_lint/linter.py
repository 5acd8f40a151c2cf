"""The one door that all faces use: source text in, report out."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keras_freeze_lint.findings import FileError, Finding, Report
from keras_freeze_lint.prefilter import deserves_analysis
from keras_freeze_lint.selection import is_selected, own_prefixes
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import NotPythonError, SourceError, is_notebook
from keras_freeze_lint.sources.parsing import TOO_DEEP, parse

if TYPE_CHECKING:
    from keras_freeze_lint.sources.notebooks import Notebook


def lint_source(text: str, path: str, settings: Settings, tree: ast.Module | None = None) -> Report:
    """Return what there is to say about a source text; ``tree`` spares parsing it again. Never raises.

    A text whose path ends in ``.ipynb`` is a notebook's, unless ``tree`` says that it is Python.

    The error of the report may be about another file, such as a broken requirements.txt: then findings stand beside it.
    """
    try:
        if tree is None and is_notebook(path):
            return _notebook_report(text, path, settings)
        tree = parse(text) if tree is None else tree
        if settings.prefilter and not deserves_analysis(text, bool(settings.upgrade_to)):
            return Report(path)
        return _analysed(tree, text, path, settings)
    except Exception as error:  # noqa: BLE001 - one strange file must not end the run for all others
        return failed(path, error, settings, text)


def failed(path: str, error: Exception, settings: Settings, text: str = "") -> Report:
    """Return the report of a file that could not be checked because of what was raised; ``text`` is what was read."""
    if isinstance(error, (RecursionError, MemoryError)):
        error = NotPythonError(TOO_DEEP)
    if isinstance(error, SourceError):
        told = FileError(path, str(error), error.code, error.line)
    else:
        told = FileError(path, internal_error(error), "KFL901")
    return _with_lines(Report(path, _as_findings(told, text, settings), told), text)


def trace_source(text: str, path: str, keras: str = "auto", backend: str = "tensorflow") -> dict[str, object]:
    """Return what each training call of a source text is predicted to move, in the JSON shape of ``trace``.

    Raises SourceError if the text is no Python or nested too deeply, TargetError if ``keras`` names no Keras.
    """
    from keras_freeze_lint.analysis import analyse
    from keras_freeze_lint.keras.targets import resolve_target
    from keras_freeze_lint.reporters.json import finding_object

    settings = Settings(keras=keras, backend=backend)
    notebook = _notebook(text) if is_notebook(path) else None
    text = text if notebook is None else notebook.text
    try:
        tree = parse(text)
        target, _ = resolve_target(keras, backend, tree, path)
        analysis = analyse(tree, text, path, target, settings)
        findings = _asked_for(analysis.findings, text, settings)
    except (RecursionError, MemoryError) as error:
        raise NotPythonError(TOO_DEEP) from error
    document: dict[str, Any] = {
        "version": 1,
        "file": path,
        "measured": False,
        "keras": {"versions": str(target.versions), "backend": target.backend, "evidence": target.evidence},
        "training_calls": analysis.training_calls,
        "findings": findings,
    }
    if notebook is not None:
        from keras_freeze_lint.sources.cells import trace_in_cells

        document = trace_in_cells(document, notebook)
    return {**document, "findings": [finding_object(finding, path) for finding in document["findings"]]}


def upgrade_source(
    text: str, path: str, upgrade_to: str, keras: str = "auto", backend: str = "tensorflow"
) -> dict[str, object]:
    """Return what each training call does on both Kerases, in the JSON shape of ``trace --upgrade-to``.

    Raises SourceError and TargetError as ``trace_source`` does.
    """
    from keras_freeze_lint.analysis import analyse
    from keras_freeze_lint.keras.targets import resolve_target
    from keras_freeze_lint.upgrade_trace import change_entries

    traces = [trace_source(text, path, wanted, backend) for wanted in (keras, upgrade_to)]
    notebook = _notebook(text) if is_notebook(path) else None
    text = text if notebook is None else notebook.text
    tree = parse(text)
    old, new = (resolve_target(wanted, backend, tree, path)[0] for wanted in (keras, upgrade_to))
    changes = change_entries(analyse(tree, text, path, old, Settings(), new).upgrade)
    if notebook is not None:
        from keras_freeze_lint.sources.cells import calls_in_cells

        changes = calls_in_cells(changes, notebook)
    return {"version": 1, "file": path, "from": traces[0], "to": traces[1], "changes": changes}


def internal_error(error: Exception) -> str:
    """Return the line that asks the user to report a mistake of ours."""
    detail = " ".join(str(error).split())
    return f"internal error ({type(error).__name__}: {detail}): please report it with the file"


def _analysed(tree: ast.Module, text: str, path: str, settings: Settings) -> Report:
    # What most files never need is not imported for them.
    from keras_freeze_lint.analysis import analyse
    from keras_freeze_lint.keras.targets import resolve_target, resolve_upgrade
    from keras_freeze_lint.keras.versions import TargetError

    try:
        target, pin_errors = resolve_target(settings.keras, settings.backend, tree, path)
        upgrade_to = resolve_upgrade(settings.upgrade_to, settings.backend, tree, path)
    except TargetError as error:
        raise SourceError(str(error)) from error
    analysis = analyse(tree, text, path, target, settings, upgrade_to)
    # A second broken pin file shows once the first is mended.
    pin_error = next((FileError(str(each.file), each.message) for each in pin_errors), None)
    findings = _asked_for(analysis.findings, text, settings)
    if settings.noqa and own_prefixes(settings) and is_selected("KFL902", settings):
        from keras_freeze_lint.own_findings import unused_suppressions

        unused = _asked_for(unused_suppressions(tree, text, path, settings), text, settings)
        findings = tuple(sorted((*findings, *unused), key=lambda one: (one.location.line, one.location.column)))
    assumed = target.versions if target.is_assumed and "trainable" in text else ""
    return _with_lines(Report(path, findings, pin_error, assumed=str(assumed)), text)


def _notebook_report(text: str, path: str, settings: Settings) -> Report:
    from keras_freeze_lint.sources.cells import in_cells

    notebook = _notebook(text)
    report = lint_source(notebook.text, path, settings, parse(notebook.text))
    # A cell that is no Python does nothing in the notebook either, so what the others do is as good as known.
    broken = [FileError(path, f"cell {cell}, {each}", each.code, each.line, cell) for cell, each in notebook.errors]
    errors = [*([] if report.error is None else [report.error]), *broken]
    findings = (
        *(in_cells(one, notebook) for one in report.findings),
        *(finding for error in broken for finding in _as_findings(error, "", settings)),
    )
    lines: dict[int | None, tuple[str, ...]] = {}
    if findings:
        lines.update((cell, notebook.lines_of(cell)) for _, cell in notebook.cells)
    return Report(path, findings, next(iter(errors), None), lines, report.assumed)


def _notebook(text: str) -> Notebook:
    from keras_freeze_lint.sources.notebooks import read_notebook

    return read_notebook(text)


def _asked_for(findings: tuple[Finding, ...], text: str, settings: Settings) -> tuple[Finding, ...]:
    if not findings:
        return ()
    from keras_freeze_lint.selection import selected
    from keras_freeze_lint.sources.suppressions import unsuppressed

    wanted = selected(findings, settings)
    return unsuppressed(wanted, text) if settings.noqa else wanted


def _as_findings(error: FileError, text: str, settings: Settings) -> tuple[Finding, ...]:
    """What could not be checked as a finding, for those who ask for these codes by name."""
    if not error.code or not own_prefixes(settings):
        return ()
    from keras_freeze_lint.own_findings import error_finding

    line = text.split("\n")[error.line - 1] if 0 < error.line <= text.count("\n") + 1 else ""
    return _asked_for((error_finding(error, line),), text, settings)


def _with_lines(report: Report, text: str) -> Report:
    return replace(report, lines={None: tuple(text.split("\n"))}) if report.findings and text else report
