"""Which codes a user wants to see: ``select`` and ``ignore`` hold prefixes, and the longer prefix wins.

The codes about the tool itself are on only where a prefix reaches into their family: ``KFL`` alone means Keras.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from keras_freeze_lint.findings import Finding
from keras_freeze_lint.settings import Settings, SettingsError

OWN_FAMILY = "KFL9"


def selected(findings: Iterable[Finding], settings: Settings) -> tuple[Finding, ...]:
    """Return the findings whose codes the settings ask for."""
    return tuple(finding for finding in findings if is_selected(finding.code, settings))


def is_selected(code: str, settings: Settings) -> bool:
    """Whether the settings ask for this code; a code that is both selected and ignored by equal prefixes is ignored."""
    ignored_by = _longest_prefix(code, settings.ignore)
    if code.startswith(OWN_FAMILY):
        return _longest_prefix(code, own_prefixes(settings)) > ignored_by
    if _longest_prefix(code, settings.extend_select) > ignored_by:
        return True
    if settings.select:
        return _longest_prefix(code, settings.select) > ignored_by
    return ignored_by < 0 and (settings.pedantic or _defaults()[code])


def own_prefixes(settings: Settings) -> list[str]:
    """Return the prefixes by which the settings ask for codes about the tool itself; most runs have none."""
    return [prefix for prefix in (*settings.select, *settings.extend_select) if prefix.startswith(OWN_FAMILY)]


def check_prefixes(prefixes: Iterable[str], origin: str) -> None:
    """Raise SettingsError, naming the origin, for a prefix that begins no known code."""
    for prefix in prefixes:
        if not prefix or not any(code.startswith(prefix) for code in _defaults()):
            raise SettingsError(f"{origin}: unknown code {prefix!r} (known: {', '.join(_defaults())})")


@cache
def _defaults() -> dict[str, bool]:
    """Every code, and whether it is on by default."""
    # Only now: the rules bring the whole analysis with them, and most runs have no findings.
    from keras_freeze_lint.rules.registry import RULES

    return {rule.code: rule.default for rule in RULES}


def _longest_prefix(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)
