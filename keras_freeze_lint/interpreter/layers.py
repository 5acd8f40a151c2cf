"""Layers and models as objects of the interpreter: making them, listing them, setting their flag."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.graph import functional_layers
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Call,
    Class,
    Layer,
    LayerList,
    Length,
    ModelGraph,
    Slot,
    Span,
    SpanRange,
    Tensor,
    Unknown,
    Value,
)
from keras_freeze_lint.keras.api import BN_CLASSES, LAYER_CLASSES, Application, snake_case

# The assumed length of a layer list that nothing is known of: longer than any index that programs write.
UNSEEN_LENGTH = 1000


def new_layer(run: Run, cls: str, node: ast.AST, name: Value = None, flavour: str = "", announce: bool = True) -> Layer:
    """A layer of a Keras class, not yet part of any model."""
    known = LAYER_CLASSES.get(cls)
    layer = Layer(
        run.serial(),
        cls,
        node,
        kind="leaf" if known is None or known.kind == "leaf" else known.kind,
        has_weights=known.has_weights if known else None,
        is_bn=cls in BN_CLASSES,
        flavour=flavour,
    )
    give_name(run, layer, name)
    if announce:
        run.emit(events.Built(*run.place(node), layer))
    return layer


def give_name(run: Run, layer: Layer, name: Value) -> None:
    """Use the literal name where there is one, else count as Keras counts names it makes up."""
    if isinstance(name, str):
        layer.name = name
    elif name is None:
        prefix = FUNCTIONAL if layer.kind == "functional" else snake_case(layer.cls)
        run.names[prefix] = run.names.get(prefix, 0) + 1
        layer.auto_name = (prefix, run.names[prefix])


# How many functional models there are is counted under this name, whatever a version calls them.
FUNCTIONAL = "functional"


def automatic_name(layer: Layer, zero_based: bool, functional_prefix: str) -> str:
    """The name that Keras makes up for a layer without one: ``dense`` or ``dense_1`` for the first, by version."""
    if layer.auto_name is None:
        return layer.cls
    prefix, count = layer.auto_name
    if prefix == FUNCTIONAL:
        prefix = functional_prefix
    number = count - 1 if zero_based else count
    return f"{prefix}_{number}" if number else prefix


def new_model(run: Run, kind: str, cls: str, node: ast.AST, name: Value = None, flavour: str = "") -> Layer:
    """A model without layers yet."""
    model = Layer(run.serial(), cls, node, kind=kind, flavour=flavour)
    give_name(run, model, name)
    return model


def input_tensor(run: Run, node: ast.AST, name: Value = None, shape: tuple[Value, ...] | None = None) -> Tensor:
    """What ``Input(...)`` gives: the output of an InputLayer."""
    layer = new_layer(run, "InputLayer", node, name, announce=False)
    call = Call(layer, ())
    layer.calls.append(call)
    return Tensor(call, shape)


def call_layer(
    run: Run, layer: Layer, inputs: Sequence[Tensor], training: bool | None, node: ast.AST, *, told: bool = True
) -> Tensor:
    """The symbolic call of a layer on tensors of a functional graph; ``told`` if it may say anything of training."""
    call = Call(layer, tuple(inputs), training)
    layer.calls.append(call)
    run.emit(events.Called(*run.place(node), layer, training, True, run.callers[-1] if run.callers else None, told))
    return Tensor(call)


def functional_model(
    run: Run, node: ast.AST, inputs: Sequence[Tensor], outputs: Sequence[Tensor], name: Value, flavour: str, cls: str
) -> Layer:
    """``Model(inputs, outputs)``: its layers are those on the way back from the outputs."""
    model = new_model(run, "functional", cls, node, name, flavour)
    model.graph = ModelGraph(tuple(inputs), tuple(outputs))
    model.children = functional_layers(inputs, outputs)
    return model


def add_to_sequential(run: Run, model: Layer, layer: Layer, node: ast.AST) -> None:
    """``model.add(layer)``."""
    model.children.append(layer)
    model.graph = None
    layer.attributes.setdefault("sequential", model)
    run.emit(events.Added(*run.place(node), model, layer))


def graph_of(run: Run, model: Layer) -> ModelGraph | None:
    """The ends of a model's graph; a Sequential's chain of calls is made when it is first asked for."""
    if model.graph is None and model.kind in ("sequential", "opaque"):
        start = input_tensor(run, model.node)
        tensor = start
        for child in model.children:
            call = Call(child, (tensor,))
            child.calls.append(call)
            tensor = Tensor(call)
        model.graph = ModelGraph((start,), (tensor,))
    return model.graph


def output_of(run: Run, layer: Layer) -> Tensor | None:
    """``layer.output``."""
    if layer.is_model:
        graph = graph_of(run, layer)
        return graph.outputs[0] if graph and graph.outputs else None
    if not layer.calls:
        sequential = layer.attributes.get("sequential")
        if isinstance(sequential, Layer):
            graph_of(run, sequential)
    return Tensor(layer.calls[0]) if layer.calls else None


def input_of(run: Run, layer: Layer) -> Tensor | None:
    """``layer.input``."""
    if layer.is_model:
        graph = graph_of(run, layer)
        return graph.inputs[0] if graph and graph.inputs else None
    output_of(run, layer)
    return layer.calls[0].inputs[0] if layer.calls and layer.calls[0].inputs else None


# --- models whose source is not in the file -----------------------------------------------------------------------


def unseen_model(run: Run, cls: str, node: ast.AST, origin: Hashable, *, length: int | None, holds_bn: bool | None,
                 flag: bool | None, name: Value = None, flavour: str = "", label: str | None = None,
                 pretrained: bool = False) -> Layer:  # fmt: skip
    """A model that stands for layers nobody in this file wrote: its layer list is cut where the program cuts it."""
    model = new_model(run, "opaque", cls, node, name, flavour)
    model.label, model.origin, model.pretrained = label, origin, pretrained
    model.flag = model.handed_flag = model.initial_flag = flag
    model.length = length
    total = length or UNSEEN_LENGTH
    model.slots = list(_slots(run, model, total, holds_bn))
    model.children = [layer for slot in model.slots for layer in slot.layers]
    run.emit(events.Built(*run.place(node), model))
    return model


def _slots(run: Run, model: Layer, total: int, holds_bn: bool | None) -> Iterable[Slot]:
    cuts = {position for position in run.cuts.positions.get(model.origin, ()) if 0 < position < total}
    words = run.cuts.words.get(model.origin, {})
    places = {min(total - 1, total * 6 // 10 + index): word for word, index in words.items()}
    edges = sorted({0, total} | cuts | set(places))
    for low, high in pairwise(edges):
        if low in places:
            word = places[low]
            yield Slot(low, low, (_stand_in(run, model, low, low, False, word),), word)
        if high - low == 1:
            yield Slot(low, high, (_stand_in(run, model, low, high, None if holds_bn is not False else False),))
            continue
        parts = [_stand_in(run, model, low, high, False)]
        if holds_bn is not False:
            parts.append(_stand_in(run, model, low, high, holds_bn))
        yield Slot(low, high, tuple(parts))


def _stand_in(run: Run, model: Layer, low: int, high: int, is_bn: bool | None, word: str | None = None) -> Layer:
    owner = model.label or model.name or model.cls
    what = f"'{word}'" if word else f"{low}:{high}"
    layer = Layer(
        run.serial(),
        "BatchNormalization" if is_bn else "layers",
        model.node,
        kind="rest",
        is_bn=is_bn,
        flag=model.flag,
        handed_flag=model.flag,
        initial_flag=model.flag,
        label=f"{owner}.layers[{what}]" + (" BatchNormalization" if is_bn else ""),
        origin=model.origin,
    )
    layer.attributes.update(word=word, place=(low, high), exact=model.length is not None)
    return layer


def known_application(
    run: Run, application: Application, node: ast.AST, with_top: bool, pooled: bool, name: Value, flavour: str
) -> Layer:
    """A pretrained model whose every layer is known by name, such as VGG16."""
    length = application.length_with_top if with_top else application.length
    tensor = start = input_tensor(run, node, "input_1")
    pooling = (("global_pooling", "GlobalAveragePooling2D"),) if pooled else ()
    for layer_name, cls in (*application.layer_names[1:length], *pooling):
        layer = new_layer(run, cls, node, layer_name, flavour)
        call = Call(layer, (tensor,))
        layer.calls.append(call)
        tensor = Tensor(call)
    model = functional_model(run, node, [start], [tensor], name or application.name.lower(), flavour, "Functional")
    model.pretrained, model.label = True, application.name
    run.emit(events.Built(*run.place(node), model))
    return model


# --- layer lists ------------------------------------------------------------------------------------------------------


def layers_of(run: Run, model: Layer) -> LayerList:
    """``model.layers``."""
    if model.slots is not None:
        return LayerList(model, list(model.slots), model.length is not None, model.origin)
    children = model.children
    if model.kind == "sequential" and not run.traits.sequential_lists_input:
        children = [child for child in children if child.cls != "InputLayer"]
    if any(child.kind == "rest" for child in children):
        return _partly_unseen(model, children)
    return LayerList(model, [Slot(i, i + 1, (child,)) for i, child in enumerate(children)], True)


def _partly_unseen(model: Layer, children: list[Layer]) -> LayerList:
    """A model made from an unseen one's tensors: its layers keep their places, what was built on top comes behind."""
    origins = {child.origin for child in children if child.kind == "rest"}
    grouped: dict[tuple[int, int], list[Layer]] = {}
    others = [child for child in children if child.kind != "rest" and child.cls != "InputLayer"]
    for child in children:
        if child.kind == "rest":
            grouped.setdefault(child.attributes["place"], []).append(child)
    slots = [
        Slot(low, high, tuple(group), group[0].attributes["word"]) for (low, high), group in sorted(grouped.items())
    ]
    end = slots[-1].high
    slots += [Slot(end + i, end + i + 1, (child,)) for i, child in enumerate(others)]
    exact = len(origins) == 1 and all(child.attributes["exact"] for child in children if child.kind == "rest")
    return LayerList(model, slots, exact, next(iter(origins)))


def length_of(layers: LayerList) -> int:
    """``len(model.layers)``, an int that remembers where the real length is not known."""
    count = sum(slot.high - slot.low for slot in layers.slots)
    return count if layers.exact else Length(count, layers)


def item_of(run: Run, layers: LayerList, index: int | Span) -> Value:
    """``layers[index]``; a new cut restarts the run where the position lies inside a run of unseen layers."""
    if isinstance(index, Span):
        for slot in layers.slots:
            if slot.low == index.low and slot.high == index.high:
                return slot.layers[min(index.part, len(slot.layers) - 1)]
        return Unknown(("layer at", index.low, index.high))
    offset = layers.slots[0].low if layers.slots else 0
    total = sum(slot.high - slot.low for slot in layers.slots)
    position = index + total if index < 0 else index
    if not 0 <= position < total:
        return None if layers.exact else Unknown(("layer at", index))
    for slot in layers.slots:
        if slot.low - offset <= position < slot.high - offset:
            if slot.high - slot.low > 1:
                run.cuts.at(layers.origin, offset + position)
                run.cuts.at(layers.origin, offset + position + 1)
            return slot.layers[0]
    return Unknown(("layer at", index))


def slice_of(run: Run, layers: LayerList, cut: slice) -> LayerList | list[Layer]:
    """``layers[low:high:step]``, with the cuts that it needs."""
    if not layers.slots:
        return LayerList(layers.model, [], layers.exact, layers.origin)
    first = layers.slots[0].low
    total = sum(slot.high - slot.low for slot in layers.slots)
    if cut.step == 0:
        return LayerList(layers.model, [], layers.exact, layers.origin)
    low, high, step = cut.indices(total)
    if step != 1:
        picked = [slot.layers for slot in layers.slots]
        if all(slot.high - slot.low == 1 for slot in layers.slots):
            return [layer for group in picked[cut] for layer in group]
        return [layer for group in picked for layer in group]
    for edge in (low, high):
        if 0 < edge < total and not any(slot.low - first == edge for slot in layers.slots):
            run.cuts.at(layers.origin, first + edge)
    inside = [slot for slot in layers.slots if low <= slot.low - first and slot.high - first <= high and low < high]
    return LayerList(layers.model, inside, layers.exact, layers.origin)


def spans(layers: LayerList, start: int = 0) -> list[tuple[Value, Layer]]:
    """What ``enumerate(layers)`` gives."""
    pairs: list[tuple[Value, Layer]] = []
    offset = (layers.slots[0].low if layers.slots else 0) - start
    for slot in layers.slots:
        for part, layer in enumerate(slot.layers):
            if slot.high - slot.low == 1:
                pairs.append((slot.low - offset, layer))
            else:
                pairs.append((Span(slot.low - offset, slot.high - offset, layers.origin, part), layer))
    return pairs


def positions(run: Run, wanted: SpanRange) -> list[Value]:
    """The indices that ``range(low, high)`` stands for in a layer list, with the cuts that it needs."""
    inside = slice_of(run, wanted.layers, slice(wanted.low, wanted.high))
    assert isinstance(inside, LayerList)
    return [
        slot.low if slot.high - slot.low == 1 else Span(slot.low, slot.high, wanted.layers.origin, part)
        for slot in inside.slots
        for part in range(len(slot.layers))
    ]


# --- flags ------------------------------------------------------------------------------------------------------------


def set_flag(run: Run, target: Layer, value: Value, truth: bool | None, how: str, node: ast.AST) -> None:
    """Note the assignment and keep the flags as the program will read them back."""
    looped = run.loops[-1] if run.loops else None
    run.emit(events.SetFlag(*run.place(node), target, truth, how, value, looped))
    target.flag = truth
    if how == "constructor":
        target.handed_flag = truth
    else:
        _hand_down(target, truth, 0)


def _hand_down(target: Layer, truth: bool | None, depth: int) -> None:
    target.handed_flag = truth
    if depth < 20:
        for child in target.children:
            _hand_down(child, truth, depth + 1)


def flag_of(run: Run, layer: Layer) -> bool | None:
    """``layer.trainable`` as the program reads it: its own flag, or also what a model around it was set to."""
    if layer.flag is layer.handed_flag:
        return layer.flag
    return layer.handed_flag if run.traits.propagates_flags else layer.flag


def is_layer_class(cls: Class) -> bool:
    """Whether a class of the file derives from a Keras layer or model."""
    base = cls.keras_base()
    return base is not None and (base.name in LAYER_CLASSES or base.name in ("Model", "Sequential", "Layer", "Network"))
