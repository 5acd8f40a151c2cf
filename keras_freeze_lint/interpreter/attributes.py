"""Reading and writing attributes: where flags are set, models are recognised and mistakes are seen."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any

from keras_freeze_lint.interpreter import conditions, layers, texts
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.cuts import note_missing
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.spelling import is_misspelled_flag
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Api,
    Bound,
    Class,
    Condition,
    Data,
    Function,
    Instance,
    Layer,
    LayerList,
    LayerName,
    Method,
    Optimizer,
    Super,
    Tensor,
    Unknown,
    Value,
    Variable,
    Variables,
)
from keras_freeze_lint.keras.api import canonical

MODEL_METHODS = frozenset(
    """compile fit fit_generator train_on_batch evaluate evaluate_generator test_on_batch predict predict_on_batch
    predict_generator add pop get_layer get_weights set_weights load_weights save_weights save summary build to_json
    to_yaml get_config count_params call from_config add_loss add_metric add_weight export reset_states""".split()
)
LAYER_METHODS = frozenset(
    "get_weights set_weights load_weights build get_config count_params call add_weight from_config adapt".split()
)
# Seen on an unknown value, these say that it is a Keras model (or layer).
_MODEL_HINTS = frozenset({"layers", "compile", "get_layer", "trainable_weights", "trainable_variables"})
# What the interpreter itself notes on a layer beside the program's attributes.
_OWN_NOTES = frozenset({"sequential", "word", "place", "exact", "wrapped", "followed"})
VARIABLE_LISTS = {
    "trainable_weights": "trainable",
    "trainable_variables": "trainable",
    "_collected_trainable_weights": "trainable",
    "non_trainable_weights": "non_trainable",
    "non_trainable_variables": "non_trainable",
    "weights": "all",
    "variables": "all",
}
_VARIABLE_NAMES = frozenset(
    """kernel bias gamma beta embeddings recurrent_kernel depthwise_kernel pointwise_kernel moving_mean
    moving_variance""".split()
)


def resolve(run: Run, value: Value) -> Value:
    """An unknown value that has been used as a model before is that model."""
    return run.promoted.get(value.key, value) if isinstance(value, Unknown) else value


def promote(run: Run, value: Unknown, node: ast.AST) -> Layer:
    """Take an unknown value for a Keras model of unknown layers.

    What a call has just made is taken to be trainable, unless the call itself speaks of the flag.
    """
    known = run.promoted.get(value.key)
    if known is None:
        known = layers.unseen_model(
            run, "Model", node, ("promoted", id(node), len(run.promoted)), length=None, holds_bn=None,
            flag=_flag_of_made(value.key), name=False, label=_label(node),
        )  # fmt: skip
        run.promoted[value.key] = known
    return known


def _flag_of_made(key: Hashable) -> bool | None:
    if not isinstance(key, tuple) or key[0] not in ("call", "library", "keras"):
        return None
    if ("trainable", False) in key:
        return False
    return None if ("trainable", True) in key else True


def _label(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        try:
            return ast.unparse(node.value)
        except (RecursionError, ValueError):
            return "model"
    return "model"


def get_attribute(run: Run, value: Value, name: str, node: ast.AST) -> Value:
    """``value.name``."""
    value = resolve(run, value)
    if isinstance(value, Unknown):
        if name in _MODEL_HINTS and run.uses_keras and not value.foreign:
            return get_attribute(run, promote(run, value, node), name, node)
        key = ("attribute", value.key, name)
        return run.kept.get(key, Unknown(key, value.foreign))
    reader = _READERS.get(type(value))
    return reader(run, value, name, node) if reader else Method(value, name)


def _of_api(run: Run, api: Api, name: str, node: ast.AST) -> Value:
    if name in ("__name__", "__qualname__"):
        return api.name
    path, flavour = canonical(f"{api.path}.{name}")
    return Api(path, flavour if api.path.partition(".")[0] != "keras" else api.flavour)


def _of_layer(run: Run, layer: Layer, name: str, node: ast.AST) -> Value:
    if name in layer.attributes and name not in _OWN_NOTES:
        return layer.attributes[name]
    if name == "trainable":
        flag = layers.flag_of(run, layer)
        return flag if flag is not None else Condition(("flag", layer.serial, len(run.timeline)))
    if layer.user_class is not None:
        member = layer.user_class.lookup(name)
        if member is not None:
            return _member(run, member, layer, node)
    if name in ("layers", "_layers"):
        return layers.layers_of(run, layer)
    if name in VARIABLE_LISTS:
        return read_variables(run, layer, VARIABLE_LISTS[name], node)
    if name in MODEL_METHODS if layer.is_model else name in LAYER_METHODS:
        return Method(layer, name)
    special = _layer_part(run, layer, name)
    if special is not None:
        return special
    if name in _VARIABLE_NAMES:
        return Variable(layer, name)
    if name in layer.config:
        return layer.config[name]
    return Unknown(("attribute", ("object", layer.serial), name), foreign=True)


def _layer_part(run: Run, layer: Layer, name: str) -> Value:
    if name in ("output", "outputs"):
        graph = layers.graph_of(run, layer) if layer.is_model else None
        if graph is not None and (name == "outputs" or len(graph.outputs) > 1):
            return list(graph.outputs)
        tensor = layers.output_of(run, layer)
        return tensor if tensor is not None else Tensor(None)
    if name in ("input", "inputs"):
        graph = layers.graph_of(run, layer) if layer.is_model else None
        if graph is not None and (name == "inputs" or len(graph.inputs) > 1):
            return list(graph.inputs)
        tensor = layers.input_of(run, layer)
        return tensor if tensor is not None else Tensor(None)
    if name == "name":
        if layer.kind == "rest" and layer.name is None:
            return LayerName(layer)
        if layer.auto_name is not None:
            return layers.automatic_name(layer, run.traits.zero_based_names, run.traits.functional_prefix)
        return layer.name or Unknown(("name of", layer.serial))
    if name == "__class__":
        return layer.user_class or Api(f"keras.layers.{layer.cls}")
    if layer.kind in ("wrapper", "bidirectional") and layer.children:
        if name == "layer":
            return layer.attributes.get("wrapped", layer.children[0])
        if name in ("forward_layer", "backward_layer") and len(layer.children) == 2:
            return layer.children[0 if name == "forward_layer" else 1]
    return None


def _member(run: Run, member: Value, receiver: Value, node: ast.AST) -> Value:
    if isinstance(member, Function):
        if "property" in member.decorators or "cached_property" in member.decorators:
            return call_function(run, member, [], {}, node, receiver)
        if "staticmethod" in member.decorators:
            return member
        if "classmethod" in member.decorators:
            return Bound(member, receiver.cls if isinstance(receiver, Instance) else receiver)
        return Bound(member, receiver)
    return member


def _of_instance(run: Run, instance: Instance, name: str, node: ast.AST) -> Value:
    if name in instance.attributes:
        return resolve(run, instance.attributes[name])
    member = instance.cls.lookup(name)
    if member is not None:
        return _member(run, member, instance, node)
    if name == "__class__":
        return instance.cls
    if name == "__dict__":
        return instance.attributes
    return Unknown(("attribute", ("id", id(instance)), name))


def _of_class(run: Run, cls: Class, name: str, node: ast.AST) -> Value:
    member = cls.lookup(name)
    if isinstance(member, Function) and "classmethod" in member.decorators:
        return Bound(member, cls)
    if member is not None:
        return member
    if name == "__name__":
        return cls.name
    return Unknown(("attribute", ("class", cls.name), name))


def _of_super(run: Run, value: Super, name: str, node: ast.AST) -> Value:
    for base in value.cls.bases:
        if isinstance(base, Class):
            member = base.lookup(name)
            if member is not None:
                return _member(run, member, value.receiver, node)
    if isinstance(value.receiver, Layer) and name not in ("__init__", "__setattr__"):
        if name in MODEL_METHODS | LAYER_METHODS:
            return Method(value.receiver, name)
        return _of_layer(run, value.receiver, name, node)
    return Method(value, name)


def _of_data(run: Run, data: Data, name: str, node: ast.AST) -> Value:
    if name == "shape":
        return (
            data.rows if data.rows is not None else Unknown(("rows", data.key)),
            *(Unknown(("axis", data.key, i)) for i in range(1, 4)),
        )
    return Method(data, name)


def _of_layer_list(run: Run, value: LayerList, name: str, node: ast.AST) -> Value:
    return Method(value, name)


def _of_function(run: Run, function: Function, name: str, node: ast.AST) -> Value:
    return function.name if name == "__name__" else Unknown(("attribute", ("function", id(function.node)), name))


def _of_optimizer(run: Run, optimizer: Optimizer, name: str, node: ast.AST) -> Value:
    return Method(optimizer, name)


_READERS: dict[type[Any], Any] = {
    Api: _of_api,
    Layer: _of_layer,
    Instance: _of_instance,
    Class: _of_class,
    Super: _of_super,
    Data: _of_data,
    LayerList: _of_layer_list,
    Function: _of_function,
    Optimizer: _of_optimizer,
}


def read_variables(run: Run, layer: Layer, which: str, node: ast.AST) -> Variables:
    """``layer.trainable_variables`` and its kin, as they are at this moment."""
    serial = run.serial()
    trace = (run.traces[-1], id(node)) if run.traces else None
    run.emit(events.ReadVariables(*run.place(node), layer, which, serial, trace))
    return Variables((serial,))


# --- writing ----------------------------------------------------------------------------------------------------------


def set_attribute(run: Run, target: Value, name: str, value: Value, node: ast.AST, how: str = "attribute") -> None:
    """``target.name = value`` (or ``setattr``)."""
    target = resolve(run, target)
    if name == "trainable":
        _set_trainable(run, target, value, node, how)
        return
    foreign = isinstance(target, Unknown) and (target.foreign or not run.uses_keras)
    on_layer = isinstance(target, Layer) and target.user_class is None and isinstance(value, bool)
    if isinstance(target, Layer | Unknown | LayerList) and not foreign and is_misspelled_flag(name, on_layer):
        run.emit(events.Mistake(*run.place(node), "misspelled", target, name, value))
    if isinstance(target, Unknown):
        run.kept["attribute", target.key, name] = value
    if isinstance(target, Layer):
        target.attributes[name] = value
        if name == "_trainable":
            truth = conditions.truth(value)
            run.emit(
                events.Mistake(
                    *run.place(node), "private", target, name, None if isinstance(truth, Condition) else truth
                )
            )
        if target.user_class is not None:
            _track(run, target, value, node)
    elif isinstance(target, Instance):
        setter = target.cls.lookup(f"{name}.setter")
        if isinstance(setter, Function):
            call_function(run, setter, [value], {}, node, target)
        else:
            target.attributes[name] = value
    elif isinstance(target, Class):
        target.attributes[name] = value


def _set_trainable(run: Run, target: Value, value: Value, node: ast.AST, how: str) -> None:
    if isinstance(target, Unknown):
        note_missing(run, target, value, node)
        if target.foreign or not run.uses_keras or _obscures(run, target, value, node):
            return
        target = promote(run, target, node)
    value, kind = texts.as_flag(run, value)
    if kind is not None:
        run.emit(events.Mistake(*run.place(node), kind, target, texts.option_name(value) or ""))
    if isinstance(target, Layer):
        _set_layer_flag(run, target, value, node, how)
    elif isinstance(target, Instance):
        setter = target.cls.lookup("trainable.setter")
        if isinstance(setter, Function):
            call_function(run, setter, [value], {}, node, target)
        else:
            target.attributes["trainable"] = value
    elif isinstance(target, Class):
        target.attributes["trainable"] = value
        if target.keras_base() is not None:
            run.emit(events.Mistake(*run.place(node), "on class", target, "trainable", value))
    elif isinstance(target, Variable):
        truth = conditions.truth(value)
        flag = None if isinstance(truth, Condition) else truth
        run.emit(events.SetVariableFlag(*run.place(node), target.layer, target.name, flag))
    elif isinstance(target, Tensor):
        run.emit(events.Mistake(*run.place(node), "on tensor", target, "trainable", value))
    elif isinstance(target, LayerList | Variables) or _is_layer_sequence(target):
        kind = "on tracked list" if _is_tracked(run, target) else "on list"
        run.emit(events.Mistake(*run.place(node), kind, target, "trainable", value))
    elif isinstance(target, Api) and target.is_keras and target.name[:1].isupper():
        run.emit(events.Mistake(*run.place(node), "on class", target, "trainable", value))


def _set_layer_flag(run: Run, target: Layer, value: Value, node: ast.AST, how: str) -> None:
    setter = target.user_class.lookup("trainable.setter") if target.user_class else None
    if isinstance(setter, Function):
        call_function(run, setter, [value], {}, node, target)
        return
    truth = conditions.truth(value)
    if isinstance(truth, Condition):
        known = run.known(truth)
        truth = known if known is not None else truth
    layers.set_flag(run, target, value, None if isinstance(truth, Condition) else truth, how, node)


# Unknown values of these kinds stand for something that the program made itself: perhaps one of its layers.
_OWN_THINGS = frozenset(
    {"item", "next", "comprehension", "method", "attribute", "either", "zip", "part", "no item", "star", "result"}
)
_OF_A_MODEL = frozenset({"layer named", "layer at", "slice of layers"})


def _obscures(run: Run, target: Unknown, value: Value, node: ast.AST) -> bool:
    """Whether the flag may have reached a layer that is known: then what it was set on is not followed further."""
    kind = _root_kind(target.key)
    if "('object', " in repr(target.key):
        kind = "item"
    known = [event.layer for event in run.timeline if isinstance(event, events.Built) and event.layer.kind != "rest"]
    if kind not in _OWN_THINGS | _OF_A_MODEL or not known:
        return False
    truth = conditions.truth(value)
    model = next((layer for layer in known if kind in _OF_A_MODEL and layer.serial == _model_serial(target.key)), None)
    run.emit(events.Obscured(*run.place(node), model, None if isinstance(truth, Condition) else truth))
    return True


def _root_kind(key: object) -> object:
    """What an unknown value finally comes from, below the attributes and items taken from it."""
    while isinstance(key, tuple) and len(key) > 1 and key[0] in ("attribute", "item", "slice"):
        inner = key[1]
        if not (isinstance(inner, tuple) and inner):
            return key[0]
        key = inner
    return key[0] if isinstance(key, tuple) and key else key


def _model_serial(key: object) -> object:
    while isinstance(key, tuple) and len(key) > 1 and key[0] in ("attribute", "item", "slice"):
        key = key[1]
    return key[1] if isinstance(key, tuple) and len(key) > 1 else None


def _is_layer_sequence(value: Value) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Layer) for item in value)


def _is_tracked(run: Run, value: Value) -> bool:
    """Whether a user's layer or model has the list as an attribute: Keras then wraps it in a list that takes a flag."""
    owners = {id(event.model): event.model for event in run.timeline if isinstance(event, events.Added)}
    return any(value is held for owner in owners.values() for held in owner.attributes.values())


def _track(run: Run, owner: Layer, value: Value, node: ast.AST) -> None:
    """Layers that a user's layer or model stores on itself become its children, as Keras tracks them."""
    if isinstance(value, Layer):
        found = [value]
    elif isinstance(value, list | tuple):
        found = [item for item in value if isinstance(item, Layer)]
    elif isinstance(value, dict):
        found = [item for item in value.values() if isinstance(item, Layer)]
    else:
        return
    for layer in found:
        if layer is not owner and layer not in owner.children:
            owner.children.append(layer)
            run.emit(events.Added(*run.place(node), owner, layer))
