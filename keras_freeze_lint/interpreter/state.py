"""The state of one run of the interpreter: one path through the program, decided by a list of choices.

The interpreter never copies its state. Where a truth is unknown it asks :meth:`Run.decide`; the explorer in ``paths``
runs the program again with the last choice turned around, until every path (or enough of them) has been seen.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from keras_freeze_lint.interpreter.timeline import Event
from keras_freeze_lint.interpreter.values import Condition, Layer, Value

MAX_STEPS = 30_000
MAX_EVENTS = 4_000
MAX_CALL_DEPTH = 24
MAX_DECISIONS = 40


class Restart(Exception):
    """A list of unseen layers must be cut at one more place: run again, with the place known from the start."""


class Stopped(Exception):
    """The program ended here (``sys.exit``), or this run has used up its budget."""


class Raised(Exception):
    """The program raised an exception; ``name`` is its class as far as it is known."""

    def __init__(self, name: str | None) -> None:
        super().__init__()
        self.name = name


@dataclass
class Cuts:
    """Where the layer lists of unseen models are cut, by the model's origin; shared by all runs of one file."""

    positions: dict[Hashable, set[int]] = field(default_factory=dict)
    words: dict[Hashable, dict[str, int]] = field(default_factory=dict)

    def at(self, origin: Hashable, position: int) -> None:
        """Cut the layers of ``origin`` before ``position`` from now on.

        Raises:
            Restart: the place is new.
        """
        known = self.positions.setdefault(origin, set())
        if position not in known:
            known.add(position)
            raise Restart

    def for_word(self, origin: Hashable, word: str) -> None:
        """Give the layers whose name matches ``word`` a place of their own.

        Raises:
            Restart: the word is new.
        """
        known = self.words.setdefault(origin, {})
        if word not in known:
            known[word] = len(known)
            raise Restart


@dataclass(frozen=True)
class Traits:
    """What the Keras that is assumed for this run decides about values (not about effects)."""

    sequential_lists_input: bool = False
    propagates_flags: bool = True
    zero_based_names: bool = True
    functional_prefix: str = "functional"


class Consulted:
    """The traits of an exploration; ``asked`` are those that the program's values came to depend on."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.asked: set[str] = set()

    @property
    def sequential_lists_input(self) -> bool:
        self.asked.add("sequential_lists_input")
        return self.traits.sequential_lists_input

    @property
    def propagates_flags(self) -> bool:
        self.asked.add("propagates_flags")
        return self.traits.propagates_flags

    @property
    def zero_based_names(self) -> bool:
        self.asked.add("zero_based_names")
        return self.traits.zero_based_names

    @property
    def functional_prefix(self) -> str:
        self.asked.add("functional_prefix")
        return self.traits.functional_prefix


@dataclass
class Run:
    """Everything that changes while one path is followed."""

    choices: list[bool]
    cuts: Cuts
    traits: Consulted
    effectful: frozenset[int]
    diverting: frozenset[int]
    training: frozenset[int]
    generators: frozenset[int]
    star_imports: list[str] = field(default_factory=list)
    project_stars: bool = False
    timeline: list[Event] = field(default_factory=list)
    taken: list[tuple[Hashable, bool]] = field(default_factory=list)
    facts: dict[Hashable, bool] = field(default_factory=dict)
    equal_to: dict[Hashable, Value] = field(default_factory=dict)
    promoted: dict[Hashable, Layer] = field(default_factory=dict)
    stack: list[ast.AST] = field(default_factory=list)
    frames: list[ast.AST] = field(default_factory=list)
    entered: set[int] = field(default_factory=set)
    names: dict[str, int] = field(default_factory=dict)
    loops: list[Layer] = field(default_factory=list)
    traces: list[Hashable] = field(default_factory=list)
    callers: list[Layer] = field(default_factory=list)
    yield_hooks: list[Callable[[Value], None]] = field(default_factory=list)
    taped: list[Layer] = field(default_factory=list)
    uses_keras: bool = False
    switches: frozenset[str] = frozenset()
    saved: dict[Hashable, Layer] = field(default_factory=dict)
    custom_step: Layer | None = None
    recording: bool = False
    kept: dict[Hashable, Value] = field(default_factory=dict)
    # Options of the command line that come as texts: their default, None where there is none.
    text_options: dict[str, str | None] = field(default_factory=dict)
    bool_options: set[str] = field(default_factory=set)
    # Layers that a loop built of which nobody knows how often it turns: there may be more or fewer of them.
    uncounted: set[int] = field(default_factory=set)
    # Variables that a loop over layers has left behind, by scope and name: the last layer, and all that it went over.
    left_over: dict[tuple[int, str], tuple[Layer, list[Layer]]] = field(default_factory=dict)
    collecting: list[list[Value]] = field(default_factory=list)
    guarded: int = 0
    plain: int = 0
    steps: int = 0
    serials: int = 0
    truncated: bool = False

    def serial(self) -> int:
        """A number that no other object of this run has."""
        self.serials += 1
        return self.serials

    def step(self) -> None:
        """Count one statement.

        Raises:
            Stopped: the budget of this run is used up.
        """
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.truncated = True
            raise Stopped

    def emit(self, event: Event) -> None:
        """Add an event to the timeline.

        Raises:
            Stopped: the timeline is longer than any program's that does something new.
        """
        if len(self.timeline) >= MAX_EVENTS:
            self.truncated = True
            raise Stopped
        self.timeline.append(event)

    def place(self, node: ast.AST) -> tuple[ast.AST, tuple[ast.AST, ...], bool]:
        """The three fields that every event begins with."""
        return node, tuple(self.stack), self.guarded > 0

    def is_effectful(self, node: ast.AST) -> bool:
        return id(node) in self.effectful

    def is_diverting(self, node: ast.AST) -> bool:
        return id(node) in self.diverting

    def is_training(self, node: ast.AST) -> bool:
        return id(node) in self.training

    def known(self, condition: Condition) -> bool | None:
        """The truth of a condition where this path has decided it (or something that settles it) before."""
        truth = self.facts.get(condition.key)
        if truth is None:
            truth = self._implied(condition.key)
        return None if truth is None else truth is not condition.negated

    def decide(self, condition: Condition) -> bool:
        """The truth of a condition on this path: decided before, chosen by the explorer, or true at first."""
        known = self.known(condition)
        if known is not None:
            return known
        position = len(self.taken)
        if position >= MAX_DECISIONS:
            self.truncated = True
            choice = True
        elif position < len(self.choices):
            choice = self.choices[position]
        else:
            choice = True
        truth = choice is not condition.negated
        self.taken.append((condition.key, choice))
        self.assume(condition.key, truth)
        return choice

    def assume(self, key: Hashable, truth: bool) -> None:
        """Hold a condition for true (or false) on the rest of this path, and what follows from that."""
        self.facts[key] = truth
        if not isinstance(key, tuple):
            return
        if truth and len(key) == 3 and key[0] == "==":
            self.equal_to[key[1]] = key[2]
        if key[0] == ("and" if truth else "or"):
            for part, negated in key[1:]:
                self.assume(part, truth is not negated)

    def _implied(self, key: Hashable) -> bool | None:
        if not isinstance(key, tuple):
            return None
        if key[0] in ("and", "or"):
            return self._combined(key[0] == "and", [Condition(part, negated) for part, negated in key[1:]])
        if len(key) != 3 or key[0] != "==":
            return None
        _, subject, constant = key
        if subject in self.equal_to:
            return bool(self.equal_to[subject] == constant)
        empty = constant is None or constant in ("", 0)
        return False if empty and self.facts.get(("truth", subject)) is True else None

    def _combined(self, every: bool, parts: list[Condition]) -> bool | None:
        truths = [self.known(part) for part in parts]
        if (not every) in truths:
            return not every
        return None if None in truths else every
