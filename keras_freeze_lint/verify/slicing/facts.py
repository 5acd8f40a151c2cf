"""Whether a value can be had without the user's files, and which functions do more than return one."""

from __future__ import annotations

import ast
import builtins

from keras_freeze_lint.keras.api import canonical
from keras_freeze_lint.verify.slicing.callees import Callees
from keras_freeze_lint.verify.slicing.models import GONE_THROUGH, ROUNDS, Models
from keras_freeze_lint.verify.slicing.modules import (
    WORLDLY_BUILTINS,
    import_path,
    is_foreign_normalization,
    is_keras,
    is_keras_name,
    is_usable,
    is_worldly,
    path_of,
)
from keras_freeze_lint.verify.slicing.program import (
    FUNCTIONS,
    Definition,
    FunctionNode,
    Program,
    is_receiver,
    is_self,
)
from keras_freeze_lint.verify.slicing.sessions import is_session, trains_in_sessions

_KNOWN_NAMES = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__class__", "__builtins__"}
_ACTS = frozenset(
    """fit fit_generator train_on_batch compile apply_gradients minimize load_weights set_weights""".split()
)
_FILLING = frozenset({"append", "extend", "insert", "update", "add"})


class Facts(Models):
    """What is missing, on top of what is part of a model."""

    def __init__(self, program: Program, callees: Callees) -> None:
        super().__init__(program, callees)
        self.missing: set[Definition] = set()
        self.missing_makers: set[FunctionNode] = set()
        self._called_as_value = self._values()
        self.actors = self._actors()
        self.has_sessions = trains_in_sessions(program)
        self._find_missing()

    def _values(self) -> set[ast.AST]:
        """Functions that are passed on as values: whoever calls them gives the arguments."""
        called = {call.func for call in self.program.calls}
        found: set[ast.AST] = set()
        for node, reaching in self.program.reaching.items():
            if node not in called:
                found.update(one.target for one in reaching if isinstance(one.target, FUNCTIONS))
        for node in ast.walk(self.program.tree):
            if isinstance(node, ast.Attribute) and node not in called and is_self(node.value):
                found.update(self.program.methods.get(node.attr, ()))
        return found

    def _actors(self) -> set[FunctionNode]:
        """The functions that set flags, compile or train, themselves or by a call: not only their value counts."""
        found: set[FunctionNode] = set()
        waiting = [self.program.function_of(node) for node in ast.walk(self.program.tree) if self._acts(node)]
        while waiting:
            function = waiting.pop()
            if function is not None and function not in found:
                found.add(function)
                callers = self.callees.callers.get(function, ())
                waiting.extend(self.program.function_of(call) for call in callers)
        return found

    def _acts(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and (
            (node.attr == "trainable" and isinstance(node.ctx, ast.Store))
            or (node.attr in _ACTS and not path_of(self.program, node))
        )

    def _given_back(self, function: FunctionNode) -> list[ast.expr]:
        """What a function returns or yields."""
        yields = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, (ast.Yield, ast.YieldFrom))
            and node.value is not None
            and self.program.function_of(node) is function
        ]
        return [*self.returned(function), *yields]

    # -- what is missing
    def _find_missing(self) -> None:
        for _ in range(ROUNDS):
            before = len(self.missing) + len(self.missing_makers)
            for one in self.definitions:
                if one not in self.missing and self._is_missing_definition(one):
                    self.missing.add(one)
            for function in self.functions:
                if function not in self.missing_makers and any(map(self.is_missing, self._given_back(function))):
                    self.missing_makers.add(function)
            self._spoil()
            if len(self.missing) + len(self.missing_makers) == before:
                return

    def _is_missing_definition(self, one: Definition) -> bool:
        if one.kind == "import":
            path = import_path(one)
            if is_foreign_normalization(path):
                return False
            return not path or not is_usable(path) or (is_worldly(path) and not is_keras(path))
        if one.kind == "param":
            return self._is_missing_parameter(one)
        return one.value is not None and self.is_missing(one.value)

    def _is_missing_parameter(self, one: Definition) -> bool:
        function = one.scope.node
        if not isinstance(function, FUNCTIONS) or is_receiver(one) or function in self._called_as_value:
            return False
        own = self.program.class_of(function)
        called = function in self.callees.callers
        if not called and own is not None and self.callees.is_framework_class(own) and function.name != "__init__":
            return False
        if function.args.vararg is one.target or (function.args.kwarg is one.target and called):
            return False
        given = self.given(one)
        if not given:
            return True
        return any(self.is_missing(value) for value in given)

    def _spoil(self) -> None:
        """A list that missing things are put into is missing, too."""
        for call in self.program.calls:
            func = call.func
            if not isinstance(func, ast.Attribute) or func.attr not in _FILLING:
                continue
            if any(self.is_missing(value) and not self.is_model(value) for value in call.args):
                self._spoil_value(func.value)
        for node in ast.walk(self.program.tree):
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Subscript) and (
                        self.is_missing(node.value) or self.is_missing(target.slice)
                    ):
                        self._spoil_value(target.value)

    def _spoil_value(self, receiver: ast.expr) -> None:
        if not self.is_model(receiver) and isinstance(receiver, (ast.Name, ast.Attribute)):
            self.missing.update(one for one in self.roots(receiver) if one not in self.models and not is_receiver(one))

    def is_from_parameters(self, expression: ast.AST, depth: int = 5) -> bool:
        """Whether all that an expression misses are parameters that a call of the witness will give."""
        if depth == 0:
            return False
        if isinstance(expression, ast.Name):
            definitions = list(self.program.reaching.get(expression, ()))
            if not definitions:
                return not self.is_missing(expression)
        elif isinstance(expression, ast.Attribute) and is_self(expression.value):
            definitions = self.stored(expression)
        elif isinstance(expression, ast.Call) and path_of(self.program, expression.func):
            path = path_of(self.program, expression.func)
            if is_worldly(path) or not is_usable(path):
                return False
            return all(self.is_from_parameters(one, depth) for one in self.given_arguments(expression))
        else:
            if isinstance(expression, (ast.Attribute, ast.Subscript)) and self.is_missing(expression.value):
                return False  # a part of something that a call could not make up
            inner = [one for one in ast.iter_child_nodes(expression) if _holds_values(one)]
            return all(not self.is_missing(one) or self.is_from_parameters(one, depth) for one in inner)
        lost = [one for one in definitions if one in self.missing]
        return all(
            (one.kind == "param" and one.scope.node not in self.callees.callers)
            or (
                (one.value is not None and one.kind in {"assign", "attr", "param"} and not one.path)
                and self._passes_on(one, depth - 1)
            )
            for one in lost
        )

    def _passes_on(self, one: Definition, depth: int) -> bool:
        values = self.given(one) if one.kind == "param" else [one.value] if one.value is not None else []
        return all(not self.is_missing(value) or self.is_from_parameters(value, depth) for value in values)

    def is_missing(self, expression: ast.AST) -> bool:
        """Whether a value cannot be had from Keras and numpy alone."""
        if isinstance(expression, ast.Name):
            return self._is_missing_name(expression)
        if isinstance(expression, ast.Attribute):
            path = path_of(self.program, expression)
            if self.has_sessions and is_session(path):
                return False
            if path:
                return not is_usable(path) or (is_worldly(path) and not is_keras(path))
            stored = self.stored(expression)
            if stored and is_self(expression.value):
                return any(one in self.missing and one not in self.models for one in stored)
            return self.is_missing(expression.value)
        if isinstance(expression, ast.Call):
            return self._is_missing_call(expression)
        if isinstance(expression, (ast.Constant, ast.Lambda)):
            return False
        return any(self.is_missing(child) for child in ast.iter_child_nodes(expression) if _holds_values(child))

    def _is_missing_name(self, name: ast.Name) -> bool:
        if not isinstance(name.ctx, ast.Load):
            return False
        reaching = self.program.reaching.get(name, ())
        if not reaching:
            return name.id in WORLDLY_BUILTINS or (name.id not in _KNOWN_NAMES and not self.is_starred(name.id))
        # A model that comes from elsewhere is replaced where it is made; what is done with it stays.
        return any(one in self.missing and one not in self.models for one in reaching)

    def is_starred(self, name: str) -> bool:
        """Whether a name that nothing defines may come from an import that brings everything."""
        stars = [module for module in self.program.stars if is_usable(module)]
        return any(not is_keras(module) or is_keras_name(name) for module in stars)

    def _is_missing_call(self, call: ast.Call) -> bool:
        path = path_of(self.program, call.func)
        arguments = self.given_arguments(call)
        if path:
            if is_known_dataset(path) or is_foreign_normalization(path) or (self.has_sessions and is_session(path)):
                return False
            if path.endswith("load_model") and arguments and self.savers(arguments[0]):
                return False
            if not is_usable(path) or is_worldly(path):
                return True
            if self.is_model_path(path):
                return False
            return any(self.is_missing(value) for value in arguments)
        if any(self._is_missing_data(cls) for cls in self.callees.instance_of(call)):
            return True
        if self.callees.targets(call):
            if self.is_model_call(call) or self.callees.instance_of(call):
                return False
            targets = self.callees.targets(call)
            return any(one in self.missing_makers for one in targets) and not any(one in self.actors for one in targets)
        if self.is_missing(call.func):
            return True
        if self.is_model(call.func):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            return method.startswith(("predict", "evaluate")) and any(self.is_missing(value) for value in arguments)
        return any(self.is_missing(value) for value in arguments)

    def _is_missing_data(self, cls: ast.ClassDef) -> bool:
        methods = [self.callees.method(cls, name) for name in (*GONE_THROUGH, "__len__")]
        return self.is_data(cls) and any(one in self.missing_makers for one in methods)

    def savers(self, path: ast.expr) -> list[ast.Call]:
        """The calls that save a model or its weights where a path leads."""
        wanted = ast.unparse(path)
        found = []
        for call in self.program.calls:
            if getattr(call.func, "attr", "") in {"save", "save_weights", "save_model"}:
                given = [*call.args, *(word.value for word in call.keywords)]
                if any(ast.unparse(one) == wanted for one in given) and not self.is_missing(path):
                    found.append(call)
        return found


_DATASETS = frozenset("mnist fashion_mnist cifar10 cifar100 imdb reuters boston_housing california_housing".split())


def is_known_dataset(path: str) -> bool:
    """Whether a path is the loader of a data set of Keras, whose shapes are known."""
    parts = canonical(path)[0].split(".")
    return parts[:2] == ["keras", "datasets"] and len(parts) == 4 and parts[2] in _DATASETS and parts[3] == "load_data"


def _holds_values(node: ast.AST) -> bool:
    return isinstance(node, (ast.expr, ast.keyword, ast.comprehension, ast.FormattedValue))
