"""What the linter finds about itself and its comments: KFL900, KFL901 and KFL902, for whoever asks for them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from keras_freeze_lint.analysis import analyse
from keras_freeze_lint.findings import FileError, Finding, Fix, Location, Severity
from keras_freeze_lint.keras.versions import Target, parse_target
from keras_freeze_lint.rules.registry import RULES
from keras_freeze_lint.rules.tool import TOOL_RULES, UNUSED_SUPPRESSION
from keras_freeze_lint.selection import OWN_FAMILY
from keras_freeze_lint.settings import BACKENDS, Settings
from keras_freeze_lint.sources.files import is_notebook
from keras_freeze_lint.sources.noqa_comments import NoqaComment, noqa_comments, without

# Its findings depend on a setting of the run, so that a run without it cannot tell whether a comment is of use.
_UPGRADE_FAMILY = "KFL8"
# Between them they name every known release.
_EVERY_KERAS = (
    *(("keras>=1", backend) for backend in BACKENDS),
    ("tensorflow>=1.4,<2.16", BACKENDS[0]),
    ("tf_keras", BACKENDS[0]),
)


def error_finding(error: FileError, line: str = "") -> Finding:
    """Return a file's error as a finding on the line that stands in the way; ``line`` is its text."""
    rule = next(rule for rule in TOOL_RULES if rule.code == error.code)
    number = error.line or 1
    location = Location(number, 1, number, len(line) + 1, error.cell)
    return Finding(rule.code, rule.name, rule.messages[""].format(message=error.message), location)


def unused_suppressions(tree: ast.Module, text: str, path: str, settings: Settings) -> tuple[Finding, ...]:
    """Return a finding for each noqa comment that names a code of ours for nothing.

    Judged is on every known Keras: a comment that is of use for one of them stays. Codes that the settings ignore are
    not judged, nor comments without codes, which are for all tools.
    """
    judged = [(comment, codes) for comment in noqa_comments(text) if (codes := _judged(comment, settings))]
    if not judged:
        return ()
    worth_a_look = any(_exists(code) for _, codes in judged for code in codes)
    found = _found_anywhere(tree, text, path) if worth_a_look else set()
    return tuple(_of_comments(judged, found, fixable=not is_notebook(path)))


def _judged(comment: NoqaComment, settings: Settings) -> list[str]:
    """The codes of a comment for which this run can tell."""
    return [
        code
        for code in comment.codes
        if code.startswith("KFL")
        and not code.startswith((OWN_FAMILY, _UPGRADE_FAMILY))
        and not code.startswith(settings.ignore)
    ]


def _exists(code: str) -> bool:
    """Whether it is a code, or the beginning of some."""
    return any(rule.code.startswith(code) for rule in RULES)


def _found_anywhere(tree: ast.Module, text: str, path: str) -> set[tuple[int, str]]:
    """Line and code of all that is wrong, or perhaps wrong, on any Keras."""
    everything = Settings(pedantic=True)
    return {
        (finding.location.line, finding.code)
        for target in _targets()
        for finding in analyse(tree, text, path, target, everything).findings
    }


def _targets() -> Iterator[Target]:
    return (parse_target(requirement, backend) for requirement, backend in _EVERY_KERAS)


def _of_comments(
    judged: Iterable[tuple[NoqaComment, Sequence[str]]], found: set[tuple[int, str]], fixable: bool
) -> Iterator[Finding]:
    for comment, codes in judged:
        here = {code for line, code in found if line in comment.lines}
        unused = [code for code in codes if not any(code_here.startswith(code) for code_here in here)]
        if not unused:
            continue
        which = "" if any(map(_exists, unused)) else "unknown"
        named = " and ".join(dict.fromkeys(unused))
        yield Finding(
            UNUSED_SUPPRESSION.code,
            UNUSED_SUPPRESSION.name,
            UNUSED_SUPPRESSION.messages[which].format(codes=named),
            Location(comment.line, comment.column, comment.line, comment.end_column),
            severity=Severity.WARNING,
            fix=Fix(True, f"remove the noqa of {named}", (without(comment, unused),)) if fixable else None,
        )
