"""Which variables an optimizer was built with, and what it raises when it meets others."""

from __future__ import annotations

from keras_freeze_lint.effects.progress import Progress
from keras_freeze_lint.effects.records import CompileState, Truth, Variables, variables_of
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer, Optimizer


def refused(progress: Progress, model: Layer, state: CompileState, weights: dict[int, Truth]) -> str | None:
    """What the optimizer of a compiled model raises at a step that trains these leaves."""
    optimizer = state.event.optimizer
    if optimizer is None:
        return None
    trained = variables_of(progress.flags.leaves(model), weights)
    built = progress.optimizers.get(optimizer.serial)
    if built is not None and progress.behaviour.flags_read == "optimizer" and built.certain - trained.possible:
        return "ValueError: optimizer_variables must correspond to the variables the optimizer was built with"
    return refuses(progress, optimizer, trained)


def refuses(progress: Progress, optimizer: Optimizer, trained: Variables) -> str | None:
    """What the optimizer raises at variables that it was not built with; it is built by its first real step."""
    if not trained.possible:
        return None
    built = progress.optimizers.setdefault(optimizer.serial, trained)
    if optimizer.family != "keras" or not progress.behaviour.optimizer_refuses_new:
        progress.optimizers[optimizer.serial] = built | trained
        return None
    if not trained.certain - built.possible:
        return None
    if progress.behaviour.flags_read == "optimizer":
        return "ValueError: optimizer_variables must correspond to the variables the optimizer was built with"
    if progress.behaviour.flags_read == "compile":
        return "KeyError: The optimizer cannot recognize variable"
    return "ValueError: Unknown variable"


def build_at_start(progress: Progress, model: Layer) -> None:
    """Some Kerases build the optimizer as a training call or an evaluation starts, whatever is trainable then."""
    state = progress.compiled.get(model.serial)
    if progress.behaviour.optimizer_built == "start" and state is not None and state.event.optimizer is not None:
        now = variables_of(progress.flags.leaves(model), progress.flags.trained_by(model))
        progress.optimizers.setdefault(state.event.optimizer.serial, now)


def build_loaded(progress: Progress, model: Layer, optimizer: Optimizer) -> None:
    """The optimizer of a loaded model has its state from the file: it was built for what is trainable in it."""
    trained = progress.flags.trained_by(model)
    progress.optimizers[optimizer.serial] = variables_of(progress.flags.leaves(model), trained)


def on_evaluated(progress: Progress, event: events.Evaluated) -> None:
    """``model.evaluate`` and its kin."""
    build_at_start(progress, event.model)


def on_built_optimizer(progress: Progress, event: events.BuiltOptimizer) -> None:
    """``optimizer.build(variables)``."""
    for read in event.reads:
        if read in progress.outcome.reads:
            source, found = progress.outcome.reads[read]
            given = variables_of(progress.flags.leaves(source), found)
            known = progress.optimizers.get(event.optimizer.serial, given)
            progress.optimizers[event.optimizer.serial] = known | given
