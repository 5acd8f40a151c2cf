"""What happens at a call: to a function of the file, a class, a Keras object, a library."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import conditions, containers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.attributes import promote, resolve, set_attribute
from keras_freeze_lint.interpreter.builtin_calls import call_builtin
from keras_freeze_lint.interpreter.classes import construct, keras_init, tensors_in
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.keras_calls import call_keras, call_layer_object
from keras_freeze_lint.interpreter.library_calls import call_library
from keras_freeze_lint.interpreter.model_calls import call_model_method, call_optimizer_method, gradient_of
from keras_freeze_lint.interpreter.plain_methods import call_method
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Api,
    Bound,
    Class,
    Function,
    Instance,
    Layer,
    Method,
    Optimizer,
    Partial,
    Scope,
    Super,
    Unknown,
    Value,
)
from keras_freeze_lint.keras.api import MODEL_TRAINING


def call_value(
    run: Run, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.Call, scope: Scope
) -> Value:
    """The value of ``function(*args, **keywords)``."""
    function = resolve(run, function)
    args = [resolve(run, arg) for arg in args]
    if isinstance(function, Function):
        return call_function(run, function, args, keywords, node)
    if isinstance(function, Bound):
        if isinstance(function.function, Function):
            return call_function(run, function.function, args, keywords, node, function.receiver)
        return call_value(run, function.function, args, keywords, node, scope)
    if isinstance(function, Partial):
        return call_value(run, function.function, function.args + args, {**function.keywords, **keywords}, node, scope)
    if isinstance(function, Class):
        return construct(run, function, args, keywords, node)
    if isinstance(function, Api):
        return _call_api(run, function, args, keywords, node, scope)
    if isinstance(function, Method):
        return _call_method(run, function, args, keywords, node)
    if isinstance(function, Layer):
        return call_layer_object(run, function, args, keywords, node)
    if isinstance(function, Instance):
        method = function.cls.lookup("__call__")
        if isinstance(method, Function):
            return call_function(run, method, args, keywords, node, function)
        if run.uses_keras and function.cls.bases and tensors_in([*args, *keywords.values()]):
            # Its class derives from one of another file: a layer, for it takes tensors.
            made = promote(run, Unknown(("call", "instance", id(function))), node)
            return call_layer_object(run, made, args, keywords, node)
    if isinstance(function, bool):
        _note_called_flag(run, node, scope)
        return Unknown(("called", id(node)))
    if isinstance(function, Unknown):
        return _call_unknown(run, function, args, keywords, node)
    return Unknown(("call", id(node)))


def _call_unknown(run: Run, function: Unknown, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    """A call of something unknown: the same call with the same arguments gives the same unknown."""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
        _note_option(run, args, keywords)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "gradient":
        return gradient_of(args, keywords)
    if isinstance(node.func, ast.Attribute) and node.func.attr in MODEL_TRAINING and _trains(node, keywords):
        model = _receiver(function)
        if model is not None and run.uses_keras:
            return call_model_method(run, promote(run, model, node.func), node.func.attr, args, keywords, node)
    _hand_out(run, args, keywords, node)
    tensors = tensors_in([*args, *keywords.values()])
    if tensors and run.uses_keras and not function.foreign and _is_made(function):
        return call_layer_object(run, promote(run, function, node), args, keywords, node)
    if tensors:
        return containers.operation(tensors)
    told = (("trainable", keywords["trainable"] is not False),) if "trainable" in keywords else ()
    key = ("call", function.key, *(conditions.key_of(arg) for arg in args[:4]), *told, *sorted(keywords)[:4])
    return Unknown(key if _small(key) else ("call", id(node)), function.foreign)


def _hand_out(run: Run, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> None:
    """Models among the arguments of code that is not in the file."""
    for value in [*args, *keywords.values()]:
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Layer):
                run.emit(events.HandedOut(*run.place(node), one))


def _note_option(run: Run, args: list[Value], keywords: dict[str, Value]) -> None:
    """``parser.add_argument("--flag", default="False")``: an option without a type is a text, and true unless empty.

    So is one of ``type=bool``, for bool("False") is True.
    """
    names = [arg for arg in args if isinstance(arg, str)]
    kind = keywords.get("type", Api("builtins.str"))
    if not names or not isinstance(kind, Api) or not {"action", "nargs"}.isdisjoint(keywords):
        return
    default = keywords.get("default")
    destination = str(keywords.get("dest", max(names, key=len).lstrip("-").replace("-", "_")))
    if kind.path == "builtins.str" and (default is None or isinstance(default, str)):
        run.text_options[destination] = default
    elif kind.path == "builtins.bool":
        run.bool_options.add(destination)


_TELLING_KEYWORDS = frozenset({"epochs", "batch_size", "validation_data", "steps_per_epoch", "callbacks", "nb_epoch"})


def _trains(node: ast.Call, keywords: dict[str, Value]) -> bool:
    """Whether a call of an unknown object's ``fit`` is the training of a Keras model, by its arguments."""
    attribute = node.func
    return isinstance(attribute, ast.Attribute) and (attribute.attr != "fit" or bool(_TELLING_KEYWORDS & set(keywords)))


def _receiver(method: Unknown) -> Unknown | None:
    """The unknown object that a method was taken from, where it is one that some call returned."""
    key = method.key
    if method.foreign or not (isinstance(key, tuple) and len(key) == 3 and key[0] == "attribute"):
        return None
    owner = key[1]
    return Unknown(owner) if isinstance(owner, tuple) and owner and owner[0] in ("call", "library") else None


def _is_made(function: Unknown) -> bool:
    """Whether an unknown callable is an object that something returned, and so may be a model."""
    return isinstance(function.key, tuple) and function.key[0] in (
        "call",
        "library",
        "keras",
        "parameter",
        "item",
        "attribute",
    )


def _small(key: tuple[object, ...]) -> bool:
    return len(repr(key)) < 400


def _note_called_flag(run: Run, node: ast.Call, scope: Scope) -> None:
    """``layer.trainable(False)``: the flag itself is called."""
    from keras_freeze_lint.interpreter.expressions import evaluate

    if isinstance(node.func, ast.Attribute) and node.func.attr == "trainable":
        target = resolve(run, evaluate(run, node.func.value, scope))
        if isinstance(target, Layer):
            value = evaluate(run, node.args[0], scope) if len(node.args) == 1 else None
            run.emit(events.Mistake(*run.place(node), "called", target, "trainable", value))


def _call_api(run: Run, api: Api, args: list[Value], keywords: dict[str, Value], node: ast.Call, scope: Scope) -> Value:
    if api.path == "builtins.super":
        return _super(args, scope)
    if api.path.startswith("builtins."):
        return call_builtin(run, api.name, args, keywords, node, call_value, scope)
    if api.is_keras:
        return call_keras(run, api, args, keywords, node)
    _hand_out(run, args, keywords, node)
    return call_library(run, api, args, keywords, node)


def _super(args: list[Value], scope: Scope) -> Value:
    if len(args) == 2 and isinstance(args[0], Class):
        return Super(args[0], args[1])
    current: Scope | None = scope
    while current is not None:
        cls = current.variables.get("__class__")
        if isinstance(cls, Class):
            return Super(cls, current.variables.get("__receiver__"))
        current = current.parent
    return Unknown(("super",))


def _call_method(run: Run, method: Method, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    receiver = method.receiver
    if isinstance(receiver, Layer):
        return call_model_method(run, receiver, method.name, args, keywords, node)
    if isinstance(receiver, Optimizer):
        return call_optimizer_method(run, receiver, method.name, args, keywords, node)
    if isinstance(receiver, Super):
        return _call_super(run, receiver, method.name, args, keywords, node)
    return call_method(run, receiver, method.name, args, keywords, node)


def _call_super(
    run: Run, receiver: Super, name: str, args: list[Value], keywords: dict[str, Value], node: ast.Call
) -> Value:
    """``super().__init__(...)`` of a user's layer: the name and flag that Keras takes there."""
    target = receiver.receiver
    if isinstance(target, Layer) and name == "__init__":
        keras_init(run, target, args, keywords, node)
    elif name == "__setattr__" and len(args) == 2 and isinstance(args[0], str):
        set_attribute(run, target, args[0], args[1], node)
    elif isinstance(target, Layer):
        return call_model_method(run, target, name, args, keywords, node)
    elif target is not None and not isinstance(target, Unknown):
        return Unknown(("super", name, id(node)))
    return None
