"""From measurements to verdicts: what proves a finding, what refutes it, and that nothing else does either."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_freeze_lint.findings import Finding, Verdict
from keras_freeze_lint.verify.comparing import Comparison, control_for
from keras_freeze_lint.verify.judging import Undecided, judge, observe, undecided
from keras_freeze_lint.verify.measurement import CallMeasurement, LayerMeasurement, Measurement, Quantity
from keras_freeze_lint.verify.verdicts import Evidence
from keras_freeze_lint.verify.witness import Assumption
from tests.verify.samples import MOVED, STILL, TRAINED, WITNESS, call, finding, layer, run

CONFIRMED, REFUTED, INCONCLUSIVE = Verdict.CONFIRMED, Verdict.REFUTED, Verdict.INCONCLUSIVE


def verdict(
    found: Finding, measured: Measurement, control: Measurement | None = None, *, exact: bool = True
) -> Evidence:
    """The whole way: what was seen, compared with the control."""
    assert found.prediction is not None
    observation = observe(found, found.prediction, WITNESS, measured, exact=exact)
    if isinstance(observation, Undecided):
        return undecided(found, observation, WITNESS, measured)
    comparison = (
        Comparison("frozen before a new compile()", frozenset({TRAINED}), control, by_flags=False) if control else None
    )
    return judge(found, WITNESS, measured, observation, comparison)


HEAD = layer("head", MOVED, intent="trainable")


class TestLayersThatMoveAlthoughFrozen:
    def test_confirmed_when_they_moved_and_the_control_kept_them_still(self) -> None:
        evidence = verdict(finding(), run(call(layer(), HEAD)), run(call(layer(weights=STILL), HEAD)))

        assert evidence.verdict is CONFIRMED
        assert evidence.reason == (
            "weights of base moved by up to 0.011 at fit on line 7; frozen before a new compile(), they stay still"
        )
        assert evidence.call is not None
        assert evidence.call.line == 7, "a line of the user's file"

    def test_refuted_when_they_stayed_still_though_the_data_could_move_them(self) -> None:
        evidence = verdict(finding(), run(call(layer(weights=STILL), HEAD)), run(call(layer(), HEAD)))

        assert evidence.verdict is REFUTED

    def test_nothing_when_the_control_moved_too(self) -> None:
        evidence = verdict(finding(), run(call(layer(), HEAD)), run(call(layer(), HEAD)))

        assert evidence.verdict is INCONCLUSIVE
        assert "something else than its flag" in evidence.reason

    def test_still_layers_refute_nothing_if_no_data_moves_them(self) -> None:
        """Its gradient may be zero for another reason, such as units that never fire."""
        still = run(call(layer(weights=STILL), HEAD))

        assert verdict(finding(), still, still).verdict is INCONCLUSIVE

    def test_all_predicted_layers_must_do_it(self) -> None:
        measured = run(call(layer("one"), layer("two", STILL)))
        evidence = verdict(finding(["one", "two"]), measured, run(call(layer("one", STILL), layer("two", STILL))))

        assert evidence.verdict is INCONCLUSIVE
        assert evidence.reason == "only a part did it: weights of one moved, of two stayed still"

    def test_a_turn_with_other_flags_is_not_meant(self) -> None:
        """In a loop that unfreezes, the layer moves in the second turn because it is meant to."""
        turns = run(call(layer(weights=STILL)), call(layer(weights=MOVED, intent="trainable")))

        assert verdict(finding(), turns, run(call(layer()), call(layer()))).verdict is REFUTED


class TestLayersThatStayStillAlthoughTrainable:
    FOUND = finding(intent="trainable", effect="still")

    def test_confirmed_when_the_control_moves_them(self) -> None:
        still = run(call(layer(weights=STILL, intent="trainable")))

        assert verdict(self.FOUND, still, run(call(layer()))).verdict is CONFIRMED

    def test_nothing_when_the_control_does_not_move_them(self) -> None:
        still = run(call(layer(weights=STILL, intent="trainable")))
        evidence = verdict(self.FOUND, still, still)

        assert evidence.verdict is INCONCLUSIVE
        assert "the data may not ask it to" in evidence.reason

    def test_movement_refutes_it_without_any_control(self) -> None:
        assert verdict(self.FOUND, run(call(layer(intent="trainable")))).verdict is REFUTED

    def test_the_turn_in_which_it_is_meant_to_learn_decides(self) -> None:
        turns = run(call(layer(weights=STILL)), call(layer(weights=STILL, intent="trainable")))
        evidence = verdict(self.FOUND, turns, run(call(layer(weights=STILL)), call(layer())))

        assert evidence.verdict is CONFIRMED


class TestModelsThatAreNotInTheFile:
    STAND_IN = replace(WITNESS, assumptions=(Assumption(4, "load_model(path)", "a small model", is_stand_in=True),))

    def judged(self, own: Quantity, in_control: Quantity) -> Evidence:
        found, measured = finding(), run(call(layer(weights=own), HEAD))
        assert found.prediction is not None
        observation = observe(found, found.prediction, self.STAND_IN, measured, exact=True)
        assert not isinstance(observation, Undecided)
        control = run(call(layer(weights=in_control), HEAD))
        comparison = Comparison("frozen before a new compile()", frozenset({TRAINED}), control, by_flags=False)
        return judge(found, self.STAND_IN, measured, observation, comparison)

    def test_a_confirmation_says_that_another_model_stood_for_it(self) -> None:
        evidence = self.judged(MOVED, STILL)

        assert evidence.verdict is CONFIRMED
        assert evidence.reason.endswith("(with a small model in the place of load_model(path))")

    def test_what_another_model_does_refutes_nothing(self) -> None:
        assert self.judged(STILL, MOVED).verdict is INCONCLUSIVE


class TestControls:
    """A control proves something only if it was what it says, on the data of the run."""

    FOUND = finding(intent="trainable", effect="still")
    SEEN = run(call(layer(weights=STILL, intent="trainable")))

    def with_control(self, control: CallMeasurement) -> Evidence:
        assert self.FOUND.prediction is not None
        observation = observe(self.FOUND, self.FOUND.prediction, WITNESS, self.SEEN, exact=True)
        assert not isinstance(observation, Undecided)
        comparison = Comparison("trainable before a new compile()", frozenset({TRAINED}), run(control), by_flags=True)
        return judge(self.FOUND, WITNESS, self.SEEN, observation, comparison)

    def test_it_must_have_set_the_flags(self) -> None:
        assert self.with_control(call(layer())).verdict is INCONCLUSIVE
        assert self.with_control(replace(call(layer()), controlled=True)).verdict is CONFIRMED

    def test_what_moves_only_on_other_data_may_have_had_no_gradient_on_this(self) -> None:
        evidence = self.with_control(replace(call(layer()), controlled=True, probed=2))

        assert evidence.verdict is INCONCLUSIVE
        assert "only on other data" in evidence.reason


class TestFlagsThatDoNotSayWhatTheFindingAssumes:
    def test_a_late_freeze_needs_flags_that_say_frozen(self) -> None:
        """KFL101 says that a flag is not obeyed: where the program never set it, there is nothing to disobey."""
        evidence = verdict(finding(), run(call(layer(intent="trainable"))), run(call(layer(weights=STILL))))

        assert evidence.verdict is INCONCLUSIVE
        assert evidence.reason == ("the flags of base do not say frozen at this training call, as the finding assumes")

    def test_a_callback_may_set_them_while_it_trains(self) -> None:
        late = replace(layer(intent="trainable"), later_intent="frozen")

        assert verdict(finding(), run(call(late)), run(call(layer(weights=STILL)))).verdict is CONFIRMED

    def test_findings_about_flags_that_reach_nothing_do_not(self) -> None:
        found = replace(finding(), code="KFL401")
        measured = run(call(layer(intent="trainable")))

        assert verdict(found, measured, run(call(layer(weights=STILL)))).verdict is CONFIRMED


class TestCallsThatRaise:
    FOUND = finding(intent="trainable", effect="raises", message="training on line 7 raises ValueError")

    def test_confirmed_when_it_raised_and_the_intended_flags_do_not(self) -> None:
        raised = run(call(raised="ValueError: unknown variable"), status="raised", message="ValueError", line=TRAINED)
        evidence = verdict(self.FOUND, raised, run(call(layer())))

        assert evidence.verdict is CONFIRMED
        assert evidence.reason.startswith("fit on line 7 raised ValueError: unknown variable")

    def test_nothing_when_the_control_raises_too(self) -> None:
        raised = run(call(raised="ValueError: shapes"), status="raised", message="ValueError", line=TRAINED)

        assert verdict(self.FOUND, raised, raised).verdict is INCONCLUSIVE

    def test_another_error_than_the_predicted_one_proves_nothing(self) -> None:
        raised = run(call(raised="MemoryError: no"), status="raised", message="MemoryError", line=TRAINED)

        assert verdict(self.FOUND, raised, run(call(layer()))).verdict is INCONCLUSIVE

    def test_refuted_when_it_ran(self) -> None:
        assert verdict(self.FOUND, run(call(layer()))).verdict is REFUTED

    def test_a_statement_that_is_no_training_call_may_raise(self) -> None:
        found = finding((), effect="raises", message="TypeError at run time")
        raised = run(status="raised", message="TypeError: 'bool' object is not callable", line=TRAINED)

        assert verdict(found, raised, run(call(layer()))).verdict is CONFIRMED
        assert verdict(found, raised, raised).verdict is INCONCLUSIVE
        assert verdict(found, raised).verdict is INCONCLUSIVE

    def test_an_error_elsewhere_is_not_meant(self) -> None:
        raised = run(status="raised", message="NameError: x", line=6)
        evidence = verdict(self.FOUND, raised)

        assert evidence.verdict is INCONCLUSIVE
        assert (evidence.reason, evidence.line) == ("the run ended before the training call: NameError: x", 4)


class TestStatistics:
    FOUND = finding(quantity="statistics")

    @staticmethod
    def norm(weights: Quantity, statistics: Quantity, intent: str = "frozen") -> LayerMeasurement:
        return layer(weights=weights, statistics=statistics, intent=intent, cls="BatchNormalization")

    def test_confirmed_like_weights(self) -> None:
        measured, control = run(call(self.norm(STILL, MOVED))), run(call(self.norm(STILL, STILL)))

        assert verdict(self.FOUND, measured, control).verdict is CONFIRMED

    def test_confirmed_where_no_flag_stops_them(self) -> None:
        """Keras before 2.1.3: frozen, weights still, and the statistics move in every run."""
        drifting = run(call(self.norm(STILL, MOVED)))
        evidence = verdict(self.FOUND, drifting, drifting)

        assert evidence.verdict is CONFIRMED
        assert evidence.reason.endswith("frozen before a new compile(), their weights stay still and these move on")

    def test_that_is_no_excuse_for_weights_that_move_or_flags_that_are_not_set(self) -> None:
        for norm in (self.norm(MOVED, MOVED), self.norm(STILL, MOVED, "trainable")):
            drifting = run(call(norm))
            assert verdict(self.FOUND, drifting, drifting).verdict is INCONCLUSIVE

    def test_refuted_where_something_else_than_a_flag_holds_them(self) -> None:
        """Called with training=False on Keras 2: trainable, weights move, and the statistics stay still in every run."""
        held = run(call(self.norm(MOVED, STILL, "trainable")))
        evidence = verdict(self.FOUND, run(call(self.norm(STILL, STILL))), held)

        assert evidence.verdict is REFUTED
        assert evidence.reason.endswith("their weights move, and these stay still all the same")

    def test_nothing_where_nothing_asks_for_the_layer(self) -> None:
        for idle in (self.norm(STILL, STILL, "trainable"), self.norm(MOVED, STILL, "frozen")):
            assert verdict(self.FOUND, run(call(self.norm(STILL, STILL))), run(call(idle))).verdict is INCONCLUSIVE

    def test_a_layer_without_statistics_is_not_the_predicted_one(self) -> None:
        assert verdict(self.FOUND, run(call(layer()))).verdict is INCONCLUSIVE


class TestRunsThatSayNothing:
    @pytest.mark.parametrize(
        ("measured", "reason"),
        [
            (run(status="unusable", message="no numpy"), "the environment cannot be used: no numpy"),
            (run(call(layer()), status="stopped", message="over 60 s"), "the run was stopped: over 60 s"),
            (run(call(layer()), status="tampered", message="x"), "the program interferes with the measuring: x"),
            (run(), "the run never reached this training call"),
            (run(call(raised="E: x")), "the training call raised E: x"),
        ],
    )
    def test_the_reason_says_why(self, measured: Measurement, reason: str) -> None:
        evidence = verdict(finding(), measured, run(call(layer(weights=STILL))))

        assert (evidence.verdict, evidence.reason) == (INCONCLUSIVE, reason)

    def test_a_layer_that_was_not_measured(self) -> None:
        evidence = verdict(finding(["other"]), run(call(HEAD)))

        assert evidence.verdict is INCONCLUSIVE
        assert evidence.reason == "the run measured no weights of other at this training call (measured: head)"

    def test_a_training_call_that_the_witness_left_out(self) -> None:
        found = finding()
        assert found.prediction is not None
        elsewhere = replace(found, prediction=replace(found.prediction, training_call=70))
        evidence = verdict(elsewhere, run(call(layer())))

        assert (evidence.verdict, evidence.line) == (INCONCLUSIVE, 70)

    def test_nothing_is_refuted_by_a_run_that_did_not_finish(self) -> None:
        broken = run(call(layer(weights=STILL)), status="raised", message="KeyError: later", line=9)

        assert verdict(finding(), broken, run(call(layer()))).verdict is INCONCLUSIVE

    def test_confirming_does_not_need_what_comes_after(self) -> None:
        broken = run(call(layer()), status="raised", message="KeyError: later", line=9)

        assert verdict(finding(), broken, run(call(layer(weights=STILL)))).verdict is CONFIRMED


class TestNamesOfLayers:
    """A name that Keras made up counts what was built before, and a witness builds less than the file did."""

    KEPT = run(call(layer("dense", STILL), layer("dense_1", STILL)))

    def test_a_made_up_name_may_be_any_layer_of_its_class(self) -> None:
        found = finding(["dense_1"])
        both = run(call(layer("dense"), layer("dense_1")))
        one = run(call(layer("dense"), layer("dense_1", STILL)))

        assert verdict(found, both, self.KEPT, exact=False).verdict is CONFIRMED
        assert verdict(found, one, self.KEPT, exact=False).verdict is INCONCLUSIVE

    def test_it_is_one_layer_if_analysing_the_witness_gave_it(self) -> None:
        measured = run(call(layer("dense"), layer("dense_1", STILL)))

        assert verdict(finding(["dense"]), measured, self.KEPT).verdict is CONFIRMED
        assert verdict(finding(["dense_1"]), measured, self.KEPT).verdict is INCONCLUSIVE

    def test_a_layer_known_by_its_line_is_one_of_its_class(self) -> None:
        measured = run(call(layer("dense_7"), layer("head", STILL, intent="trainable")))

        assert verdict(finding(["Dense@4"]), measured, run(call(layer("dense_7", STILL)))).verdict is CONFIRMED

    def test_layers_of_a_model_from_elsewhere_are_found_inside_it(self) -> None:
        inside = replace(layer("conv1", cls="Conv2D"), held=(("model", 1), ("resnet50", 1)))
        found = finding(["ResNet50.layers[0:15]"])
        kept = run(call(replace(inside, weights=STILL)))

        assert verdict(found, run(call(inside, HEAD)), kept).verdict is CONFIRMED
        for held in ((), (("resnet50", 15),), (("resnet50", 1), ("resnet50_2", 1))):
            assert verdict(found, run(call(replace(inside, held=held), HEAD)), kept).verdict is INCONCLUSIVE

    def test_layers_of_one_name_in_two_models_are_both_meant(self) -> None:
        measured = run(call(layer("base"), layer("copy/base", STILL)))

        assert verdict(finding(), measured, run(call(layer("base", STILL)))).verdict is INCONCLUSIVE


quantities = st.builds(Quantity, st.booleans())
layers = st.builds(
    LayerMeasurement,
    st.sampled_from(["base", "head", "dense", "dense_1", "a/base"]),
    st.sampled_from(["Dense", "BatchNormalization"]),
    st.just(()),
    st.sampled_from(["frozen", "trainable"]),
    quantities,
    st.none() | quantities,
)
calls = st.builds(
    CallMeasurement,
    st.sampled_from([TRAINED, TRAINED, 6]),
    st.just("fit"),
    st.just("model"),
    st.lists(layers, max_size=3).map(tuple),
    st.none() | st.just("ValueError: x"),
)
statuses = st.sampled_from(["finished", "finished", "raised", "stopped", "tampered", "unusable"])
runs = st.builds(
    Measurement,
    statuses,
    st.none(),
    st.lists(calls, max_size=3).map(tuple),
    message=st.just("why"),
    line=st.integers(0, 9),
)
findings = st.builds(
    finding,
    st.lists(st.sampled_from(["base", "head", "dense_1", "Dense@4", "Model.layers[1:2]"]), min_size=1, max_size=2),
    st.sampled_from(["frozen", "trainable"]),
    st.sampled_from(["moves", "still", "raises"]),
    st.sampled_from(["weights", "statistics"]),
    st.sampled_from(["raises ValueError", "has no effect"]),
)


@given(findings, runs, st.none() | runs, st.booleans())
def test_confirmed_only_if_everything_that_proof_needs_was_measured(
    found: Finding, measured: Measurement, control: Measurement | None, exact: bool
) -> None:
    evidence = verdict(found, measured, control, exact=exact)
    prediction = found.prediction
    assert prediction is not None
    if evidence.verdict is not CONFIRMED:
        return
    assert measured.status in {"finished", "raised"}
    assert control is not None
    assert control.status in {"finished", "raised"}
    if prediction.effect == "raises":
        assert any(one.raised for one in measured.calls) or measured.line == TRAINED
        return
    assert {one.predicted for one in evidence.layers} == set(prediction.layers)
    for one in evidence.layers:
        shown = _quantity(one.measured, found)
        compared = _quantity(one.control, found) if one.control else None
        assert shown is not None
        assert shown.moves is (prediction.effect == "moves")
        assert compared is not None
        ignored = prediction.quantity == "statistics" and not one.measured.weights.moves
        assert compared.moves is not shown.moves or ignored


@given(findings, runs, st.none() | runs, st.booleans())
def test_refuted_only_by_a_finished_run_that_showed_the_opposite(
    found: Finding, measured: Measurement, control: Measurement | None, exact: bool
) -> None:
    evidence = verdict(found, measured, control, exact=exact)
    prediction = found.prediction
    assert prediction is not None
    if evidence.verdict is not REFUTED:
        return
    assert measured.status == "finished"
    if prediction.effect == "raises":
        assert not any(one.raised for one in measured.calls if one.line == TRAINED)
        return
    assert evidence.layers
    for one in evidence.layers:
        shown = _quantity(one.measured, found)
        assert shown is not None
        assert shown.moves is (prediction.effect == "still")
        if prediction.effect == "moves":
            compared = _quantity(one.control, found) if one.control else None
            assert compared
            assert compared.moves, "data that moves nothing refutes nothing"


@given(findings, runs)
def test_what_needs_a_control_has_no_verdict_without_one(found: Finding, measured: Measurement) -> None:
    assert found.prediction is not None
    observation = observe(found, found.prediction, WITNESS, measured, exact=True)
    if not isinstance(observation, Undecided) and control_for(observation) is not None:
        assert judge(found, WITNESS, measured, observation).verdict is INCONCLUSIVE


def _quantity(shown: LayerMeasurement, found: Finding) -> Quantity | None:
    assert found.prediction is not None
    return shown.weights if found.prediction.quantity == "weights" else shown.statistics


class TestStatisticsOfAModelThatIsOnlyUsed:
    FOUND = replace(finding(("norm",), "frozen", "moves", "statistics"), code="KFL203")

    def used(self, statistics: Quantity, name: str = "predict") -> CallMeasurement:
        return replace(call(self.norm(statistics)), call=name)

    def norm(self, statistics: Quantity, intent: str = "trainable") -> LayerMeasurement:
        return layer("norm", STILL, statistics, intent, "BatchNormalization")

    def trained(self, statistics: Quantity) -> CallMeasurement:
        return call(self.norm(statistics), line=TRAINED - 1)

    @pytest.mark.parametrize("name", ["predict", "evaluate", "test_on_batch"])
    def test_confirmed_when_they_move_and_do_not_once_it_is_told_otherwise(self, name: str) -> None:
        evidence = verdict(self.FOUND, run(self.used(MOVED, name)), run(self.used(STILL, name)))

        assert evidence.verdict is CONFIRMED
        assert evidence.reason.startswith(f"statistics of norm moved by up to 0.011 at {name} on line 7; ")

    @pytest.mark.parametrize("intent", ["trainable", "frozen"])
    def test_nothing_is_proven_when_they_move_all_the_same(self, intent: str) -> None:
        moved = replace(self.used(MOVED), layers=(self.norm(MOVED, intent),))
        evidence = verdict(self.FOUND, run(moved), run(moved))

        assert evidence.verdict is INCONCLUSIVE
        assert evidence.reason.endswith("norm moved in the control run, too: something else moves it")

    def test_nothing_is_proven_without_a_control(self) -> None:
        assert verdict(self.FOUND, run(self.used(MOVED))).verdict is INCONCLUSIVE

    def test_refuted_when_only_training_moves_them(self) -> None:
        evidence = verdict(self.FOUND, run(self.trained(MOVED), self.used(STILL)))

        assert evidence.verdict is REFUTED
        assert evidence.reason == "statistics of norm stayed still at predict on line 7; at fit, they move"

    def test_not_refuted_when_nothing_moves_them(self) -> None:
        evidence = verdict(self.FOUND, run(self.trained(STILL), self.used(STILL)))

        assert evidence.verdict is INCONCLUSIVE
        assert "no training call of this run moved them either" in evidence.reason
