"""Looking names up and entering the functions of the file with the caller's values."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Hashable

from keras_freeze_lint.interpreter import conditions
from keras_freeze_lint.interpreter.signals import Abandoned, Returned
from keras_freeze_lint.interpreter.state import MAX_CALL_DEPTH, Run
from keras_freeze_lint.interpreter.values import (
    Api,
    Bound,
    Data,
    Function,
    Layer,
    Scope,
    Unknown,
    Value,
)
from keras_freeze_lint.keras.api import (
    APPLICATIONS,
    BN_CLASSES,
    LAYER_CLASSES,
    MERGE_FUNCTIONS,
    MODEL_CLASSES,
    OPTIMIZERS,
)

_STAR_NAMES = frozenset(LAYER_CLASSES) | BN_CLASSES | MODEL_CLASSES | OPTIMIZERS | frozenset(APPLICATIONS)
_STAR_NAMES |= frozenset(MERGE_FUNCTIONS) | {
    "Sequential",
    "Input",
    "load_model",
    "clone_model",
    "model_from_json",
    "Callback",
}
# What a star import of a module of the project passes on: names that hardly anybody gives to something else.
_PASSED_ON = frozenset(
    """Sequential Model Input Dense Conv1D Conv2D Conv2DTranspose Flatten Dropout BatchNormalization Activation
    LeakyReLU Reshape Lambda Embedding LSTM GRU MaxPooling2D GlobalAveragePooling2D UpSampling2D Concatenate
    concatenate""".split()
)
_PASSED_ON |= OPTIMIZERS | frozenset(APPLICATIONS) | {"load_model"}
_BUILTINS = frozenset(dir(builtins))


def lookup(run: Run, name: str, scope: Scope) -> Value:
    """The value of a name: local, enclosing, global, star-imported or built in."""
    current: Scope | None = scope.outer_names.get(name, scope)
    while current is not None:
        if name in current.variables:
            return current.variables[name]
        current = current.parent
    if run.star_imports and name in _STAR_NAMES:
        return Api(f"keras.{name}", run.star_imports[0])
    if run.project_stars and run.uses_keras and name in _PASSED_ON:
        return Api(f"keras.{name}")
    if name == "__name__":
        return "__main__"
    if name in _BUILTINS:
        return Api(f"builtins.{name}")
    return Unknown(("name", name))


def call_function(
    run: Run, function: Function, args: list[Value], keywords: dict[str, Value], node: ast.AST, receiver: Value = None
) -> Value:
    """The value that a function of the file returns for these arguments; its events join the timeline."""
    if len(run.stack) >= MAX_CALL_DEPTH or _recursing(run, function):
        return Unknown(("deep call", function.name, id(node)))
    run.step()
    run.entered.add(id(function.node))
    scope = Scope({}, function.scope)
    _bind_arguments(function, args if receiver is None else [receiver, *args], keywords, scope)
    if function.owner is not None:
        scope.variables.setdefault("__class__", function.owner)
        scope.variables.setdefault("__receiver__", receiver)
    run.stack.append(node)
    trace = _trace_key(function, args, receiver) if function.traced else None
    if trace is not None:
        run.traces.append(trace)
    try:
        if id(function.node) in run.generators and "contextmanager" not in function.decorators:
            return _generated(run, function, scope)
        return _run_body(run, function, scope)
    finally:
        run.stack.pop()
        if trace is not None:
            run.traces.pop()


def _generated(run: Run, function: Function, scope: Scope) -> Value:
    """What a generator function yields: a list where layers are among it, else a stream of data."""
    collected: list[Value] = []
    run.collecting.append(collected)
    try:
        _run_body(run, function, scope)
    finally:
        run.collecting.pop()
    if any(isinstance(value, Layer | tuple | Bound) for value in collected):
        return collected
    return Data(None, ("generator", id(function.node)), True)


def _recursing(run: Run, function: Function) -> bool:
    body = function.node.body
    first = body[0] if isinstance(body, list) else body
    return sum(1 for frame in run.frames if frame is first) > 2


def _trace_key(function: Function, args: list[Value], receiver: Value) -> Hashable:
    """A traced function is traced once a receiver and kind of argument; a new ``tf.function`` object starts afresh."""
    return ("traced", id(function), conditions.key_of(receiver), tuple(_kind(arg) for arg in args))


def _kind(value: Value) -> Hashable:
    return value.rows if isinstance(value, Data) and value.rows is not None else conditions.key_of(value)


def _run_body(run: Run, function: Function, scope: Scope) -> Value:
    from keras_freeze_lint.interpreter.expressions import evaluate
    from keras_freeze_lint.interpreter.statements import run_block

    if isinstance(function.node, ast.Lambda):
        return evaluate(run, function.node.body, scope)
    plain = not run.is_effectful(function.node)
    run.frames.append(function.node.body[0])
    run.plain += plain
    try:
        outcome = run_block(run, function.node.body, scope)
    except Abandoned:
        return Unknown(("result", function.name, *(conditions.key_of(v) for v in list(scope.variables.values())[:4])))
    finally:
        run.plain -= plain
        run.frames.pop()
    return outcome.value if isinstance(outcome, Returned) else None


def _bind_arguments(function: Function, args: list[Value], keywords: dict[str, Value], scope: Scope) -> None:
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    named = dict(keywords)
    values = scope.variables
    first_default = len(positional) - len(function.defaults)
    for index, parameter in enumerate(positional):
        if index < len(args):
            values[parameter.arg] = args[index]
        elif parameter.arg in named:
            values[parameter.arg] = named.pop(parameter.arg)
        elif index >= first_default:
            values[parameter.arg] = function.defaults[index - first_default]
        else:
            values[parameter.arg] = Unknown(("argument", id(function.node), parameter.arg))
    if spec.vararg is not None:
        values[spec.vararg.arg] = tuple(args[len(positional) :])
    for parameter in spec.kwonlyargs:
        if parameter.arg in named:
            values[parameter.arg] = named.pop(parameter.arg)
        elif parameter.arg in function.keyword_defaults:
            values[parameter.arg] = function.keyword_defaults[parameter.arg]
        else:
            values[parameter.arg] = Unknown(("argument", id(function.node), parameter.arg))
    if spec.kwarg is not None:
        values[spec.kwarg.arg] = named


def symbolic_arguments(function: Function, skip: int) -> dict[str, Value]:
    """Arguments for a function that nobody in the file calls: each parameter an unknown of its own."""
    spec = function.node.args
    parameters = [*spec.posonlyargs, *spec.args][skip:] + spec.kwonlyargs
    return {one.arg: Unknown(("parameter", id(function.node), one.arg)) for one in parameters}
