"""Classes of the file: defining them, making instances, and those that derive from Keras layers and models."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import conditions, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.graph import functional_layers
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Api,
    Class,
    Condition,
    Function,
    Instance,
    Layer,
    ModelGraph,
    Scope,
    Tensor,
    Unknown,
    Value,
)
from keras_freeze_lint.keras.api import BN_CLASSES, LAYER_CLASSES


def define_class(run: Run, node: ast.ClassDef, scope: Scope) -> Class:
    """The class that a ``class`` statement makes; its body runs once."""
    from keras_freeze_lint.interpreter.expressions import evaluate
    from keras_freeze_lint.interpreter.statements import run_block

    bases = [evaluate(run, base, scope) for base in node.bases]
    cls = Class(node, bases, {}, scope)
    body = Scope(cls.attributes, scope)
    run_block(run, node.body, body)
    for statement in node.body if cls.keras_base() is not None else ():
        if isinstance(statement, ast.Assign | ast.AnnAssign) and _sets_own_flag(statement):
            value = cls.attributes["trainable"]
            run.emit(events.Mistake(*run.place(statement), "on class", cls, "trainable", value))
    for member in cls.attributes.values():
        if isinstance(member, Function):
            member.owner = cls
            member.scope = scope
    if any(_dotted(decorator).endswith("dataclass") for decorator in node.decorator_list):
        cls.attributes.setdefault("__dataclass__", True)
    return cls


def _sets_own_flag(statement: ast.Assign | ast.AnnAssign) -> bool:
    """``trainable = False`` in the body of a class."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return statement.value is not None and any(isinstance(one, ast.Name) and one.id == "trainable" for one in targets)


def _dotted(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    if isinstance(target, ast.Name):
        return target.id
    return target.attr if isinstance(target, ast.Attribute) else ""


def construct(run: Run, cls: Class, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Value:
    """``cls(*args, **keywords)``: a layer where the class derives from Keras, else a plain instance."""
    run.entered.add(id(cls.node))
    if layers.is_layer_class(cls):
        return _construct_layer(run, cls, args, keywords, node)
    instance = Instance(cls)
    method = cls.lookup("__init__")
    if isinstance(method, Function):
        call_function(run, method, args, keywords, node, instance)
    elif cls.lookup("__dataclass__") or any(isinstance(base, Api) and base.name == "NamedTuple" for base in cls.bases):
        _fill_fields(instance, args, keywords, node)
    return instance


def _fill_fields(instance: Instance, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> None:
    fields = [
        statement.target.id
        for owner in reversed(list(instance.cls.ancestry()))
        for statement in owner.node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    for name, value in [*zip(fields, args, strict=False), *keywords.items()]:
        instance.attributes[name] = value
    for name in fields:
        default = instance.cls.lookup(name)
        if name not in instance.attributes and (default is None or isinstance(default, Unknown)):
            instance.attributes[name] = Unknown(("field", name, id(node)))


def _construct_layer(run: Run, cls: Class, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> Layer:
    base = cls.keras_base()
    is_model = base is not None and base.name in ("Model", "Sequential", "Network")
    kind = "subclassed" if is_model else "custom"
    if base is not None and base.name == "Sequential":
        kind = "sequential"
    layer = Layer(run.serial(), cls.name, node, kind=kind, user_class=cls, flavour=base.flavour if base else "")
    if base is not None and base.name in BN_CLASSES:
        layer.is_bn, layer.kind = True, "leaf"
    elif base is not None and base.name in LAYER_CLASSES and base.name != "Layer":
        layer.kind, layer.has_weights = "leaf", LAYER_CLASSES[base.name].has_weights
    elif not is_model:
        layer.has_weights = _adds_weights(cls)
    run.emit(events.Built(*run.place(node), layer))
    method = cls.lookup("__init__")
    if isinstance(method, Function):
        call_function(run, method, args, keywords, node, layer)
        if layer.name is None and layer.auto_name is None:
            layers.give_name(run, layer, None)
    else:
        keras_init(run, layer, args, keywords, node)
    return layer


def _adds_weights(cls: Class) -> bool | None:
    """Whether a layer class of the file has weights of its own, as far as its source shows it."""
    for owner in cls.ancestry():
        for child in ast.walk(owner.node):
            if isinstance(child, ast.Attribute) and child.attr in ("add_weight", "add_variable", "Variable"):
                return True
    return False


def keras_init(run: Run, layer: Layer, args: list[Value], keywords: dict[str, Value], node: ast.AST) -> None:
    """What the Keras base class takes in its ``__init__``: name, flag, and a model's inputs and outputs."""
    if layer.name is None and layer.auto_name is None:
        layers.give_name(run, layer, keywords.get("name"))
    if "trainable" in keywords:
        set_by_constructor(run, layer, keywords["trainable"], node)
    if layer.kind == "sequential" and args and isinstance(args[0], list):
        for child in args[0]:
            if isinstance(child, Layer):
                layers.add_to_sequential(run, layer, child, node)
    if layer.kind == "subclassed":
        inputs = keywords.get("inputs", args[0] if args else None)
        outputs = keywords.get("outputs", args[1] if len(args) > 1 else None)
        ends = tensors_in(inputs), tensors_in(outputs)
        if ends[0] and ends[1]:
            layer.children = functional_layers(*ends)
            layer.graph = ModelGraph(tuple(ends[0]), tuple(ends[1]))


def set_by_constructor(run: Run, layer: Layer, value: Value, node: ast.AST) -> None:
    """The ``trainable=`` argument of a constructor."""
    truth = conditions.truth(value)
    if isinstance(truth, Condition):
        known = run.known(truth)
        truth = known if known is not None else truth
    if truth is not True or isinstance(value, str | list | tuple):
        layers.set_flag(run, layer, value, None if isinstance(truth, Condition) else truth, "constructor", node)


def tensors_in(value: Value) -> list[Tensor]:
    """The symbolic tensors in a tensor, a list, a tuple or a dict of them."""
    if isinstance(value, Tensor):
        return [value] if value.call is not None else []
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors_in(item)]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in tensors_in(item)]
    return []
