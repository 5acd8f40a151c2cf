"""The many ways in which people import Keras."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

_SYMBOLS = {
    "layers": "Activation Add Bidirectional BatchNormalization Concatenate Conv1D Dense Dropout Embedding Flatten "
    "GlobalAveragePooling1D Input InputLayer LSTM Layer MaxPooling1D SimpleRNN TimeDistributed add concatenate",
    "models": "Model Sequential clone_model load_model model_from_json",
    "optimizers": "Adam SGD",
    "callbacks": "Callback LambdaCallback",
}
_MODULE_OF = {symbol: module for module, symbols in _SYMBOLS.items() for symbol in symbols.split()}
_AT_ROOT = frozenset({"Input", "Model", "Sequential"})
_ALIASES = {"layers": ("L", "kl"), "models": ("M", "km"), "optimizers": ("O",), "callbacks": ("C",)}
_SHORT = {"Dense": "FC", "BatchNormalization": "BN", "Sequential": "Seq", "Model": "KModel"}
_MODES = ("root", "module", "alias", "assigned", "from", "star")


@dataclass
class _Package:
    """Where Keras comes from: the import of its root and the path of its modules."""

    path: str
    root: str
    statement: str
    assignment: str | None = None


def _package(rng: random.Random, flavour: str) -> _Package:
    if flavour != "tf.keras":
        return _Package("keras", "keras", "import keras")
    tf = "import tensorflow as tf"
    packages = [
        (8, _Package("tensorflow.keras", "tf.keras", tf)),
        (6, _Package("tensorflow.keras", "keras", "from tensorflow import keras")),
        (2, _Package("tensorflow.keras", "keras", tf, "keras = tf.keras")),
        (1, _Package("tensorflow.keras", "keras", "import tensorflow.keras as keras")),
    ]
    return rng.choices([package for _, package in packages], [weight for weight, _ in packages])[0]


def _modes(rng: random.Random) -> dict[str, str]:
    """How each module of Keras is reached: mostly all in one way."""
    main = rng.choices(_MODES, (25, 22, 4, 5, 36, 8))[0]
    return {module: rng.choice(_MODES[:5]) if rng.random() < 0.12 else main for module in _SYMBOLS}


@dataclass
class Imports:
    """The import statements of one program, collected while it is written."""

    rng: random.Random
    flavour: str
    _package: _Package = field(init=False)
    _mode: dict[str, str] = field(init=False)
    _alias: dict[str, str] = field(init=False)
    _short: frozenset[str] = field(init=False)
    _short_root: bool = field(init=False)
    _used: dict[str, set[str]] = field(init=False, default_factory=dict)
    _plain: set[str] = field(init=False, default_factory=set)
    _root_used: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._package = _package(self.rng, self.flavour)
        self._mode = _modes(self.rng)
        self._alias = {module: self.rng.choice(names) for module, names in _ALIASES.items()}
        self._short = frozenset(symbol for symbol in _SHORT if self.rng.random() < 0.04)
        self._short_root = self.flavour != "keras" and self.rng.random() < 0.6

    def plain(self, module: str) -> str:
        """Import a module that is not Keras; the answer is the name it has."""
        self._plain.add(module)
        return {"numpy": "np", "tensorflow": "tf"}.get(module, module)

    def keras(self, symbol: str) -> str:
        """The expression for a name of Keras."""
        module = _MODULE_OF[symbol]
        mode = self._mode[module]
        if symbol in _AT_ROOT and mode in ("root", "assigned") and self._short_root:
            self._root_used = True
            return f"{self._package.root}.{symbol}"
        self._used.setdefault(module, set()).add(symbol)
        if mode == "root":
            self._root_used = True
            return f"{self._package.root}.{module}.{symbol}"
        if mode == "assigned":
            self._root_used = True
            return f"{module}.{symbol}"
        if mode == "module":
            return f"{module}.{symbol}"
        if mode == "alias":
            return f"{self._alias[module]}.{symbol}"
        if mode == "from" and symbol in self._short:
            return _SHORT[symbol]
        return symbol

    def lines(self) -> list[str]:
        """Every import statement, and the assignments that stand in for one."""
        return self._standard() + self._third_party()

    def _standard(self) -> list[str]:
        names = sorted(self._plain - {"numpy", "tensorflow"})
        return [f"import {name}" for name in names] + ([""] if names else [])

    def _third_party(self) -> list[str]:
        lines = ["import numpy as np"] if "numpy" in self._plain else []
        if self._root_used:
            lines.append(self._package.statement)
        if "tensorflow" in self._plain and "import tensorflow as tf" not in lines:
            lines.append("import tensorflow as tf")
        after = []
        if self._root_used and self._package.assignment:
            after.append(self._package.assignment)
        for module in _SYMBOLS:
            if module in self._used and self._mode[module] != "root":
                target = after if self._mode[module] == "assigned" else lines
                target.append(self._statement(module))
        return lines + (["", *after] if after else [])

    def _statement(self, module: str) -> str:
        path = self._package.path
        mode = self._mode[module]
        if mode == "module":
            return f"from {path} import {module}"
        if mode == "alias":
            return f"import {path}.{module} as {self._alias[module]}"
        if mode == "assigned":
            return f"{module} = {self._package.root}.{module}"
        if mode == "star":
            return f"from {path}.{module} import *"
        names = sorted(self._used[module])
        return f"from {path}.{module} import " + ", ".join(
            f"{name} as {_SHORT[name]}" if name in self._short else name for name in names
        )
