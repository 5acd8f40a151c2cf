"""Which of the file's own functions a call may enter, and who calls a function."""

from __future__ import annotations

import ast

from keras_freeze_lint.verify.slicing.modules import path_of
from keras_freeze_lint.verify.slicing.program import (
    FUNCTIONS,
    Definition,
    FunctionNode,
    Program,
    inner_statements,
    is_self,
)

# Names that many classes share: a receiver that nothing is known about is no reason to enter a method of that name.
_COMMON = frozenset(
    """add append apply build call close compile copy count evaluate extend fit fit_generator flatten format get
    get_config get_layer get_weights index insert items join keys load load_weights lower map mean next numpy open
    pop predict read remove reset reshape run save save_weights set_weights shape sort split summary sum
    train_on_batch update upper values write""".split()
)


class Callees:
    """Resolves calls; answers are remembered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._targets: dict[ast.Call, tuple[FunctionNode, ...]] = {}
        self.callers: dict[ast.AST, list[ast.Call]] = {}
        self.classes = [node for node in program.scopes if isinstance(node, ast.ClassDef)]
        self._returns: dict[FunctionNode, list[ast.expr]] = {}
        self._bases = {node: self._bases_of(node) for node in self.classes}
        for call in program.calls:
            for function in self.targets(call):
                self.callers.setdefault(function, []).append(call)

    # -- classes
    def _bases_of(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        found: list[ast.ClassDef] = []
        for base in node.bases:
            found.extend(one for one in self.classes_named(base) if one is not node)
        return found

    def classes_named(self, expression: ast.AST) -> list[ast.ClassDef]:
        """The classes of the file that a name may stand for."""
        definitions = self.program.reaching.get(expression, ()) if isinstance(expression, ast.Name) else ()
        return [one.target for one in definitions if isinstance(one.target, ast.ClassDef)]

    def is_framework_class(self, node: ast.ClassDef, depth: int = 6) -> bool:
        """Whether a class descends from one that is not in the file, so that others may call its methods."""
        if depth == 0:
            return True
        for base in node.bases:
            inner = self.classes_named(base)
            if not inner and not (isinstance(base, ast.Name) and base.id == "object"):
                return True
            if any(one is not node and self.is_framework_class(one, depth - 1) for one in inner):
                return True
        return False

    def lineage(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """The class and the classes of the file that it descends from, nearest first."""
        found, waiting = [], [node]
        while waiting:
            one = waiting.pop(0)
            if one not in found:
                found.append(one)
                waiting.extend(self._bases.get(one, ()))
        return found

    def heirs(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """The classes of the file that descend from a class."""
        return [one for one in self.classes if one is not node and node in self.lineage(one)]

    def method(self, node: ast.ClassDef, name: str) -> FunctionNode | None:
        """The method of that name that an instance has."""
        for one in self.lineage(node):
            for statement in inner_statements(one.body):
                if isinstance(statement, FUNCTIONS) and statement.name == name:
                    return statement
        return None

    def instance_of(self, expression: ast.AST, depth: int = 4) -> list[ast.ClassDef]:
        """The classes of the file that the value of an expression may be an instance of."""
        if depth == 0:
            return []
        program = self.program
        if isinstance(expression, ast.Name):
            reaching = program.reaching.get(expression, ())
            return list(dict.fromkeys(cls for one in reaching for cls in self._instance_in(one, depth)))
        if isinstance(expression, ast.Attribute):
            stored = program.attributes.get(expression.attr, [])
            return list(dict.fromkeys(cls for one in stored for cls in self._instance_in(one, depth)))
        if isinstance(expression, ast.Call):
            classes = self.classes_named(expression.func)
            if classes:
                return classes
            if isinstance(expression.func, ast.Name) and expression.func.id == "super":
                own = self._own_class(expression)
                return self._bases.get(own, []) if own is not None else []
            found = [cls for one in self.targets(expression) for cls in self._returned(one, depth)]
            return list(dict.fromkeys(found))
        return []

    def _returned(self, function: FunctionNode, depth: int) -> list[ast.ClassDef]:
        if function not in self._returns:
            returns = [one for one in inner_statements(function.body) if isinstance(one, ast.Return)]
            self._returns[function] = [one.value for one in returns if isinstance(one.value, (ast.Name, ast.Call))]
        found: dict[ast.ClassDef, None] = {}
        for value in self._returns[function]:
            found.update(dict.fromkeys(self.instance_of(value, depth - 1)))
        return list(found)

    def _instance_in(self, definition: Definition, depth: int) -> list[ast.ClassDef]:
        if definition.kind == "param":
            function = definition.scope.node
            own = self.program.class_of(function)
            first = isinstance(function, FUNCTIONS) and function.args.args[:1] == [definition.target]
            if own is not None and first:
                return [own]
            note = getattr(definition.target, "annotation", None)
            return self.classes_named(note) if note is not None else []
        if definition.value is not None and not definition.path:
            return self.instance_of(definition.value, depth - 1)
        return []

    def _own_class(self, node: ast.AST) -> ast.ClassDef | None:
        return next((outer for outer in self.program.around(node) if isinstance(outer, ast.ClassDef)), None)

    # -- calls
    def targets(self, call: ast.Call) -> tuple[FunctionNode, ...]:
        """The functions of the file that a call may enter: ``__init__`` of a class, ``__call__`` of an instance."""
        if call not in self._targets:
            self._targets[call] = ()
            self._targets[call] = tuple(dict.fromkeys(self._resolve(call)))
        return self._targets[call]

    def _resolve(self, call: ast.Call) -> list[FunctionNode]:
        func = call.func
        if isinstance(func, ast.Name):
            return self._named(func)
        if not isinstance(func, ast.Attribute) or path_of(self.program, func):
            return []
        classes = self.instance_of(func.value) or self.classes_named(func.value)
        if classes:
            found: list[FunctionNode] = []
            for cls in classes:
                own = self.method(cls, func.attr)
                found.extend([own] if own is not None else [])
                for heir in self.heirs(cls) if is_self(func.value) else ():
                    other = self.method(heir, func.attr)
                    found.extend([other] if other is not None else [])
            return found
        if func.attr in _COMMON or func.attr.startswith("__"):
            return []
        return list(self.program.methods.get(func.attr, ()))

    def _named(self, name: ast.Name) -> list[FunctionNode]:
        found: list[FunctionNode] = []
        for one in self.program.reaching.get(name, ()):
            if isinstance(one.target, FUNCTIONS):
                found.append(one.target)
            elif isinstance(one.target, ast.ClassDef):
                start = self.method(one.target, "__init__")
                found.extend([start] if start is not None else [])
            elif one.kind == "assign" and isinstance(one.value, ast.Name) and one.value is not name:
                found.extend(self._named_once(one.value))
            elif one.kind == "assign" and isinstance(one.value, ast.Call):
                for cls in self.classes_named(one.value.func):
                    called = self.method(cls, "__call__")
                    found.extend([called] if called is not None else [])
        return found

    def _named_once(self, name: ast.Name) -> list[FunctionNode]:
        definitions = self.program.reaching.get(name, ())
        return [one.target for one in definitions if isinstance(one.target, FUNCTIONS)]


def arguments_of(call: ast.Call, function: FunctionNode, is_method: bool) -> dict[str, ast.expr]:
    """The expression that a call gives for each parameter of a function, as far as that can be told."""
    names = [one.arg for one in [*function.args.posonlyargs, *function.args.args]]
    if is_method and names and not _is_static(function):
        names = names[1:]
    found: dict[str, ast.expr] = {}
    for name, argument in zip(names, call.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        found[name] = argument
    found.update({word.arg: word.value for word in call.keywords if word.arg is not None})
    return found


def _is_static(function: FunctionNode) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in function.decorator_list)
