"""Training calls: epochs, callbacks, the shape of the data, and a user's own ``train_step``."""

from __future__ import annotations

import ast

from keras_freeze_lint.interpreter import conditions, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.functions import call_function
from keras_freeze_lint.interpreter.keras_calls import follow_call
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Bound,
    Data,
    Function,
    Hooks,
    Instance,
    Layer,
    Unknown,
    Value,
)

_DEFAULT_BATCH = 32
# Epochs beyond this show nothing that the first ones did not.
_MAX_EPOCHS = 12


def train(run: Run, model: Layer, call: str, args: list[Value], keywords: dict[str, Value], node: ast.Call) -> Value:
    """``model.fit(...)`` and its kin: one start, a step for every epoch, one end."""
    follow_call(run, model, [layers.input_tensor(run, node, False)], node)
    serial = run.serial()
    run.emit(events.TrainStart(*run.place(node), model, call, _batch(call, args, keywords), serial))
    hooks = _callbacks(model, keywords)
    epochs = _epochs(call, args, keywords) if hooks else 1
    _hook(run, hooks, "on_train_begin", node, None)
    for epoch in epochs if isinstance(epochs, range) else range(epochs):
        _hook(run, hooks, "on_epoch_begin", node, epoch)
        _hook(run, hooks, "on_batch_begin", node, 0)
        _hook(run, hooks, "on_train_batch_begin", node, 0)
        _own_step(run, model, node)
        run.emit(events.TrainStep(*run.place(node), model, serial))
        _hook(run, hooks, "on_batch_end", node, 0)
        _hook(run, hooks, "on_train_batch_end", node, 0)
        _hook(run, hooks, "on_epoch_end", node, epoch)
    _hook(run, hooks, "on_train_end", node, None)
    run.emit(events.TrainEnd(*run.place(node), model, serial))
    return Unknown(("history", id(node)), foreign=True)


def watch_training(run: Run, hook: Value, node: ast.Call) -> None:
    """Train a compiled model that nothing is known of under this callback."""
    model = layers.unseen_model(
        run, "Model", node, ("watched", id(node)), length=None, holds_bn=None, flag=None, name=False, label="self.model"
    )
    run.emit(events.Compiled(*run.place(node), model, None, False))
    train(run, model, "fit", [], {"callbacks": [hook], "epochs": 3}, node)


def _batch(call: str, args: list[Value], keywords: dict[str, Value]) -> events.Batch:
    data = args[0] if args else keywords.get("x", keywords.get("generator"))
    if isinstance(data, list | tuple) and data:
        data = data[0]
    if isinstance(data, dict) and data:
        data = next(iter(data.values()))
    rows = data.rows if isinstance(data, Data) else None
    key = conditions.key_of(data)
    if call == "train_on_batch":
        return events.Batch("batch", rows, rows, key)
    if call == "fit_generator" or (isinstance(data, Data) and data.dataset):
        return events.Batch("dataset", None, None, key)
    size = keywords.get("batch_size", args[2] if len(args) > 2 else None)
    plain = isinstance(size, int) and not isinstance(size, bool)
    known = size if plain else _DEFAULT_BATCH if size is None else None
    if known is None:
        key = (key, conditions.key_of(size))
    split = keywords.get("validation_split")
    if isinstance(split, float) and rows is not None and 0 < split < 1:
        rows = int(rows * (1 - split))
    elif split is not None and not isinstance(split, float):
        rows = None
    steps = keywords.get("steps_per_epoch")
    if steps is not None:
        key = (key, "steps", conditions.key_of(steps))
        if not isinstance(data, Data):
            return events.Batch("dataset", None, None, key)
    return events.Batch("arrays" if isinstance(data, Data) else "data", known, rows, key)


def _callbacks(model: Layer, keywords: dict[str, Value]) -> list[Instance | Hooks]:
    given = keywords.get("callbacks")
    hooks = [hook for hook in given if isinstance(hook, Instance | Hooks)] if isinstance(given, list | tuple) else []
    for hook in hooks:
        if isinstance(hook, Instance):
            hook.attributes["model"] = model
    return hooks


def _epochs(call: str, args: list[Value], keywords: dict[str, Value]) -> range | int:
    if call == "train_on_batch":
        return 1
    position = 2 if call == "fit_generator" else 3
    count = keywords.get("epochs", keywords.get("nb_epoch", args[position] if len(args) > position else 1))
    first = keywords.get("initial_epoch", 0)
    if not isinstance(count, int) or not isinstance(first, int):
        return 3
    return range(first, min(count, first + _MAX_EPOCHS))


def _hook(run: Run, hooks: list[Instance | Hooks], name: str, node: ast.AST, number: int | None) -> None:
    logs: dict[str, Value] = {}
    for hook in hooks:
        method = hook.cls.lookup(name) if isinstance(hook, Instance) else hook.functions.get(name)
        receiver: Value = hook if isinstance(hook, Instance) else None
        if isinstance(method, Bound):
            method, receiver = method.function, method.receiver
        if isinstance(method, Function):
            call_function(run, method, [logs] if number is None else [number, logs], {}, node, receiver)


def _own_step(run: Run, model: Layer, node: ast.AST) -> None:
    """A subclassed model's ``train_step``: its own variable list decides what moves."""
    method = model.user_class.lookup("train_step") if model.user_class is not None else None
    if not isinstance(method, Function) or run.custom_step is not None:
        return
    run.custom_step = model
    run.taped.append(model)
    try:
        call_function(run, method, [Unknown(("batch", id(node)), foreign=True)], {}, node, model)
    finally:
        run.custom_step = None
        run.taped.clear()
