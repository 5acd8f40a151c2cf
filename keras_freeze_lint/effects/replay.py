"""Replaying one path's events under one behaviour of Keras: flags, compile states, what each training call moves."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from keras_freeze_lint.effects.copying import copy_flags
from keras_freeze_lint.effects.flags import Flags
from keras_freeze_lint.effects.intents import Intents
from keras_freeze_lint.effects.records import CompileState, LayerEffect, Trace, TrainingRecord, Truth
from keras_freeze_lint.effects.traces import signature_of, trace_for
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.timeline import Event, ReadWeights, WroteWeights
from keras_freeze_lint.interpreter.values import Layer, Optimizer
from keras_freeze_lint.keras.semantics import Behaviour


@dataclass(eq=False)
class Replay:
    """The outcome: one record a training call, in order, and the state that rules ask about."""

    behaviour: Behaviour
    events: Sequence[Event]
    flags: Flags
    intents: Intents
    records: list[TrainingRecord] = field(default_factory=list)
    reads: dict[int, tuple[Layer, dict[int, Truth]]] = field(default_factory=dict)
    weight_events: list[tuple[ReadWeights | WroteWeights, dict[int, Truth]]] = field(default_factory=list)
    stopped_at: int | None = None


def replay(path: Sequence[Event], behaviour: Behaviour) -> Replay:
    """What this path's training calls do on this Keras."""
    return _Replayer(path, behaviour).run()


@dataclass
class _Open:
    """A training call under way."""

    record: TrainingRecord
    restore: dict[int, Truth] | None
    custom: dict[int, Truth] | None = None
    recompile: events.Compiled | None = None


class _Replayer:
    def __init__(self, path: Sequence[Event], behaviour: Behaviour) -> None:
        self.path = path
        self.behaviour = behaviour
        self.flags = Flags(behaviour)
        self.intents = Intents(self.flags)
        self.outcome = Replay(behaviour, path, self.flags, self.intents)
        self.compiled: dict[int, CompileState] = {}
        self.optimizers: dict[int, set[int]] = {}
        self.traced_reads: dict[Hashable, dict[int, Truth]] = {}
        self.held: set[int] = set()
        self.fed: set[int] = set()
        self.called_at: dict[int, int] = {}
        self.rebuilt_at: dict[int, int] = {}
        self.call_flags: dict[tuple[int, int], Truth] = {}
        self.built: list[Layer] = []
        self.running: dict[int, _Open] = {}
        self.index = 0

    def run(self) -> Replay:
        self._prepare_children()
        for self.index, event in enumerate(self.path):
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
                if self.outcome.stopped_at is not None:
                    break
        return self.outcome

    def _prepare_children(self) -> None:
        """Layers that are added later are not there from the start."""
        added: dict[int, set[int]] = {}
        models: dict[int, Layer] = {}
        for event in self.path:
            if isinstance(event, events.Added):
                models[event.model.serial] = event.model
                added.setdefault(event.model.serial, set()).add(event.layer.serial)
        for serial, model in models.items():
            self.flags.children[serial] = [child for child in model.children if child.serial not in added[serial]]

    # --- building and flags -------------------------------------------------------------------------------------------

    def _on_built(self, event: events.Built) -> None:
        layer = event.layer
        self.built.append(layer)
        wrapped = layer.attributes.get("wrapped")
        if not isinstance(wrapped, Layer):
            return
        for child in layer.children:
            if self.behaviour.wrapper_resets_inner:
                self.flags.set(child, True)
            elif child is not wrapped:
                self.flags.own[child.serial] = self.flags.flag(wrapped)
                self.flags.variables[child.serial] = self.flags.variable_flag(wrapped)
            if child is not wrapped:
                self.intents.copy(wrapped, child)

    def _on_added(self, event: events.Added) -> None:
        children = self.flags.children[event.model.serial]
        if event.removed:
            if event.layer in children:
                children.remove(event.layer)
            return
        children.append(event.layer)
        if event.model.kind == "sequential" and self.behaviour.sequential_add_resets_flag:
            self.flags.own[event.model.serial] = True
        if event.model.kind == "sequential" and event.layer.is_model:
            self._note_call(event.layer)

    def _on_called(self, event: events.Called) -> None:
        layer = event.layer
        if (
            event.training is False
            and event.symbolic
            and (self.behaviour.training_false_holds or event.inside is not None)
        ):
            self.held.add(layer.serial)
        if event.symbolic and layer.is_model:
            self._note_call(layer)

    def _note_call(self, model: Layer) -> None:
        self.called_at[model.serial] = self.index
        if self.behaviour.nested_bn_updates_fixed_at_call:
            for serial, truth in self.flags.statistics_of(model).items():
                self.call_flags[model.serial, serial] = truth

    def _on_set_flag(self, event: events.SetFlag) -> None:
        if event.how == "constructor":
            self.flags.set_by_constructor(event.target, event.value)
        else:
            self.flags.set(event.target, event.value, isinstance(event.raw, bool) or event.raw is None)
        self.intents.write(self.index, event)

    def _on_obscured(self, event: events.Obscured) -> None:
        """Whatever may have been meant keeps its flag only where it had the assigned value anyway."""
        for holder in [event.model] if event.model is not None else list(self.built):
            for layer in self.flags.below(holder):
                if event.value is None or self.flags.flag(layer) is not event.value:
                    self.flags.own[layer.serial] = None
                if event.value is None or self.flags.variable_flag(layer) is not event.value:
                    self.flags.variables[layer.serial] = None
            self.intents.obscure(self.index, holder, event.value)

    def _on_set_variable(self, event: events.SetVariableFlag) -> None:
        if self.behaviour.trains_by == "variables":
            self.flags.single.setdefault(event.target.serial, {})[event.variable] = event.value

    def _on_copied(self, event: events.Copied) -> None:
        copy_flags(self.flags, self.intents, event)
        self.built.extend([event.copy])
        state = self.compiled.get(event.source.serial)
        if event.how.startswith("file") and state is not None:
            self._compile(event.copy, state.event)

    def _on_weights(self, event: events.ReadWeights | events.WroteWeights) -> None:
        self.outcome.weight_events.append((event, self.flags.snapshot(event.layer)))

    # --- compiling and training ---------------------------------------------------------------------------------------

    def _on_compiled(self, event: events.Compiled) -> None:
        for running in self.running.values():
            if running.record.model is event.model:
                running.recompile = event
        if event.model.kind == "sequential" and self.behaviour.sequential_rebuilt_by_compile:
            self.rebuilt_at[event.model.serial] = self.index
        self._compile(event.model, event)

    def _compile(self, model: Layer, event: events.Compiled) -> None:
        self.compiled[model.serial] = CompileState(
            event,
            self.index,
            self.flags.trained_by(model),
            self.flags.statistics_of(model),
            self.flags.snapshot(model),
            unseen_inputs=model.serial not in self.fed,
        )

    def _on_start(self, event: events.TrainStart) -> None:
        model = event.model
        state = self.compiled.get(model.serial)
        record = TrainingRecord(event, self.index, model, event.call, compiled=state)
        record.trained_before = state is not None and state.trained_at is not None
        restore = None
        if state is not None and self.behaviour.flags_read == "compile" and self.behaviour.callbacks_before_trace:
            now = self.flags.snapshot(model)
            if any(now.get(serial) is not value for serial, value in state.flags.items()):
                restore = now
                self.flags.own.update(state.flags)
        self.running[event.serial] = _Open(record, restore)

    def _on_step(self, event: events.TrainStep) -> None:
        running = self.running.get(event.serial)
        if running is None:
            return
        record, state = running.record, running.record.compiled
        record.steps.append(self.index)
        self.fed.add(event.model.serial)
        if state is None:
            self._merge(running, dict.fromkeys(self.flags.trained_by(event.model)), {}, None)
            return
        weights, statistics, read_at = self._in_force(running, state)
        if running.custom is not None:
            weights = {serial: running.custom.get(serial, False) for serial in weights}
            running.custom = None
        record.raised = self._refused(state, weights)
        if running.recompile is not None:
            record.recompiled = running.recompile
            if self.behaviour.compile_inside_fit == "raises":
                record.raised = "TypeError: 'NoneType' object is not callable"
        record.read_at = read_at
        self._merge(running, weights, self._moving(event.model, statistics), state)
        state.first_step = False
        if record.raised is not None:
            self._finish(running)
            if not record.start.guarded:
                self.outcome.stopped_at = self.index

    def _in_force(self, running: _Open, state: CompileState) -> tuple[dict[int, Truth], dict[int, Truth], int]:
        """The flags that this step goes by: what moves, whose statistics move, and when that was read."""
        model = running.record.model
        assert model is not None
        reading = self.behaviour.flags_read
        if reading == "compile" and not self.behaviour.callbacks_before_trace:
            return self._by_compile(model, state)
        now = Trace(self.flags.trained_by(model), self.flags.statistics_of(model), self.index)
        if reading == "compile" or (reading == "trace" and state.event.eager is False):
            start = running.record.start
            assert isinstance(start, events.TrainStart)
            trace = trace_for(state.traces, signature_of(start.batch), now, self.behaviour.trace_serves)
            return trace.weights, trace.statistics, state.index if reading == "compile" else trace.index
        if reading == "trace" and state.event.eager is None:
            return dict.fromkeys(now.weights), dict.fromkeys(now.statistics), self.index
        return now.weights, now.statistics, now.index

    def _by_compile(self, model: Layer, state: CompileState) -> tuple[dict[int, Truth], dict[int, Truth], int]:
        if state.first_step:
            if (
                self.behaviour.compiles_late
                and model.kind == "subclassed"
                and model.graph is None
                and state.unseen_inputs
            ):
                state.collected = self.flags.trained_by(model)
                state.statistics = self.flags.statistics_of(model)
                state.index = self.index
            if self.behaviour.frozen_bn_statistics == "move":
                state.statistics = {leaf.serial: True for leaf in self.flags.leaves(model) if leaf.is_bn is not False}
            elif self.behaviour.bn_statistics_read == "first step":
                state.statistics = self._standalone_statistics(model)
            state.statistics.update(dict.fromkeys(self._dropped_below(model), False))
        return state.collected, state.statistics, state.index

    def _standalone_statistics(self, model: Layer) -> dict[int, Truth]:
        """Standalone Keras: updates of nested models were gathered at their call, the rest is read at the first step."""
        found: dict[int, Truth] = {}
        top = self.flags.flag(model)
        for child in self.flags.children_of(model):
            own = self.flags.flag(child)
            if child.is_model:
                for leaf in self.flags.leaves(child):
                    at_call = self.call_flags.get((child.serial, leaf.serial), True)
                    found[leaf.serial] = _all((top, own, at_call))
            else:
                for leaf in self.flags.leaves(child):
                    found[leaf.serial] = _all((top, own, self.flags.flag(leaf)))
        return found

    def _moving(self, model: Layer, statistics: dict[int, Truth]) -> dict[int, Truth]:
        """Statistics that really move: none where training=False holds them."""
        held = self._held_below(model)
        return {serial: False if serial in held else truth for serial, truth in statistics.items()}

    def _dropped_below(self, model: Layer) -> set[int]:
        """Statistics of a nested Sequential that was compiled after this model had called it."""
        return {
            leaf.serial
            for position, child in enumerate(self.flags.children_of(model))
            if not self.flags.merged(model, position, child)
            if self.rebuilt_at.get(child.serial, -1) > self.called_at.get(child.serial, self.index)
            for leaf in self.flags.leaves(child)
        }

    def _held_below(self, model: Layer) -> set[int]:
        return {
            leaf.serial
            for layer in self.flags.below(model)
            if layer.serial in self.held
            for leaf in self.flags.below(layer)
        }

    def _refused(self, state: CompileState, weights: dict[int, Truth]) -> str | None:
        optimizer = state.event.optimizer
        if optimizer is None:
            return None
        return self._refuses(optimizer, {serial for serial, truth in weights.items() if truth is True})

    def _refuses(self, optimizer: Optimizer, trained: set[int]) -> str | None:
        """What the optimizer raises when it meets variables that it was not built with; it is built by its first real step."""
        if not trained:
            return None
        built = self.optimizers.setdefault(optimizer.serial, trained)
        if optimizer.family != "keras" or not self.behaviour.optimizer_refuses_new:
            self.optimizers[optimizer.serial] = built | trained
            return None
        if self.behaviour.flags_read == "optimizer" and trained != built:
            return "ValueError: optimizer_variables must correspond to the variables the optimizer was built with"
        if trained - built:
            if self.behaviour.flags_read == "compile":
                return "KeyError: The optimizer cannot recognize variable"
            return "ValueError: Unknown variable"
        return None

    def _on_evaluated(self, event: events.Evaluated) -> None:
        state = self.compiled.get(event.model.serial)
        if state is not None and state.event.optimizer is not None and self.behaviour.flags_read == "optimizer":
            trained = {serial for serial, truth in self.flags.trained_by(event.model).items() if truth}
            self.optimizers.setdefault(state.event.optimizer.serial, trained)

    def _merge(
        self, running: _Open, weights: dict[int, Truth], statistics: dict[int, Truth], state: CompileState | None
    ) -> None:
        """Join the effects of this step with those of the steps before: what moves once has moved."""
        record = running.record
        model = record.model
        assert model is not None
        for leaf in self.flags.leaves(model):
            if leaf.serial not in weights:
                continue
            moved = None if record.raised and state is None else _moves(leaf, weights[leaf.serial])
            if record.raised:
                moved = False
            stats = statistics.get(leaf.serial) if leaf.is_bn is not False else None
            if leaf.is_bn and state is None:
                stats = None
            before = record.effects.get(leaf.serial)
            if before is not None:
                moved = True if before.weights or moved else (None if None in (before.weights, moved) else False)
                stats = True if before.statistics or stats else stats
            intent, write = self.intents.of(leaf, model, state, self.compiled.values(), self.index)
            record.effects[leaf.serial] = LayerEffect(leaf, intent, moved, stats, write)

    def _on_end(self, event: events.TrainEnd) -> None:
        running = self.running.get(event.serial)
        if running is not None:
            self._finish(running)

    def _finish(self, running: _Open) -> None:
        record = running.record
        start = record.start
        assert isinstance(start, events.TrainStart)
        self.running.pop(start.serial, None)
        if running.restore is not None:
            self.flags.own.update(running.restore)
        if record.compiled is not None and record.compiled.trained_at is None:
            record.compiled.trained_at = self.index
        self.intents.trained(start.model, self.index)
        self.outcome.records.append(record)

    # --- hand-written steps -------------------------------------------------------------------------------------------

    def _on_predicted(self, event: events.Predicted) -> None:
        self.fed.add(event.model.serial)

    def _on_read(self, event: events.ReadVariables) -> None:
        if event.trace is not None and event.trace in self.traced_reads:
            found = self.traced_reads[event.trace]
        else:
            found = self._read(event)
            if event.trace is not None:
                self.traced_reads[event.trace] = found
        self.outcome.reads[event.serial] = (event.source, found)

    def _read(self, event: events.ReadVariables) -> dict[int, Truth]:
        trained = self.flags.trained_by(event.source)
        if event.which == "trainable":
            return trained
        if event.which == "all":
            return {leaf.serial: True for leaf in self.flags.leaves(event.source)}
        return {serial: None if truth is None else not truth for serial, truth in trained.items()}

    def _on_applied(self, event: events.AppliedGradients) -> None:
        inside = next((one for one in reversed(list(self.running.values())) if one.record.model in event.models), None)
        reads = (
            None
            if event.reads is None
            else [self.outcome.reads[read] for read in event.reads if read in self.outcome.reads]
        )
        moved: dict[int, Truth] = {}
        for _, found in reads or ():
            for serial, truth in found.items():
                moved[serial] = True if moved.get(serial) else truth
        if inside is not None and event.reads is not None:
            inside.custom = {**(inside.custom or {}), **moved}
            return
        record = TrainingRecord(event, self.index, None, event.call)
        if event.optimizer is not None:
            record.raised = self._refuses(event.optimizer, {serial for serial, truth in moved.items() if truth})
        sources = [source for source, _ in reads or ()]
        for leaf in self._leaves_of([*event.models, *sources, *self.built]):
            truth = True if event.whole else None if reads is None else moved.get(leaf.serial, False)
            weights = False if record.raised else _moves(leaf, truth)
            intent, write = self.intents.latest(leaf)
            stats = self._eager_statistics(leaf) if leaf.is_bn else None
            record.effects[leaf.serial] = LayerEffect(leaf, intent, weights, stats, write)
        self.outcome.records.append(record)
        for model in event.models:
            self.intents.trained(model, self.index)
        if record.raised is not None and not event.guarded:
            self.outcome.stopped_at = self.index

    def _eager_statistics(self, leaf: Layer) -> Truth:
        """Statistics move in the forward pass, not where gradients are applied: only what is frozen is certain."""
        return False if self.flags.flag(leaf) is False and self.behaviour.frozen_bn_statistics == "stay" else None

    def _leaves_of(self, layers: Sequence[Layer]) -> list[Layer]:
        found: dict[int, Layer] = {}
        for layer in layers:
            for leaf in self.flags.leaves(layer):
                found.setdefault(leaf.serial, leaf)
        return list(found.values())

    def _on_built_optimizer(self, event: events.BuiltOptimizer) -> None:
        known = self.optimizers.setdefault(event.optimizer.serial, set())
        for read in event.reads:
            if read in self.outcome.reads:
                known |= set(self.outcome.reads[read][1])


def _all(truths: Sequence[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True


def _moves(leaf: Layer, trained: Truth) -> Truth:
    """A trained leaf moves if it has weights at all."""
    if leaf.has_weights is False:
        return False
    if leaf.has_weights is None and trained:
        return None
    return trained


_HANDLERS: dict[type[Event], Callable[[_Replayer, Any], None]] = {
    events.Built: _Replayer._on_built,
    events.Added: _Replayer._on_added,
    events.Called: _Replayer._on_called,
    events.SetFlag: _Replayer._on_set_flag,
    events.Obscured: _Replayer._on_obscured,
    events.SetVariableFlag: _Replayer._on_set_variable,
    events.Copied: _Replayer._on_copied,
    events.Compiled: _Replayer._on_compiled,
    events.TrainStart: _Replayer._on_start,
    events.TrainStep: _Replayer._on_step,
    events.TrainEnd: _Replayer._on_end,
    events.Evaluated: _Replayer._on_evaluated,
    events.Predicted: _Replayer._on_predicted,
    events.ReadVariables: _Replayer._on_read,
    events.AppliedGradients: _Replayer._on_applied,
    events.BuiltOptimizer: _Replayer._on_built_optimizer,
    events.ReadWeights: _Replayer._on_weights,
    events.WroteWeights: _Replayer._on_weights,
}
