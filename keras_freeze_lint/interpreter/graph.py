"""The order in which Keras lists the layers of a functional model: by depth from the outputs, then by traversal."""

from __future__ import annotations

from collections.abc import Sequence

from keras_freeze_lint.interpreter.values import Call, Layer, Tensor


def functional_layers(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Layer]:
    """The layers between inputs and outputs, as ``model.layers`` lists them (the same rule in every Keras)."""
    ends = {id(tensor.call) for tensor in inputs if tensor.call is not None}
    order, indices = _traverse(outputs, ends)
    depths: dict[int, int] = {}
    layer_depths: dict[int, int] = {}
    layers: dict[int, Layer] = {}
    for call in reversed(order):
        depth = max(depths.get(id(call), 0), layer_depths.get(call.layer.serial, 0))
        depths[id(call)] = layer_depths[call.layer.serial] = depth
        layers[call.layer.serial] = call.layer
        if id(call) in ends:
            continue
        for tensor in call.inputs:
            if tensor.call is not None:
                depths[id(tensor.call)] = max(depth + 1, depths.get(id(tensor.call), 0))
    for tensor in inputs:
        if tensor.call is not None and tensor.call.layer.serial not in layers:
            layers[tensor.call.layer.serial] = tensor.call.layer
            layer_depths[tensor.call.layer.serial] = 0
            indices.setdefault(tensor.call.layer.serial, len(indices))
    return sorted(layers.values(), key=lambda layer: (-layer_depths[layer.serial], indices[layer.serial]))


def _traverse(outputs: Sequence[Tensor], ends: set[int]) -> tuple[list[Call], dict[int, int]]:
    """Calls in the order in which a depth-first walk from the outputs finishes them, and when each layer was met."""
    finished: list[Call] = []
    done: set[int] = set()
    indices: dict[int, int] = {}
    for output in outputs:
        pending: list[tuple[Call, bool]] = [(output.call, False)] if output.call is not None else []
        while pending:
            call, expanded = pending.pop()
            if expanded:
                finished.append(call)
                continue
            if id(call) in done:
                continue
            done.add(id(call))
            indices.setdefault(call.layer.serial, len(indices))
            pending.append((call, True))
            if id(call) not in ends:
                sources = [tensor.call for tensor in call.inputs if tensor.call is not None]
                pending.extend((source, False) for source in reversed(sources))
    return finished, indices
