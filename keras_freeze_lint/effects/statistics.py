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
                at_call = progress.call_flags.get((child.serial, leaf.serial), True)
                found[leaf.serial] = _all((top, own, at_call))
        else:
            for leaf in progress.flags.leaves(child):
                found[leaf.serial] = _all((top, own, progress.flags.flag(leaf)))
    return found


def moving(progress: Progress, model: Layer, statistics: dict[int, Truth]) -> dict[int, Truth]:
    """Statistics that really move: none where training=False holds them."""
    held = _held_below(progress, model)
    return {serial: False if serial in held else truth for serial, truth in statistics.items()}


def dropped_below(progress: Progress, model: Layer) -> set[int]:
    """Statistics of a nested Sequential that was compiled after this model had called it."""
    return {
        leaf.serial
        for position, child in enumerate(progress.flags.children_of(model))
        if not progress.flags.merged(model, position, child)
        if progress.rebuilt_at.get(child.serial, -1) > progress.called_at.get(child.serial, progress.index)
        for leaf in progress.flags.leaves(child)
    }


def _held_below(progress: Progress, model: Layer) -> set[int]:
    return {
        leaf.serial
        for layer in progress.flags.below(model)
        if layer.serial in progress.held
        for leaf in progress.flags.below(layer)
    }


def _all(truths: Sequence[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True
