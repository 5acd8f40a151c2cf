"""Fills what a file does not say with a small value of the right kind, told by how it is used and what it is called."""

from __future__ import annotations

import ast
import re

from keras_freeze_lint.keras.api import canonical, is_application
from keras_freeze_lint.verify.slicing.callees import arguments_of
from keras_freeze_lint.verify.slicing.facts import Facts
from keras_freeze_lint.verify.slicing.modules import path_of
from keras_freeze_lint.verify.slicing.program import Definition

# By name, the most specific first.
_NAMES: tuple[tuple[str, str], ...] = (
    (r"input_?shape|in(?:put)?_?shp|img_?shape|image_?shape|(?:img|image|input|target)_?size$", "shape"),
    (r"channels?$|n_?chan|depth$", "3"),
    (r"class(?:es)?_?(?:num|count|nb)?$|n(?:b|um)?_?(?:of_?)?(?:class|label|categor|output)\w*|out(?:put)?_?dim$", "4"),
    (r"vocab\w*|max_(?:features|words)|n(?:um)?_?(?:words|tokens|chars)|input_dim$|voc_size", "50"),
    (r"max_?(?:seq_?)?len\w*|seq(?:uence)?_?len\w*|time_?steps?|input_length|window\w*", "12"),
    (r"(?:img|image|input|target)?_?(?:width|height|rows|cols|size|dim|res)$|^[hw]$|img_[wh]", "32"),
    (r"latent\w*|noise\w*|z_?dim|\w*units?|hidden\w*|\w*dim|filters?|embed\w*|neurons?|nodes", "8"),
    (r"(?:batch|bs)(?:_?size)?$", "4"),
    (r"lr\w*|\w*learning_?rate|alpha|eta|step_size", "0.001"),
    (r"decay|weight_decay|l[12]\w*|reg\w*|lambda\w*", "0.0001"),
    (r"drop\w*|rate|beta\w*|momentum|\w*prob\w*", "0.5"),
    (r"steps?(?:_per_epoch)?$|\w*epochs?\w*|\w*iter\w*|n_?rounds?", "2"),
    (r"name|\w*_name|tag|prefix|suffix|title", "'model'"),
    (r"\w*(?:path|dir|file|folder|root)\w*", "'file'"),
    (r"activation\w*", "'relu'"),
    (r"opt\w*", "'sgd'"),
    (r"loss\w*", "'mse'"),
    (r"dtype", "'float32'"),
    (r"pad\w*", "'same'"),
    (r"seed", "0"),
    (r"include_top", "False"),
    (r"weights?|metrics?|callbacks?|\w*mask", "None"),
    (r"(?:is_|use_|do_|with_|no_|has_)\w+|verbose|debug|train(?:able|ing)?|fine_?tune\w*|freeze\w*", "False"),
)

# Parameters of Keras by position, of the classes whose first arguments people pass by position.
_POSITIONS = {
    "Dense": ("units", "activation"),
    "LSTM": ("units",),
    "GRU": ("units",),
    "SimpleRNN": ("units",),
    "Conv1D": ("filters", "kernel_size", "strides"),
    "Conv2D": ("filters", "kernel_size", "strides"),
    "Conv2DTranspose": ("filters", "kernel_size", "strides"),
    "Embedding": ("vocab_size", "embed_dim"),
    "Dropout": ("rate",),
    "Input": ("input_shape",),
    "RepeatVector": ("seq_len",),
    "Reshape": ("target_shape",),
    "Adam": ("lr",),
    "SGD": ("lr",),
    "RMSprop": ("lr",),
    "l2": ("l2",),
    "l1": ("l1",),
}
_PARAMETERS = {"shape": "input_shape", "input_dim": "input_dim", "output_dim": "units", "kernel_size": "kernel"}
_VALUES = {"kernel": "3", "strides": "1", "rank": "2"}
_FUNCTION_HINTS = {"range": "2", "int": "4", "float": "0.5", "str": "'name'", "len": "[0, 1, 2, 3]", "list": "[]"}


class Roles:
    """Finds values for what is missing."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.program = facts.program

    def value(self, expression: ast.AST, hint: str = "") -> str:
        """A value for a missing expression, as source text: by its use, then by its name."""
        parent = self.program.parents.get(expression)
        words = [hint, *self._words(expression)]
        used = self._by_use(expression, parent, 4)
        if used is not None:
            return self._shape() if used == "shape" else used
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            words[:0] = [word for target in targets for word in self._words(target)]
            for target in targets:
                found = self._of_target(target, 4)
                if found is not None:
                    return found
        named = next((value for word in words if (value := by_name(word)) is not None), None)
        if named == "shape":
            return self._shape()
        return named or "1"

    def of_definition(self, definition: Definition) -> str:
        """A value for something that only has a name here: a parameter, what an unknown module gives."""
        used = self._uses(definition, 4)
        if used is None:
            used = by_name(definition.name)
        if used == "shape":
            return self._shape()
        return used or "None"

    # -- by use
    def _of_target(self, target: ast.AST, depth: int) -> str | None:
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = [self._of_target(one, depth) or self._named(one) for one in target.elts]
            return "(" + ", ".join(part if part != "shape" else "(32, 32, 3)" for part in parts) + ",)"
        if isinstance(target, (ast.Name, ast.Attribute)):
            name = target.id if isinstance(target, ast.Name) else target.attr
            for one in self.facts.definitions:
                if one.target is target:
                    found = self._uses(one, depth)
                    return self._shape() if found == "shape" else found
            return by_name(name)
        return None

    def _named(self, target: ast.AST) -> str:
        return next((value for word in self._words(target) if (value := by_name(word)) is not None), "1")

    def _uses(self, definition: Definition, depth: int) -> str | None:
        """What the uses of a definition ask for; the first that says something counts."""
        if depth == 0:
            return None
        nodes: list[ast.AST] = [node for node, reaching in self.program.reaching.items() if definition in reaching]
        if definition.kind == "attr":
            everything = ast.walk(self.program.tree)
            loads = (one for one in everything if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Load))
            nodes.extend(one for one in loads if one.attr == definition.name)
        # An index says most: what has elements is a list, whatever else is done with it.
        nodes.sort(key=lambda node: not isinstance(self.program.parents.get(node), ast.Subscript))
        for node in nodes:
            found = self._by_use(node, self.program.parents.get(node), depth - 1)
            if found is not None:
                return found
        return None

    def _by_use(self, node: ast.AST, parent: ast.AST | None, depth: int) -> str | None:
        if parent is None or depth <= 0:
            return None
        if isinstance(parent, ast.keyword):
            call = self.program.parents.get(parent)
            return self._argument(call, parent.arg or "", None, depth) if isinstance(call, ast.Call) else None
        if isinstance(parent, ast.Call) and node in parent.args:
            return self._argument(parent, "", parent.args.index(node), depth)
        if isinstance(parent, ast.Compare):
            return self._compared(node, parent)
        if isinstance(parent, (ast.BinOp, ast.UnaryOp)):
            return (
                None
                if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
                else self._by_use(parent, self.program.parents.get(parent), depth) or self._arithmetic(parent)
            )
        if isinstance(parent, (ast.For, ast.comprehension)) and node is parent.iter:
            return "range(2)"
        if isinstance(parent, ast.Slice):
            return "2"
        if isinstance(parent, ast.Assign):
            target = parent.targets[0]
            return self._of_target(target, depth - 1) if isinstance(target, (ast.Name, ast.Attribute)) else None
        if isinstance(parent, ast.Subscript) and node is parent.value:
            key = parent.slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                return None
            element = self._by_use(parent, self.program.parents.get(parent), depth) or "8"
            return f"[{element}, {element}]"
        if isinstance(parent, ast.Tuple) and isinstance(parent.ctx, ast.Load):
            above = self.program.parents.get(parent)
            inside = self._by_use(parent, above, depth)
            return "32" if inside == "shape" else None
        return None

    @staticmethod
    def _arithmetic(parent: ast.AST) -> str | None:
        operator = getattr(parent, "op", None)
        return "4" if isinstance(operator, (ast.FloorDiv, ast.Mult, ast.Div, ast.Sub)) else None

    @staticmethod
    def _compared(node: ast.AST, parent: ast.Compare) -> str | None:
        others = [parent.left, *parent.comparators]
        values = [one for one in others if one is not node]
        operator = parent.ops[0]
        if len(values) == 1 and isinstance(values[0], ast.Constant) and isinstance(operator, (ast.Eq, ast.Is)):
            return repr(values[0].value)
        if len(values) == 1 and isinstance(operator, ast.In) and isinstance(values[0], (ast.List, ast.Tuple, ast.Set)):
            first = values[0].elts[:1]
            return ast.unparse(first[0]) if first and isinstance(first[0], ast.Constant) else None
        return None

    def _argument(self, call: ast.Call, keyword: str, position: int | None, depth: int) -> str | None:
        path = path_of(self.program, call.func)
        last = canonical(path)[0].rpartition(".")[2]
        if path and canonical(path)[1]:
            name = keyword
            if position is not None:
                names = _POSITIONS.get(last, ())
                name = names[position] if position < len(names) else ""
            if name == "units" and self._is_softmax(call):
                return "4"
            name = _PARAMETERS.get(name, name)
            return _VALUES.get(name) or by_name(name)
        if isinstance(call.func, ast.Name) and not path and position == 0 and call.func.id in _FUNCTION_HINTS:
            above = self.program.parents.get(call)
            return self._by_use(call, above, depth - 1) or _FUNCTION_HINTS[call.func.id]
        for function in self.facts.callees.targets(call):
            is_method = self.program.class_of(function) is not None
            given = arguments_of(call, function, is_method)
            chosen = call.args[position] if position is not None else None
            for name, value in given.items():
                if name == keyword or (chosen is not None and value is chosen):
                    scope = self.program.scopes[function]
                    for one in scope.definitions.get(name, ()):
                        found = self._uses(one, depth - 1) if one.kind == "param" else None
                        if found is not None:
                            return found
        return by_name(keyword) if keyword else None

    @staticmethod
    def _is_softmax(call: ast.Call) -> bool:
        given = [*call.args[1:], *(word.value for word in call.keywords if word.arg == "activation")]
        return any(isinstance(one, ast.Constant) and one.value == "softmax" for one in given)

    # -- by name
    @staticmethod
    def _words(expression: ast.AST) -> list[str]:
        """The names in an expression that may say what it is, the most telling first."""
        if isinstance(expression, ast.Name):
            return [expression.id]
        if isinstance(expression, ast.Attribute):
            return [expression.attr]
        if isinstance(expression, ast.Subscript):
            key = expression.slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                return [key.value]
            return Roles._words(expression.value)
        if isinstance(expression, ast.Call):
            inner = [word for argument in expression.args[:1] for word in Roles._words(argument)]
            return [*inner, *Roles._words(expression.func)]
        if isinstance(expression, ast.BinOp):
            return [*Roles._words(expression.left), *Roles._words(expression.right)]
        return []

    def _shape(self) -> str:
        """The shape of an input, by the layers that the file builds."""
        names = {path_of(self.program, call.func).rpartition(".")[2] for call in self.program.calls}
        if any(is_application(canonical(path_of(self.program, call.func))[0]) for call in self.program.calls):
            return "(96, 96, 3)"
        if names & {"Conv2D", "Convolution2D", "SeparableConv2D", "MaxPooling2D"}:
            return "(32, 32, 3)"
        if "Embedding" in names:
            return "(12,)"
        if names & {"LSTM", "GRU", "Conv1D", "SimpleRNN"}:
            return "(12, 8)"
        return "(8,)"


def by_name(name: str) -> str | None:
    """A value that suits a name, or None where the name says nothing."""
    for pattern, value in _NAMES:
        if name and re.fullmatch(r"(?:\w+_)?(?:" + pattern + ")", name, re.IGNORECASE):
            return value
    return None
