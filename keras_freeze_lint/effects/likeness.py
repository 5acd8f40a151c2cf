"""Which facts about Keras can matter to a program: those about things that its events have to do with."""

from __future__ import annotations

from functools import lru_cache

from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.paths import Exploration
from keras_freeze_lint.interpreter.timeline import Event
from keras_freeze_lint.keras.semantics import Behaviour

# A fact that is not named here always matters; names of layers matter to no effect.
_ONLY_WITH = {
    "frozen_bn_statistics": "normalization",
    "bn_statistics_read": "normalization",
    "bn_under_frozen_parent": "normalization",
    "nested_bn_updates_fixed_at_call": "normalization",
    "sequential_rebuilt_by_compile": "normalization",
    "training_false_holds": "normalization",
    "training_true_at_inference": "normalization",
    "inner_calls_train": "normalization",
    "sequential_add_resets_flag": "stacking",
    "sequential_merges_first": "stacking",
    "wrapper_flag": "wrapper",
    "wrapper_resets_inner": "wrapper",
    "constructor_flag": "constructor",
    "bidirectional_constructor": "constructor",
    "model_constructor_flag": "constructor",
    "copies_keep_model_flag": "copy",
    "savedmodel_keeps_flags": "copy",
    "sublayers_tracked": "custom",
    "own_train_step": "custom",
    "compiles_late": "late",
    "weights_order": "weights",
    "compile_inside_fit": "inside fit",
    "callbacks_before_trace": "inside fit",
    "trace_serves": "inside fit",
    "sequential_lists_input": "late",
    "zero_based_names": "nothing",
    "functional_prefix": "nothing",
}
_NAMES = tuple(Behaviour.__dataclass_fields__)


def what_matters(behaviour: Behaviour, exploration: Exploration) -> tuple[object, ...]:
    """The answers that this program's effects can depend on; equal ones mean equal effects."""
    features = _features(exploration)
    # Keras 3 reads flags when it traces, so that the shape of every batch counts.
    if behaviour.flags_read == "trace":
        features |= {"inside fit"}
    return tuple(getattr(behaviour, name) for name in _NAMES if _ONLY_WITH.get(name, "") in features)


@lru_cache(maxsize=8)
def _features(exploration: Exploration) -> frozenset[str]:
    found = {""}
    for path in exploration.paths:
        inside = 0
        for event in path.events:
            inside += isinstance(event, events.TrainStart) - isinstance(event, events.TrainEnd)
            feature = _feature(event)
            if feature is not None:
                found.add(feature)
            if isinstance(event, events.Built) and event.layer.kind in {"sequential", "subclassed"}:
                found.add("late")
            if inside and isinstance(event, events.SetFlag | events.Compiled | events.Obscured):
                found.add("inside fit")
            if isinstance(event, events.Built | events.Added) and event.layer.is_bn is not False:
                found.add("normalization")
    return frozenset(found)


def _feature(event: Event) -> str | None:
    """What an event makes of a program, as far as facts depend on it."""
    if isinstance(event, events.Built):
        if event.layer.kind == "opaque":
            return "normalization"
        kinds = {"wrapper": "wrapper", "bidirectional": "wrapper", "custom": "custom", "subclassed": "custom"}
        return kinds.get(event.layer.kind)
    if isinstance(event, events.SetFlag):
        return "constructor" if event.how == "constructor" else None
    if isinstance(event, events.Added):
        return "stacking"
    if isinstance(event, events.Copied):
        return "copy"
    return "weights" if isinstance(event, events.WroteWeights) else None
