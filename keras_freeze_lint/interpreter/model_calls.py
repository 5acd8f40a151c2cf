"""Methods of models, layers and optimizers: compiling, training, weights, lookups."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable

from keras_freeze_lint.interpreter import conditions, containers, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.copies import clone, file_format, file_key
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.keras_calls import add_item, call_layer_object
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.training import train
from keras_freeze_lint.interpreter.values import (
    Data,
    Function,
    Gradients,
    Layer,
    LayerList,
    LayerName,
    Optimizer,
    Saved,
    Slot,
    Unknown,
    Value,
    Variables,
    Weights,
)
from keras_freeze_lint.keras.api import MODEL_TRAINING

_Method = Callable[[Run, Layer, list[Value], dict[str, Value], ast.Call], Value]


def call_model_method(
    run: Run, layer: Layer, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call
) -> Value:
    """``model.name(...)``."""
    if name in MODEL_TRAINING:
        return train(run, layer, name, args, keywords, node)
    handler = _METHODS.get(name)
    if handler is not None:
        return handler(run, layer, args, keywords, node)
    if name in ("predict", "predict_on_batch", "predict_generator"):
        run.emit(events.Predicted(*run.place(node), layer))
        return Data(None, ("predicted", id(node)))
    if layer.is_model:
        run.emit(events.HandedOut(*run.place(node), layer))
    return Unknown(("method", ("object", layer.serial), name, id(node)), foreign=True)


def _compile(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    optimizer = keywords.get("optimizer", args[0] if args else None)
    if isinstance(optimizer, Unknown) and optimizer.key == ("attribute", ("object", model.serial), "optimizer"):
        run.emit(events.Mistake(*run.place(node), "own optimizer", model, "optimizer"))
    if not isinstance(optimizer, Optimizer):
        label = optimizer if isinstance(optimizer, str) else "optimizer"
        unknown = isinstance(optimizer, Unknown)
        optimizer = None if unknown else Optimizer(run.serial(), label, node)
    eager = keywords.get("run_eagerly")
    eager_flag = eager if isinstance(eager, bool) else None if isinstance(eager, Unknown) else False
    model.attributes["optimizer"] = optimizer or Unknown(("optimizer of", model.serial), foreign=True)
    layers.graph_of(run, model)
    run.emit(events.Compiled(*run.place(node), model, optimizer, eager_flag))
    return None


def _add(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    item = args[0] if args else keywords.get("layer")
    if item is not None:
        add_item(run, model, item, node)
    return None


def _pop(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if not model.children:
        return None
    removed = model.children.pop()
    model.graph = None
    run.emit(events.Added(*run.place(node), model, removed, removed=True))
    return removed


def _get_layer(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    name = keywords.get("name", args[0] if args else None)
    index = keywords.get("index", args[1] if len(args) > 1 else None)
    if isinstance(name, int) and index is None:
        index, name = name, None
    if isinstance(index, int) and name is None:
        return containers.item(run, _indexed(run, model), index, node)
    if isinstance(name, LayerName):
        return name.layer
    if not isinstance(name, str):
        return Unknown(("layer named", model.serial, conditions.key_of(name)))
    for child in model.children:
        if _goes_by(run, child, name):
            return child
    if model.slots is not None:
        run.cuts.for_word(model.origin, name)
        return next(layer for slot in model.slots if slot.word == name for layer in slot.layers)
    return Unknown(("no layer", model.serial, name), foreign=True)


def _indexed(run: Run, model: Layer) -> LayerList:
    """What ``get_layer(index=...)`` counts: on old releases a Sequential's inner model, which begins with an input."""
    listed = layers.layers_of(run, model)
    if model.kind != "sequential" or not run.traits.sequential_lists_input or not listed.exact:
        return listed
    entry = layers.new_layer(run, "InputLayer", model.node, False, announce=False)
    found = [slot.layers[0] for slot in listed.slots]
    if not found or found[0].cls != "InputLayer":
        found.insert(0, entry)
    return LayerList(model, [Slot(i, i + 1, (one,)) for i, one in enumerate(found)], True)


def _goes_by(run: Run, layer: Layer, name: str) -> bool:
    if layer.name is not None:
        return layer.name == name
    if layer.auto_name is not None:
        made_up = layers.automatic_name(layer, run.traits.zero_based_names, run.traits.functional_prefix)
        return made_up == name
    # Applications name themselves in their own ways: efficientnetb0, mobilenetv2_1.00_224, inception_v3.
    return bool(layer.pretrained and layer.label) and _letters(name).startswith(_letters(layer.label or ""))


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def _get_weights(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    serial = run.serial()
    run.emit(events.ReadWeights(*run.place(node), layer, serial))
    return Weights(layer, serial)


def _set_weights(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    source = args[0] if args else keywords.get("weights")
    read = source.read if isinstance(source, Weights) else None
    run.emit(events.WroteWeights(*run.place(node), layer, read))
    return None


def _load_weights(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    path = args[0] if args else keywords.get("filepath")
    by_name = keywords.get("by_name", args[1] if len(args) > 1 else False) is True
    layer.pretrained = True
    run.emit(events.WroteWeights(*run.place(node), layer, None, _file(path), by_name))
    return None


def _save_weights(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    path = args[0] if args else keywords.get("filepath")
    run.emit(events.ReadWeights(*run.place(node), layer, run.serial(), _file(path)))
    return None


def _file(path: Value) -> Hashable:
    return (file_format(path), file_key(path))


def _save(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    path = args[0] if args else keywords.get("filepath")
    run.saved[file_key(path)] = model
    run.emit(events.ReadWeights(*run.place(node), model, run.serial(), _file(path)))
    return None


def _to_json(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return Saved(clone(run, model, "snapshot", node), "json")


def _get_config(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    if layer.kind not in ("opaque", "rest"):
        return Saved(clone(run, layer, "snapshot", node), "config")
    return Unknown(("config", layer.serial), foreign=True)


def _evaluate(run: Run, model: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    run.emit(events.Evaluated(*run.place(node), model))
    return Unknown(("scores", id(node)), foreign=True)


def _call(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return call_layer_object(run, layer, args, keywords, node)


def _nothing(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return None


_METHODS: dict[str, _Method] = {
    "compile": _compile,
    "add": _add,
    "pop": _pop,
    "get_layer": _get_layer,
    "get_weights": _get_weights,
    "set_weights": _set_weights,
    "load_weights": _load_weights,
    "save_weights": _save_weights,
    "save": _save,
    "to_json": _to_json,
    "to_yaml": _to_json,
    "get_config": _get_config,
    "evaluate": _evaluate,
    "evaluate_generator": _evaluate,
    "test_on_batch": _evaluate,
    "call": _call,
    "build": _nothing,
    "summary": _nothing,
    "add_loss": _nothing,
    "add_metric": _nothing,
}


# --- optimizers and hand-written steps --------------------------------------------------------------------------------


def call_optimizer_method(
    run: Run, optimizer: Optimizer, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call
) -> Value:
    """``optimizer.apply_gradients``, ``minimize`` and ``build``."""
    if name in ("apply_gradients", "apply"):
        pairs = args[0] if args else keywords.get("grads_and_vars", keywords.get("grads"))
        if name == "apply" and len(args) > 1:
            pairs = args[1]
        whole = optimizer.family == "tf1" and isinstance(pairs, Gradients) and pairs.variables is None
        _apply(run, optimizer, _reads(pairs), "apply_gradients" if name == "apply_gradients" else "apply", node, whole)
    elif name == "minimize":
        _minimize(run, optimizer, args, keywords, node)
    elif name == "build" and args and isinstance(args[0], Variables):
        run.emit(events.BuiltOptimizer(*run.place(node), optimizer, args[0].reads))
    elif name == "compute_gradients":
        return Gradients(keywords.get("var_list", args[1] if len(args) > 1 else None))
    return Unknown(("optimizer", optimizer.serial, name), foreign=True)


def _minimize(run: Run, optimizer: Optimizer, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> None:
    position = 2 if optimizer.family == "tf1" else 1
    variables = keywords.get("var_list", args[position] if len(args) > position else None)
    loss = args[0] if args else keywords.get("loss")
    if isinstance(loss, Function):
        recording, run.recording = run.recording, True
        call_function(run, loss, [], {}, node)
        run.recording = recording
    if isinstance(variables, Function):
        variables = call_function(run, variables, [], {}, node)
    whole = optimizer.family == "tf1" and (variables is None or conditions.key_of(variables) == ("all variables",))
    _apply(run, optimizer, _reads(variables), "minimize", node, whole)


def _reads(value: Value) -> tuple[int, ...] | None:
    """The variable reads behind a list of gradients, pairs or variables."""
    if isinstance(value, Gradients):
        return _reads(value.variables)
    if isinstance(value, Variables):
        return value.reads
    if isinstance(value, list | tuple) and value and all(isinstance(part, Variables) for part in value):
        return tuple(read for part in value for read in part.reads)
    return None


def _apply(
    run: Run, optimizer: Optimizer, reads: tuple[int, ...] | None, call: str, node: ast.Call, whole: bool = False
) -> None:
    models = tuple(dict.fromkeys(run.taped))
    if run.custom_step is None:
        run.taped.clear()
    run.emit(events.AppliedGradients(*run.place(node), optimizer, reads, call, models, whole))


def gradient_of(args: list[Value], keywords: dict[str, Value]) -> Value:
    """``tape.gradient(loss, variables)``."""
    return Gradients(args[1] if len(args) > 1 else keywords.get("sources"))
