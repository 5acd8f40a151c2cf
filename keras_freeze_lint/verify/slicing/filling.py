"""Puts values where the user's files, modules and command line would have been, and notes each as an assumption."""

from __future__ import annotations

import ast
from collections.abc import Callable

from keras_freeze_lint.keras.api import canonical, is_application
from keras_freeze_lint.verify.slicing.arguments import command_line
from keras_freeze_lint.verify.slicing.editing import Source
from keras_freeze_lint.verify.slicing.effects import PASSIVE
from keras_freeze_lint.verify.slicing.facts import Facts, is_known_dataset
from keras_freeze_lint.verify.slicing.modules import import_path, is_foreign_normalization, is_worldly, path_of
from keras_freeze_lint.verify.slicing.program import Definition
from keras_freeze_lint.verify.slicing.roles import Roles
from keras_freeze_lint.verify.slicing.sessions import is_session
from keras_freeze_lint.verify.witness import Assumption

# Keywords of Keras that a model does without, where their value cannot be had.
_OPTIONAL = frozenset(
    """weights embeddings_initializer kernel_initializer bias_initializer name metrics weighted_metrics loss_weights
    custom_objects kernel_regularizer callbacks cache_dir""".split()
)
_OF_IMPORT = "{} from another module"
_WEIGHT_LOADERS = frozenset({"load_weights", "set_weights", "load_model", "restore"})
# Shapes and classes of the data sets of Keras.
_DATASETS = {
    "mnist": "(28, 28), 10",
    "fashion_mnist": "(28, 28), 10",
    "cifar10": "(32, 32, 3), 10",
    "cifar100": "(32, 32, 3), 100",
    "boston_housing": "(13,), 0",
    "california_housing": "(8,), 0",
    "imdb": "(100,), 2",
    "reuters": "(100,), 46",
}


class CannotSlice(Exception):
    """Something stands in the way of a witness."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Filling:
    """Decides what stands in the place of what is missing."""

    def __init__(self, facts: Facts, source: Source, goals: list[ast.stmt]) -> None:
        self.facts = facts
        self.program = facts.program
        self.source = source
        self.goals = goals
        self.roles = Roles(facts)
        self.assumptions: list[Assumption] = []
        self.imports: dict[ast.stmt, dict[str, str]] = {}
        self.modules: dict[ast.stmt, str] = {}
        self.parameters: list[Definition] = []
        self.helpers: set[str] = set()
        self.dropped: list[ast.expr] = []
        self.first_lines: dict[ast.stmt, str] = {}
        self.also: list[ast.stmt] = []
        self._values: dict[str, str] = {}
        self.command_line = command_line(facts.program)

    def assume(self, node: ast.AST, written: str, assumed: str, *, is_stand_in: bool = False) -> None:
        """Note what a witness takes for granted."""
        one = Assumption(getattr(node, "lineno", 0), " ".join(written.split())[:200], assumed, is_stand_in)
        if one not in self.assumptions:
            self.assumptions.append(one)

    # -- statements
    def refuses(self, statement: ast.stmt) -> bool:
        """Whether a statement has no place in a witness: it loads, saves or prints, or works on what is missing."""
        if isinstance(statement, (ast.Raise, ast.Assert)):
            return not self._can_stay(statement)
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
            return False
        call = statement.value
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if self.facts.callees.targets(call):
            return False
        if name in _WEIGHT_LOADERS and self.facts.is_model(call.func):
            return self._refuses_weights(statement, call, name)
        if name in {"append", "extend", "insert", "update"} and not self.facts.is_model(call):
            return any(self.facts.is_missing(one) for one in call.args)
        return False

    def _can_stay(self, statement: ast.stmt) -> bool:
        return not any(
            self.facts.is_missing(one) for one in ast.iter_child_nodes(statement) if isinstance(one, ast.expr)
        )

    def _refuses_weights(self, statement: ast.stmt, call: ast.Call, name: str) -> bool:
        arguments = [*call.args, *(word.value for word in call.keywords)]
        if name == "set_weights":
            if not any(self.facts.is_missing(one) for one in arguments):
                return False
        elif arguments and self.is_saved(arguments[0]):
            self.also.extend(self.savers(arguments[0]))
            self._move_file(arguments[0])
            return False
        self.assume(statement, ast.unparse(statement), "random weights")
        return True

    def _move_file(self, path: ast.expr) -> None:
        """A file that the program writes and reads again is kept in the folder that the witness runs in."""
        wanted = ast.unparse(path)
        nodes: list[ast.AST] = [one for one in ast.walk(self.program.tree) if isinstance(one, ast.Constant)]
        if isinstance(path, ast.Name):
            nodes = [one.value for one in self.program.reaching.get(path, ()) if one.value is not None]
        for node in nodes:
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or "/" not in node.value:
                continue
            if isinstance(path, ast.Name) or ast.unparse(node) == wanted:
                self.source.replace(node, repr(node.value.rstrip("/").rpartition("/")[2] or "model"))

    def is_saved(self, path: ast.expr) -> bool:
        """Whether the program itself writes the file that it reads here."""
        return bool(self.facts.savers(path))

    def savers(self, path: ast.expr) -> list[ast.stmt]:
        """The statements that write the file of a path."""
        found = [self.program.statement_of(call) for call in self.facts.savers(path)]
        return [one for one in found if one is not None]

    def is_idle(self, statement: ast.stmt) -> bool:
        """Whether a statement inside a function that is kept whole only talks to the outside."""
        if isinstance(statement, ast.Expr):
            value = statement.value
            if isinstance(value, ast.Constant):
                return True
            if isinstance(value, ast.Call):
                func = value.func
                if isinstance(func, ast.Name) and func.id in {"print", "display"}:
                    return True
                if isinstance(func, ast.Attribute) and func.attr in PASSIVE and not self.facts.callees.targets(value):
                    return self.facts.is_model(func.value) and func.attr != "reset_states"
            return (
                self.facts.is_missing(value) and not self.facts.is_model(value) and "super()" not in ast.unparse(value)
            )
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)):
            return isinstance(statement, (ast.Import, ast.ImportFrom))
        return False

    def decide(self, statement: ast.If | ast.While) -> bool:
        """Settle a condition that cannot be told, so that what the finding is about is reached."""
        if not self.facts.is_missing(statement.test):
            return False
        inside = self._holds_goal(statement.body)
        beside = self._holds_goal(statement.orelse)
        if not inside and not beside and self.facts.is_from_parameters(statement.test):
            return False
        taken = inside or (not beside and not self._prefers_else(statement))
        self.source.replace(statement.test, str(taken))
        self.assume(statement.test, ast.unparse(statement.test), str(taken))
        return True

    def _holds_goal(self, body: list[ast.stmt]) -> bool:
        around = {outer for goal in self.goals for outer in (goal, *self.program.around(goal))}
        return any(one in around for one in body)

    def _prefers_else(self, statement: ast.If | ast.While) -> bool:
        """Loading what is not there, or ending the program, is the road not taken."""
        if isinstance(statement, ast.While):
            return False
        last = statement.body[-1]
        if isinstance(last, (ast.Raise, ast.Return)) and not (isinstance(last, ast.Return) and last.value is not None):
            return True
        text = ast.unparse(statement.test)
        loads = any("load" in ast.unparse(one) for one in statement.body)
        return loads or (not statement.orelse and ("exists" in text or "isfile" in text))

    def open_context(self, statement: ast.With | ast.AsyncWith) -> None:
        """A context that cannot be had (a cluster, a log) gives way to its body."""
        first, last = statement.items[0], statement.items[-1]
        end = last.optional_vars or last.context_expr
        self.source.replace_span(self.source.start(statement), self.source.end(end), "if True")
        self.assume(statement, ast.unparse(first.context_expr), "not there")

    def fill_assignment(self, statement: ast.Assign | ast.AnnAssign) -> bool:
        """Give a variable a value where the one that is written cannot be had."""
        value = statement.value
        if value is None or not self._comes_from_elsewhere(value):
            return False
        if self._has_definitions(value) or self.facts.is_from_parameters(value):
            return False
        if self._is_model_assignment(statement, value):
            return self._stand_in_for(value)
        return self.fill(value)

    def _stand_in_for(self, value: ast.expr) -> bool:
        """Put a small model in the place of one that comes from elsewhere."""
        statement = self.program.parents.get(value)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        inputs = [*value.args, *(word.value for word in value.keywords)] if isinstance(value, ast.Call) else []
        written = ast.unparse(value)
        definitions = [one for one in self.facts.definitions if one.target in targets]
        if not definitions or any(self.facts.is_model(one) for one in inputs):
            raise CannotSlice(f"the model comes from elsewhere: {written[:80]}", value.lineno)
        self.source.replace(value, self.stand_in(definitions[0], value.lineno))
        self.assume(value, written, "a small model of four Dense layers", is_stand_in=True)
        return True

    def stand_in(self, definition: Definition, line: int) -> str:
        """A small model for one that is not in the file. Raises CannotSlice where its structure matters."""
        for node in ast.walk(self.program.tree):
            if self._asks_for_structure(node) and definition in self.facts.roots(node):
                raise CannotSlice(f"{definition.name} comes from elsewhere and its layers matter", line)
        self.helpers.add("synthetic_model")
        called = any(
            isinstance(call.func, (ast.Name, ast.Attribute)) and definition in self.program.reaching.get(call.func, ())
            for call in self.program.calls
        )
        return "synthetic_model()" if called else "synthetic_model(8)"

    def _asks_for_structure(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Attribute) and node.func.attr == "get_layer"
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Attribute):
            return False
        numbers = [one.value for one in ast.walk(node.slice) if isinstance(one, ast.Constant)]
        return node.value.attr == "layers" and any(isinstance(one, int) and one > 3 for one in numbers)

    def _comes_from_elsewhere(self, value: ast.expr) -> bool:
        if self.facts.is_missing(value):
            return True
        # A method that gives a model by a module that is not there.
        return isinstance(value, ast.Call) and self.facts.is_missing(value.func)

    def _has_definitions(self, value: ast.expr) -> bool:
        """Whether a missing value only passes on what has a name already, and is filled where that is defined."""
        if isinstance(value, ast.Name):
            return any(
                one.kind in {"param", "assign", "import", "attr"} for one in self.program.reaching.get(value, ())
            )
        is_own = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "self"
        return is_own and bool(self.program.attributes.get(value.attr))  # type: ignore[attr-defined]

    def _is_model_assignment(self, statement: ast.Assign | ast.AnnAssign, value: ast.expr) -> bool:
        if not isinstance(value, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
            return False
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = {node for target in targets for node in ast.walk(target)}
        return any(one.target in names and one in self.facts.models for one in self.facts.definitions)

    # -- expressions
    def fill(self, expression: ast.expr) -> bool:
        """Put a value in the place of an expression."""
        written = ast.unparse(expression)
        space = self.command_line.namespace(expression) if isinstance(expression, ast.Call) else None
        if space is not None:
            self.helpers.add("argparse")
            self.source.replace(expression, space)
            self.assume(expression, written, space)
            return True
        default = self.command_line.default(expression)
        value = default or self._values.get(written) or self.roles.value(expression)
        self._values[written] = value
        if isinstance(self.program.parents.get(expression), ast.Starred):
            value = "[]"
        self.source.replace(expression, value)
        self.assume(expression, written, value)
        return True

    def need_parameter(self, definition: Definition) -> None:
        """Note a parameter that kept code reads: a call that is added has to give it."""
        self.parameters.append(definition)

    def need_import(self, definition: Definition) -> None:
        """Name what would have come from a module that is not there."""
        if definition.statement is None:
            return
        if is_foreign_normalization(import_path(definition)):
            value = "synthetic_normalization"
            self.helpers.add(value)
        elif definition in self.facts.models:
            value = self.stand_in(definition, definition.statement.lineno)
        else:
            value = self.roles.of_definition(definition)
        self.imports.setdefault(definition.statement, {})[definition.name] = value
        is_stand_in = value.startswith("synthetic_model")
        self.assume(definition.statement, _OF_IMPORT.format(definition.name), value, is_stand_in=is_stand_in)

    def forget_imports(self, read: set[str]) -> bool:
        """Name nothing that is not read after all, such as a progress bar; returned is whether there was such."""
        found = [(statement, name) for statement, names in self.imports.items() for name in names.keys() - read]
        for statement, name in found:
            del self.imports[statement][name]
            unread = statement.lineno, _OF_IMPORT.format(name)
            self.assumptions = [one for one in self.assumptions if (one.line, one.written) != unread]
        return bool(found)

    def drop_decorator(self, decorator: ast.expr) -> None:
        """Leave out a decorator from a module that is not there, with its line."""
        self.dropped.append(decorator)
        self.assume(decorator, f"@{ast.unparse(decorator)}", "without it")

    def feed(self, given: ast.Dict, use: Callable[[ast.AST], None]) -> None:
        """Feed random numbers of the right shape where the user's cannot be had."""
        for tensor, value in zip(given.keys, given.values, strict=True):
            if tensor is None:
                use(value)
            elif self.facts.is_missing(value):
                use(tensor)
                self.helpers.add("synthetic_feed")
                self.source.replace(value, f"synthetic_feed({ast.unparse(tensor)})")
                self.assume(value, ast.unparse(value), "random numbers of the shape that is fed")
            else:
                use(tensor)
                use(value)

    # -- calls of Keras
    def rewrite_call(self, call: ast.Call, use: Callable[[ast.AST], None]) -> bool:
        """Change a call so that it needs no download, and drop options that cannot be had."""
        path = path_of(self.program, call.func)
        keras = canonical(path)[0] if path else ""
        if path and is_known_dataset(path):
            self.helpers.add("synthetic_dataset")
            shape = _DATASETS[keras.split(".")[2]]
            self.source.replace(call, f"synthetic_dataset({shape})")
            self.assume(call, ast.unparse(call), "random data of the same shape")
            return True
        if self.facts.has_sessions and is_session(path):
            use(call.func)
            self.source.replace_span(self.source.end(call.func), self.source.end(call), "()")
            return True
        if keras.endswith("load_model") and is_worldly(path):
            return self._load_model(call)
        if keras and is_application(keras):
            self._without_weights(call, use)
            return True
        if not path and not self.facts.is_model(call.func):
            return False
        return self._drop_options(call, use)

    def _load_model(self, call: ast.Call) -> bool:
        if call.args and self.is_saved(call.args[0]):
            self.also.extend(self.savers(call.args[0]))
            self._move_file(call.args[0])
            return False
        raise CannotSlice("the model is loaded from a file", call.lineno)

    def _without_weights(self, call: ast.Call, use: Callable[[ast.AST], None]) -> None:
        use(call.func)
        given = next((word for word in call.keywords if word.arg == "weights"), None)
        position = call.args[1] if len(call.args) > 1 else None
        for argument in call.args:
            if argument is not position:
                use(argument)
        for word in call.keywords:
            if word is not given:
                use(word.value)
        written = given.value if given is not None else position
        if any(word.arg is None for word in call.keywords) and written is None:
            return
        if written is None:
            end = self.source.end(call) - 1
            text = self.source.text[self.source.end(call.func) : end]
            comma = "" if text.strip() == "(" else " " if text.rstrip().endswith(",") else ", "
            self.source.replace_span(end, end, f"{comma}weights=None")
            self.assume(call, ast.unparse(call), "random weights, weights=None")
        elif not (isinstance(written, ast.Constant) and written.value is None):
            self.source.replace(written, "None")
            self.assume(written, f"weights={ast.unparse(written)}", "random weights, weights=None")

    def _drop_options(self, call: ast.Call, use: Callable[[ast.AST], None]) -> bool:
        missing = [
            word
            for word in call.keywords
            if word.arg in _OPTIONAL and self.facts.is_missing(word.value) and not self.facts.is_model(word.value)
        ]
        if not missing:
            return False
        use(call.func)
        for argument in call.args:
            use(argument)
        for word in call.keywords:
            if word in missing:
                self.drop_argument(call, word)
                self.assume(word.value, f"{word.arg}={ast.unparse(word.value)}", "left out")
            else:
                use(word.value)
        return True

    def drop_argument(self, call: ast.Call, argument: ast.expr | ast.keyword) -> None:
        """Take an argument out of a call, with its comma."""
        everything: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        everything.sort(key=self.source.start)
        position = everything.index(argument)
        if position:
            self.source.replace_span(self._end(everything[position - 1]), self._end(argument), "")
        elif len(everything) > 1:
            self.source.replace_span(self.source.start(argument), self.source.start(everything[1]), "")
        else:
            self.source.replace_span(self.source.end(call.func), self.source.end(call), "()")

    def _end(self, argument: ast.expr | ast.keyword) -> int:
        """Where an argument ends, closing brackets around it included."""
        end = self.source.end(argument)
        opening = self._brackets_before(argument)
        text = self.source.text
        while opening:
            while end < len(text) and text[end] != ")":
                end += 1
            end += 1
            opening -= 1
        return end

    def _brackets_before(self, argument: ast.expr | ast.keyword) -> int:
        if not isinstance(argument, ast.keyword):
            return 0
        between = self.source.text[self.source.start(argument) : self.source.start(argument.value)]
        return between.count("(")
