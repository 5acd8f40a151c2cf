"""What the replay of a path finds out about each training call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from keras_freeze_lint.interpreter.timeline import AppliedGradients, Compiled, SetFlag, TrainStart
from keras_freeze_lint.interpreter.values import Layer

Truth = bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A flag as one assignment left it on one leaf: at which event, to which value."""

    index: int
    event: SetFlag
    value: Truth


@dataclass(frozen=True, slots=True, eq=False)
class LayerEffect:
    """One leaf at one training call. Truths: True moves (or is meant to), False does not, None is not known.

    ``write`` is the assignment that the intent comes from; None where nobody set the flag.
    """

    layer: Layer
    intended: Truth
    weights: Truth
    statistics: Truth
    write: Write | None


@dataclass(eq=False, slots=True)
class CompileState:
    """What Keras keeps from ``compile()`` until the next one.

    ``collected`` and ``statistics`` say which leaves train and which statistics move, as read at compile;
    ``flags`` are the flags of all layers at that moment; ``traces`` the functions traced since; ``unseen_inputs`` when
    the model had not been fed anything by then.
    """

    event: Compiled
    index: int
    collected: dict[int, Truth]
    statistics: dict[int, Truth]
    flags: dict[int, Truth]
    traces: dict[object, Trace] = field(default_factory=dict)
    unseen_inputs: bool = True
    first_step: bool = True
    trained_at: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a traced train function has read; ``index`` is the event at which it was traced."""

    weights: dict[int, Truth]
    statistics: dict[int, Truth]
    index: int


@dataclass(eq=False, slots=True)
class TrainingRecord:
    """One training call of one path: what it moved, and what Keras raised instead.

    ``compiled`` is the state of compile() it ran under, ``read_at`` the event at which the flags in force were read,
    ``recompiled`` a compile() inside it that a step followed, ``own_step`` what the model's own ``train_step`` applies.
    """

    start: TrainStart | AppliedGradients
    index: int
    model: Layer | None
    call: str
    effects: dict[int, LayerEffect] = field(default_factory=dict)
    raised: str | None = None
    compiled: CompileState | None = None
    read_at: int | None = None
    recompiled: Compiled | None = None
    steps: list[int] = field(default_factory=list)
    own_step: AppliedGradients | None = None

    def steps_before(self, index: int) -> bool:
        """Whether this training call had made a step before that event."""
        return any(step < index for step in self.steps)

    @property
    def applied(self) -> AppliedGradients | None:
        """The hand-written step that it is, or that its model's ``train_step`` makes."""
        return self.start if isinstance(self.start, AppliedGradients) else self.own_step

    @property
    def node(self) -> ast.AST:
        return self.start.node


@dataclass(frozen=True)
class Variables:
    """The leaves whose variables are certainly among those of an optimizer or a step, and those that may be."""

    certain: frozenset[int]
    possible: frozenset[int]

    def __or__(self, other: Variables) -> Variables:
        return Variables(self.certain | other.certain, self.possible | other.possible)


def variables_of(leaves: Iterable[Layer], trained: Mapping[int, Truth]) -> Variables:
    """The variables of those leaves that are trained."""
    moved = {leaf.serial: moves(leaf, trained.get(leaf.serial, False)) for leaf in leaves}
    return Variables(
        frozenset(serial for serial, truth in moved.items() if truth),
        frozenset(serial for serial, truth in moved.items() if truth is not False),
    )


def moves(leaf: Layer, trained: Truth) -> Truth:
    """A trained leaf moves if it has weights at all."""
    if leaf.has_weights is False:
        return False
    if leaf.has_weights is None and trained:
        return None
    return trained
