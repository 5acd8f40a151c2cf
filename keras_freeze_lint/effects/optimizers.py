"""Which variables an optimizer was built with, and what it raises when it meets others."""

from __future__ import annotations

from keras_freeze_lint.effects.progress import Progress
from keras_freeze_lint.effects.records import CompileState, Truth
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Optimizer


def refused(progress: Progress, state: CompileState, weights: dict[int, Truth]) -> str | None:
    """What the optimizer of a compiled model raises at a step that trains these leaves."""
    optimizer = state.event.optimizer
    if optimizer is None:
        return None
    return refuses(progress, optimizer, {serial for serial, truth in weights.items() if truth is True})


def refuses(progress: Progress, optimizer: Optimizer, trained: set[int]) -> str | None:
    """What the optimizer raises at variables that it was not built with; it is built by its first real step."""
    if not trained:
        return None
    built = progress.optimizers.setdefault(optimizer.serial, trained)
    if optimizer.family != "keras" or not progress.behaviour.optimizer_refuses_new:
        progress.optimizers[optimizer.serial] = built | trained
        return None
    if progress.behaviour.flags_read == "optimizer" and trained != built:
        return "ValueError: optimizer_variables must correspond to the variables the optimizer was built with"
    if trained - built:
        if progress.behaviour.flags_read == "compile":
            return "KeyError: The optimizer cannot recognize variable"
        return "ValueError: Unknown variable"
    return None


def on_evaluated(progress: Progress, event: events.Evaluated) -> None:
    """Some releases build the optimizer at evaluate()."""
    state = progress.compiled.get(event.model.serial)
    if state is not None and state.event.optimizer is not None and progress.behaviour.flags_read == "optimizer":
        trained = {serial for serial, truth in progress.flags.trained_by(event.model).items() if truth}
        progress.optimizers.setdefault(state.event.optimizer.serial, trained)


def on_built_optimizer(progress: Progress, event: events.BuiltOptimizer) -> None:
    """``optimizer.build(variables)``."""
    known = progress.optimizers.setdefault(event.optimizer.serial, set())
    for read in event.reads:
        if read in progress.outcome.reads:
            known |= set(progress.outcome.reads[read][1])
