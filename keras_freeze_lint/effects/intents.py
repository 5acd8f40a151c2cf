"""What the source says of each layer at each training call: the last assignment that was meant for this training."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from keras_freeze_lint.effects.flags import Flags
from keras_freeze_lint.effects.records import CompileState, Truth, Write
from keras_freeze_lint.interpreter.timeline import AppliedGradients, Event, ReadVariables, SetFlag, TrainStart
from keras_freeze_lint.interpreter.values import Layer


class Intents:
    """Every flag as the program wrote it, leaf by leaf, in the order of events."""

    def __init__(self, flags: Flags, path: Sequence[Event]) -> None:
        self.flags = flags
        self.last_training = {
            event.model.serial: index for index, event in enumerate(path) if isinstance(event, TrainStart)
        }
        self.by_hand = _trained_by_hand(path)
        for index, model in self.by_hand:
            self.last_training[model.serial] = max(index, self.last_training.get(model.serial, -1))
        self.writes: dict[int, list[Write]] = {}
        self.hidden: dict[int, int] = {}
        self.inherited: set[tuple[int, int]] = set()
        self.trainings: list[tuple[int, Layer]] = []
        self._pairs: dict[tuple[frozenset[int], frozenset[int]], tuple[bool, bool, bool]] = {}

    def write(self, index: int, event: SetFlag) -> None:
        """An assignment to a model speaks of all the layers in it."""
        for leaf in self.flags.leaves(event.target):
            self.writes.setdefault(leaf.serial, []).append(Write(index, event, event.value))

    def obscure(self, index: int, holder: Layer, value: Truth) -> None:
        """An assignment may or may not have been meant for these layers."""
        for leaf in self.flags.leaves(holder):
            known, _ = self.latest(leaf)
            if known is not value or value is None:
                self.hidden[leaf.serial] = index

    def copy(self, source: Layer, target: Layer) -> None:
        """What was meant for a layer is meant for its copy, whichever models the assignment names."""
        if source.serial in self.writes:
            self.writes[target.serial] = list(self.writes[source.serial])
            self.inherited.update((target.serial, id(write)) for write in self.writes[source.serial])

    def trained(self, model: Layer, index: int) -> None:
        self.trainings.append((index, model))

    def latest(self, leaf: Layer) -> tuple[Truth, Write | None]:
        """The last assignment to a leaf, whoever it was meant for."""
        written = self.writes.get(leaf.serial)
        if self.hidden.get(leaf.serial, -1) > (written[-1].index if written else -1):
            return None, None
        return (written[-1].value, written[-1]) if written else (leaf.initial_flag, None)

    def meant_for(
        self, model: Layer, state: CompileState | None, states: Iterable[CompileState]
    ) -> Callable[[Layer], tuple[Truth, Write | None]]:
        """For each leaf, the last assignment that was meant for a training of ``model``.

        An assignment after this model's compile() is meant for another model, as in a GAN, when that other one holds
        this model and is compiled after it, when that other one is the first with this layer to be trained after it, or
        when it reopens that other one for trainings to come. Of two models that were both compiled before the first
        assignment, neither of which holds the other, both are meant.
        """
        others = [(other.event.model, other.index) for other in states if other.event.model is not model]
        both = [*others, *((source, -1) for source in self._own_loops_inside(model))]
        around = [self.flags.serials(other) for other, _ in both]
        # Most leaves of a model share their history, and with it the answer.
        answers: dict[object, int | None] = {}

        def read(leaf: Layer) -> tuple[Truth, Write | None]:
            if self.latest(leaf) == (None, None):
                return None, None
            written = self.writes.get(leaf.serial, ())
            inherited = any((leaf.serial, id(write)) in self.inherited for write in written)
            history = (*(write.index for write in written), *(leaf.serial in held for held in around), inherited)
            if history not in answers:
                answers[history] = self._last_meant(leaf, model, state, others, both)
            place = answers[history]
            if place is not None:
                return written[place].value, written[place]
            if leaf.initial_flag is None and state is not None:
                return True, None  # a model from elsewhere that is compiled for a training of its own is meant to learn
            return leaf.initial_flag, None

        return read

    def _last_meant(
        self,
        leaf: Layer,
        model: Layer,
        state: CompileState | None,
        others: list[tuple[Layer, int]],
        both: list[tuple[Layer, int]],
    ) -> int | None:
        """Which of the assignments to a leaf is the last that was meant for a training of ``model``."""
        written = self.writes.get(leaf.serial, ())
        for place in reversed(range(len(written))):
            write = written[place]
            inherited = (leaf.serial, id(write)) in self.inherited
            if not inherited and self._belongs_elsewhere(model, write, others):
                continue
            if state is None or write.index < state.index:
                return place
            if not self._meant_for_another(leaf, model, state, write, both):
                return place
        return None

    def of_loop(
        self, leaf: Layer, sources: Sequence[Layer], states: Iterable[CompileState]
    ) -> tuple[Truth, Write | None]:
        """The last assignment that was meant for a loop that trains the variables of ``sources`` by hand.

        What was set for a model around them, which was compiled next, is meant for that one.
        """
        if self.latest(leaf) == (None, None):
            return None, None
        around = [
            (state.index, source)
            for state in states
            for source in sources
            if self._is_inside(source, state.event.model)
        ]
        for write in reversed(self.writes.get(leaf.serial, ())):
            if not any(write.index < index and self._holds(source, write.event.target) for index, source in around):
                return write.value, write
        return leaf.initial_flag, None

    def _own_loops_inside(self, model: Layer) -> list[Layer]:
        """Models that are trained by hand and are only a part of ``model``, as the critic of a GAN is."""
        sources = {source.serial: source for _, source in self.by_hand}
        return [source for source in sources.values() if self._is_inside(source, model)]

    def _is_inside(self, part: Layer, model: Layer) -> bool:
        within, around, _ = self._compared(self.flags.serials(part), self.flags.serials(model))
        return within and not around

    def _belongs_elsewhere(self, model: Layer, write: Write, others: list[tuple[Layer, int]]) -> bool:
        """Where a container's flag is its own, it is meant for the models that hold the container, if there are any."""
        target = write.event.target
        if self.flags.behaviour.setter_reaches_children or not target.is_model or self._holds(model, target):
            return False
        return any(self._holds(other, target) for other, _ in others if other is not target)

    def _could_mean(self, model: Layer, write: Write) -> bool:
        return self.flags.behaviour.setter_reaches_children or self._holds(model, write.event.target)

    def _holds(self, model: Layer, target: Layer) -> bool:
        return target.serial in self.flags.serials(model)

    def _meant_for_another(
        self, leaf: Layer, model: Layer, state: CompileState, write: Write, others: list[tuple[Layer, int]]
    ) -> bool:
        inside = self.flags.serials(model)
        told_before = self.writes[leaf.serial][0].index < state.index
        for other, compiled in others:
            held = self.flags.serials(other)
            if leaf.serial not in held or not self._could_mean(other, write):
                continue
            within, around, covering = self._compared(held, inside)
            if compiled > write.index and not within and covering:
                return True
            tells_apart = told_before or compiled > write.index or within is not around
            if tells_apart and self._first_trained(leaf, model, write, others) is other:
                return True
            reopens = write.value and within and not around and write.event.target.serial in held
            if reopens and self._trains_later(other, write):
                return True
        return False

    def _first_trained(self, leaf: Layer, model: Layer, write: Write, others: list[tuple[Layer, int]]) -> Layer | None:
        """The first model with this layer that was trained since."""
        models = {model.serial, *(one.serial for one, _ in others)}
        first = bisect_right(self.trainings, write.index, key=lambda training: training[0])
        for _, trained in self.trainings[first:]:
            if trained.serial in models and (trained is model or self._holds(trained, leaf)):
                return trained
        return None

    def _compared(self, held: frozenset[int], inside: frozenset[int]) -> tuple[bool, bool, bool]:
        """Of two models' layers: whether the one is within the other, around it, and covers it."""
        pair = (held, inside)
        known = self._pairs.get(pair)
        if known is None:
            known = self._pairs[pair] = (held <= inside, inside <= held, _covers(held, inside))
        return known

    def _trains_later(self, model: Layer, write: Write) -> bool:
        return self.last_training.get(model.serial, -1) > write.index


def _trained_by_hand(path: Sequence[Event]) -> list[tuple[int, Layer]]:
    """The models whose variables gradients are applied to, each with the event that does so."""
    sources = {event.serial: event.source for event in path if isinstance(event, ReadVariables)}
    return [
        (index, sources[read])
        for index, event in enumerate(path)
        if isinstance(event, AppliedGradients)
        for read in event.reads or ()
        if read in sources
    ]


def _covers(outer: frozenset[int], inner: frozenset[int]) -> bool:
    """Whether a model holds the other: by itself or by (nearly all of) its layers."""
    return len(inner & outer) * 2 > len(inner)
