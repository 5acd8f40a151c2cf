"""Training steps written by hand: variables that are read, gradients that are applied to them."""

from __future__ import annotations

from collections.abc import Sequence

from keras_freeze_lint.effects.optimizers import refuses
from keras_freeze_lint.effects.progress import Progress
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord, Truth, moves, variables_of
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer


def on_predicted(progress: Progress, event: events.Predicted) -> None:
    """A model that has been fed is built."""
    progress.fed.add(event.model.serial)


def on_read(progress: Progress, event: events.ReadVariables) -> None:
    """A read inside a traced function gives what it gave at the first call."""
    if event.trace is not None and event.trace in progress.traced_reads:
        found = progress.traced_reads[event.trace]
    else:
        found = _read(progress, event)
        if event.trace is not None:
            progress.traced_reads[event.trace] = found
    progress.outcome.reads[event.serial] = (event.source, found)


def _read(progress: Progress, event: events.ReadVariables) -> dict[int, Truth]:
    trained = progress.flags.trained_by(event.source)
    if event.which == "trainable":
        return trained
    if event.which == "all":
        return {leaf.serial: True for leaf in progress.flags.leaves(event.source)}
    return {serial: None if truth is None else not truth for serial, truth in trained.items()}


def on_applied(progress: Progress, event: events.AppliedGradients) -> None:
    """The step of a custom train_step, or of a loop of its own."""
    inside = next((one for one in reversed(list(progress.running.values())) if one.record.model in event.models), None)
    if inside is not None and not progress.behaviour.own_train_step:
        return
    reads = (
        None
        if event.reads is None
        else [progress.outcome.reads[read] for read in event.reads if read in progress.outcome.reads]
    )
    moved: dict[int, Truth] = {}
    for _, found in reads or ():
        for serial, truth in found.items():
            moved[serial] = True if moved.get(serial) else truth
    if inside is not None and event.reads is not None:
        inside.custom = {**(inside.custom or {}), **moved}
        inside.record.own_step = event
        return
    record = TrainingRecord(event, progress.index, None, event.call)
    sources = [source for source, _ in reads or ()]
    leaves = _leaves_of(progress, [*event.models, *sources, *progress.built])
    if event.optimizer is not None:
        record.raised = refuses(progress, event.optimizer, variables_of(leaves, moved))
    for leaf in leaves:
        truth = True if event.whole else None if reads is None else moved.get(leaf.serial, False)
        weights = False if record.raised else moves(leaf, truth)
        intent, write = progress.intents.of_loop(leaf, sources, progress.compiled.values())
        stats = _eager_statistics(progress, leaf) if leaf.is_bn else None
        record.effects[leaf.serial] = LayerEffect(leaf, intent, weights, stats, write)
    progress.outcome.records.append(record)
    for model in {one.serial: one for one in (*event.models, *sources)}.values():
        progress.intents.trained(model, progress.index)
    if record.raised is not None and not event.guarded:
        progress.outcome.stopped_at = progress.index


def _eager_statistics(progress: Progress, leaf: Layer) -> Truth:
    """Statistics move in the forward pass, not where gradients are applied: only what is frozen is certain."""
    return False if progress.flags.flag(leaf) is False and progress.behaviour.frozen_bn_statistics == "stay" else None


def _leaves_of(progress: Progress, layers: Sequence[Layer]) -> list[Layer]:
    found: dict[int, Layer] = {}
    for layer in layers:
        for leaf in progress.flags.leaves(layer):
            found.setdefault(leaf.serial, leaf)
    return list(found.values())
