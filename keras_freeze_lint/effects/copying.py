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
    """How a copy is made: with the state at that moment, in a format that forgets flags, or nobody knows."""

    snapshot: bool
    forgets: bool
    unknown: bool


def copy_flags(flags: Flags, intents: Intents, event: Copied) -> None:
    """Set the flags of ``event.copy`` as this Keras leaves them; the intent goes along in any case."""
    way = _Way(
        snapshot=event.how == "snapshot",
        forgets=event.how == "file savedmodel" and not flags.behaviour.savedmodel_keeps_flags,
        unknown=event.how == "file unknown",
    )
    _copy(flags, intents, event.source, event.copy, way)


def _copy(flags: Flags, intents: Intents, source: Layer, copy: Layer, way: _Way) -> None:
    flags.own[copy.serial], flags.variables[copy.serial] = _kept(flags, source, way)
    intents.copy(source, copy)
    flags.hold(copy, list(copy.children))
    for left, right in zip(flags.children_of(source), copy.children, strict=False):
        _copy(flags, intents, left, right, way)


def _kept(flags: Flags, source: Layer, way: _Way) -> tuple[Truth, Truth]:
    """The flag of the copy, and that of its variables."""
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
    return kept, True if mode == "variables lost" else variable
