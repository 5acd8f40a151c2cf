"""How one release of Keras behaves: the answers that the table of facts gives for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from keras_freeze_lint.keras.facts import FACTS, KERAS3, STANDALONE, TF_KERAS, Fact


@dataclass(frozen=True)
class Behaviour:
    """All answers for one release on one backend: what effects are computed from."""

    flags_read: str
    callbacks_before_trace: bool
    setter_reaches_children: bool
    same_value_skipped: bool
    trains_by: str
    frozen_bn_statistics: str
    bn_statistics_read: str
    bn_under_frozen_parent: str
    nested_bn_updates_fixed_at_call: bool
    training_false_holds: bool
    training_true_at_inference: bool
    inner_calls_train: bool
    sequential_add_resets_flag: bool
    sequential_lists_input: bool
    sequential_merges_first: bool
    sequential_rebuilt_by_compile: bool
    wrapper_flag: str
    wrapper_resets_inner: bool
    constructor_flag: str
    bidirectional_constructor: str
    model_constructor_flag: str
    optimizer_refuses_new: bool
    optimizer_built: str
    copies_keep_model_flag: str
    savedmodel_keeps_flags: bool
    sublayers_tracked: bool
    class_flag_reaches: str
    variable_flag: str
    weights_order: str
    zero_based_names: bool
    functional_prefix: str
    compile_inside_fit: str
    trace_serves: str
    compiles_late: bool
    own_train_step: bool


def line_of(release_line: str, version: Version) -> tuple[str, str]:
    """The line of a release of ``keras``, ``tensorflow`` or ``tf_keras``, and the version to look up on it."""
    if release_line == "tf_keras":
        return TF_KERAS, "2.15"
    if release_line == "tensorflow":
        return TF_KERAS, str(version)
    if version >= Version("3"):
        return KERAS3, str(version)
    return (TF_KERAS if version >= Version("2.4") else STANDALONE), str(version)


@lru_cache(maxsize=256)
def behaviour(line: str, version: str, backend: str) -> Behaviour:
    """The measured behaviour of one release.

    Raises:
        LookupError: a fact has no row for it.
    """
    parsed = Version(version)
    return Behaviour(**{fact.name: _answer(fact, line, parsed, backend) for fact in FACTS})  # type: ignore[arg-type]


def _answer(fact: Fact, line: str, version: Version, backend: str) -> str | bool:
    for row in fact.rows:
        if row.line == line and row.backend in (None, backend) and _within(row.versions, version):
            return row.value
    raise LookupError(f"no measured answer to {fact.name} for {line} {version} on {backend}")


def _within(versions: str, version: Version) -> bool:
    return not versions or _specifier(versions).contains(version, prereleases=True)


@lru_cache(maxsize=128)
def _specifier(text: str) -> SpecifierSet:
    return SpecifierSet(text)
