"""What is known while a path is replayed, and what comes of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from keras_freeze_lint.effects.flags import Flags
from keras_freeze_lint.effects.intents import Intents
from keras_freeze_lint.effects.records import CompileState, TrainingRecord, Truth, Variables
from keras_freeze_lint.interpreter.timeline import Compiled, Event, ReadWeights, WroteWeights
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.semantics import Behaviour


@dataclass(eq=False)
class Replay:
    """The outcome: one record a training call, in order, and the state that rules ask about."""

    behaviour: Behaviour
    events: Sequence[Event]
    flags: Flags
    intents: Intents
    records: list[TrainingRecord] = field(default_factory=list)
    reads: dict[int, tuple[Layer, dict[int, Truth]]] = field(default_factory=dict)
    weight_events: list[tuple[ReadWeights | WroteWeights, dict[int, Truth]]] = field(default_factory=list)
    stopped_at: int | None = None


@dataclass
class Open:
    """A training call under way."""

    record: TrainingRecord
    restore: dict[int, Truth] | None
    custom: dict[int, Truth] | None = None
    recompile: Compiled | None = None
    trained: dict[int, Truth] | None = None


class Progress:
    """The state of Keras after the events so far."""

    def __init__(self, path: Sequence[Event], behaviour: Behaviour) -> None:
        self.path = path
        self.behaviour = behaviour
        self.flags = Flags(behaviour)
        self.intents = Intents(self.flags, path)
        self.outcome = Replay(behaviour, path, self.flags, self.intents)
        self.compiled: dict[int, CompileState] = {}
        self.optimizers: dict[int, Variables] = {}
        self.traced_reads: dict[Hashable, dict[int, Truth]] = {}
        self.held: dict[int, set[int | None]] = {}
        self.not_held: set[int] = set()
        self.untold: dict[int, set[int]] = {}
        self.classes_with_flag: set[str] = set()
        self.fed: set[int] = set()
        self.called_at: dict[int, int] = {}
        self.rebuilt_at: dict[int, int] = {}
        self.call_flags: dict[tuple[int | None, int, int], Truth] = {}
        self.built: list[Layer] = []
        self.running: dict[int, Open] = {}
        self.index = 0
