"""Events that make layers, connect them and set their flags."""

from __future__ import annotations

from keras_freeze_lint.effects.copying import copy_flags
from keras_freeze_lint.effects.late import learns_inputs_late
from keras_freeze_lint.effects.progress import Progress
from keras_freeze_lint.effects.statistics import note_call
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.timeline import ANY_VARIABLE
from keras_freeze_lint.interpreter.values import Api, Class, Layer


def on_built(progress: Progress, event: events.Built) -> None:
    """A wrapper holds a copy of its layer on some releases; which flag the copy has differs too."""
    layer = event.layer
    progress.built.append(layer)
    if layer.cls in progress.classes_with_flag and progress.behaviour.class_flag_reaches != "none":
        _forget(progress, layer)
    wrapped = layer.attributes.get("wrapped")
    if not isinstance(wrapped, Layer):
        return
    for child in layer.children:
        if progress.behaviour.wrapper_resets_inner:
            progress.flags.set(child, True)
        elif child is not wrapped:
            progress.flags.own[child.serial] = progress.flags.flag(wrapped)
            progress.flags.variables[child.serial] = progress.flags.variable_flag(wrapped)
        if child is not wrapped:
            progress.intents.copy(wrapped, child)


def on_added(progress: Progress, event: events.Added) -> None:
    """A layer joins a model, or leaves it."""
    children = progress.flags.children_of(event.model)
    if event.removed:
        progress.flags.hold(event.model, [child for child in children if child is not event.layer])
        return
    progress.flags.hold(event.model, [*children, event.layer])
    if event.model.kind == "sequential" and progress.behaviour.sequential_add_resets_flag:
        progress.flags.own[event.model.serial] = True
    if event.model.kind == "sequential" and event.layer.is_model and not learns_inputs_late(progress, event.model):
        note_call(progress, event.layer, event.model)


def on_called(progress: Progress, event: events.Called) -> None:
    """Some of what a call fixes cannot be changed by flags later."""
    layer = event.layer
    if (
        event.training is False
        and event.symbolic
        and (progress.behaviour.training_false_holds or event.inside is not None)
    ):
        progress.held.setdefault(layer.serial, set()).add(event.inside.serial if event.inside is not None else None)
    elif event.symbolic:
        progress.not_held.add(layer.serial)
    if event.symbolic and layer.is_model:
        note_call(progress, layer, None)
    if event.inside is not None and not event.told:
        progress.untold.setdefault(event.inside.serial, set()).add(layer.serial)


def on_set_flag(progress: Progress, event: events.SetFlag) -> None:
    """An assignment, or the argument of a constructor."""
    if event.how == "constructor":
        progress.flags.set_by_constructor(event.target, event.value)
    else:
        progress.flags.set(event.target, event.value, isinstance(event.raw, bool) or event.raw is None)
    progress.intents.write(progress.index, event)


def on_obscured(progress: Progress, event: events.Obscured) -> None:
    """Whatever may have been meant keeps its flag only where it had the assigned value anyway."""
    for holder in [event.model] if event.model is not None else list(progress.built):
        for layer in progress.flags.below(holder):
            if event.value is None or progress.flags.flag(layer) is not event.value:
                progress.flags.own[layer.serial] = None
            if event.value is None or progress.flags.variable_flag(layer) is not event.value:
                progress.flags.variables[layer.serial] = None
        progress.intents.obscure(progress.index, holder, event.value)


def on_set_variable(progress: Progress, event: events.SetVariableFlag) -> None:
    """A variable's own flag counts only where Keras trains by variables."""
    if progress.behaviour.variable_flag == "works" and event.variable == ANY_VARIABLE:
        for layer in progress.flags.below(event.target):
            progress.flags.variables[layer.serial] = None
    elif progress.behaviour.variable_flag == "works":
        progress.flags.single.setdefault(event.target.serial, {})[event.variable] = event.value


def on_copied(progress: Progress, event: events.Copied) -> None:
    """A copy has the flags that its way of copying keeps."""
    copy_flags(progress.flags, progress.intents, event)
    for layer in progress.flags.below(event.copy):
        if layer.is_model and layer is not event.copy:
            note_call(progress, layer, None)  # the copy calls its own models, with the flags that they have by then
    progress.built.append(event.copy)


def on_weights(progress: Progress, event: events.ReadWeights | events.WroteWeights) -> None:
    """Remember the flags of the layers whose weights are read or written: the order depends on them."""
    progress.outcome.weight_events.append((event, progress.flags.snapshot(event.layer)))


def on_mistake(progress: Progress, event: events.Mistake) -> None:
    """Assignments past the setter: the private attribute, and the flag of a whole class."""
    if event.kind == "private" and isinstance(event.target, Layer):
        # Where the setter is none, the flag is a plain attribute, and the private one nobody's: seen on 2.0.8 to 2.2.4.
        is_property = progress.behaviour.setter_reaches_children
        progress.flags.own[event.target.serial] = event.value if is_property and isinstance(event.value, bool) else None
    elif event.kind == "on tracked list" and progress.behaviour.trains_by != "variables":
        # Some releases of tf.keras heed the flag of such a list: seen on 2.4 and 2.15, not on 2.1.
        for layer in event.target if isinstance(event.target, list | tuple) else ():
            _forget(progress, layer)
    elif event.kind == "on class" and isinstance(event.target, Api | Class):
        progress.classes_with_flag.add(event.target.name)
        if progress.behaviour.class_flag_reaches == "all":
            for layer in progress.built:
                if layer.cls == event.target.name:
                    _forget(progress, layer)


def _forget(progress: Progress, layer: Layer) -> None:
    """The flag of its class may reach this layer: not followed further (15_assign_on_class)."""
    progress.flags.own[layer.serial] = progress.flags.variables[layer.serial] = None
