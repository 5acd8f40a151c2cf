"""Which values are parts of models: the models and layers themselves, symbolic tensors, optimizers."""

from __future__ import annotations

import ast

from keras_freeze_lint.keras.api import canonical
from keras_freeze_lint.verify.slicing.callees import Callees, arguments_of
from keras_freeze_lint.verify.slicing.modules import (
    import_path,
    is_foreign_normalization,
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
    is_receiver,
    is_self,
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
_KNOWN = ("keras", "tensorflow", "tf_keras", "numpy")
GONE_THROUGH = ("__getitem__", "__iter__", "__next__")
ROUNDS = 12


class Models:
    """Parts of models, found by iterating until nothing changes."""

    def __init__(self, program: Program, callees: Callees) -> None:
        self.program = program
        self.callees = callees
        self.models: set[Definition] = set()
        self.model_makers: set[FunctionNode] = set()
        self.functions = [node for node in program.scopes if isinstance(node, FUNCTIONS)]
        self.definitions = self._all()
        self._find_models()

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

    # -- found once
    def _find_models(self) -> None:
        for node in ast.walk(self.program.tree):
            if isinstance(node, ast.Attribute) and node.attr in _MODEL_WORDS and not path_of(self.program, node.value):
                for one in self.roots(node.value):
                    if not is_receiver(one):
                        self.models.add(one)
        for _ in range(ROUNDS):
            before = len(self.models) + len(self.model_makers)
            for one in list(self.models):
                # What is used as a model was one before it got its name here.
                if one.kind in {"assign", "attr"} and not one.path and isinstance(one.value, ast.Name):
                    reaching = self.program.reaching.get(one.value, ())
                    self.models.update(each for each in reaching if each.kind == "param" and not is_receiver(each))
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
            if is_receiver(one):
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

    # -- asked for
    def is_model(self, expression: ast.AST) -> bool:
        """Whether a value is or holds a model, a layer, a symbolic tensor or an optimizer."""
        if isinstance(expression, ast.Name):
            return any(one in self.models for one in self.program.reaching.get(expression, ()))
        if isinstance(expression, ast.Attribute):
            if path_of(self.program, expression):
                return False
            if any(one in self.models for one in self.stored(expression)):
                return True
            return self.is_model(expression.value)
        if isinstance(expression, ast.Call):
            return self.is_model_call(expression)
        if isinstance(expression, (ast.Lambda, ast.Constant, ast.JoinedStr, ast.Compare, *SCOPES)):
            return False
        if isinstance(expression, ast.Subscript):
            return self.is_model(expression.value)
        return any(self.is_model(child) for child in ast.iter_child_nodes(expression) if isinstance(child, ast.expr))

    def is_model_call(self, call: ast.Call) -> bool:
        path = path_of(self.program, call.func)
        if path:
            return (
                self.is_model_path(path)
                or is_foreign_normalization(path)
                or (
                    is_usable(path)
                    and not path.startswith(("numpy", "keras.datasets"))
                    and any(map(self.is_model, self.given_arguments(call)))
                )
            )
        targets = self.callees.targets(call)
        classes = self.callees.instance_of(call)
        if classes:
            return any(self.callees.is_framework_class(cls) and not self.is_data(cls) for cls in classes)
        if targets:
            return any(one in self.model_makers for one in targets)
        if isinstance(call.func, ast.Attribute):
            if any(one in self.models for one in self.stored(call.func)):
                return True
            return self.is_model(call.func.value) and call.func.attr not in _PLAIN_METHODS
        if isinstance(call.func, ast.Name) and self._is_foreign(call.func):
            return False
        if isinstance(call.func, ast.Name) and call.func.id in {"len", "print", "str", "int", "float", "isinstance"}:
            return False
        return self.is_model(call.func) or any(map(self.is_model, self.given_arguments(call)))

    def _is_foreign(self, name: ast.Name) -> bool:
        """Whether a function comes from a module that is not there: what it returns is told by its use alone."""
        return any(
            one.kind == "import" and not import_path(one).startswith(_KNOWN)
            for one in self.program.reaching.get(name, ())
        )

    def is_model_path(self, path: str) -> bool:
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

    def is_data(self, cls: ast.ClassDef) -> bool:
        """Whether instances of a class are there to be gone through, as batches are."""
        return any(self.callees.method(cls, name) is not None for name in GONE_THROUGH)

    @staticmethod
    def given_arguments(call: ast.Call) -> list[ast.expr]:
        return [*call.args, *(word.value for word in call.keywords)]

    @staticmethod
    def returned(function: FunctionNode) -> list[ast.expr]:
        """What a function may return."""
        returns = (one for one in inner_statements(function.body) if isinstance(one, ast.Return))
        return [one.value for one in returns if one.value is not None]

    def stored(self, attribute: ast.Attribute) -> list[Definition]:
        return self.program.attributes.get(attribute.attr, [])

    def roots(self, expression: ast.AST) -> list[Definition]:
        """The definitions whose values an expression reads, attributes by name, functions and imports left out."""
        found: dict[Definition, None] = {}
        stack: list[ast.AST] = [expression]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                reaching = self.program.reaching.get(node, ())
                found.update((one, None) for one in reaching if one.kind not in {"import", "def", "class"})
            elif isinstance(node, ast.Attribute):
                stored = self.stored(node)
                if stored and not path_of(self.program, node):
                    found.update(dict.fromkeys(stored))
                if not (stored and is_self(node.value)):
                    stack.append(node.value)
            elif not isinstance(node, ast.Lambda):
                stack.extend(child for child in ast.iter_child_nodes(node))
        return list(found)
