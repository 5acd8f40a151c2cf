"""What a rule is: its code and words as data, and one function that looks at a replayed path."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.effects.records import LayerEffect, TrainingRecord
from keras_freeze_lint.findings import Certainty, PathStep, Prediction, Severity
from keras_freeze_lint.interpreter.layers import automatic_name
from keras_freeze_lint.interpreter.values import Layer


@dataclass(frozen=True)
class Defect:
    """A mistake on one path of one Keras: where, the words for the message, the stations, and what a run must show.

    ``message`` names one of the rule's messages, for rules whose user should do different things in different cases.
    ``only_if_everywhere`` makes it merely possible where a part of the target's releases is free of it. It is none if the
    training call ``settled_at`` moves other layers on another path: that hangs on what nobody knows, layer by layer.
    """

    code: str
    node: ast.AST
    message: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    path: tuple[PathStep, ...] = ()
    prediction: Prediction | None = None
    certainty: Certainty = Certainty.CERTAIN
    only_if_everywhere: bool = False
    settled_at: ast.AST | None = None


Check = Callable[[Replay], Iterable[Defect]]


@dataclass(frozen=True)
class Rule:
    """``messages`` are templates by name ("" is the usual one) with ``{where}`` and the defect's own slots.

    ``default`` is false for rules that only ``--pedantic`` (or an explicit ``--select``) turns on.
    """

    code: str
    name: str
    summary: str
    messages: dict[str, str]
    check: Check
    default: bool = True
    severity: Severity = Severity.ERROR


def line_of(node: ast.AST) -> int:
    """The line of a node."""
    return int(getattr(node, "lineno", 1))


def shown(layer: Layer) -> str:
    """The layer as a person would name it: its name, else its class and line."""
    if layer.name:
        return layer.name
    if layer.label:
        return layer.label
    kind = "Model" if layer.kind in ("functional", "subclassed", "opaque") and layer.user_class is None else layer.cls
    return f"{kind} (line {line_of(layer.node)})"


def named(layers: Iterable[Layer], limit: int = 2) -> str:
    """A few layers' names for a message."""
    names = list(dict.fromkeys(shown(layer) for layer in layers))
    if len(names) <= limit:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} more"


def all_the_same(layers: str, *, trains: bool) -> str:
    """What layers, as `named`, do in spite of their flag."""
    several = " and " in layers
    if trains:
        return "still train" if several else "still trains"
    return "stay frozen" if several else "stays frozen"


def key(layer: Layer, replay: Replay) -> str:
    """The layer's key in traces and predictions."""
    if layer.name:
        return layer.name
    if layer.label:
        return layer.label
    if layer.auto_name is not None:
        return automatic_name(layer, replay.behaviour.zero_based_names, replay.behaviour.functional_prefix)
    return f"{layer.cls}@{line_of(layer.node)}"


def prediction(
    replay: Replay, record: TrainingRecord, effects: Iterable[LayerEffect], quantity: str, meant: bool | None = None
) -> Prediction:
    """What a run must show at this training call for these layers.

    ``meant`` is what the mistake was to do (True: to train), where the last assignment does not tell.
    """
    chosen = list(effects)
    first = chosen[0]
    intended = first.intended if meant is None else meant
    if record.raised:
        effect = "raises"
    else:
        effect = "moves" if (first.weights if quantity == "weights" else first.statistics) else "still"
    return Prediction(
        line_of(record.node),
        tuple(dict.fromkeys(key(one.layer, replay) for one in chosen)),
        "trainable" if intended else "frozen",
        effect,
        quantity,
    )


def stations(*steps: tuple[ast.AST | None, str]) -> tuple[PathStep, ...]:
    """The way to a finding, one line a station."""
    return tuple(PathStep(line_of(node), what) for node, what in steps if node is not None)
