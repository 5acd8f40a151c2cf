"""The one door that all faces use: source text in, report out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from keras_freeze_lint.findings import FileError, Finding, Report
from keras_freeze_lint.prefilter import deserves_analysis
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import SourceError, is_notebook
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
        if settings.prefilter and not deserves_analysis(text):
            return Report(path)
        return _analysed(tree, text, path, settings)
    except SourceError as error:
        return _failed(path, str(error))
    except (RecursionError, MemoryError):
        return _failed(path, TOO_DEEP)
    except Exception as error:  # noqa: BLE001 - one strange file must not end the run for all others
        return _failed(path, internal_error(error))


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
        raise SourceError(TOO_DEEP) from error
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
    return Report(path, _asked_for(analysis.findings, text, settings), pin_error)


def _notebook_report(text: str, path: str, settings: Settings) -> Report:
    from keras_freeze_lint.sources.cells import in_cells

    notebook = _notebook(text)
    report = lint_source(notebook.text, path, settings, parse(notebook.text))
    # A cell that is no Python does nothing in the notebook either, so what the others do is as good as known.
    errors = [*([] if report.error is None else [report.error]), *(FileError(path, each) for each in notebook.errors)]
    return Report(path, tuple(in_cells(one, notebook) for one in report.findings), next(iter(errors), None))


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


def _failed(path: str, message: str) -> Report:
    return Report(path, error=FileError(path, message))
