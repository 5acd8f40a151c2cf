"""4xx: assignments that do nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.findings import Certainty, Prediction
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.attributes import VARIABLE_LISTS
from keras_freeze_lint.interpreter.texts import BOOL_OPTION, OUTER_TEXT, TEXT_OPTION
from keras_freeze_lint.interpreter.values import Api, Class, Layer, Tensor
from keras_freeze_lint.rules.base import Check, Defect, Rule, line_of, shown, stations
from keras_freeze_lint.rules.predictions import layers_in, meant_otherwise, raised_at

_TEXTS = {TEXT_OPTION: "option", BOOL_OPTION: "bool", OUTER_TEXT: "outside"}
# These end the program where they stand.
_RAISING = frozenset({"called", "on list", "misspelled keyword"})


def _mistakes(code: str, kinds: dict[str, str], replay: Replay) -> Iterator[Defect]:
    """Defects of one code: which kinds of mistake belong to it, and which message each has."""
    for turns in _by_line(replay, kinds):
        _, event = turns[0]
        target = shown(event.target) if isinstance(event.target, Layer) else "the layer"
        error = "ValueError" if replay.behaviour.trains_by == "variables" and _is_plain(event.target) else "TypeError"
        yield Defect(
            code,
            event.node,
            kinds[event.kind],
            {"name": event.detail, "target": target, "error": error},
            stations((event.node, "assigned here")),
            _predicted(replay, turns),
        )


def _by_line(replay: Replay, kinds: Iterable[str]) -> Iterable[list[tuple[int, events.Mistake]]]:
    """The mistakes of these kinds; the turns of one loop make them again and again at one place."""
    found: dict[int, list[tuple[int, events.Mistake]]] = {}
    for index, event in enumerate(replay.events):
        if isinstance(event, events.Mistake) and event.kind in kinds:
            found.setdefault(id(event.node), []).append((index, event))
    return found.values()


def _is_plain(target: object) -> bool:
    """A layer of Keras itself; models and applications check their arguments in another way."""
    return isinstance(target, Layer) and not target.is_model


def _predicted(replay: Replay, turns: list[tuple[int, events.Mistake]]) -> Prediction | None:
    last, event = turns[-1]
    meant = bool(event.value) if isinstance(event.value, bool | int) else None
    holders = [layer for _, turn in turns for layer in _meant_layers(turn.target)]
    if event.kind in _RAISING:
        return raised_at(replay, event.node, holders, meant)
    return meant_otherwise(replay, holders, last, meant) if meant is not None else None


def _meant_layers(target: object) -> list[Layer]:
    if isinstance(target, Tensor):
        return [target.call.layer] if target.call is not None else []
    return layers_in(target)


def _of(code: str, **kinds: str) -> Check:
    return partial(_mistakes, code, {kind.replace("_", " "): message for kind, message in kinds.items()})


def _not_a_bool(replay: Replay) -> Iterator[Defect]:
    """A string or a list counts as true, whatever it says; what says true too merely is no bool."""
    found: dict[int, list[tuple[int, events.SetFlag]]] = {}
    for index, event in enumerate(replay.events):
        if isinstance(event, events.SetFlag) and event.value is True and isinstance(event.raw, str | list | tuple):
            found.setdefault(id(event.node), []).append((index, event))
    yield from _from_outside(replay)
    for turns in found.values():
        last, event = turns[-1]
        true = _says_true(event.raw)
        yield Defect(
            "KFL405",
            event.node,
            "",
            {"value": repr(event.raw)[:30]},
            stations((event.node, f"set on line {line_of(event.node)}")),
            None if true else meant_otherwise(replay, [turn.target for _, turn in turns], last, False),
            Certainty.POSSIBLE if true and not isinstance(event.raw, str) else Certainty.CERTAIN,
        )


def _on_list(replay: Replay) -> Iterator[Defect]:
    """Plain lists raise; those that Keras 3 keeps for a user's model take the attribute, and nobody looks at it."""
    for defect in _mistakes("KFL404", {"on list": ""}, replay):
        node = defect.node.value if isinstance(defect.node, ast.Attribute) else None
        is_variables = isinstance(node, ast.Attribute) and node.attr in VARIABLE_LISTS
        yield replace(defect, message="variables") if is_variables else defect
    if replay.behaviour.trains_by == "variables":
        yield from _mistakes("KFL404", {"on tracked list": "tracked"}, replay)


def _from_outside(replay: Replay) -> Iterator[Defect]:
    """A text of the command line or the environment: whoever writes False there gets True."""
    for turns in _by_line(replay, _TEXTS):
        _, event = turns[0]
        yield Defect(
            "KFL405",
            event.node,
            _TEXTS[event.kind],
            {"name": event.detail},
            stations((event.node, f"set on line {line_of(event.node)}")),
        )


def _says_true(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("true", "yes", "y", "on", "1", "t")
    return isinstance(value, list | tuple) and all(item is True for item in value)


def _on_class(replay: Replay) -> Iterator[Defect]:
    """The flag of a class where it does not reach the instances, and of a variable where only the layer's counts."""
    seen: set[int] = set()
    for index, event in enumerate(replay.events):
        if id(event.node) in seen:
            continue
        if isinstance(event, events.Mistake) and event.kind == "on class":
            missed = _out_of_reach(replay, index, event)
            if missed or replay.behaviour.class_flag_reaches == "none":
                seen.add(id(event.node))
                meant = bool(event.value) if isinstance(event.value, bool | int) else None
                shows = meant_otherwise(replay, missed, index, meant) if meant is not None else None
                yield Defect("KFL407", event.node, "", {}, stations((event.node, "assigned here")), shows)
        elif isinstance(event, events.SetVariableFlag) and replay.behaviour.variable_flag != "works":
            seen.add(id(event.node))
            raises = replay.behaviour.variable_flag == "raises"
            yield Defect(
                "KFL407",
                event.node,
                "raises" if raises else "variable",
                {"target": shown(event.target), "name": event.variable},
                stations((event.node, "assigned here")),
                raised_at(replay, event.node, [event.target], event.value) if raises else None,
            )


def _out_of_reach(replay: Replay, index: int, event: events.Mistake) -> list[Layer]:
    """The layers of the class that are built already where the flag reaches only those built later."""
    name = event.target.name if isinstance(event.target, Api | Class) else ""
    reached = {"none": 0, "all": len(replay.events), "built later": len(replay.events) - index}
    missed = replay.events[: len(replay.events) - reached[replay.behaviour.class_flag_reaches]]
    return [one.layer for one in missed if isinstance(one, events.Built) and one.layer.cls == name]


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
            "keyword": "'{name}=' is not 'trainable=': the constructor raises {error} {where}; write trainable=",
        },
        _of("KFL401", misspelled="", misspelled_keyword="keyword"),
    ),
    Rule(
        "KFL402",
        "compared-trainable",
        "a comparison or an annotation in place of an assignment changes nothing",
        {
            "": "a comparison assigns nothing: the flag stays as it is; write '=' to set trainable",
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
        {
            "": "a list of layers has no 'trainable': AttributeError at run time; loop over the layers",
            "variables": "a list of variables has no 'trainable': AttributeError at run time; set the flag of the layer",
            "tracked": "a list of layers has no flag that counts {where}: its layers still train; loop over the layers",
        },
        _on_list,
    ),
    Rule(
        "KFL405",
        "trainable-not-bool",
        "a string (or a list) counts as true, whatever it says",
        {
            "": "trainable={value} counts as True: nothing is frozen on any Keras; assign True or False",
            "option": "the option {name} is a text, and each text counts as True, 'False' too; compare it or use action='store_true'",
            "bool": "type=bool takes each text for True, 'False' too; give the option {name} action='store_true'",
            "outside": "this value is a text, and each text counts as True, 'False' too; compare it with 'True'",
        },
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
            "raises": "{target}.{name}.trainable cannot be set {where}: AttributeError; set trainable on the layer",
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
