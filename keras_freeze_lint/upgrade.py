"""What a training call does on one Keras and on another: where the two part ways, and for which facts."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord, Truth, Write
from keras_freeze_lint.explorations import Explorations, Outcome, behaviours
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.paths import Path
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.facts import FACTS
from keras_freeze_lint.keras.releases import Release
from keras_freeze_lint.keras.semantics import Behaviour
from keras_freeze_lint.keras.versions import Target, is_keras3
from keras_freeze_lint.rules.base import key

QUANTITIES = ("weights", "statistics")
MOVES, STILL, RAISES = "moves", "still", "raises"
# Combinations of more facts than this are not tried; what needs them is explained by all that cannot be left out.
_TOGETHER = 2


@dataclass(frozen=True)
class Turnover:
    """A fact about Keras that the two releases answer differently."""

    fact: str
    old: str | bool
    new: str | bool


@dataclass(frozen=True, eq=False)
class Turn:
    """One quantity of one layer that does not do on the new Keras what it does on the old one.

    ``old`` is "moves" or "still", ``new`` that too, or "raises". ``old_key`` and ``new_key`` name the layer in traces:
    automatic names differ between releases. ``effect`` is the layer on the old Keras, ``intended`` what the source
    says, ``new_write`` the last assignment before the new Keras read the flags.
    """

    effect: LayerEffect
    quantity: str
    old: str
    new: str
    old_key: str
    new_key: str
    new_write: Write | None

    @property
    def intended(self) -> Truth:
        return self.effect.intended


@dataclass(frozen=True, eq=False)
class Because:
    """The smallest set of facts whose exchange, on the old Keras, brings about these turns."""

    turnovers: tuple[Turnover, ...]
    turns: tuple[Turn, ...]


@dataclass(eq=False)
class Change:
    """A training call that trains other weights or statistics on the new Keras, or raises there.

    ``old`` and ``new`` are its records, ``late`` the layers on the old Keras whose flags were set after compile();
    ``old_releases`` and ``new_releases`` are those between which that is so.
    """

    old: TrainingRecord
    new: TrainingRecord
    becauses: list[Because]
    late: tuple[LayerEffect, ...]
    old_releases: set[Release] = field(default_factory=set)
    new_releases: set[Release] = field(default_factory=set)

    @property
    def node(self) -> ast.AST:
        return self.old.node

    @property
    def raised(self) -> str | None:
        return self.new.raised

    @property
    def turns(self) -> list[Turn]:
        return [turn for because in self.becauses for turn in because.turns]


_Place = tuple[int, int, int, int, str]


def changes(explorations: Explorations, old: Target, new: Target) -> list[Change]:
    """Every training call whose effect changes from some release of ``old`` to some release of ``new``.

    A call counts where its effect is certain on both sides: what is unknown, what differs between the turns of a loop
    and what does not run on the new Keras at all is left out.
    """
    found: dict[_Place, Change] = {}
    seen: dict[tuple[Outcome, Outcome, bool], dict[_Place, Change]] = {}
    for new_behaviour, new_releases in behaviours(new).items():
        for old_behaviour, old_releases in behaviours(old).items():
            keras3 = all(map(is_keras3, new_releases))
            sides = (explorations.under(old_behaviour), explorations.under(new_behaviour), keras3)
            if sides[0] is sides[1]:
                continue
            if sides not in seen:
                comparison = _Comparison(explorations, old_behaviour, new_behaviour)
                seen[sides] = {
                    _place(change.old): change for change in comparison.changes() if _exists(change.old, keras3)
                }
            for place, change in seen[sides].items():
                known = found.setdefault(place, change)
                _join(known, change)
                known.old_releases.update(old_releases)
                known.new_releases.update(new_releases)
    return [found[place] for place in sorted(found)]


def _exists(record: TrainingRecord, keras3: bool) -> bool:
    """Whether the new Keras has this training method at all; if not, that is another matter than freezing."""
    if not keras3:
        return True
    start = record.start
    if isinstance(start, events.AppliedGradients):
        own = start.optimizer is None or start.optimizer.family == "keras"
        return not (start.call == "minimize" and own)
    return start.call != "fit_generator"


def _join(known: Change, other: Change) -> None:
    """Layers that only another path, or another release, shows."""
    told = {(turn.old_key, turn.quantity) for turn in known.turns}
    for because in other.becauses if other is not known else ():
        fresh = tuple(turn for turn in because.turns if (turn.old_key, turn.quantity) not in told)
        if fresh and (known.raised is None) == (other.raised is None):
            known.becauses.append(Because(because.turnovers, fresh))


class _Comparison:
    """The old Keras against the new one."""

    def __init__(self, explorations: Explorations, old: Behaviour, new: Behaviour) -> None:
        self.explorations, self.old, self.new = explorations, old, new

    def changes(self) -> Iterator[Change]:
        """What each path shows; paths of the same call are joined."""
        found: dict[_Place, Change] = {}
        new_sides = _sides(self.explorations.under(self.new))
        for mark, old_side in _sides(self.explorations.under(self.old)).items():
            new_side = new_sides.get(mark)
            if new_side is None or _cannot_run(old_side, self.old) or _cannot_run(new_side, self.new):
                continue
            pairs = _partners(old_side, new_side)
            for place, old_call in old_side.calls.items():
                new_call = new_side.calls.get(place)
                turns = list(_turns(old_side, new_side, old_call, new_call, pairs)) if new_call is not None else []
                if turns and new_call is not None:
                    late = tuple(_late(old_call[0], old_side.replay))
                    change = Change(old_call[0], _telling(new_call), self._explained(mark, place, turns), late)
                    _join(found.setdefault(place, change), change)
        yield from found.values()

    def _explained(self, mark: _Mark, place: _Place, turns: Sequence[Turn]) -> list[Because]:
        """All turns by one set of facts; else each by its own."""
        together = self._facts(mark, place, turns, 1)
        if together is not None:
            return [Because(together, tuple(turns))]
        grouped: dict[tuple[Turnover, ...], list[Turn]] = {}
        for turn in turns:
            facts = self._facts(mark, place, [turn], _TOGETHER)
            grouped.setdefault(facts or self._needed(mark, place, turn), []).append(turn)
        return [Because(facts, tuple(group)) for facts, group in grouped.items()]

    def _facts(self, mark: _Mark, place: _Place, turns: Sequence[Turn], most: int) -> tuple[Turnover, ...] | None:
        for size in range(1, most + 1):
            for chosen in combinations(self._turnovers(), size):
                if self._suffices(chosen, mark, place, turns):
                    return chosen
        return None

    def _needed(self, mark: _Mark, place: _Place, turn: Turn) -> tuple[Turnover, ...]:
        """All turnovers but those without which the effect changes, too."""
        needed = list(self._turnovers())
        for turnover in self._turnovers():
            fewer = [one for one in needed if one is not turnover]
            if self._suffices(fewer, mark, place, [turn]):
                needed = fewer
        return tuple(needed)

    def _turnovers(self) -> list[Turnover]:
        answers = ((fact.name, getattr(self.old, fact.name), getattr(self.new, fact.name)) for fact in FACTS)
        return [Turnover(*answer) for answer in answers if answer[1] != answer[2]]

    def _suffices(self, chosen: Iterable[Turnover], mark: _Mark, place: _Place, turns: Sequence[Turn]) -> bool:
        """Whether the old Keras with the new answers to these questions does what the new one does."""
        mixed = replace(self.old, **{one.fact: one.new for one in chosen})  # type: ignore[arg-type]
        outcome = self.explorations.under(mixed)
        side = _sides(outcome).get(mark)
        call = side.calls.get(place) if side is not None else None
        if side is None or call is None:
            return False
        if turns[0].new == RAISES:
            return any(record.raised for record in call)
        pairs = _partners(_sides(self.explorations.under(self.old))[mark], side)
        return all(_word(call, pairs.get(turn.effect.layer.serial), turn.quantity) == turn.new for turn in turns)


# --- one path on one Keras --------------------------------------------------------------------------------------------

_Mark = tuple[str, frozenset[tuple[object, bool]]]


@dataclass(frozen=True, eq=False)
class _Side:
    path: Path
    replay: Replay
    calls: Mapping[_Place, list[TrainingRecord]]


def _sides(outcome: Outcome) -> dict[_Mark, _Side]:
    """The paths by where they start and what they take for true."""
    found: dict[_Mark, _Side] = {}
    for path, replayed in zip(outcome.exploration.paths, outcome.replays, strict=True):
        calls: dict[_Place, list[TrainingRecord]] = {}
        for record in replayed.records:
            if record.index >= path.start:
                calls.setdefault(_place(record), []).append(record)
        found[path.root, frozenset(path.decided)] = _Side(path, replayed, calls)
    return found


def _place(record: TrainingRecord) -> _Place:
    node = record.node
    numbers = [getattr(node, name, 0) or 0 for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")]
    return (numbers[0], numbers[1], numbers[2], numbers[3], record.call)


def _cannot_run(side: _Side, measured: Behaviour) -> bool:
    """Whether the path calls a constructor with an argument that this Keras does not know."""
    return measured.model_constructor_flag == "raises" and any(
        isinstance(event, events.SetFlag) and event.how == "constructor" and event.target.is_model
        for event in side.path.events
    )


def _partners(one: _Side, other: _Side) -> dict[int, int]:
    """The layers of a path, by serial, with the same layers on the other side."""
    if one.path is other.path:
        return {serial: serial for serial in _layers(one)}
    left, right = _by_site(one), _by_site(other)
    return {serial: right[site] for site, serial in left.items() if site in right}


def _layers(side: _Side) -> dict[int, Layer]:
    built = (event.layer for event in side.path.events if isinstance(event, events.Built))
    trained = (
        effect.layer for records in side.calls.values() for record in records for effect in record.effects.values()
    )
    return {layer.serial: layer for layer in (*built, *trained)}


def _by_site(side: _Side) -> dict[tuple[object, ...], int]:
    """The layers by the place that makes them, counted where one place makes several alike."""
    counted: Counter[tuple[object, ...]] = Counter()
    found: dict[tuple[object, ...], int] = {}
    for serial, layer in sorted(_layers(side).items()):
        site = (id(layer.node), layer.cls, layer.kind, layer.name, layer.label)
        counted[site] += 1
        found[(*site, counted[site])] = serial
    return found


# --- one training call ------------------------------------------------------------------------------------------------


def _turns(
    old: _Side, new: _Side, old_call: list[TrainingRecord], new_call: list[TrainingRecord], pairs: Mapping[int, int]
) -> Iterator[Turn]:
    if any(record.raised for record in old_call):
        return
    raising = next((record for record in new_call if record.raised), None)
    if raising is not None and not _certainly_raises(new.replay, raising):
        return
    layers = {serial: effect for record in old_call for serial, effect in record.effects.items()}
    partners = {pairs[serial]: serial for serial in layers if serial in pairs}
    for record in new_call:
        for serial, effect in record.effects.items():
            mine = partners.pop(serial, None)
            if mine is None:
                continue
            for quantity in QUANTITIES:
                before, after = _word(old_call, mine, quantity), _word(new_call, serial, quantity)
                if raising is not None:
                    after = RAISES if before == MOVES and quantity == "weights" else before
                if {before, after} in ({MOVES, STILL}, {MOVES, RAISES}):
                    names = key(layers[mine].layer, old.replay), key(effect.layer, new.replay)
                    yield Turn(layers[mine], quantity, before, after, *names, _in_force(new.replay, record, serial))


def _in_force(replayed: Replay, record: TrainingRecord, serial: int) -> Write | None:
    read_at = record.index if record.read_at is None else record.read_at
    return next((one for one in reversed(replayed.intents.writes.get(serial, ())) if one.index < read_at), None)


def _late(record: TrainingRecord, replayed: Replay) -> Iterator[LayerEffect]:
    """The layers whose flags were set between compile() and this training."""
    compiled = record.compiled.index if record.compiled is not None else record.index
    for serial, effect in record.effects.items():
        if any(compiled < write.index < record.index for write in replayed.intents.writes.get(serial, ())):
            yield effect


def _telling(call: Sequence[TrainingRecord]) -> TrainingRecord:
    return next((record for record in call if record.raised), call[0])


def _certainly_raises(replayed: Replay, raising: TrainingRecord) -> bool:
    """Whether it is known of all the training before which of these layers it moved."""
    if raising.recompiled is not None:
        return True
    for record in replayed.records:
        if record is raising:
            return True
        if any(effect.weights is None for serial, effect in record.effects.items() if serial in raising.effects):
            return False
    return True


def _word(call: Iterable[TrainingRecord], serial: int | None, quantity: str) -> str:
    """What all turns of a training call do together: "moves", "still", "varies" or "unknown"."""
    effects = [record.effects[serial] for record in call if serial is not None and serial in record.effects]
    truths = {effect.weights if quantity == "weights" else effect.statistics for effect in effects}
    if quantity == "statistics" and not all(effect.layer.is_bn for effect in effects):
        return "unknown"
    if not truths or None in truths:
        return "unknown"
    if len(truths) > 1:
        return "varies"
    return MOVES if True in truths else STILL
