"""Which scenario a program tells, and how often."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.programs.phases import configured, in_turn, minimized, own_step, same_optimizer, saved
from tests.conformance.programs.scenarios import (
    Program,
    alternating,
    callback,
    copies,
    custom_layer,
    gan,
    gradual,
    growing,
    phased,
    subclassed,
    tape,
    transfer,
)
from tests.conformance.programs.sketch import Sketch

Scenario = Callable[[Sketch], Program]

_ANY_FORM: list[tuple[float, Scenario]] = [
    (70, transfer),
    (10, gan),
    (5, gradual),
    (5, callback),
    (3, growing),
    (4, phased),
    (3, alternating),
    (5, same_optimizer),
    (3, in_turn),
    (5, configured),
]
_SCRIPT_ONLY: list[tuple[float, Scenario]] = [(4, copies), (3, saved)]
_MODERN: list[tuple[float, Scenario]] = [(6, subclassed), (2, custom_layer)]
_TENSORFLOW: list[tuple[float, Scenario]] = [(8, tape), (3, own_step), (2, minimized)]


def choose(sketch: Sketch) -> tuple[Scenario, bool]:
    """What happens, and whether it has to be written as one script."""
    scripts = [*_SCRIPT_ONLY, *(_MODERN if sketch.modern else []), *(_TENSORFLOW if sketch.tensorflow else [])]
    options = [(weight, (scenario, False)) for weight, scenario in _ANY_FORM]
    options += [(weight, (scenario, True)) for weight, scenario in scripts]
    return sketch.weighted(*options)
