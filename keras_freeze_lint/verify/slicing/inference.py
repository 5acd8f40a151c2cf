"""Calls that only use a model, where a finding is about what these move: a small batch takes the place of data."""

from __future__ import annotations

import ast
from collections.abc import Collection

from keras_freeze_lint.keras.api import MODEL_INFERENCE
from keras_freeze_lint.verify.slicing.facts import Facts
from keras_freeze_lint.verify.slicing.filling import Filling
from keras_freeze_lint.verify.slicing.program import Program
from keras_freeze_lint.verify.slicing.training import Training

_DATA = frozenset({"x", "y", "generator", "steps", "verbose"})
_EVALUATING = frozenset({"evaluate", "test_on_batch", "evaluate_generator"})


def inference_in(program: Program, facts: Facts, lines: Collection[int]) -> list[ast.Call]:
    """The calls on some lines that use a model."""
    return [
        call
        for call in program.calls
        if call.lineno in lines
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in MODEL_INFERENCE
        and facts.is_model(call.func.value)
    ]


class Inference:
    """Rewrites what uses a model."""

    def __init__(self, calls: Collection[ast.Call], facts: Facts, training: Training, filling: Filling) -> None:
        self.calls = frozenset(calls)
        self._facts = facts
        self._training = training
        self._filling = filling
        self._around: set[ast.AST] = set()
        for call in self.calls:
            self._around.update((call, *facts.program.around(call)))

    def is_in(self, node: ast.AST) -> bool:
        """Whether a node is or holds one of the calls in question."""
        return node in self._around

    def rewrite(self, call: ast.Call) -> list[ast.AST]:
        """Change a call in question; returned are the expressions in it that stay."""
        assert isinstance(call.func, ast.Attribute)
        model, source = call.func.value, self._training.source
        x, y = self._training.data(call)
        given = [one for one in (x, y) if one is not None]
        if not given or any(self._training.is_unusable(one) for one in given):
            evaluates = call.func.attr in _EVALUATING
            helper = "synthetic_batch" if evaluates else "synthetic_inputs"
            self._filling.helpers.add(helper)
            # What goes by steps went through a generator, which there is no more.
            name = call.func.attr.removesuffix("_generator")
            text = f"{name}({'*' if evaluates else ''}{helper}({ast.unparse(model)}))"
            end = source.end(call.func)
            source.replace_span(end - len(call.func.attr), source.end(call), text)
            written = ", ".join(ast.unparse(one) for one in given)
            self._filling.assume(call, written, "random data of the shapes that the model asks for")
            return [model]
        for word in call.keywords:
            if word.arg not in _DATA:
                self._filling.drop_argument(call, word)
        kept = [word.value for word in call.keywords if word.arg in _DATA]
        return [model, *call.args, *(one for one in kept if one not in call.args)]
