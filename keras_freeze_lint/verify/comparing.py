"""What is held against each other: what a run showed, and what a run for comparison must show and did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.keras.api import MODEL_INFERENCE
from keras_freeze_lint.verify.matching import candidates
from keras_freeze_lint.verify.measurement import CallMeasurement, LayerMeasurement, Measurement, Quantity
from keras_freeze_lint.verify.wording import brief, listed

Shown = Literal["moves", "still", "raises", "finished"]


@dataclass(frozen=True)
class Observation:
    """What a run showed of a prediction.

    ``call`` is the training call that shows it (None if a statement raised that is no training call), the ``turn``-th
    on its line; its line is one of the witness. ``layers`` pairs what the prediction calls a layer with what was
    measured; one that may be any of several layers has a pair for each of them. ``error`` is what was raised.
    """

    prediction: Prediction
    shown: Shown
    call: CallMeasurement | None
    turn: int = 0
    layers: tuple[tuple[str, LayerMeasurement], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Plan:
    """What to compare an observation with: flags to set before a call of the witness, and what must come of it."""

    line: int
    flags: tuple[tuple[str, bool], ...]
    expected: Shown


@dataclass(frozen=True)
class Comparison:
    """A run for comparison: what was run, in words, the lines there of the training call, and what it showed.

    ``by_flags`` says that flags were to be set in it, which it must then have done.
    """

    words: str
    lines: frozenset[int]
    measured: Measurement
    by_flags: bool = False


def control_for(observation: Observation) -> Plan | None:
    """Return what must be run for comparison; None where what was seen needs none."""
    prediction, call = observation.prediction, observation.call
    if call is None:
        return Plan(0, (), "finished") if observation.shown == "raises" else None
    if observation.shown == "raises":
        flags = _flags(_named_layers(prediction, call), prediction.intent == "trainable")
        return Plan(call.line, flags, "finished")
    if observation.shown == "finished" or (observation.shown, prediction.effect) == ("moves", "still"):
        return None
    moves = observation.shown == "moves"
    if at_inference(observation):
        return Plan(call.line, (), "still") if moves else None
    flags = _flags((layer.key for _, layer in observation.layers), not moves)
    return Plan(call.line, flags, "still" if moves else "moves")


def compared(
    observation: Observation, plan: Plan, control: Comparison
) -> tuple[str | None, tuple[LayerMeasurement, ...]]:
    """What is wrong with the control run, if anything, and the layers that it showed."""
    measured = control.measured
    if measured.status in {"unusable", "stopped", "tampered"}:
        return f"the control run was of no use: {brief(measured.message)}", ()
    if observation.call is None:
        reached = measured.status == "finished" or measured.line > max(control.lines, default=0)
        return None if reached else f"the control run raised, too: {brief(measured.message)}", ()
    calls = [call for call in measured.calls if call.line in control.lines]
    if len(calls) <= observation.turn:
        return (
            f"the control run did not reach this training call: {brief(measured.message) or 'it took another way'}",
            (),
        )
    call = calls[observation.turn]
    if call.raised is not None:
        return f"the control run raised {brief(call.raised)} there, too", ()
    if control.by_flags and not call.controlled:
        return "the control could not set the flags before this training call", ()
    if plan.expected == "finished":
        return None, ()
    wanted = {layer.key for _, layer in observation.layers}
    layers = tuple(layer for layer in call.layers if layer.key in wanted)
    if {layer.key for layer in layers} != wanted:
        missing = sorted(wanted - {layer.key for layer in layers})
        return f"the control run did not measure {', '.join(missing)}", layers
    quantity, must_move = observation.prediction.quantity, plan.expected == "moves"
    wrong = [
        layer.key for layer in layers
        if (one := quantity_of(layer, quantity)) is None or one.moves is not must_move
    ]  # fmt: skip
    if not wrong and call.probed:
        return (
            f"{listed(sorted(wanted))} moved in the control run only on other data: this data may not ask it to",
            layers,
        )
    if not wrong:
        return None, layers
    if plan.expected == "moves":
        return f"{listed(wrong)} did not move in the control run either: the data may not ask it to", layers
    other = "something else" if at_inference(observation) else "something else than its flag"
    return f"{listed(wrong)} moved in the control run, too: {other} moves it", layers


def at_inference(observation: Observation) -> bool:
    """Whether an observation is about a call that only uses a model."""
    return observation.call is not None and observation.call.call in MODEL_INFERENCE


def moved_by_training(observation: Observation, measured: Measurement) -> CallMeasurement | None:
    """The first training call of a run that moved the statistics of all layers of an observation."""
    wanted = {layer.key for _, layer in observation.layers}
    for call in measured.calls:
        moved = {layer.key for layer in call.layers if layer.statistics is not None and layer.statistics.moves}
        if call.raised is None and call.call not in MODEL_INFERENCE and wanted <= moved:
            return call
    return None


def statistics_ignore_the_flag(observation: Observation, control: Sequence[LayerMeasurement]) -> bool:
    """Frozen in the control, which keeps the weights still, and the statistics move all the same: no flag stops them.

    A layer that the program itself has frozen must show the same there.
    """
    prediction = observation.prediction
    if (prediction.quantity, prediction.effect) != ("statistics", "moves") or at_inference(observation):
        return False
    shown = [layer for _, layer in observation.layers]
    if {layer.key for layer in control} != {layer.key for layer in shown}:
        return False
    frozen = [*control, *(shown if prediction.intent == "frozen" else ())]
    return all(
        layer.intent == "frozen" and not layer.weights.moves and layer.statistics is not None and layer.statistics.moves
        for layer in frozen
    )


def statistics_are_held(observation: Observation, control: Sequence[LayerMeasurement]) -> bool:
    """Trainable in the control, where the weights move, and the statistics stay still all the same.

    Then what asks for the weights goes through these layers, and something else than their flag holds the statistics.
    """
    wanted = {layer.key for _, layer in observation.layers}
    if (observation.prediction.quantity, observation.shown) != ("statistics", "still"):
        return False
    return {layer.key for layer in control} == wanted and all(
        layer.intent == "trainable"
        and layer.weights.moves
        and layer.statistics is not None
        and not layer.statistics.moves
        for layer in control
    )


def quantity_of(layer: LayerMeasurement, quantity: str) -> Quantity | None:
    """Return the weights or the statistics of a layer."""
    return layer.weights if quantity == "weights" else layer.statistics


def _named_layers(prediction: Prediction, call: CallMeasurement) -> list[str]:
    """The measured layers that a prediction about an error names; the call may have told nothing of any layer."""
    found = [layer.key for name in prediction.layers for layer in candidates(name, call.layers, exact=True)]
    return found or list(prediction.layers)


def _flags(keys: Iterable[str], trainable: bool) -> tuple[tuple[str, bool], ...]:
    return tuple((key, trainable) for key in dict.fromkeys(keys))
