"""Copies of models: by clone_model, through JSON, through a saved file."""

from __future__ import annotations

import ast
from collections.abc import Hashable

from keras_freeze_lint.interpreter import conditions, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Call, Layer, ModelGraph, Optimizer, Saved, Slot, Tensor, Value


def clone(run: Run, source: Layer, how: str, node: ast.AST) -> Layer:
    """A copy with the same structure and names; ``how`` decides, with the version, which flags it keeps."""
    copied: dict[int, Layer] = {}
    made = _copy_layer(run, source, node, copied)
    run.emit(events.Copied(*run.place(node), source, made, how))
    return made


def _copy_layer(run: Run, source: Layer, node: ast.AST, copied: dict[int, Layer]) -> Layer:
    if source.serial in copied:
        return copied[source.serial]
    made = Layer(
        run.serial(), source.cls, source.node, name=source.name, auto_name=source.auto_name, kind=source.kind,
        flag=source.flag, handed_flag=source.handed_flag, has_weights=source.has_weights, is_bn=source.is_bn,
        user_class=source.user_class, label=source.label, flavour=source.flavour, length=source.length,
        origin=source.origin,
        config={name: value for name, value in source.config.items() if not isinstance(value, Layer | list)},
    )  # fmt: skip
    copied[source.serial] = made
    made.children = [_copy_layer(run, child, node, copied) for child in source.children]
    if source.kind == "rest":
        made.attributes.update({name: source.attributes[name] for name in ("word", "place", "exact")})
    if source.slots is not None:
        made.slots = [
            Slot(slot.low, slot.high, tuple(copied[one.serial] for one in slot.layers), slot.word)
            for slot in source.slots
        ]
    if source.graph is not None:
        made.graph = _copy_graph(source.graph, copied)
    return made


def _copy_graph(graph: ModelGraph, copied: dict[int, Layer]) -> ModelGraph:
    """The same graph between the copied layers."""
    calls: dict[int, Call] = {}

    def copy_call(call: Call) -> Call:
        pending = [call]
        while pending:
            current = pending[-1]
            if id(current) in calls:
                pending.pop()
                continue
            missing = [t.call for t in current.inputs if t.call is not None and id(t.call) not in calls]
            if missing:
                pending.extend(missing)
                continue
            inputs = tuple(Tensor(calls[id(t.call)]) if t.call is not None else t for t in current.inputs)
            layer = copied.get(current.layer.serial, current.layer)
            made = Call(layer, inputs, current.training)
            layer.calls.append(made)
            calls[id(current)] = made
            pending.pop()
        return calls[id(call)]

    def copy_end(tensor: Tensor) -> Tensor:
        return Tensor(copy_call(tensor.call)) if tensor.call is not None else tensor

    return ModelGraph(tuple(map(copy_end, graph.inputs)), tuple(map(copy_end, graph.outputs)))


def rebuild(run: Run, saved: Saved, node: ast.AST) -> Layer:
    """``model_from_json(text)`` and ``Model.from_config(config)``."""
    return clone(run, saved.layer, saved.format, node)


def file_key(path: Value) -> Hashable:
    """What two file names must have in common to mean one file."""
    return conditions.key_of(path)


def file_format(path: Value) -> str:
    """The format that a file name asks for: h5, keras, weights.h5 or savedmodel."""
    if isinstance(path, str):
        if path.endswith(".weights.h5"):
            return "weights.h5"
        if path.endswith((".h5", ".hdf5", ".hdf")):
            return "h5"
        if path.endswith(".keras"):
            return "keras"
        return "savedmodel"
    return "unknown"


def load_saved(run: Run, path: Value, node: ast.AST, flavour: str, compiles: bool = False) -> Layer:
    """``load_model(path)``: the model that this program saved there, or one that nothing is known of.

    ``compiles`` says that it is to be compiled as it was when it was saved; what nobody saw saved was compiled.
    """
    source = run.saved.get(file_key(path))
    if source is not None:
        made = clone(run, source, f"file {file_format(path)}", node)
        made.pretrained = True
        compiles = compiles and any(isinstance(one, events.Compiled) and one.model is source for one in run.timeline)
    else:
        made = layers.unseen_model(
            run, "Model", node, ("loaded", id(node)), length=None, holds_bn=None, flag=True, name=False,
            flavour=flavour, label="load_model", pretrained=True,
        )  # fmt: skip
    if compiles:
        optimizer = Optimizer(run.serial(), "loaded", node, "keras", flavour)
        made.attributes["optimizer"] = optimizer
        run.emit(events.Compiled(*run.place(node), made, optimizer, False, loaded=True))
    return made
