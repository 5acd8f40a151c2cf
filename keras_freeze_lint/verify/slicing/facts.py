"""What each value is: a part of a model or not, and whether it can be had without the user's files."""

from __future__ import annotations

import ast
import builtins

from keras_freeze_lint.keras.api import canonical
from keras_freeze_lint.verify.slicing.callees import Callees, arguments_of
from keras_freeze_lint.verify.slicing.modules import (
    WORLDLY_BUILTINS,
    import_path,
    is_keras,
    is_keras_name,
    is_usable,
    is_worldly,
    path_of,
)
from keras_freeze_lint.verify.slicing.program import (
    FUNCTIONS,
    SCOPES,
    Definition,
    FunctionNode,
    Program,
    inner_statements,
)

# What only a model or a layer is asked for.
_MODEL_WORDS = frozenset(
    """layers trainable trainable_weights trainable_variables non_trainable_weights get_layer compile fit_generator
    train_on_batch load_weights save_weights set_weights""".split()
)
# Methods of models and layers that give numbers, not models.
_PLAIN_METHODS = frozenset(
    """fit fit_generator train_on_batch test_on_batch predict predict_on_batch predict_generator predict_classes
    evaluate evaluate_generator get_weights count_params summary save save_weights to_json to_yaml get_config
    numpy compile adapt""".split()
)
_KNOWN_NAMES = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__class__", "__builtins__"}
_KNOWN = ("keras", "tensorflow", "tf_keras", "numpy")
_ACTS = frozenset(
    """fit fit_generator train_on_batch compile apply_gradients minimize load_weights set_weights""".split()
)
_GONE_THROUGH = ("__getitem__", "__iter__", "__next__")
_ROUNDS = 12


class Facts:
    """Truths about definitions, found by iterating until nothing changes."""

    def __init__(self, program: Program, callees: Callees) -> None:
        self.program = program
        self.callees = callees
        self.models: set[Definition] = set()
        self.missing: set[Definition] = set()
        self.model_makers: set[FunctionNode] = set()
        self.missing_makers: set[FunctionNode] = set()
        self.functions = [node for node in program.scopes if isinstance(node, FUNCTIONS)]
        self.definitions = self._all()
        self._called_as_value = self._values()
        self.actors = self._actors()
        self._find_models()
        self._find_missing()

    def _all(self) -> list[Definition]:
        found: dict[Definition, None] = {}
        for scope in self.program.scopes.values():
            for definitions in scope.definitions.values():
                found.update(dict.fromkeys(definitions))
        for definitions in self.program.attributes.values():
            found.update(dict.fromkeys(definitions))
        for reaching in self.program.reaching.values():
            found.update(dict.fromkeys(reaching))
        return list(found)

    def _values(self) -> set[ast.AST]:
        """Functions that are passed on as values: whoever calls them gives the arguments."""
        called = {call.func for call in self.program.calls}
        found: set[ast.AST] = set()
        for node, reaching in self.program.reaching.items():
            if node not in called:
                found.update(one.target for one in reaching if isinstance(one.target, FUNCTIONS))
        for node in ast.walk(self.program.tree):
            if isinstance(node, ast.Attribute) and node not in called and _is_self(node.value):
                found.update(self.program.methods.get(node.attr, ()))
        return found

    def _actors(self) -> set[FunctionNode]:
        """The functions that set flags, compile or train, themselves or by a call: their value is not all that counts."""
        found: set[FunctionNode] = set()
        waiting = []
        for node in ast.walk(self.program.tree):
            if isinstance(node, ast.Attribute) and (
                (node.attr == "trainable" and isinstance(node.ctx, ast.Store))
                or (node.attr in _ACTS and not path_of(self.program, node))
            ):
                waiting.append(self.program.function_of(node))
        while waiting:
            function = waiting.pop()
            if function is not None and function not in found:
                found.add(function)
                callers = self.callees.callers.get(function, ())
                waiting.extend(self.program.function_of(call) for call in callers)
        return found

    # -- parts of models
    def _find_models(self) -> None:
        for node in ast.walk(self.program.tree):
            if isinstance(node, ast.Attribute) and node.attr in _MODEL_WORDS and not path_of(self.program, node.value):
                for one in self.roots(node.value):
                    if not _is_receiver(one):
                        self.models.add(one)
        for _ in range(_ROUNDS):
            before = len(self.models) + len(self.model_makers)
            for one in list(self.models):
                # What is used as a model was one before it got its name here.
                if one.kind in {"assign", "attr"} and not one.path and isinstance(one.value, ast.Name):
                    reaching = self.program.reaching.get(one.value, ())
                    self.models.update(each for each in reaching if each.kind == "param" and not _is_receiver(each))
            for one in self.definitions:
                if one not in self.models and self._is_model_definition(one):
                    self.models.add(one)
            for function in self.functions:
                if function not in self.model_makers and any(map(self.is_model, self.returned(function))):
                    self.model_makers.add(function)
            if len(self.models) + len(self.model_makers) == before:
                return

    def _is_model_definition(self, one: Definition) -> bool:
        if one.kind == "param":
            if _is_receiver(one):
                return False
            return any(self.is_model(value) for value in self.given(one))
        return one.value is not None and self.is_model(one.value)

    def given(self, parameter: Definition) -> list[ast.expr]:
        """What the calls in the file and the default give for a parameter."""
        function = parameter.scope.node
        found = [parameter.value] if parameter.value is not None else []
        if isinstance(function, FUNCTIONS):
            is_method = self.program.class_of(function) is not None
            for call in self.callees.callers.get(function, ()):
                bound = arguments_of(call, function, is_method)
                if parameter.name in bound:
                    found.append(bound[parameter.name])
        return found

    def is_model(self, expression: ast.AST) -> bool:
        """Whether a value is or holds a model, a layer, a symbolic tensor or an optimizer."""
        if isinstance(expression, ast.Name):
            return any(one in self.models for one in self.program.reaching.get(expression, ()))
        if isinstance(expression, ast.Attribute):
            if path_of(self.program, expression):
                return False
            if any(one in self.models for one in self._stored(expression)):
                return True
            return self.is_model(expression.value)
        if isinstance(expression, ast.Call):
            return self._is_model_call(expression)
        if isinstance(expression, (ast.Lambda, ast.Constant, ast.JoinedStr, ast.Compare, *SCOPES)):
            return False
        if isinstance(expression, ast.Subscript):
            return self.is_model(expression.value)
        return any(self.is_model(child) for child in ast.iter_child_nodes(expression) if isinstance(child, ast.expr))

    def _is_model_call(self, call: ast.Call) -> bool:
        path = path_of(self.program, call.func)
        if path:
            return self._is_model_path(path) or (
                is_usable(path)
                and not path.startswith(("numpy", "keras.datasets"))
                and any(map(self.is_model, self._arguments(call)))
            )
        targets = self.callees.targets(call)
        classes = self.callees.instance_of(call)
        if classes:
            return any(self.callees.is_framework_class(cls) and not self._is_data(cls) for cls in classes)
        if targets:
            return any(one in self.model_makers for one in targets)
        if isinstance(call.func, ast.Attribute):
            if any(one in self.models for one in self._stored(call.func)):
                return True
            return self.is_model(call.func.value) and call.func.attr not in _PLAIN_METHODS
        if isinstance(call.func, ast.Name) and self._is_foreign(call.func):
            return False
        if isinstance(call.func, ast.Name) and call.func.id in {"len", "print", "str", "int", "float", "isinstance"}:
            return False
        return self.is_model(call.func) or any(map(self.is_model, self._arguments(call)))

    def _is_foreign(self, name: ast.Name) -> bool:
        """Whether a function comes from a module that is not there: what it returns is told by its use alone."""
        return any(
            one.kind == "import" and not import_path(one).startswith(_KNOWN)
            for one in self.program.reaching.get(name, ())
        )

    def _is_model_path(self, path: str) -> bool:
        keras, flavour = canonical(path)
        if not flavour:
            return path.startswith("tensorflow.") and ("Optimizer" in path or path.endswith("GradientTape"))
        last = keras.rpartition(".")[2]
        if is_worldly(path) or ".backend" in keras or ".utils." in keras or not last[:1].isupper():
            return (
                "load_model" in keras
                or "model_from" in keras
                or "clone_model" in keras
                or keras.startswith(("keras.layers.", "keras.models.", "keras.ops."))
            )
        return True

    @staticmethod
    def _arguments(call: ast.Call) -> list[ast.expr]:
        return [*call.args, *(word.value for word in call.keywords)]

    @staticmethod
    def returned(function: FunctionNode) -> list[ast.expr]:
        """What a function may return."""
        found = []
        for statement in inner_statements(function.body):
            if isinstance(statement, ast.Return) and statement.value is not None:
                found.append(statement.value)
        return found

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

    def _stored(self, attribute: ast.Attribute) -> list[Definition]:
        return self.program.attributes.get(attribute.attr, [])

    # -- what an expression is made from
    def roots(self, expression: ast.AST) -> list[Definition]:
        """The definitions whose values an expression reads, attributes by their names, functions and imports left out."""
        found: dict[Definition, None] = {}
        stack: list[ast.AST] = [expression]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                reaching = self.program.reaching.get(node, ())
                found.update((one, None) for one in reaching if one.kind not in {"import", "def", "class"})
            elif isinstance(node, ast.Attribute):
                stored = self._stored(node)
                if stored and not path_of(self.program, node):
                    found.update(dict.fromkeys(stored))
                if not (stored and _is_self(node.value)):
                    stack.append(node.value)
            elif not isinstance(node, ast.Lambda):
                stack.extend(child for child in ast.iter_child_nodes(node))
        return list(found)

    # -- what is missing
    def _find_missing(self) -> None:
        for _ in range(_ROUNDS):
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
            return not path or not is_usable(path) or (is_worldly(path) and not is_keras(path))
        if one.kind == "param":
            return self._is_missing_parameter(one)
        return one.value is not None and self.is_missing(one.value)

    def _is_missing_parameter(self, one: Definition) -> bool:
        function = one.scope.node
        if not isinstance(function, FUNCTIONS) or _is_receiver(one) or function in self._called_as_value:
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
            if isinstance(func, ast.Attribute) and func.attr in {"append", "extend", "insert", "update", "add"}:
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
            self.missing.update(one for one in self.roots(receiver) if one not in self.models and not _is_receiver(one))

    def is_from_parameters(self, expression: ast.AST, depth: int = 5) -> bool:
        """Whether all that an expression misses are parameters that a call of the witness will give."""
        if depth == 0:
            return False
        if isinstance(expression, ast.Name):
            definitions = list(self.program.reaching.get(expression, ()))
            if not definitions:
                return not self.is_missing(expression)
        elif isinstance(expression, ast.Attribute) and _is_self(expression.value):
            definitions = self._stored(expression)
        elif isinstance(expression, ast.Call) and path_of(self.program, expression.func):
            path = path_of(self.program, expression.func)
            if is_worldly(path) or not is_usable(path):
                return False
            return all(self.is_from_parameters(one, depth) for one in self._arguments(expression))
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
            if path:
                return not is_usable(path) or (is_worldly(path) and not is_keras(path))
            stored = self._stored(expression)
            if stored and _is_self(expression.value):
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
        arguments = self._arguments(call)
        if path:
            if is_known_dataset(path):
                return False
            if path.endswith("load_model") and arguments and self.savers(arguments[0]):
                return False
            if not is_usable(path) or is_worldly(path):
                return True
            if self._is_model_path(path):
                return False
            return any(self.is_missing(value) for value in arguments)
        if any(self._is_missing_data(cls) for cls in self.callees.instance_of(call)):
            return True
        if self.callees.targets(call):
            if self._is_model_call(call) or self.callees.instance_of(call):
                return False
            targets = self.callees.targets(call)
            return any(one in self.missing_makers for one in targets) and not any(one in self.actors for one in targets)
        if self.is_missing(call.func):
            return True
        if self.is_model(call.func):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            return method.startswith(("predict", "evaluate")) and any(self.is_missing(value) for value in arguments)
        return any(self.is_missing(value) for value in arguments)

    def _is_data(self, cls: ast.ClassDef) -> bool:
        """Whether instances of a class are there to be gone through, as batches are."""
        return any(self.callees.method(cls, name) is not None for name in _GONE_THROUGH)

    def _is_missing_data(self, cls: ast.ClassDef) -> bool:
        methods = [self.callees.method(cls, name) for name in (*_GONE_THROUGH, "__len__")]
        return self._is_data(cls) and any(one in self.missing_makers for one in methods)

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


def _is_self(expression: ast.AST) -> bool:
    return isinstance(expression, ast.Name) and expression.id in {"self", "cls"}


def _is_receiver(one: Definition) -> bool:
    return one.kind == "param" and one.name in {"self", "cls"}


def _holds_values(node: ast.AST) -> bool:
    return isinstance(node, (ast.expr, ast.keyword, ast.comprehension, ast.FormattedValue))
