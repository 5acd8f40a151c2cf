"""From a syntax tree to findings and a trace: follow paths, replay them on each Keras of a target, ask the rules."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from keras_freeze_lint.effects.likeness import what_matters
from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.replay import replay
from keras_freeze_lint.findings import Certainty, Finding
from keras_freeze_lint.interpreter.paths import Exploration, explore
from keras_freeze_lint.interpreter.state import Traits
from keras_freeze_lint.keras.releases import Release
from keras_freeze_lint.keras.semantics import Behaviour, behaviour, line_of
from keras_freeze_lint.keras.versions import Target, describe, where
from keras_freeze_lint.positions import Positions
from keras_freeze_lint.rules.base import Defect, Rule
from keras_freeze_lint.rules.precedence import without_duplicates
from keras_freeze_lint.rules.registry import RULES
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.trace import training_calls


@dataclass
class Analysis:
    """Findings in source order, before any suppression or selection; and what each training call moves."""

    findings: tuple[Finding, ...]
    replays: list[tuple[Exploration, list[Replay]]]

    @cached_property
    def training_calls(self) -> list[dict[str, object]]:
        """The entries of the trace."""
        return training_calls(self.replays)


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
) -> Analysis:
    """Interpret the file and hold what it says against what Keras does."""
    sightings: dict[_Place, _Sighting] = {}
    explorations: list[Exploration] = []
    replays: list[tuple[Exploration, list[Replay]]] = []
    seen: dict[object, set[_Place]] = {}
    for measured, releases in _behaviours(target).items():
        exploration = _exploration(tree, _traits(measured), explorations)
        # Two Kerases that agree on all that this program touches show the same.
        likeness = (id(exploration), *what_matters(measured, exploration))
        if likeness not in seen:
            outcomes = [replay(one.events, measured) for one in exploration.paths]
            replays.append((exploration, outcomes))
            seen[likeness] = {place for outcome in outcomes for place in _look(outcome, sightings)}
        for place in seen[likeness]:
            sightings[place].releases.update(releases)
    findings = _findings(sightings.values(), text, target)
    if not settings.pedantic:
        findings = tuple(finding for finding in findings if finding.certainty is Certainty.CERTAIN)
    return Analysis(findings, replays)


def _exploration(tree: ast.Module, traits: Traits, known: list[Exploration]) -> Exploration:
    """The paths of the file under these traits; one exploration serves all that it does not depend on."""
    for exploration in known:
        if exploration.holds_for(traits):
            return exploration
    known.append(explore(tree, traits))
    return known[-1]


def _behaviours(target: Target) -> dict[Behaviour, list[Release]]:
    """The target's releases, newest first, grouped by behaviour: the newest gives a finding its words."""
    grouped: dict[Behaviour, list[Release]] = {}
    for release in reversed(target.releases):
        line, version = line_of(release.line, release.version)
        grouped.setdefault(behaviour(line, version, target.backend), []).append(release)
    return grouped


def _traits(measured: Behaviour) -> Traits:
    return Traits(
        sequential_lists_input=measured.sequential_lists_input,
        propagates_flags=measured.setter_reaches_children,
        zero_based_names=measured.zero_based_names,
        functional_prefix=measured.functional_prefix,
    )


def _look(outcome: Replay, sightings: dict[_Place, _Sighting]) -> Iterator[_Place]:
    for rule in RULES:
        for defect in rule.check(outcome):
            place = (defect.code, id(defect.node))
            sightings.setdefault(place, _Sighting(rule, defect))
            yield place


def _findings(sightings: Iterable[_Sighting], text: str, target: Target) -> tuple[Finding, ...]:
    chosen = list(sightings)
    if not chosen:
        return ()
    positions = Positions(text)
    found = [_finding(sighting, positions, target) for sighting in chosen]
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
