"""The one door that all faces use: source text in, report out."""

from __future__ import annotations

import ast
import warnings

from keras_freeze_lint.findings import FileError, Finding, Report
from keras_freeze_lint.prefilter import deserves_analysis
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import SourceError
from keras_freeze_lint.sources.python2 import looks_like_python2

TOO_DEEP = "too deeply nested to be followed"


def lint_source(text: str, path: str, settings: Settings, tree: ast.Module | None = None) -> Report:
    """Return what there is to say about a source text; ``tree`` spares parsing it again. Never raises.

    The error of the report may be about another file, such as a broken requirements.txt: then findings stand beside it.
    """
    try:
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
    try:
        tree = parse(text)
        target, _ = resolve_target(keras, backend, tree, path)
        analysis = analyse(tree, text, path, target, settings)
        findings = _asked_for(analysis.findings, text, settings)
    except (RecursionError, MemoryError) as error:
        raise SourceError(TOO_DEEP) from error
    return {
        "version": 1,
        "file": path,
        "measured": False,
        "keras": {"versions": str(target.versions), "backend": target.backend, "evidence": target.evidence},
        "training_calls": analysis.training_calls,
        "findings": [finding_object(finding, path) for finding in findings],
    }


def parse(text: str) -> ast.Module:
    """Return the tree of a source text. Raises SourceError if it is not Python 3."""
    if "\0" in text:
        raise SourceError("contains null bytes")
    try:
        with warnings.catch_warnings():
            # Python has its own opinion of "\d" and "is 1"; it is not ours to print.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise SourceError(_syntax_message(error, text)) from error
    except (RecursionError, MemoryError) as error:
        raise SourceError(TOO_DEEP) from error
    except ValueError as error:
        raise SourceError(f"not readable as Python: {error}") from error


def internal_error(error: Exception) -> str:
    """Return the line that asks the user to report a mistake of ours."""
    detail = " ".join(str(error).split())
    return f"internal error ({type(error).__name__}: {detail}): please report it with the file"


def _analysed(tree: ast.Module, text: str, path: str, settings: Settings) -> Report:
    # What most files never need is not imported for them.
    from keras_freeze_lint.analysis import analyse
    from keras_freeze_lint.keras.targets import resolve_target
    from keras_freeze_lint.keras.versions import TargetError

    try:
        target, pin_errors = resolve_target(settings.keras, settings.backend, tree, path)
    except TargetError as error:
        raise SourceError(str(error)) from error
    analysis = analyse(tree, text, path, target, settings)
    # A second broken pin file shows once the first is mended.
    pin_error = next((FileError(str(each.file), each.message) for each in pin_errors), None)
    return Report(path, _asked_for(analysis.findings, text, settings), pin_error)


def _asked_for(findings: tuple[Finding, ...], text: str, settings: Settings) -> tuple[Finding, ...]:
    if not findings:
        return ()
    from keras_freeze_lint.selection import selected
    from keras_freeze_lint.sources.suppressions import unsuppressed

    wanted = selected(findings, settings)
    return unsuppressed(wanted, text) if settings.noqa else wanted


def _failed(path: str, message: str) -> Report:
    return Report(path, error=FileError(path, message))


def _syntax_message(error: SyntaxError, text: str) -> str:
    number = error.lineno or 1
    lines = text.split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    kind = "Python 2 source" if looks_like_python2(line) else "syntax error"
    return f"line {number}: {kind}: {error.msg}"
