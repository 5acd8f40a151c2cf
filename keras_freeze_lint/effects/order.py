"""In which order a model lists its weights, which freezing a part of it changes on some releases (experiments 11)."""

from __future__ import annotations

from collections.abc import Mapping

from keras_freeze_lint.effects.flags import Flags
from keras_freeze_lint.effects.records import Truth
from keras_freeze_lint.interpreter.values import Layer

# Each place names a leaf by its number in the model and whether these are its trainable weights or its statistics.
Places = tuple[tuple[int, str], ...]
_COMPOSITES = ("wrapper", "bidirectional", "custom")


def list_order(top: Layer, values: Mapping[int, Truth], flags: Flags) -> Places:
    """The order of ``top.get_weights()`` with these flags."""
    numbers = {leaf.serial: number for number, leaf in enumerate(flags.leaves(top))}
    mode = flags.behaviour.weights_order
    found: list[tuple[int, str]] = []
    for child in flags.children_of(top) or [top]:
        found.extend(_listed(child, values, flags, numbers, mode))
    return tuple(found)


def file_order(top: Layer, values: Mapping[int, Truth], flags: Flags) -> Places:
    """The order inside an ``.h5`` weight file: every layer of the model, its trainable weights first."""
    numbers = {leaf.serial: number for number, leaf in enumerate(flags.leaves(top))}
    found: list[tuple[int, str]] = []
    for child in flags.children_of(top) or [top]:
        found.extend(_trainable_first(child, values, flags, numbers))
    return tuple(found)


def _listed(
    layer: Layer, values: Mapping[int, Truth], flags: Flags, numbers: dict[int, int], mode: str
) -> list[tuple[int, str]]:
    children = flags.children_of(layer)
    composite = layer.kind in _COMPOSITES
    if not children or mode == "never" or (mode == "composite" and not composite):
        if not children:
            return _weights(layer, numbers)
        return [place for child in children for place in _listed(child, values, flags, numbers, mode)]
    return _trainable_first(layer, values, flags, numbers)


def _weights(leaf: Layer, numbers: dict[int, int]) -> list[tuple[int, str]]:
    number = numbers.get(leaf.serial, -1)
    if leaf.has_weights is False:
        return []
    return [(number, "weights"), (number, "statistics")] if leaf.is_bn else [(number, "weights")]


def _trainable_first(
    layer: Layer, values: Mapping[int, Truth], flags: Flags, numbers: dict[int, int]
) -> list[tuple[int, str]]:
    trainable, rest = _split(layer, values, flags, numbers, True)
    return trainable + rest


def _split(
    layer: Layer, values: Mapping[int, Truth], flags: Flags, numbers: dict[int, int], through: bool
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What a layer lists as trainable, and the rest."""
    here = through and values.get(layer.serial, True) is not False
    children = flags.children_of(layer)
    trainable: list[tuple[int, str]] = []
    rest: list[tuple[int, str]] = []
    if not children:
        for number, what in _weights(layer, numbers):
            (trainable if here and what == "weights" else rest).append((number, what))
        return trainable, rest
    # A frozen model lists what its layers would train, then what they would not.
    standalone = flags.behaviour.trains_by == "ancestors" and not flags.behaviour.setter_reaches_children
    for child in children:
        child_trainable, child_rest = _split(child, values, flags, numbers, here or standalone)
        trainable.extend(child_trainable)
        rest.extend(child_rest)
    return (trainable, rest) if here else ([], trainable + rest)
