"""Which moving statistics of BatchNormalization a step updates, beyond what the flags say."""

from __future__ import annotations

from collections.abc import Sequence

from keras_freeze_lint.effects.progress import Progress
from keras_freeze_lint.effects.records import Truth
from keras_freeze_lint.interpreter.values import Layer


def standalone_statistics(progress: Progress, model: Layer) -> dict[int, Truth]:
    """Standalone Keras: updates of nested models were gathered at their call, the rest is read at the first step."""
    found: dict[int, Truth] = {}
    top = progress.flags.flag(model)
    for child in progress.flags.children_of(model):
        own = progress.flags.flag(child)
        if child.is_model:
            for leaf in progress.flags.leaves(child):
                anywhere = progress.call_flags.get((None, child.serial, leaf.serial), True)
                at_call = progress.call_flags.get((model.serial, child.serial, leaf.serial), anywhere)
                found[leaf.serial] = _all((top, own, at_call))
        else:
            for leaf in progress.flags.leaves(child):
                found[leaf.serial] = _all((top, own, progress.flags.flag(leaf)))
    return found


def note_call(progress: Progress, model: Layer, caller: Layer | None) -> None:
    """Where updates are gathered when a nested model is called, keep which of them that call gathers.

    The caller is the Sequential that makes the call, if one does: what another one gathers later is none of its own.
    """
    progress.called_at[model.serial] = progress.index
    if progress.behaviour.nested_bn_updates_fixed_at_call:
        for serial, truth in progress.flags.statistics_inside(model).items():
            progress.call_flags[caller.serial if caller is not None else None, model.serial, serial] = truth


def moving(progress: Progress, model: Layer, statistics: dict[int, Truth]) -> dict[int, Truth]:
    """Statistics that really move: none where training=False holds them."""
    held = _held_below(progress, model)
    return {serial: _all((truth, held.get(serial, True))) for serial, truth in statistics.items()}


def dropped_below(progress: Progress, model: Layer) -> set[int]:
    """Statistics of a nested Sequential that was compiled after this model had called it."""
    return {
        leaf.serial
        for position, child in enumerate(progress.flags.children_of(model))
        if not progress.flags.merged(model, position, child)
        if progress.rebuilt_at.get(child.serial, -1) > progress.called_at.get(child.serial, progress.index)
        for leaf in progress.flags.leaves(child)
    }


def _held_below(progress: Progress, model: Layer) -> dict[int, Truth]:
    """The leaves of a model that it calls with training=False: False, or None where it may also call them without.

    That a layer is called so elsewhere holds nothing, least of all when the layer itself is the model that trains.
    """
    below = progress.flags.below(model)
    members = {layer.serial for layer in below}
    found: dict[int, Truth] = {}
    for layer in below:
        callers = progress.held.get(layer.serial, set())
        if layer is not model and any(caller is None or caller in members for caller in callers):
            certain = layer.serial not in progress.not_held
            for leaf in progress.flags.below(layer):
                found[leaf.serial] = False if certain else found.get(leaf.serial)
    if not progress.behaviour.inner_calls_train:
        untold = progress.untold.get(model.serial, set())
        for layer in below:
            if layer.serial in untold:
                found.update(dict.fromkeys((leaf.serial for leaf in progress.flags.below(layer)), False))
    return found


def _all(truths: Sequence[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True
