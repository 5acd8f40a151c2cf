"""4xx: assignments that do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Api, Class, Layer
from keras_freeze_lint.rules.base import Check, Defect, Rule, line_of, shown, stations


def _mistakes(code: str, kinds: dict[str, str], replay: Replay) -> Iterator[Defect]:
    """Defects of one code: which kinds of mistake belong to it, and which message each has."""
    for event in replay.events:
        if isinstance(event, events.Mistake) and event.kind in kinds:
            target = shown(event.target) if isinstance(event.target, Layer) else "the layer"
            yield Defect(
                code,
                event.node,
                kinds[event.kind],
                {"name": event.detail, "target": target},
                stations((event.node, "assigned here")),
            )


def _of(code: str, **kinds: str) -> Check:
    return partial(_mistakes, code, {kind.replace("_", " "): message for kind, message in kinds.items()})


def _not_a_bool(replay: Replay) -> Iterator[Defect]:
    for event in replay.events:
        if isinstance(event, events.SetFlag) and event.value is True and _looks_false(event.raw):
            yield Defect(
                "KFL405",
                event.node,
                "",
                {"value": repr(event.raw)[:30]},
                stations((event.node, f"set on line {line_of(event.node)}")),
            )


def _looks_false(value: object) -> bool:
    """A value that counts as true although its writer cannot mean it: any string, a list of False."""
    if isinstance(value, str):
        return True
    return isinstance(value, list | tuple) and bool(value)


def _on_class(replay: Replay) -> Iterator[Defect]:
    """The flag of a class where it reaches no instance, and of a variable where only the layer's counts."""
    behaviour = replay.behaviour
    built: set[str] = set()
    for event in replay.events:
        if isinstance(event, events.Built):
            built.add(event.layer.cls)
        elif isinstance(event, events.Mistake) and event.kind == "on class":
            # Measured (15_assign_on_class): on Keras 3 it reaches only what is built later, on tf.keras also what is there.
            late = behaviour.trains_by == "variables" and _class_name(event.target) in built
            if behaviour.setter_reaches_children and not late:
                continue
            yield Defect("KFL407", event.node, "", {}, stations((event.node, "assigned here")))
        elif isinstance(event, events.SetVariableFlag) and behaviour.trains_by == "ancestors":
            slots = {"target": shown(event.target), "name": event.variable}
            yield Defect("KFL407", event.node, "variable", slots, stations((event.node, "assigned here")))


def _class_name(value: object) -> str:
    return value.name if isinstance(value, Api | Class) else ""


def _private(replay: Replay) -> Iterator[Defect]:
    if replay.behaviour.trains_by != "variables":
        return
    yield from _mistakes("KFL408", {"private": ""}, replay)


ASSIGNMENT_RULES = (
    Rule(
        "KFL401",
        "misspelled-trainable",
        "an attribute that is nearly called trainable freezes nothing",
        {
            "": "'{name}' is not 'trainable': the assignment has no effect on any Keras; write trainable",
            "keyword": "'{name}=' is not 'trainable=': the layer is not frozen; write trainable=",
        },
        _of("KFL401", misspelled="", misspelled_keyword="keyword"),
    ),
    Rule(
        "KFL402",
        "compared-trainable",
        "a comparison or an annotation in place of an assignment changes nothing",
        {
            "": "'==' compares and assigns nothing: the flag stays as it is; write '=' to set trainable",
            "annotated": "':' annotates and assigns nothing: the flag stays as it is; write '=' to set trainable",
        },
        _of("KFL402", compared="", annotated="annotated"),
    ),
    Rule(
        "KFL403",
        "called-trainable",
        "the flag is an attribute: calling it raises TypeError",
        {"": "trainable is an attribute and cannot be called: TypeError at run time; write trainable = ..."},
        _of("KFL403", called=""),
    ),
    Rule(
        "KFL404",
        "trainable-on-list",
        "a list of layers has no flag: the assignment raises AttributeError",
        {"": "a list of layers has no 'trainable': AttributeError at run time; loop over the layers"},
        _of("KFL404", on_list=""),
    ),
    Rule(
        "KFL405",
        "trainable-not-bool",
        "a string (or a list) counts as true, whatever it says",
        {"": "trainable={value} counts as True: nothing is frozen on any Keras; assign True or False"},
        _not_a_bool,
    ),
    Rule(
        "KFL406",
        "trainable-on-tensor",
        "a tensor's attribute is no layer's flag",
        {"": "trainable is set on a tensor, not on the layer that made it: nothing is frozen; set it on the layer"},
        _of("KFL406", on_tensor=""),
    ),
    Rule(
        "KFL407",
        "trainable-on-class",
        "the flag of a class or of a single variable is not the layer's flag",
        {
            "": "trainable on the class does not reach the weights of its layers {where}; set it on the instance",
            "variable": "{target}.{name}.trainable does not freeze the variable {where}; set trainable on the layer",
        },
        _on_class,
    ),
    Rule(
        "KFL408",
        "private-flag",
        "_trainable bypasses the setter that tells the variables",
        {"": "_trainable bypasses the setter: the variables of {target} keep their flag {where}; assign trainable"},
        _private,
    ),
)
