"""How newer Kerases say what older programs say: a witness of such a program can run there, too."""

from __future__ import annotations

import ast
import re

from keras_freeze_lint.keras.api import canonical
from keras_freeze_lint.verify.slicing.editing import Source
from keras_freeze_lint.verify.slicing.filling import Filling
from keras_freeze_lint.verify.slicing.modules import path_of
from keras_freeze_lint.verify.slicing.program import Program

# Modules that are gone, and where their names are.
_MOVED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(old), new)
    for old, new in (
        (r"keras\.layers\.experimental\.preprocessing", "keras.layers"),
        (r"keras\.(?:_)?engine\.(?:training|sequential|functional)\w*", "keras.models"),
        (r"keras\.(?:_)?engine(?:\.\w+)?", "keras.layers"),
        (r"keras\.layers\.\w+(?:\.\w+)?", "keras.layers"),
        (r"keras\.utils\.(?:np_utils|generic_utils)", "keras.utils"),
        (r"keras\.objectives", "keras.losses"),
        (r"keras\.preprocessing\.sequence", "keras.utils"),
        (r"keras\.applications\.\w+", "keras.applications"),
    )
)
_IN_MODELS = frozenset({"Model", "Sequential"})
_PRODUCTS = frozenset({"numpy.prod", "numpy.product", "numpy.sum"})
# Keywords of fit() that fit_generator() calls otherwise, and those of optimizers.
_WORDS = {"generator": "x", "nb_epoch": "epochs", "samples_per_epoch": "steps_per_epoch"}
_GENERATOR_POSITIONS = ("x", "steps_per_epoch", "epochs", "verbose", "callbacks")


class Porting:
    """Changes names only; every change is noted as an assumption."""

    def __init__(self, program: Program, source: Source, filling: Filling) -> None:
        self._program = program
        self._source = source
        self._filling = filling

    def imported(self, statement: ast.ImportFrom) -> None:
        """Import from where the names are now."""
        if statement.level or not statement.module:
            return
        keras, flavour = canonical(statement.module)
        if not flavour:
            return
        new = next((target for pattern, target in _MOVED if pattern.fullmatch(keras)), None)
        if new is None or (new == "keras.applications" and not _are_classes(statement)):
            return
        if new == "keras.layers" and {alias.name for alias in statement.names} <= _IN_MODELS:
            new = "keras.models"
        prefix = statement.module.removesuffix(keras.removeprefix("keras"))
        module = _public(prefix) + new.removeprefix("keras")
        if module != statement.module:
            self._filling.modules[statement] = module
            self._filling.assume(statement, f"from {statement.module}", f"from {module}, where it is now")

    def attribute(self, attribute: ast.Attribute) -> bool:
        """Name a layer where it is now; returned is whether that was needed."""
        path = path_of(self._program, attribute)
        if not canonical(path)[0].startswith("keras.layers.experimental.preprocessing."):
            return False
        inner = attribute.value
        while isinstance(inner, ast.Attribute) and inner.attr != "layers":
            inner = inner.value
        if not isinstance(inner, ast.Attribute):
            return False
        self._source.replace_span(self._source.end(inner), self._source.end(attribute.value), "")
        return True

    def optimizer(self, call: ast.Call) -> None:
        """Give an optimizer its learning rate under its newer name."""
        keras = canonical(path_of(self._program, call.func))[0]
        if not keras.startswith("keras.optimizers."):
            return
        for word in call.keywords:
            if word.arg == "lr":
                start = self._source.start(word)
                self._source.replace_span(start, start + len("lr"), "learning_rate")
            elif word.arg == "decay":
                self._filling.drop_argument(call, word)
                self._filling.assume(word.value, f"decay={ast.unparse(word.value)}", "left out")

    def layer(self, call: ast.Call) -> None:
        """Give a layer a number of Python where numpy computes it."""
        if not canonical(path_of(self._program, call.func))[0].startswith("keras.layers."):
            return
        for size in [*call.args, *(word.value for word in call.keywords)]:
            if isinstance(size, ast.Call) and path_of(self._program, size.func) in _PRODUCTS:
                start, end = self._source.start(size), self._source.end(size)
                self._source.replace_span(start, start, "int(")
                self._source.replace_span(end, end, ")")
                self._filling.assume(size, ast.unparse(size), f"int({ast.unparse(size)})")

    def compiling(self, call: ast.Call) -> None:
        """Leave metrics out that were meant for each of several outputs: newer Kerases want a list for each."""
        if getattr(call.func, "attr", "") != "compile":
            return
        words = {word.arg: word for word in call.keywords}
        loss, metrics = words.get("loss"), words.get("metrics")
        if loss is None or metrics is None or not isinstance(metrics.value, ast.List):
            return
        values = [loss.value]
        if isinstance(loss.value, ast.Name):
            values = [one.value for one in self._program.reaching.get(loss.value, ()) if one.value is not None]
        several = any(isinstance(value, ast.List) and len(value.elts) > 1 for value in values)
        if several and all(isinstance(one, ast.Constant) for one in metrics.value.elts):
            self._filling.drop_argument(call, metrics)
            self._filling.assume(metrics.value, f"metrics={ast.unparse(metrics.value)}", "left out")

    def training(self, call: ast.Call) -> None:
        """``fit`` in the place of ``fit_generator``, with the words of ``fit``."""
        if not isinstance(call.func, ast.Attribute):
            return
        for word in call.keywords:
            new = _WORDS.get(word.arg or "")
            if new is not None and (word.arg != "generator" or call.func.attr == "fit_generator"):
                start = self._source.start(word)
                self._source.replace_span(start, start + len(word.arg or ""), new)
        if call.func.attr != "fit_generator":
            return
        end = self._source.end(call.func)
        self._source.replace_span(end - len("fit_generator"), end, "fit")
        self._filling.assume(call.func, "fit_generator", "fit")
        for name, argument in list(zip(_GENERATOR_POSITIONS, call.args, strict=False))[1:]:
            start = self._source.start(argument)
            self._source.replace_span(start, start, f"{name}=")


def _public(prefix: str) -> str:
    return prefix.replace("tensorflow.python.keras", "tensorflow.keras").replace("tensorflow.contrib.", "tensorflow.")


def _are_classes(statement: ast.ImportFrom) -> bool:
    return all(alias.name[:1].isupper() for alias in statement.names)
