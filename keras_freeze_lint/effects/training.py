"""Compiling, and the training calls of Keras: what each step moves, by the flags that are in force then."""

from __future__ import annotations

from dataclasses import replace

from keras_freeze_lint.effects.late import compiled_by_first_step
from keras_freeze_lint.effects.optimizers import build_at_start, build_loaded, refused
from keras_freeze_lint.effects.progress import Open, Progress
from keras_freeze_lint.effects.records import CompileState, LayerEffect, Trace, TrainingRecord, Truth, moves
from keras_freeze_lint.effects.statistics import dropped_below, moving, note_call, standalone_statistics
from keras_freeze_lint.effects.traces import signature_of, trace_for
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.semantics import Behaviour


def on_compiled(progress: Progress, event: events.Compiled) -> None:
    """``compile()`` of a model, also inside its own training call."""
    for running in progress.running.values():
        if running.record.model is event.model:
            running.recompile = event
    if event.model.kind == "sequential" and progress.behaviour.sequential_rebuilt_by_compile:
        progress.rebuilt_at[event.model.serial] = progress.index
    compile_model(progress, event.model, event)


def compile_model(progress: Progress, model: Layer, event: events.Compiled) -> None:
    """Read what Keras reads at compile."""
    progress.compiled[model.serial] = CompileState(
        event,
        progress.index,
        progress.flags.trained_by(model),
        progress.flags.statistics_of(model),
        progress.flags.snapshot(model),
        unseen_inputs=model.serial not in progress.fed and not event.loaded,
    )
    if event.loaded and event.optimizer is not None:
        build_loaded(progress, model, event.optimizer)


def on_start(progress: Progress, event: events.TrainStart) -> None:
    """A training call begins."""
    model = event.model
    state = progress.compiled.get(model.serial)
    record = TrainingRecord(event, progress.index, model, event.call, compiled=state)
    build_at_start(progress, model)
    if state is not None and state.first_step and _takes_flags_of_compile(progress.behaviour):
        _first_call(progress, model, state)
    restore = None
    if state is not None and progress.behaviour.flags_read == "compile" and progress.behaviour.callbacks_before_trace:
        now = progress.flags.snapshot(model)
        if any(now.get(serial) is not value for serial, value in state.flags.items()):
            restore = now
            progress.flags.own.update(state.flags)
    progress.running[event.serial] = Open(record, restore, trained=progress.flags.trained_by(model))


def on_step(progress: Progress, event: events.TrainStep) -> None:
    """One batch."""
    running = progress.running.get(event.serial)
    if running is None:
        return
    record, state = running.record, running.record.compiled
    record.steps.append(progress.index)
    progress.fed.add(event.model.serial)
    if state is None:
        _merge(progress, running, dict.fromkeys(progress.flags.trained_by(event.model)), {}, None)
        return
    weights, statistics, read_at = _in_force(progress, running, state)
    if running.custom is not None:
        weights = {serial: running.custom.get(serial, False) for serial in weights}
        running.custom = None
    record.raised = refused(progress, event.model, state, weights)
    if running.recompile is not None:
        record.recompiled = running.recompile
        if progress.behaviour.compile_inside_fit == "raises":
            record.raised = "TypeError: 'NoneType' object is not callable"
    record.read_at = read_at
    _merge(progress, running, weights, moving(progress, event.model, statistics), state)
    state.first_step = False
    if record.raised is not None:
        _finish(progress, running)
        if not record.start.guarded:
            progress.outcome.stopped_at = progress.index


def _takes_flags_of_compile(behaviour: Behaviour) -> bool:
    """Whether training goes by the flags of compile(), and no callback comes before them."""
    return behaviour.flags_read == "compile" and not behaviour.callbacks_before_trace


def _in_force(progress: Progress, running: Open, state: CompileState) -> tuple[dict[int, Truth], dict[int, Truth], int]:
    """The flags that this step goes by: what moves, whose statistics move, and when that was read."""
    model = running.record.model
    assert model is not None
    reading = progress.behaviour.flags_read
    if _takes_flags_of_compile(progress.behaviour):
        return state.collected, state.statistics, state.index
    now = Trace(progress.flags.trained_by(model), progress.flags.statistics_of(model), progress.index)
    if reading == "compile" or (reading == "trace" and state.event.eager is False):
        start = running.record.start
        assert isinstance(start, events.TrainStart)
        kind, shape = signature_of(start.batch)
        if reading == "compile":
            kind = "arrays"  # Keras 2: train_on_batch runs what fit has traced for batches of that shape
        trace = trace_for(state.traces, (kind, shape), now, progress.behaviour.trace_serves)
        return trace.weights, trace.statistics, state.index if reading == "compile" else trace.index
    if reading == "trace" and state.event.eager is None:
        return dict.fromkeys(now.weights), dict.fromkeys(now.statistics), progress.index
    return now.weights, now.statistics, now.index


def _first_call(progress: Progress, model: Layer, state: CompileState) -> None:
    """What the first training call after compile() reads before its callbacks begin."""
    if compiled_by_first_step(progress, model, state):
        for child in progress.flags.children_of(model):
            if child.is_model:
                note_call(progress, child, model)
        if model.kind == "sequential" and progress.behaviour.sequential_add_resets_flag:
            progress.flags.own[model.serial] = True  # building the network does what add() does
        state.collected = progress.flags.trained_by(model)
        state.statistics = progress.flags.statistics_of(model)
        state.index = progress.index
    if progress.behaviour.frozen_bn_statistics == "move":
        state.statistics = {leaf.serial: True for leaf in progress.flags.leaves(model) if leaf.is_bn is not False}
    elif progress.behaviour.bn_statistics_read == "first step":
        state.statistics = standalone_statistics(progress, model)
    state.statistics.update(dict.fromkeys(dropped_below(progress, model), False))


def _merge(
    progress: Progress,
    running: Open,
    weights: dict[int, Truth],
    statistics: dict[int, Truth],
    state: CompileState | None,
) -> None:
    """Join the effects of this step with those of the steps before: what moves once has moved."""
    record = running.record
    model = record.model
    assert model is not None
    meant = progress.intents.meant_for(model, state, progress.compiled.values())
    for leaf in progress.flags.leaves(model):
        if leaf.serial not in weights:
            continue
        moved = None if record.raised and state is None else moves(leaf, weights[leaf.serial])
        if record.raised:
            moved = False
        stats = statistics.get(leaf.serial) if leaf.is_bn is not False else None
        if leaf.is_bn and state is None:
            stats = None
        before = record.effects.get(leaf.serial)
        if before is not None:
            moved = True if before.weights or moved else (None if None in (before.weights, moved) else False)
            stats = True if before.statistics or stats else stats
        intent, write = meant(leaf)
        record.effects[leaf.serial] = LayerEffect(leaf, intent, moved, stats, write)


def on_end(progress: Progress, event: events.TrainEnd) -> None:
    """The training call is over."""
    running = progress.running.get(event.serial)
    if running is not None:
        _finish(progress, running)


def _obscure(record: TrainingRecord) -> None:
    if record.raised is None:
        for serial, effect in record.effects.items():
            record.effects[serial] = replace(effect, weights=None, statistics=None)


def _finish(progress: Progress, running: Open) -> None:
    record = running.record
    start = record.start
    assert isinstance(start, events.TrainStart)
    progress.running.pop(start.serial, None)
    if progress.behaviour.flags_read == "optimizer" and progress.flags.trained_by(start.model) != running.trained:
        # The state that the steps worked on is written back to other variables than it was taken from.
        _obscure(record)
    if running.restore is not None:
        progress.flags.own.update(running.restore)
    if record.compiled is not None and record.compiled.trained_at is None:
        record.compiled.trained_at = progress.index
    progress.intents.trained(start.model, progress.index)
    progress.outcome.records.append(record)
