"""From measurements to verdicts. Pure: what ran and what it showed comes in, and a wrong verdict must not come out.

``observe`` says what a run showed of a prediction, ``control_for`` what must be run for comparison, ``judge`` the rest:
confirmed only if the predicted effect was measured on every predicted layer and the control behaved as intended,
refuted only if the opposite was measured as completely, inconclusive in every other case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from keras_freeze_lint.findings import Finding, Prediction, Verdict
from keras_freeze_lint.verify.comparing import (
    Comparison,
    Observation,
    at_inference,
    compared,
    control_for,
    moved_by_training,
    quantity_of,
    statistics_are_held,
    statistics_ignore_the_flag,
)
from keras_freeze_lint.verify.matching import candidates
from keras_freeze_lint.verify.measurement import CallMeasurement, LayerMeasurement, Measurement, Quantity
from keras_freeze_lint.verify.verdicts import Evidence, LayerEvidence
from keras_freeze_lint.verify.witness import Witness
from keras_freeze_lint.verify.wording import brief, listed

# These say that a flag, as it stands at the training call, is not obeyed: it must stand as they assume. The others are
# about flags that do not say what their author means.
_OF_DISOBEYED_FLAGS = frozenset({"KFL101", "KFL102", "KFL105", "KFL201", "KFL601", "KFL602", "KFL603"})
# These are about what a call moves that only uses a model, and is none of its training calls.
OF_INFERENCE = frozenset({"KFL203"})

# What the control run did, as the end of a sentence.
_OUTCOMES = {"moves": "they move", "still": "they stay still", "finished": "it runs"}


@dataclass(frozen=True)
class Undecided:
    """Why a run says nothing about a finding, and the line of the user's file where that hangs (0: none)."""

    reason: str
    line: int = 0


def observe(
    finding: Finding, prediction: Prediction, witness: Witness, measured: Measurement, *, exact: bool
) -> Observation | Undecided:
    """Return what the run showed of the prediction of a finding, or why it showed nothing.

    ``exact`` says that the prediction's layers are called as an analysis of the witness itself calls them.
    """
    unusable = _unusable(witness, measured)
    if unusable is not None:
        return unusable
    lines = {number for number, origin in enumerate(witness.origins, 1) if origin == prediction.training_call}
    if not lines:
        return Undecided("the witness does not hold this line", prediction.training_call)
    calls = [call for call in measured.calls if call.line in lines]
    if prediction.effect == "raises":
        return _raised(prediction, witness, measured, calls, lines)
    finished = [(turn, call) for turn, call in _turns(calls) if call.raised is None]
    if not finished:
        return _never_trained(prediction, witness, measured, calls)
    found = [(turn, call, _pairs(prediction, call, exact=exact)) for turn, call in finished]
    complete = [(turn, call, pairs) for turn, call, pairs in found if pairs]
    if not complete:
        return _not_measured(prediction, [call for _, call in finished])
    intended = [turn for turn in complete if all(_meant(layer, prediction) for _, layer in turn[2])]
    if not intended and finding.code in _OF_DISOBEYED_FLAGS:
        names = listed([layer.key for _, layer in complete[0][2] if not _meant(layer, prediction)])
        return Undecided(
            f"the flags of {names} do not say {prediction.intent} at this training call, as the finding assumes",
            prediction.training_call,
        )
    return _effect(prediction, measured, intended or complete)


def judge(
    finding: Finding,
    witness: Witness,
    measured: Measurement,
    observation: Observation,
    control: Comparison | None = None,
) -> Evidence:
    """Return the verdict on a finding; ``control`` is the run that the observation is compared with."""
    assert finding.prediction is not None
    line = finding.prediction.training_call
    verdict, reason, shown = _decided(observation, finding, measured, control)
    stood_for = [brief(one.written) for one in witness.assumptions if one.is_stand_in]
    if stood_for:
        reason += f" (with a small model in the place of {listed(stood_for)})"
        # The real one may be frozen inside, or normalize: what its stand-in does not show is not refuted.
        verdict = Verdict.INCONCLUSIVE if verdict is Verdict.REFUTED else verdict
    return Evidence(
        finding,
        verdict,
        reason,
        line,
        witness,
        measured,
        observation.call and replace(observation.call, line=line),
        tuple(
            LayerEvidence(name, layer, next((one for one in shown if one.key == layer.key), None))
            for name, layer in observation.layers
        ),
        control.words if control is not None else "",
        control.measured if control is not None else None,
    )


def undecided(
    finding: Finding, why: Undecided, witness: Witness | None = None, measured: Measurement | None = None
) -> Evidence:
    """Return that there is no verdict, and why."""
    return Evidence(finding, Verdict.INCONCLUSIVE, why.reason, why.line, witness, measured)


def origin_of(witness: Witness, line: int) -> int:
    """Return the line of the user's file that a line of the witness came from; 0 if it was added or is none."""
    return witness.origins[line - 1] if 1 <= line <= len(witness.origins) else 0


def _unusable(witness: Witness, measured: Measurement) -> Undecided | None:
    line = origin_of(witness, measured.line)
    if measured.status == "unusable":
        return Undecided(f"the environment cannot be used: {brief(measured.message)}")
    if measured.status == "stopped":
        return Undecided(f"the run was stopped: {brief(measured.message)}", line)
    if measured.status == "tampered":
        return Undecided(f"the program interferes with the measuring: {brief(measured.message)}", line)
    return None


def _raised(
    prediction: Prediction,
    witness: Witness,
    measured: Measurement,
    calls: Sequence[CallMeasurement],
    lines: set[int],
) -> Observation | Undecided:
    for turn, call in _turns(calls):
        if call.raised is not None:
            return Observation(prediction, "raises", call, turn, error=call.raised)
    if measured.status == "raised":
        if measured.line in lines:
            return Observation(prediction, "raises", None, error=measured.message)
        return _ended_before(witness, measured)
    if calls:
        return Observation(prediction, "finished", calls[0])
    return Undecided("the run never reached this line", prediction.training_call)


def _never_trained(
    prediction: Prediction, witness: Witness, measured: Measurement, calls: Sequence[CallMeasurement]
) -> Undecided:
    if calls:
        return Undecided(f"the training call raised {brief(calls[0].raised or '')}", prediction.training_call)
    if measured.status == "raised":
        return _ended_before(witness, measured)
    return Undecided("the run never reached this training call", prediction.training_call)


def _ended_before(witness: Witness, measured: Measurement) -> Undecided:
    return Undecided(
        f"the run ended before the training call: {brief(measured.message)}", origin_of(witness, measured.line)
    )


def _turns(calls: Sequence[CallMeasurement]) -> list[tuple[int, CallMeasurement]]:
    return list(enumerate(calls))


def _pairs(prediction: Prediction, call: CallMeasurement, *, exact: bool) -> tuple[tuple[str, LayerMeasurement], ...]:
    """Each predicted layer with what was measured of it; nothing if any of them is not there."""
    pairs: list[tuple[str, LayerMeasurement]] = []
    for name in prediction.layers:
        found = candidates(name, call.layers, exact=exact)
        if not found or any(quantity_of(layer, prediction.quantity) is None for layer in found):
            return ()
        pairs += [(name, layer) for layer in found]
    return tuple(pairs)


_Turn = tuple[int, CallMeasurement, tuple[tuple[str, LayerMeasurement], ...]]


def _not_measured(prediction: Prediction, calls: Sequence[CallMeasurement]) -> Undecided:
    noted = next((call.note for call in calls if call.note), "")
    if noted:
        return Undecided(f"what this training call moves cannot be told: {noted}", prediction.training_call)
    present = list(dict.fromkeys(layer.key for call in calls for layer in call.layers))
    missing = [
        name for name in prediction.layers if not any(candidates(name, call.layers, exact=True) for call in calls)
    ]
    return Undecided(
        f"the run measured no {prediction.quantity} of {listed(missing or prediction.layers)} at this training call"
        f" (measured: {listed(present) if present else 'no layer with weights'})",
        prediction.training_call,
    )


def _meant(layer: LayerMeasurement, prediction: Prediction) -> bool:
    """Whether the layer's flags say what the source does, when the call begins or (set by a callback) when it ends."""
    return prediction.intent in {layer.intent, layer.later_intent}


def _effect(prediction: Prediction, measured: Measurement, turns: Sequence[_Turn]) -> Observation | Undecided:
    """What a turn showed on which all layers did the same: what was predicted, if there is such a turn."""
    outcomes = [(turn, _outcome(prediction, turn[2])) for turn in turns]
    for (number, call, pairs), shown in outcomes:
        if shown is not None and shown == prediction.effect:
            return Observation(prediction, shown, call, number, pairs)
    if any(shown is None for _, shown in outcomes):
        return _mixed(prediction, next(turn for turn, shown in outcomes if shown is None))
    if measured.status != "finished":
        return Undecided(
            f"the run did not finish: {brief(measured.message)}; until then the layers did not do what was predicted",
            prediction.training_call,
        )
    (number, call, pairs), shown = outcomes[0]
    assert shown is not None
    return Observation(prediction, shown, call, number, pairs)


def _outcome(prediction: Prediction, pairs: Sequence[tuple[str, LayerMeasurement]]) -> Literal["moves", "still"] | None:
    moved = {quantity.moves for _, layer in pairs if (quantity := quantity_of(layer, prediction.quantity)) is not None}
    return None if len(moved) != 1 else "moves" if moved.pop() else "still"


def _mixed(prediction: Prediction, turn: _Turn) -> Undecided:
    seen = [(layer.key, quantity_of(layer, prediction.quantity)) for _, layer in turn[2]]
    moved = [key for key, one in seen if one is not None and one.moves]
    still = [key for key, one in seen if one is not None and not one.moves]
    return Undecided(
        f"only a part did it: {prediction.quantity} of {listed(moved)} moved, of {listed(still)} stayed still",
        prediction.training_call,
    )


def _decided(
    observation: Observation, finding: Finding, measured: Measurement, control: Comparison | None
) -> tuple[Verdict, str, tuple[LayerMeasurement, ...]]:
    """The verdict, its reason, and the layers of the control."""
    shown, seen = observation.shown, _seen(observation)
    verdict = Verdict.CONFIRMED if shown == observation.prediction.effect else Verdict.REFUTED
    if verdict is Verdict.REFUTED and measured.status != "finished":
        return Verdict.INCONCLUSIVE, f"{seen}, but the run did not finish: {brief(measured.message)}", ()
    if shown == "raises" and observation.error.partition(":")[0] not in finding.message:
        return Verdict.INCONCLUSIVE, f"{seen}, which is not the error that was predicted", ()
    plan = control_for(observation)
    if plan is None and observation.shown == "still" and at_inference(observation):
        return *_untouched(observation, measured, seen), ()
    if plan is None:
        return verdict, seen, ()
    if control is None:
        return Verdict.INCONCLUSIVE, f"{seen}, but nothing could be run for comparison", ()
    problem, layers = compared(observation, plan, control)
    if problem is None:
        return verdict, f"{seen}; {control.words}, {_OUTCOMES[plan.expected]}", layers
    if statistics_ignore_the_flag(observation, layers):
        return verdict, f"{seen}; frozen before a new compile(), their weights stay still and these move on", layers
    if statistics_are_held(observation, layers):
        return verdict, f"{seen}; {control.words}, their weights move, and these stay still all the same", layers
    return Verdict.INCONCLUSIVE, f"{seen}, but {problem}", layers


def _untouched(observation: Observation, measured: Measurement, seen: str) -> tuple[Verdict, str]:
    """What follows from statistics that stay still where a model is only used: training shows if they can move."""
    trained = moved_by_training(observation, measured)
    if trained is None:
        return Verdict.INCONCLUSIVE, f"{seen}, but no training call of this run moved them either"
    return Verdict.REFUTED, f"{seen}; at {trained.call}, they move"


def _seen(observation: Observation) -> str:
    prediction, call = observation.prediction, observation.call
    where = f"{call.call} on line {prediction.training_call}" if call else f"line {prediction.training_call}"
    if observation.shown == "raises":
        return f"{where} raised {brief(observation.error)}"
    if observation.shown == "finished":
        return f"{where} ran without an error"
    names = listed([layer.key for _, layer in observation.layers])
    if observation.shown == "still":
        return f"{prediction.quantity} of {names} stayed still at {where}"
    furthest = max(_last(quantity_of(layer, prediction.quantity)) for _, layer in observation.layers)
    by = f" by up to {furthest:.3g}" if furthest > 0 else ""
    return f"{prediction.quantity} of {names} moved{by} at {where}"


def _last(quantity: Quantity | None) -> float:
    return quantity.drift[-1] if quantity is not None and quantity.drift else 0.0
