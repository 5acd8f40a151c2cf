"""Which statements change a model (or a list, or Keras itself), and which values are parts of the same model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from keras_freeze_lint.keras.api import MODEL_TRAINING
from keras_freeze_lint.verify.slicing.facts import Facts
from keras_freeze_lint.verify.slicing.modules import is_worldly, path_of
from keras_freeze_lint.verify.slicing.program import (
    FUNCTIONS,
    Definition,
    Program,
    inner_statements,
    own_expressions,
)
from keras_freeze_lint.verify.slicing.sessions import APPLYING

# Methods of models that leave them as they are: a witness has no use for what they print, save or return.
PASSIVE = frozenset(
    """summary save save_weights save_model export evaluate evaluate_generator predict predict_generator
    predict_on_batch predict_classes predict_proba test_on_batch get_layer get_weights get_config count_params
    to_json to_yaml numpy get_shape as_list gradient compute_gradients items keys values index count copy
    set_description plot format join result reset_states summary_text""".split()
)
# Methods that change anything they are called on.
_MUTATING = frozenset("append extend insert pop remove update clear sort reverse setdefault add".split())
_SETTINGS = frozenset(
    """set_learning_phase disable_eager_execution enable_eager_execution disable_v2_behavior enable_v2_behavior
    disable_v2_tensorshape set_image_data_format set_image_dim_ordering set_floatx run_functions_eagerly set_policy
    set_global_policy set_dtype_policy clear_session set_random_seed seed set_seed manual_variable_initialization
    disable_resource_variables""".split()
)


def expressions_in(statement: ast.stmt) -> Iterator[ast.AST]:
    """Every expression that a statement evaluates itself, with the bodies of lambdas, without those of functions."""
    stack: list[ast.AST] = list(own_expressions(statement))
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, FUNCTIONS))


def is_setting(program: Program, statement: ast.stmt) -> bool:
    """Whether a statement sets something up for all of Keras or numpy."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    path = path_of(program, statement.value.func)
    return bool(path) and path.rpartition(".")[2] in _SETTINGS


class Effects:
    """Effects by definition: what else must run where a value is needed."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.program = facts.program
        self._leader: dict[Definition, Definition] = {}
        self._members: dict[Definition, list[Definition]] = {}
        self._touched: dict[Definition, list[ast.stmt]] = {}
        self._unite_models()
        for statement in inner_statements(self.program.tree.body, into_scopes=True):
            for root in self._changed(statement):
                self._touched.setdefault(root, []).append(statement)

    # -- parts of the same model
    def _find(self, one: Definition) -> Definition:
        while self._leader.get(one, one) is not one:
            self._leader[one] = self._leader.get(self._leader[one], self._leader[one])
            one = self._leader[one]
        return one

    def _unite(self, one: Definition, other: Definition) -> None:
        first, second = self._find(one), self._find(other)
        if first is not second:
            small, large = sorted((first, second), key=lambda each: len(self._members.get(each, ())))
            self._leader[small] = large
            self._members.setdefault(large, [large]).extend(self._members.pop(small, [small]))

    def _unite_models(self) -> None:
        facts = self.facts
        for one in facts.definitions:
            if one not in facts.models:
                continue
            values = facts.given(one) if one.kind == "param" else [one.value] if one.value is not None else []
            for value in values:
                for root in self.model_roots(value):
                    self._unite(one, root)
        for call in self.program.calls:
            if isinstance(call.func, ast.Attribute) and not path_of(self.program, call.func):
                roots = self.model_roots(call.func.value)
                for argument in [*call.args, *(word.value for word in call.keywords)] if roots else ():
                    for root in self.model_roots(argument):
                        self._unite(roots[0], root)

    def model_roots(self, expression: ast.AST) -> list[Definition]:
        """The definitions of models that a value is made from, also those that a function of the file returns."""
        facts = self.facts
        found = facts.roots(expression)
        for node in ast.walk(expression):
            if isinstance(node, ast.Call):
                for function in facts.callees.targets(node):
                    for value in facts.returned(function):
                        found.extend(facts.roots(value))
        return [one for one in dict.fromkeys(found) if one in facts.models]

    # -- what changes what
    def _changed(self, statement: ast.stmt) -> list[Definition]:
        found: dict[Definition, None] = {}
        for receiver in self._receivers(statement):
            roots = self.model_roots(receiver) or self._named(receiver)
            found.update((one, None) for one in roots if not (one.kind == "param" and one.name in {"self", "cls"}))
        return list(found)

    def _named(self, receiver: ast.AST) -> list[Definition]:
        """Of a receiver that is no model only the thing itself counts, not what its index is made from."""
        while isinstance(receiver, ast.Subscript):
            receiver = receiver.value
        return self.facts.roots(receiver)

    def _receivers(self, statement: ast.stmt) -> Iterator[ast.AST]:
        targets: list[ast.expr] = []
        if isinstance(statement, (ast.Assign, ast.Delete)):
            targets = list(statement.targets)
        elif isinstance(statement, (ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor)):
            targets = [statement.target]
        for target in targets:
            for node in ast.walk(target):
                if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
                    yield node.value
        for node in expressions_in(statement):
            if isinstance(node, ast.Call):
                yield from self._changed_by(node, isinstance(statement, ast.Expr))

    def _changed_by(self, call: ast.Call, is_statement: bool) -> Iterator[ast.AST]:
        func = call.func
        path = path_of(self.program, func)
        arguments = [*call.args, *(word.value for word in call.keywords)]
        if path:
            if is_statement and not is_worldly(path):
                yield from (one for one in arguments if self.facts.is_model(one))
            return
        if isinstance(func, ast.Name) and func.id == "setattr" and call.args:
            yield call.args[0]
        elif isinstance(func, ast.Attribute) and not self.facts.callees.targets(call):
            if func.attr in _MUTATING:
                yield func.value
            elif (
                self.facts.is_model(func.value)
                and func.attr not in PASSIVE
                and (is_statement or func.attr in MODEL_TRAINING | APPLYING | {"compile", "build"})
            ):
                yield func.value
                yield from (one for one in arguments if self.facts.is_model(one))

    def needed_with(self, definition: Definition) -> list[ast.stmt]:
        """The statements that change a value, or the model that it is a part of."""
        if definition not in self.facts.models:
            return self._touched.get(definition, [])
        leader = self._find(definition)
        members = self._members.get(leader, [leader])
        return [statement for one in members for statement in self._touched.get(one, ())]

    # -- classes that others call
    def touches_flags(self, node: ast.ClassDef | ast.AST) -> bool:
        """Whether a callback (or any code) sets flags, compiles, or changes weights."""
        words = {"trainable", "compile", "set_weights", "load_weights"}
        return any(
            (isinstance(inner, ast.Attribute) and inner.attr in words and not _is_read(inner, self.program))
            or (isinstance(inner, ast.Constant) and inner.value == "trainable")
            for inner in ast.walk(node)
        )


def _is_read(attribute: ast.Attribute, program: Program) -> bool:
    parent = program.parents.get(attribute)
    called = isinstance(parent, ast.Call) and parent.func is attribute
    return isinstance(attribute.ctx, ast.Load) and not called
