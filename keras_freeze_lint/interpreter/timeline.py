"""What a program does to its models, as a list of events: the only thing that effects and rules look at.

Every event keeps the syntax node that caused it and the calls that led there, so that a finding can name each station.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass

from keras_freeze_lint.interpreter.values import Layer, Optimizer


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One step: where it stands, the call sites that led to it (outermost first), whether inside ``try``."""

    node: ast.AST
    stack: tuple[ast.AST, ...]
    guarded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Built(Event):
    """A layer or model came into being."""

    layer: Layer


@dataclass(frozen=True, slots=True, eq=False)
class Added(Event):
    """``model.add(layer)``, a layer set as an attribute, or ``model.pop()`` (then ``removed``)."""

    model: Layer
    layer: Layer
    removed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Called(Event):
    """A layer or model was called; ``symbolic`` when it became part of a functional graph.

    ``inside`` is the model or layer whose ``call`` does it; ``told`` whether the call says anything of ``training``.
    """

    layer: Layer
    training: bool | None
    symbolic: bool
    inside: Layer | None = None
    told: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SetFlag(Event):
    """``target.trainable = value``; ``value`` is None where its truth is not known.

    ``how`` is attribute, setattr or constructor; ``raw`` is the value as the program gave it; ``looped`` is the model
    over whose layers the loop around it goes.
    """

    target: Layer
    value: bool | None
    how: str
    raw: object
    looped: Layer | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Obscured(Event):
    """A flag was set on something that could not be followed: any layer of ``model`` (None: any layer) may be meant."""

    model: Layer | None
    value: bool | None


ANY_VARIABLE = "weights"


@dataclass(frozen=True, slots=True, eq=False)
class SetVariableFlag(Event):
    """``layer.kernel.trainable = value``; ``variable`` is ANY_VARIABLE for one that was taken out of a list."""

    target: Layer
    variable: str
    value: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Compiled(Event):
    """``model.compile(...)``, or ``load_model(...)`` (then ``loaded``), which compiles what was saved compiled."""

    model: Layer
    optimizer: Optimizer | None
    eager: bool | None
    loaded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TrainStart(Event):
    """A training call begins; ``batch`` describes the shape of its data as far as it is known."""

    model: Layer
    call: str
    batch: Batch
    serial: int


@dataclass(frozen=True, slots=True, eq=False)
class TrainStep(Event):
    """The batches of one epoch (or the one batch) of the training call ``serial``."""

    model: Layer
    serial: int


@dataclass(frozen=True, slots=True, eq=False)
class TrainEnd(Event):
    """The training call ``serial`` is over."""

    model: Layer
    serial: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The data of a training call: ``size`` rows a batch, ``rows`` in all, ``key`` naming what is not known."""

    kind: str
    size: int | None
    rows: int | None
    key: Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated(Event):
    """``model.evaluate`` or ``test_on_batch`` (on JAX this builds the optimizer too)."""

    model: Layer


@dataclass(frozen=True, slots=True, eq=False)
class Predicted(Event):
    """``model.predict`` and its kin: the model has seen inputs."""

    model: Layer


@dataclass(frozen=True, slots=True, eq=False)
class ReadVariables(Event):
    """A read of a variable list: ``which`` is trainable, non_trainable or all; ``trace`` names a traced function."""

    source: Layer
    which: str
    serial: int
    trace: Hashable = None


@dataclass(frozen=True, slots=True, eq=False)
class AppliedGradients(Event):
    """A hand-written step: these variable reads are moved; None when the list is not known.

    ``whole`` when no list was given to an optimizer that then takes every variable of the graph.
    """

    optimizer: Optimizer | None
    reads: tuple[int, ...] | None
    call: str
    models: tuple[Layer, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class BuiltOptimizer(Event):
    """``optimizer.build(variables)``."""

    optimizer: Optimizer
    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReadWeights(Event):
    """``layer.get_weights()``, or a file written by ``save_weights`` (``file`` is then its name or key)."""

    layer: Layer
    serial: int
    file: Hashable = None


@dataclass(frozen=True, slots=True, eq=False)
class WroteWeights(Event):
    """``layer.set_weights(...)`` from the read ``source``, or ``load_weights`` of ``file``."""

    layer: Layer
    source: int | None
    file: Hashable = None
    by_name: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class HandedOut(Event):
    """A model was given to code that is not in the file, which may have written its weights."""

    layer: Layer


@dataclass(frozen=True, slots=True, eq=False)
class Mistake(Event):
    """An assignment that does not reach any layer's flag: ``kind`` is a rule's matter (misspelled, compared, ...).

    ``value`` is what the flag was to be; ``count`` the number of layers that a slice was taken of.
    """

    kind: str
    target: object
    detail: str
    value: object = None
    count: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class LearningPhase(Event):
    """``K.set_learning_phase(value)``."""

    value: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class GraphMode(Event):
    """``tf.disable_eager_execution()`` and its kin: from here on TensorFlow 2 works as TensorFlow 1 does."""


@dataclass(frozen=True, slots=True, eq=False)
class Copied(Event):
    """``copy`` was made of ``source`` by clone_model, JSON or a saved file: ``how`` names which."""

    source: Layer
    copy: Layer
    how: str
