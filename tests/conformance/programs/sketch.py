"""What every part of one program shares: chance, fresh names, imports, constants and helper definitions."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar, get_args

from tests.conformance.programs.imports import Imports

Lines = list[str]
Flavour = Literal["keras", "tf.keras", "keras3"]
FLAVOURS: tuple[Flavour, ...] = get_args(Flavour)

T = TypeVar("T")

_NEVER_A_NAME = frozenset(
    "np os sys tf keras layers models optimizers callbacks backend K L M O kl kk km main self model_from_json".split()
)


def indent(lines: Iterable[str], depth: int = 1) -> Lines:
    """The lines, moved to the right."""
    return ["    " * depth + line if line else line for line in lines]


def mentions(lines: Iterable[str], name: str) -> bool:
    """Whether an expression like `base` or `self.base` is used in the lines."""
    pattern = re.compile(rf"(?<![\w.\"'])(?:\*)*{re.escape(name)}(?![\w\"'])")
    return any(pattern.search(line) for line in lines)


class Sketch:
    """A program that is being written."""

    def __init__(self, seed: int, flavour: Flavour) -> None:
        self.rng = random.Random(f"{flavour}/{seed}")
        self.flavour = flavour
        self.modern = flavour != "keras"
        self.tensorflow = flavour == "tf.keras"
        self.imports = Imports(self.rng, flavour)
        self.constants: Lines = []
        self.helpers: dict[str, Lines] = {}
        self.owner = ""
        self.takes_parameters = False
        self.parameters: list[tuple[str, bool]] = []
        self.quote = self.weighted((6, '"'), (4, "'"))
        self.unnamed = self.weighted((70, 0.0), (20, 0.25), (10, 1.0))
        self.loop_name = self.one_of("layer", "layer", "layer", "l", "lyr", "lay")
        self._label_style = self.one_of("{stem}_{n}", "{stem}{n}", "{stem}_{kind}{n}", "{stem}_{kind}_{n}")
        self._helper_names: dict[str, str] = {}
        self._names: set[str] = set(_NEVER_A_NAME)
        self._labels: set[str] = set()

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def one_of(self, *options: T) -> T:
        return self.rng.choice(options)

    def weighted(self, *options: tuple[float, T]) -> T:
        weights = [weight for weight, _ in options]
        return self.rng.choices([option for _, option in options], weights)[0]

    def between(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def some(self, options: Sequence[T], most: int) -> list[T]:
        """One or more of the options, in their order."""
        count = self.between(1, max(1, min(most, len(options))))
        chosen = sorted(self.rng.sample(range(len(options)), count))
        return [options[index] for index in chosen]

    def name(self, *candidates: str) -> str:
        """A variable name that is not in use yet."""
        name = self.one_of(*candidates)
        return self._fresh(name, lambda stem, n: f"{stem}{n}", self._names)

    def owned(self, *candidates: str) -> str:
        """A variable that outlives the construction: an attribute of `self` in a program that is a class."""
        return self.owner + self.name(*candidates)

    def label(self, stem: str, kind: str) -> str:
        """A layer name that is not in use yet."""
        style = self._label_style

        def numbered(stem: str, n: int) -> str:
            return style.format(stem=stem, kind=kind, n=n)

        label = next(text for n in range(1, 99) if (text := numbered(stem, n)) not in self._labels)
        self._labels.add(label)
        return label

    def model_label(self, stem: str) -> str:
        return self._fresh(stem, lambda stem, n: f"{stem}_{n}", self._labels)

    def take_labels(self, labels: Iterable[str]) -> None:
        self._labels.update(labels)

    def text(self, value: str) -> str:
        """A string literal."""
        return f"{self.quote}{value}{self.quote}"

    def texts(self, values: Sequence[str]) -> str:
        """A list or tuple of string literals."""
        inside = ", ".join(map(self.text, values))
        if self.chance(0.6):
            return f"[{inside}]"
        return f"({inside},)" if len(values) == 1 else f"({inside})"

    def keras(self, symbol: str) -> str:
        """The expression that names something of Keras."""
        return self.imports.keras(symbol)

    def plain(self, module: str) -> str:
        """The expression that names a module."""
        return self.imports.plain(module)

    def constant(self, name: str, value: str) -> str:
        """A module level constant."""
        fresh = self.name(name)
        self.constants.append(f"{fresh} = {value}")
        return fresh

    def parameter(self, name: str, value: bool) -> str:
        """A parameter of the function that builds the models; a constant where there is no such function."""
        if not self.takes_parameters:
            return self.constant(name.upper(), str(value))
        fresh = self.name(name)
        self.parameters.append((fresh, value))
        return fresh

    def helper(self, name: str, write: Callable[[str], Lines]) -> str:
        """The name of a helper function or class, written at its first use."""
        if name not in self._helper_names:
            fresh = self.name(name)
            self._helper_names[name] = fresh
            self.helpers[fresh] = write(fresh)
        return self._helper_names[name]

    @staticmethod
    def _fresh(stem: str, numbered: Callable[[str, int], str], taken: set[str]) -> str:
        name = stem
        number = 2
        while name in taken:
            name = numbered(stem, number)
            number += 1
        taken.add(name)
        return name
