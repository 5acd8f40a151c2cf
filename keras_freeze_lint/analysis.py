"""From a syntax tree to findings and a trace: follow paths, replay them on each Keras of a target, ask the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.explorations import Explorations, Outcome, behaviours
from keras_freeze_lint.findings import Certainty, Finding
from keras_freeze_lint.keras.releases import Release
from keras_freeze_lint.keras.versions import Target, describe, where
from keras_freeze_lint.positions import Positions
from keras_freeze_lint.rules.base import Defect, Rule, key
from keras_freeze_lint.rules.precedence import without_duplicates
from keras_freeze_lint.rules.registry import RULES
from keras_freeze_lint.rules.upgrading import UPGRADE_RULE, defect_of
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.trace import training_calls
from keras_freeze_lint.upgrade import Change, changes


@dataclass
class Analysis:
    """Findings in source order, before any suppression or selection; and what each training call moves.

    ``upgrade`` are the training calls that do something else on the Keras to upgrade to.
    """

    findings: tuple[Finding, ...]
    outcomes: list[Outcome]
    upgrade: list[Change] = field(default_factory=list)

    @cached_property
    def training_calls(self) -> list[dict[str, object]]:
        """The entries of the trace."""
        return training_calls(self.outcomes)


@dataclass
class _Sighting:
    """One mistake, as the paths and releases of the target show it."""

    rule: Rule
    defect: Defect
    releases: set[Release] = field(default_factory=set)


_Place = tuple[str, int]


def analyse(
    tree: ast.Module,
    text: str,
    path: str,  # noqa: ARG001  whoever calls it knows the file by name
    target: Target,
    settings: Settings,
    upgrade_to: Target | None = None,
) -> Analysis:
    """Interpret the file and hold what it says against what Keras does, on ``upgrade_to`` against the target."""
    sightings: dict[_Place, _Sighting] = {}
    outcomes: dict[Outcome, set[_Place]] = {}
    explorations = Explorations(tree)
    for measured, releases in behaviours(target).items():
        outcome = explorations.under(measured)
        if outcome not in outcomes:
            outcomes[outcome] = {place for one in outcome.replays for place in _look(one, outcome, sightings)}
        for place in outcomes[outcome]:
            sightings[place].releases.update(releases)
    upgrade = changes(explorations, target, upgrade_to) if upgrade_to is not None else []
    findings = _findings(_sighted(sightings.values(), upgrade, target, upgrade_to), text)
    if not settings.pedantic:
        findings = tuple(finding for finding in findings if finding.certainty is Certainty.CERTAIN)
    return Analysis(findings, list(outcomes), upgrade)


def _is_settled(outcome: Outcome, call: ast.AST) -> bool:
    """Whether a training call moves the same layers on every path that comes to its end."""
    moved = {
        frozenset(key(effect.layer, replay) for effect in record.effects.values() if effect.weights)
        for replay in outcome.replays
        for record in replay.records
        if record.node is call and not record.raised
    }
    return len(moved) < 2


def _look(replay: Replay, outcome: Outcome, sightings: dict[_Place, _Sighting]) -> Iterator[_Place]:
    for rule in RULES:
        for defect in rule.check(replay):
            if defect.settled_at is not None and not _is_settled(outcome, defect.settled_at):
                continue
            place = (defect.code, id(defect.node))
            sightings.setdefault(place, _Sighting(rule, defect))
            yield place


def _sighted(
    sightings: Iterable[_Sighting], upgrade: Iterable[Change], target: Target, upgrade_to: Target | None
) -> Iterator[tuple[_Sighting, Target]]:
    """Every mistake, with the target that it is made on."""
    yield from ((sighting, target) for sighting in sightings)
    if upgrade_to is not None:
        for change in upgrade:
            sighting = _Sighting(UPGRADE_RULE, defect_of(change, target), change.new_releases)
            yield sighting, upgrade_to


def _findings(sighted: Iterable[tuple[_Sighting, Target]], text: str) -> tuple[Finding, ...]:
    chosen = list(sighted)
    if not chosen:
        return ()
    positions = Positions(text)
    found = [_finding(sighting, positions, target) for sighting, target in chosen]
    ordered = sorted(found, key=lambda one: (one.location.line, one.location.column, one.code))
    return without_duplicates(ordered)


def _finding(sighting: _Sighting, positions: Positions, target: Target) -> Finding:
    rule, defect = sighting.rule, sighting.defect
    affected = sorted(sighting.releases)
    everywhere = len(affected) == len(target.releases)
    template = rule.messages.get(defect.message) or rule.messages[""]
    message = template.format(where=where(affected, target), **defect.slots)
    return Finding(
        code=rule.code,
        name=rule.name,
        message=message,
        location=positions.of(defect.node),
        severity=rule.severity,
        certainty=defect.certainty if everywhere or not defect.only_if_everywhere else Certainty.POSSIBLE,
        keras=str(target.versions) if everywhere else describe(affected, target),
        path=defect.path,
        prediction=defect.prediction,
    )
