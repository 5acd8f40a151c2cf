"""The backward slice: from the training calls in question to every statement that they need."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable

from keras_freeze_lint.keras.api import MODEL_TRAINING
from keras_freeze_lint.verify.slicing.deferring import Deferred
from keras_freeze_lint.verify.slicing.editing import Source
from keras_freeze_lint.verify.slicing.effects import PASSIVE, Effects, expressions_in, is_setting
from keras_freeze_lint.verify.slicing.filling import Filling
from keras_freeze_lint.verify.slicing.inference import Inference
from keras_freeze_lint.verify.slicing.jumps import keep_jumps
from keras_freeze_lint.verify.slicing.modules import import_path, is_usable, is_worldly, path_of
from keras_freeze_lint.verify.slicing.porting import Porting
from keras_freeze_lint.verify.slicing.program import (
    FUNCTIONS,
    Definition,
    FunctionNode,
    inner_statements,
    own_expressions,
)
from keras_freeze_lint.verify.slicing.running import Running
from keras_freeze_lint.verify.slicing.sessions import fed, runs_in_session
from keras_freeze_lint.verify.slicing.shortening import Shortening
from keras_freeze_lint.verify.slicing.training import Training


class Keeper:
    """Keeps statements until nothing that they need is missing."""

    def __init__(
        self,
        effects: Effects,
        source: Source,
        goals: list[ast.stmt],
        running: Running,
        used: Collection[ast.Call] = (),
        *,
        modern: bool = False,
    ) -> None:
        self.facts = facts = effects.facts
        self.program = facts.program
        self.effects = effects
        self.source = source
        self.goals = goals
        self.filling = Filling(facts, source, goals)
        self.training = Training(facts, effects, source, self.filling)
        self.inference = Inference(used, facts, self.training, self.filling)
        self.porting = Porting(facts.program, source, self.filling) if modern else None
        self.kept: set[ast.stmt] = set()
        self.names: set[ast.alias] = set()
        self.running = running
        self.effectful: set[FunctionNode] = set()
        self.whole: set[ast.AST] = set()
        self.valued: set[FunctionNode] = set()
        self.needed: set[Definition] = set()
        self.starved: list[ast.For | ast.AsyncFor] = []
        self.refused: set[ast.stmt] = set()
        self._deferred = Deferred(facts.program)
        self._queue: list[ast.stmt] = []
        self._used: set[ast.AST] = set()

    # -- the slice
    def slice(self, entries: Iterable[FunctionNode] = ()) -> None:
        """Keep the goals and all that they need; the entries are called from outside."""
        for entry in entries:
            self._open(entry)
        for statement in inner_statements(self.program.tree.body, into_scopes=True):
            if is_setting(self.program, statement) and self.running.can_run(statement):
                self._queue.append(statement)
        self._queue.extend(self.goals)
        self._run()
        while self._release() or keep_jumps(self) or self._feed():
            self._run()
        shortening = Shortening(self)
        shortening.loops()
        shortening.batches()
        for argument in self._deferred.left():
            if not isinstance(argument, ast.Constant):
                self.source.replace(argument, "None")

    def _open(self, entry: FunctionNode) -> None:
        self.keep_function(entry)
        own = self.program.class_of(entry)
        if own is not None:
            self.keep_class(own)
            for start in self._start_of(own):
                self.running.reach([start])
                self.keep_function(start)

    def _run(self) -> None:
        while self._queue or self.filling.also:
            if not self._queue:
                self._queue, self.filling.also = self.filling.also, []
            self.keep(self._queue.pop(0))

    def _feed(self) -> bool:
        if not self.starved:
            return False
        self.use_all(Shortening(self).feeds())
        return True

    def _release(self) -> bool:
        wanted = self._deferred.released(self.needed)
        self.use_all(wanted)
        return bool(wanted)

    def keep(self, statement: ast.stmt) -> None:
        """Keep a statement, what it stands in, and what it needs."""
        if statement in self.kept or statement in self.refused:
            return
        if not self.running.can_run(statement) and not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            return
        if self.filling.refuses(statement):
            self.refused.add(statement)
            if statement in self.goals and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                self.use_all(child for child in ast.iter_child_nodes(statement.value.func))
            return
        self.kept.add(statement)
        for outer in self.program.around(statement):
            if isinstance(outer, FUNCTIONS):
                self.keep_function(outer)
                if not isinstance(statement, FUNCTIONS):
                    self._note_effect(outer, statement)
                break
            if isinstance(outer, ast.stmt):
                self.keep(outer)
        self._need_of(statement)

    def _note_effect(self, function: FunctionNode, statement: ast.stmt) -> None:
        """What happens in a function happens where it is called."""
        if function in self.effectful or not self._is_effect(statement):
            return
        self.effectful.add(function)
        for call in self.facts.callees.callers.get(function, ()):
            caller = self.program.statement_of(call)
            if caller is not None and self.running.can_run(caller):
                self._queue.append(caller)

    def _is_effect(self, statement: ast.stmt) -> bool:
        if statement in self.goals or is_setting(self.program, statement):
            return True
        for node in expressions_in(statement):
            if isinstance(node, ast.Call):
                if any(target in self.effectful for target in self.facts.callees.targets(node)):
                    return True
                if isinstance(node.func, ast.Attribute) and self.facts.is_model(node.func.value):
                    return node.func.attr not in PASSIVE
                if isinstance(node.func, ast.Name) and node.func.id == "setattr":
                    return True
        targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
        return any(isinstance(one, (ast.Attribute, ast.Subscript)) for one in targets)

    def _need_of(self, statement: ast.stmt) -> None:
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            if isinstance(statement, ast.ClassDef):
                self.keep_class(statement)
            else:
                self.keep_function(statement)
            return
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return
        if isinstance(statement, (ast.For, ast.AsyncFor)) and self._is_starved(statement):
            self.starved.append(statement)
            self._use_target(statement.target)
            return
        if isinstance(statement, (ast.If, ast.While)) and self.filling.decide(statement):
            return
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            self._use_with(statement)
            return
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and self._fills_assignment(statement):
            for target in getattr(statement, "targets", None) or [statement.target]:  # type: ignore[union-attr]
                self._use_target(target)
            return
        for expression in own_expressions(statement):
            if isinstance(expression.ctx if hasattr(expression, "ctx") else None, (ast.Store, ast.Del)):
                self._use_target(expression)
            else:
                self.use(expression, is_statement=isinstance(statement, ast.Expr))
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            for one in self.program.reaching.get(statement.target, ()):
                self.need(one)

    def _fills_assignment(self, statement: ast.Assign | ast.AnnAssign) -> bool:
        return not self.inference.is_in(statement) and self.filling.fill_assignment(statement)

    def _is_starved(self, statement: ast.For | ast.AsyncFor) -> bool:
        if not self.facts.is_missing(statement.iter):
            return False
        counts = any(
            isinstance(one, ast.Call) and getattr(one.func, "id", "") == "range" for one in ast.walk(statement.iter)
        )
        return not (counts and self.facts.is_from_parameters(statement.iter))

    def _use_with(self, statement: ast.With | ast.AsyncWith) -> None:
        for item in statement.items:
            if self.facts.is_missing(item.context_expr):
                self.filling.open_context(statement)
                return
        for item in statement.items:
            self.use(item.context_expr)
            if item.optional_vars is not None:
                self._use_target(item.optional_vars)

    def _use_target(self, target: ast.expr) -> None:
        """What the left side of an assignment reads."""
        for node in ast.walk(target):
            if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
                self.use(node.value)
                if isinstance(node, ast.Subscript):
                    self.use(node.slice)

    # -- functions and classes
    def keep_function(self, function: FunctionNode) -> None:
        """Keep the head of a function; its statements are kept when something needs them."""
        if function in self.whole or function in self._used:
            return
        self._used.add(function)
        self.kept.add(function)
        for outer in self.program.around(function):
            if isinstance(outer, ast.stmt):
                self.keep(outer)
                break
        for decorator in function.decorator_list:
            if self.facts.is_missing(decorator):
                self.filling.drop_decorator(decorator)
            else:
                self.use(decorator)
        self._keep_signature(function)
        is_generator = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))
        own = self.program.class_of(function)
        called_by_others = own is not None and (
            self.facts.callees.is_framework_class(own)
            or (function.name.startswith("__") and function.name != "__init__")
        )
        traced = any("function" in ast.unparse(one) for one in function.decorator_list)
        if is_generator or called_by_others or traced:
            self.keep_whole(function)

    def _keep_signature(self, function: FunctionNode) -> None:
        decorators = set(map(id, function.decorator_list))
        for expression in own_expressions(function):
            if id(expression) not in decorators:
                self.use(expression)

    def keep_whole(self, function: FunctionNode) -> None:
        """Keep all statements of a function that somebody else calls."""
        if function in self.whole:
            return
        self.keep_function(function)
        self.whole.add(function)
        self.valued.add(function)
        self.running.reached.add(function)
        self.needed.update(
            one for found in self.program.scopes[function].definitions.values() for one in found if one.kind == "param"
        )
        for statement in inner_statements(function.body):
            if not self.filling.is_idle(statement):
                self._queue.append(statement)

    def keep_class(self, node: ast.ClassDef) -> None:
        """Keep a class: all of one that Keras calls, of another the fields, and methods when they are needed."""
        if node in self._used:
            return
        self._used.add(node)
        self.kept.add(node)
        for outer in self.program.around(node):
            if isinstance(outer, ast.stmt):
                self.keep(outer)
                break
        for expression in own_expressions(node):
            self.use(expression)
        everyone = self.facts.callees.is_framework_class(node)
        for statement in node.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                self._queue.append(statement)
            elif isinstance(statement, FUNCTIONS) and (
                everyone
                or (statement.name.startswith("__") and statement.name not in {"__init__", "__repr__", "__str__"})
            ):
                self.keep_whole(statement)

    # -- needs
    def need(self, definition: Definition) -> None:
        """Keep what gives a name its value, and what changes that value."""
        if definition in self.needed:
            return
        self.needed.add(definition)
        target = definition.target
        if definition.kind == "import":
            self._need_import(definition)
        elif isinstance(target, ast.ClassDef):
            self.keep_class(target)
            for function in self._start_of(target):
                self.keep_function(function)
        elif isinstance(target, FUNCTIONS):
            self.keep_function(target)
        elif definition.kind == "param":
            self.filling.need_parameter(definition)
        elif definition.statement is not None:
            self._queue.append(definition.statement)
        for statement in self.effects.needed_with(definition):
            self._queue.append(statement)

    def _start_of(self, node: ast.ClassDef) -> list[FunctionNode]:
        start = self.facts.callees.method(node, "__init__")
        return [start] if start is not None else []

    def _need_import(self, definition: Definition) -> None:
        path = import_path(definition)
        alias = definition.target
        if not isinstance(alias, ast.alias) or definition.statement is None:
            return
        self.kept.add(definition.statement)
        for outer in self.program.around(definition.statement):
            if isinstance(outer, ast.stmt):
                self.keep(outer)
        if path and is_usable(path) and not (is_worldly(path) and not path.startswith(("keras", "tensorflow"))):
            self.names.add(alias)
            if self.porting is not None and isinstance(definition.statement, ast.ImportFrom):
                self.porting.imported(definition.statement)
        else:
            self.filling.need_import(definition)

    def use_all(self, expressions: Iterable[ast.AST]) -> None:
        """Use each of some expressions."""
        for one in expressions:
            self.use(one)

    def use(self, expression: ast.AST, *, is_statement: bool = False) -> None:
        """Keep what an expression reads; what is missing is filled in its place."""
        if expression in self._used:
            return
        self._used.add(expression)
        if isinstance(expression, ast.Call) and self._use_call(expression, is_statement):
            return
        if isinstance(expression, ast.Name):
            self._use_name(expression)
            return
        if isinstance(expression, ast.expr) and self._is_filled(expression):
            is_stored = isinstance(expression, ast.Attribute) and self._is_stored(expression)
            if not is_stored and not self.facts.is_from_parameters(expression):
                self.filling.fill(expression)
                return
        if isinstance(expression, ast.Attribute) and isinstance(expression.ctx, ast.Load):
            self._use_attribute(expression)
        for child in ast.iter_child_nodes(expression):
            self.use(child)

    def _is_filled(self, expression: ast.expr) -> bool:
        return self.facts.is_missing(expression) and not self.inference.is_in(expression)

    def _keep_stars(self) -> None:
        """A name that nothing defines comes from one of the imports that bring everything."""
        for definition in self.program.module.definitions.get("*", ()):
            path = import_path(definition).removesuffix(".*")
            if path and is_usable(path):
                self.need(definition)

    def _is_stored(self, attribute: ast.Attribute) -> bool:
        base = attribute.value
        stored = self.program.attributes.get(attribute.attr)
        return bool(stored) and isinstance(base, ast.Name) and base.id in {"self", "cls"}

    def _use_name(self, name: ast.Name) -> None:
        if not isinstance(name.ctx, ast.Load):
            return
        reaching = self.program.reaching.get(name, ())
        if not reaching:
            if self.facts.is_missing(name):
                self.filling.fill(name)
            elif self.facts.is_starred(name.id) and not hasattr(builtins, name.id):
                self._keep_stars()
            return
        called = self.program.parents.get(name)
        for one in reaching:
            self.need(one)
            if isinstance(one.target, FUNCTIONS) and not (isinstance(called, ast.Call) and called.func is name):
                self.keep_whole(one.target)

    def _use_attribute(self, attribute: ast.Attribute) -> None:
        if path_of(self.program, attribute):
            if self.porting is not None:
                self.porting.attribute(attribute)
            return
        for one in self.program.attributes.get(attribute.attr, ()):
            if one.statement is None or self.running.can_run(one.statement):
                self.need(one)
        parent = self.program.parents.get(attribute)
        if isinstance(parent, ast.Call) and parent.func is attribute:
            return
        for function in self.program.methods.get(attribute.attr, ()):
            self.running.reached.add(function)
            self.valued.add(function)
            if function.decorator_list:
                self.keep_function(function)
            else:
                self.keep_whole(function)

    def _use_call(self, call: ast.Call, is_statement: bool) -> bool:
        """Whether the call has been dealt with as a whole."""
        targets = self.facts.callees.targets(call)
        given = fed(call) if self.facts.has_sessions else None
        if given is not None:
            self._used.add(given)
            self.filling.feed(given, self.use)
        if not targets:
            if self.porting is not None:
                self.porting.optimizer(call)
                self.porting.layer(call)
                self.porting.compiling(call)
            if call in self.inference.calls:
                self.use_all(self.inference.rewrite(call))
                return True
            if self.training.is_training(call):
                if self.porting is not None:
                    self.porting.training(call)
                self.use_all(self.training.rewrite(call))
                return True
            return self.filling.rewrite_call(call, self.use)
        for function in targets:
            self.keep_function(function)
            if not is_statement:
                self.valued.add(function)
        self.use(call.func)
        for argument in call.args:
            if not self._deferred.take(call, argument, targets, self.needed):
                self.use(argument)
        for word in call.keywords:
            if not self._deferred.take(call, word.value, targets, self.needed):
                self.use(word.value)
        return True

    # -- what came out
    def trains(self) -> list[ast.Call]:
        """The training calls that are kept, in the order of the source."""
        found = []
        for call in self.program.calls:
            statement = self.program.statement_of(call)
            name = getattr(call.func, "attr", "")
            if statement in self.goals and runs_in_session(call):
                found.append(call)
            if statement not in self.kept or name not in MODEL_TRAINING | {"apply_gradients", "minimize", "apply"}:
                continue
            if self.facts.is_model(call.func) or self.training.is_training(call):
                found.append(call)
        return sorted(found, key=lambda call: (call.lineno, call.col_offset))
