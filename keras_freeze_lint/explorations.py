"""The paths of one file as each Keras would take them, and what its training calls do there."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from keras_freeze_lint.effects.likeness import what_matters
from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.replay import replay
from keras_freeze_lint.interpreter.paths import Exploration, explore
from keras_freeze_lint.interpreter.state import Traits
from keras_freeze_lint.keras.releases import Release
from keras_freeze_lint.keras.semantics import Behaviour, behaviour, line_of
from keras_freeze_lint.keras.versions import Target


@dataclass(frozen=True, eq=False)
class Outcome:
    """The paths of the file, and a replay of each; Kerases that the file cannot tell apart share one outcome."""

    exploration: Exploration
    replays: tuple[Replay, ...]


class Explorations:
    """What is known of one file: filled as it is asked."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._explored: list[Exploration] = []
        self._outcomes: dict[object, Outcome] = {}

    def under(self, measured: Behaviour) -> Outcome:
        """What the file's training calls do on a Keras that behaves like this."""
        exploration = self._exploration(_traits(measured))
        # Two Kerases that agree on all that this program touches show the same.
        likeness = (id(exploration), *what_matters(measured, exploration))
        if likeness not in self._outcomes:
            replays = tuple(replay(path.events, measured) for path in exploration.paths)
            self._outcomes[likeness] = Outcome(exploration, replays)
        return self._outcomes[likeness]

    def _exploration(self, traits: Traits) -> Exploration:
        """The paths of the file under these traits; one exploration serves all that it does not depend on."""
        for exploration in self._explored:
            if exploration.holds_for(traits):
                return exploration
        self._explored.append(explore(self._tree, traits))
        return self._explored[-1]


def behaviours(target: Target) -> dict[Behaviour, list[Release]]:
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
