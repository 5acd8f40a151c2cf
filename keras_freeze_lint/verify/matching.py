"""Which measured layer is meant by the key that a prediction has for it.

A layer without a name of its own gets one from Keras, with a counter that depends on everything that was built before.
A witness builds less than the file it was cut from, so such a name proves nothing: it counts only where analysing the
witness itself gave it. Else every layer that may be meant is a candidate, and a verdict must hold for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from keras_freeze_lint.verify.measurement import LayerMeasurement

# A layer without a name that the analysis could know: its class and its line.
_NAMELESS = re.compile(r"(?P<cls>\w+)@(?:\d+:)?\d+$")
# A part of a model whose layers the analysis could not see: ResNet50.layers[0:175], maybe only its BatchNormalization.
_REGION = re.compile(r"(?P<owner>[\w.]+)\.layers\[(?P<part>[^\]]*)\](?P<norm> BatchNormalization)?$")


def candidates(key: str, layers: Iterable[LayerMeasurement], *, exact: bool) -> tuple[LayerMeasurement, ...]:
    """Return every layer that the key may mean; none if it means no layer that was measured.

    ``exact`` says that the key comes from an analysis of the very text that ran.
    """
    present = tuple(layers)
    nameless = _NAMELESS.match(key)
    if nameless:
        return tuple(layer for layer in present if layer.cls == nameless["cls"] and automatic(layer))
    region = _REGION.match(key)
    if region:
        return _of_region(region, present)
    named = tuple(layer for layer in present if _own_key(layer.key) == key)
    if exact or not named or not any(map(automatic, named)):
        return named
    classes = {layer.cls for layer in named}
    return tuple(layer for layer in present if layer.cls in classes and automatic(layer))


def automatic(layer: LayerMeasurement) -> bool:
    """Whether a layer's name looks like one that Keras made up: ``dense_3`` of a Dense."""
    return re.fullmatch(rf"{re.escape(_snake(layer.cls))}(_\d+)?", _own_key(layer.key)) is not None


def _own_key(key: str) -> str:
    """The layer's own name, without what tells layers of the same name apart: its parent before it, a number behind."""
    return re.sub(r"#\d+$", "", key).rpartition("/")[2]


def _snake(name: str) -> str:
    """As Keras turns the name of a class into that of a layer."""
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def _of_region(region: re.Match[str], present: tuple[LayerMeasurement, ...]) -> tuple[LayerMeasurement, ...]:
    """The layers of a model from elsewhere, in their places there; none if it cannot be told which model is meant."""
    owner = _plain(region["owner"].rpartition(".")[2])
    models = {name for layer in present for name, _ in layer.held if _plain(name).startswith(owner)}
    places = re.fullmatch(r"(\d+):(\d+)", region["part"])
    if len(models) != 1 or places is None:
        return ()
    first, end = int(places[1]), int(places[2])
    inside = [layer for layer in present if any(name in models and first <= place < end for name, place in layer.held)]
    return tuple(layer for layer in inside if (layer.cls == "BatchNormalization") is bool(region["norm"]))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
