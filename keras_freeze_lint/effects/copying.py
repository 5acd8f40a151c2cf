"""Which flags a copy of a model keeps, by the way it was made and by version."""

from __future__ import annotations

from keras_freeze_lint.effects.flags import Flags
from keras_freeze_lint.effects.intents import Intents
from keras_freeze_lint.interpreter.timeline import Copied
from keras_freeze_lint.interpreter.values import Layer


def copy_flags(flags: Flags, intents: Intents, event: Copied) -> None:
    """Set the flags of ``event.copy`` as this Keras leaves them; the intent goes along in any case."""
    snapshot = event.how == "snapshot"
    forgets = event.how == "file savedmodel" and not flags.behaviour.savedmodel_keeps_flags
    unknown = event.how == "file unknown"
    _copy(flags, intents, event.source, event.copy, snapshot, forgets, unknown)


def _copy(
    flags: Flags, intents: Intents, source: Layer, copy: Layer, snapshot: bool, forgets: bool, unknown: bool
) -> None:
    kept = flags.flag(source)
    variable = flags.variable_flag(source)
    mode = flags.behaviour.copies_keep_model_flag
    if unknown:
        kept = variable = None if kept is not True else True
    elif forgets:
        kept = variable = True
    elif (not snapshot and source.is_model and mode == "lost") or (not snapshot and source.is_model and mode == "in layers" and flags.behaviour.trains_by == "ancestors"):
        kept = True
    elif not snapshot and mode == "variables lost":
        variable = True
    flags.own[copy.serial] = kept
    flags.variables[copy.serial] = variable
    intents.copy(source, copy)
    source_children = flags.children_of(source)
    copied_children = copy.children
    flags.children[copy.serial] = list(copied_children)
    for left, right in zip(source_children, copied_children, strict=False):
        _copy(flags, intents, left, right, snapshot, forgets, unknown)
