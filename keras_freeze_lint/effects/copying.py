"""Which flags a copy of a model keeps, by the way it was made and by version."""

from __future__ import annotations

from dataclasses import dataclass

from keras_freeze_lint.effects.flags import Flags
from keras_freeze_lint.effects.intents import Intents
from keras_freeze_lint.effects.records import Truth
from keras_freeze_lint.interpreter.timeline import Copied
from keras_freeze_lint.interpreter.values import Layer


@dataclass(frozen=True)
class _Way:
    """How a copy is made: with the state of that moment, by clone_model, in a format that forgets flags; or unknown."""

    snapshot: bool
    cloned: bool
    forgets: bool
    unknown: bool


def copy_flags(flags: Flags, intents: Intents, event: Copied) -> None:
    """Set the flags of ``event.copy`` as this Keras leaves them; the intent goes along in any case."""
    way = _Way(
        snapshot=event.how == "snapshot",
        cloned=event.how == "clone_model",
        forgets=event.how == "file savedmodel" and not flags.behaviour.savedmodel_keeps_flags,
        unknown=event.how == "file unknown",
    )
    _copy(flags, intents, event.source, event.copy, way, whole=True)


def _copy(flags: Flags, intents: Intents, source: Layer, copy: Layer, way: _Way, *, whole: bool) -> None:
    flags.own[copy.serial], flags.variables[copy.serial] = _kept(flags, source, way, whole)
    intents.copy(source, copy)
    flags.hold(copy, list(copy.children))
    for left, right in zip(flags.children_of(source), copy.children, strict=False):
        _copy(flags, intents, left, right, way, whole=False)


def _kept(flags: Flags, source: Layer, way: _Way, whole: bool) -> tuple[Truth, Truth]:
    """The flag of the copy, and that of its variables; ``whole`` is the model that was copied, not a part of it."""
    kept, variable = flags.flag(source), flags.variable_flag(source)
    mode = flags.behaviour.copies_keep_model_flag
    if way.unknown:
        known = True if kept is True else None
        return known, known
    if way.forgets:
        return True, True
    if way.snapshot:
        return kept, variable
    if source.is_model and (mode == "lost" or (mode == "in layers" and flags.behaviour.trains_by == "ancestors")):
        return True, variable
    # Measured on Keras 3.15: a Sequential's configuration has no flag, that of a functional model has one, and
    # clone_model makes the outermost model by other ways than the models in it.
    if mode == "in layers" and source.kind in ("sequential", "functional"):
        return True if (source.kind == "sequential") is not (whole and way.cloned) else kept, variable
    return kept, True if mode == "variables lost" else variable
