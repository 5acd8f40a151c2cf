"""Calls into the Keras API: layers, models, applications, optimizers, copies; and calls of layers on tensors."""

from __future__ import annotations

import ast
from collections.abc import Callable

from keras_freeze_lint.interpreter import conditions, containers, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.classes import set_by_constructor, tensors_in
from keras_freeze_lint.interpreter.copies import clone, load_saved, rebuild
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.spelling import is_misspelled_flag
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Api,
    Condition,
    Data,
    Function,
    Hooks,
    Layer,
    Optimizer,
    Saved,
    Tensor,
    Unknown,
    Value,
)
from keras_freeze_lint.keras.api import (
    APPLICATIONS,
    LAYER_CLASSES,
    MERGE_FUNCTIONS,
    MODEL_CLASSES,
    OPTIMIZERS,
    is_application,
)


def call_keras(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    """``keras.<path>(...)``."""
    made = _call(run, api, args, keywords, node)
    if isinstance(made, Layer):
        for keyword, value in keywords.items():
            if is_misspelled_flag(keyword):
                run.emit(events.Mistake(*run.place(node), "misspelled keyword", made, keyword, value))
    return made


def _call(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    name = api.name
    handler = _FUNCTIONS.get(name)
    if handler is not None:
        return handler(run, api, args, keywords, node)
    if is_application(api.path) or name in APPLICATIONS:
        return _application(run, api, args, keywords, node)
    if name in OPTIMIZERS and ("optimizer" in api.path or api.path == f"keras.{name}"):
        family = "legacy" if ".legacy." in api.path else "keras"
        return Optimizer(run.serial(), name, node, family, api.flavour)
    if name in LAYER_CLASSES and (".layers" in api.path or api.path.count(".") <= 1 or ".legacy" in api.path):
        return _layer(run, api, args, keywords, node)
    if name in MERGE_FUNCTIONS and (".layers" in api.path or api.path == f"keras.{name}"):
        return _merge(run, api, args, keywords, node)
    if api.path.startswith(("keras.datasets", "keras.utils", "keras.preprocessing")):
        return Data(None, ("keras", api.path, id(node)), True)
    tensors = [tensor for value in [*args, *keywords.values()] for tensor in tensors_in(value)]
    if tensors:
        return containers.operation(tensors)
    if api.path.startswith("keras.layers.") and name[:1].isupper():
        return _layer(run, api, args, keywords, node)
    return Unknown(("keras", api.path, *(conditions.key_of(arg) for arg in args[:3])), foreign=not _makes_models(api))


def _makes_models(api: Api) -> bool:
    return api.path.startswith(("keras.models", "keras.saving", "keras.applications"))


_CONVOLUTION = ("filters", "kernel_size", "strides", "padding")
_RECURRENT = ("units",)
_POSITIONAL = {
    "Dense": ("units", "activation"), "Embedding": ("input_dim", "output_dim"), "LSTM": _RECURRENT, "GRU": _RECURRENT,
    "SimpleRNN": _RECURRENT, "Conv1D": _CONVOLUTION, "Conv2D": _CONVOLUTION, "Conv3D": _CONVOLUTION,
    "Dropout": ("rate",), "Activation": ("activation",),
}  # fmt: skip


def _layer(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Layer:
    layer = layers.new_layer(run, api.name, node, keywords.get("name"), api.flavour)
    wrapped = next((value for value in [*args, keywords.get("layer")] if isinstance(value, Layer)), None)
    if layer.kind in ("wrapper", "bidirectional") and wrapped is not None:
        _wrap(run, layer, wrapped, node)
    elif layer.kind in ("wrapper", "bidirectional", "custom"):
        layer.kind = "leaf"
    if "trainable" in keywords:
        set_by_constructor(run, layer, keywords["trainable"], node)
    layer.config = {**dict(zip(_POSITIONAL.get(api.name, ()), args, strict=False)), **keywords}
    _note_matrix(layer, keywords)
    return layer


def _note_matrix(layer: Layer, keywords: dict[str, Value]) -> None:
    """An Embedding that is given its matrix holds weights that are not random."""
    if layer.cls == "Embedding":
        initializer = keywords.get("embeddings_initializer", keywords.get("weights"))
        random = isinstance(initializer, str) and any(word in initializer for word in ("uniform", "normal"))
        layer.pretrained = initializer is not None and not random


def _wrap(run: Run, layer: Layer, wrapped: Layer, node: ast.Call) -> None:
    layer.attributes["wrapped"] = wrapped
    if layer.kind == "wrapper":
        layer.children.append(wrapped)
        return
    inner_name = wrapped.name or wrapped.cls.lower()
    for direction in ("forward", "backward"):
        copy = layers.new_layer(run, wrapped.cls, node, f"{direction}_{inner_name}", wrapped.flavour, announce=False)
        copy.flag, copy.handed_flag = wrapped.flag, wrapped.handed_flag
        copy.attributes["copied from"] = wrapped
        layer.children.append(copy)


def _merge(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    tensors = tensors_in(args[0] if args else keywords.get("inputs"))
    layer = layers.new_layer(run, MERGE_FUNCTIONS[api.name], node, keywords.get("name"), api.flavour)
    return layers.call_layer(run, layer, tensors, None, node)


def _input(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    tensor = keywords.get("tensor")
    if isinstance(tensor, Tensor):
        return tensor
    return layers.input_tensor(run, node, keywords.get("name"))


def _sequential(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Layer:
    model = layers.new_model(run, "sequential", "Sequential", node, _name_of(args, keywords, 1), api.flavour)
    run.emit(events.Built(*run.place(node), model))
    given = containers.items_of(run, args[0] if args else keywords.get("layers"))
    for item in given or []:
        add_item(run, model, item, node)
    _flag_of_model(run, model, keywords, node)
    return model


def _name_of(args: list[Value], keywords: dict[str, Value], position: int) -> Value:
    return keywords.get("name", args[position] if len(args) > position else None)


def add_item(run: Run, model: Layer, item: Value, node: ast.AST) -> None:
    """``model.add(item)``: a layer, or the tensor of ``Input``, which stands for its InputLayer."""
    from keras_freeze_lint.interpreter.attributes import promote, resolve

    item = resolve(run, item)
    if isinstance(item, Unknown) and not item.foreign:
        item = promote(run, item, node)
    if isinstance(item, Tensor) and item.call is not None:
        item = item.call.layer
    if isinstance(item, Layer):
        layers.add_to_sequential(run, model, item, node)
    else:
        unseen = layers.new_layer(run, "layer", node, False, announce=False)
        layers.add_to_sequential(run, model, unseen, node)


def _model(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    inputs = keywords.get("inputs", keywords.get("input", args[0] if args else None))
    outputs = keywords.get("outputs", keywords.get("output", args[1] if len(args) > 1 else None))
    ends = tensors_in(inputs), tensors_in(outputs)
    name = _name_of(args, keywords, 2)
    if not ends[1]:
        model = layers.unseen_model(
            run, "Model", node, ("model", id(node)), length=None, holds_bn=None, flag=True, name=name
        )
    else:
        model = layers.functional_model(run, node, ends[0], ends[1], name, api.flavour, "Functional")
        run.emit(events.Built(*run.place(node), model))
    _flag_of_model(run, model, keywords, node)
    return model


def _flag_of_model(run: Run, model: Layer, keywords: dict[str, Value], node: ast.AST) -> None:
    if "trainable" in keywords:
        set_by_constructor(run, model, keywords["trainable"], node)


def _application(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Layer:
    with_top = keywords.get("include_top", args[0] if args else True)
    weights = keywords.get("weights", args[1] if len(args) > 1 else "imagenet")
    known = APPLICATIONS.get(api.name)
    name = keywords.get("name")
    on_tensor = tensors_in(keywords.get("input_tensor"))
    pooled = with_top is not True and isinstance(keywords.get("pooling"), str)
    if known is not None and known.layer_names and isinstance(with_top, bool):
        model = layers.known_application(run, known, node, with_top, pooled, name, api.flavour)
    else:
        length = None if known is None else known.length_with_top if with_top is True else known.length
        if length is not None and with_top is not True:
            length += pooled
        model = layers.unseen_model(
            run, "Functional", node, ("application", id(node)), length=length,
            holds_bn=known.holds_bn if known else None, flag=True, name=name or False,
            flavour=api.flavour, label=api.name, pretrained=True,
        )  # fmt: skip
    if on_tensor:
        model.attributes["input tensor"] = on_tensor[0]
    model.pretrained = weights is not None
    model.attributes["weights argument"] = weights
    return model


def _load_model(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    path = args[0] if args else keywords.get("filepath", keywords.get("path"))
    compiles = keywords.get("compile", args[2] if len(args) > 2 else True) is True
    return load_saved(run, path, node, api.flavour, compiles)


def _clone_model(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    source = args[0] if args else keywords.get("model")
    if isinstance(source, Layer) and len(args) < 2 and "clone_function" not in keywords:
        return clone(run, source, "clone_model", node)
    return Unknown(("clone", conditions.key_of(source), id(node)))


def _from_saved(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    source = args[0] if args else None
    if isinstance(source, Saved):
        return rebuild(run, source, node)
    if "from_config" in api.path and api.name == "from_config":
        return Unknown(("rebuilt", conditions.key_of(source), id(node)))
    made = layers.unseen_model(
        run, "Model", node, ("rebuilt", id(node)), length=None, holds_bn=None, flag=True, name=False,
        flavour=api.flavour, label=api.name,
    )  # fmt: skip
    made.attributes["weights argument"] = None
    return made


def _clear_session(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    run.names.clear()
    return None


def _learning_phase(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    value = conditions.truth(args[0]) if args else None
    run.emit(events.LearningPhase(*run.place(node), None if isinstance(value, Condition) else value))
    return None


def _multi_gpu(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    """``multi_gpu_model(template)``: a model that holds the template as one layer."""
    template = args[0] if args else keywords.get("model")
    if not isinstance(template, Layer):
        return Unknown(("multi gpu", id(node)))
    start = layers.input_tensor(run, node)
    output = layers.call_layer(run, template, [start], None, node)
    model = layers.functional_model(run, node, [start], [output], None, api.flavour, "Functional")
    run.emit(events.Built(*run.place(node), model))
    return model


def _lambda_callback(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    return Hooks(dict(keywords))


_Function = Callable[[Run, Api, list[Value], dict[str, Value], ast.Call], Value]
_FUNCTIONS: dict[str, _Function] = {
    "Sequential": _sequential,
    "Input": _input,
    "load_model": _load_model,
    "clone_model": _clone_model,
    "model_from_json": _from_saved,
    "model_from_yaml": _from_saved,
    "model_from_config": _from_saved,
    "from_config": _from_saved,
    "clear_session": _clear_session,
    "set_learning_phase": _learning_phase,
    "multi_gpu_model": _multi_gpu,
    "LambdaCallback": _lambda_callback,
    **dict.fromkeys(MODEL_CLASSES, _model),
}


# --- layers called on tensors or data ---------------------------------------------------------------------------------


def call_layer_object(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Value:
    """``layer(x, training=...)``: part of a graph when x is symbolic, else an eager call on data."""
    training = keywords.get("training")
    flag = training if isinstance(training, bool) else None
    inputs = tensors_in([*args, *(value for name, value in keywords.items() if name != "training")])
    if inputs:
        if layer.user_class is not None:
            follow_call(run, layer, inputs, node)
        return layers.call_layer(run, layer, inputs, flag, node, told=_tells_training(node))
    if layer.is_model and run.recording:
        run.taped.append(layer)
    run.emit(events.Called(*run.place(node), layer, flag, False))
    return Tensor(None)


def _tells_training(node: ast.AST) -> bool:
    """Whether a call may hand on ``training``: by name, as a further argument, or among what is not spelt out."""
    if not isinstance(node, ast.Call):
        return True
    spread = any(isinstance(one, ast.Starred) for one in node.args)
    return len(node.args) > 1 or spread or any(one.arg in {None, "training"} for one in node.keywords)


def follow_call(run: Run, layer: Layer, inputs: list[Tensor], node: ast.AST) -> None:
    """Run a user's ``call`` once, to see which layers it calls and with which training flag."""
    method = layer.user_class.lookup("call") if layer.user_class else None
    if not isinstance(method, Function) or layer.attributes.get("followed") or layer in run.callers:
        return
    layer.attributes["followed"] = True
    run.callers.append(layer)
    first: Value = inputs[0] if len(inputs) == 1 else list(inputs)
    try:
        call_function(run, method, [first], {}, node, layer)
    finally:
        run.callers.pop()
