"""One pass over a module for the names of Keras and TensorFlow that its code uses, cheap enough for every file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from keras_freeze_lint.keras.evidence_table import ENVIRONMENT, LEGACY_KERAS_SWITCH, METHODS

_ROOTS = frozenset({"keras", "tensorflow", "tf_keras", "keras_core", "keras_contrib", "tensorflow_addons"})
_VARIABLES = frozenset({LEGACY_KERAS_SWITCH, *(variable for variable, _ in ENVIRONMENT)})

# Who catches these has another way to go on where the API is missing.
_OTHER_WAYS = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "TypeError"})
_CATCH_ALL = frozenset({"Exception", "BaseException"})

# Fields that hold no code.
_PLAIN_FIELDS = frozenset(
    "ctx op ops id attr arg name names asname level kind type_comment type_ignores simple is_async module".split()
)


class Call(NamedTuple):
    """A call that may tell something: what it calls, by every path that it may have, and how."""

    paths: tuple[str, ...]
    method: str
    keywords: tuple[str, ...]
    integers_after_first: int
    line: int


class SourceNames(NamedTuple):
    """The dotted names of Keras and TensorFlow, model methods, calls and environment variables, each with its line.

    ``every_path`` also has the names that are guarded by a question for the version; all else leaves those out.
    """

    every_path: list[tuple[str, int]]
    paths: list[tuple[str, int]]
    methods: list[tuple[str, int]]
    calls: list[Call]
    environment: list[tuple[str, str, int]]


class _Chain(NamedTuple):
    """``first.second.third`` as it stands in the source."""

    parts: tuple[str, ...]
    line: int
    guarded: bool


def read_names(tree: ast.Module) -> SourceNames:
    """Return what a module uses of Keras and TensorFlow, by its full names."""
    walk = _Walk()
    walk.visit(tree)
    names = _Names(walk)
    used = [*names.imported, *names.used(walk.chains)]
    return SourceNames(
        every_path=[(path, line) for path, line, _ in used],
        paths=[(path, line) for path, line, guarded in used if not guarded],
        methods=[(method, line) for method, line in walk.methods if method not in walk.defined],
        calls=[names.call(call) for call in walk.calls],
        environment=walk.environment,
    )


class _Walk:
    """What the pass collects before the names of the file are known. No recursion: files may be deep."""

    def __init__(self) -> None:
        self.imports: list[tuple[ast.Import | ast.ImportFrom, bool]] = []
        self.chains: list[_Chain] = []
        self.calls: list[ast.Call] = []
        self.methods: list[tuple[str, int]] = []
        self.assignments: list[ast.Assign] = []
        self.environment: list[tuple[str, str, int]] = []
        self.defined: set[str] = set()
        self._regions: list[tuple[list[ast.AST], bool]] = []
        self._stack: list[ast.AST] = []
        self._guarded = False

    def visit(self, tree: ast.Module) -> None:
        self._regions.append((list(tree.body), False))
        while self._regions:
            stack, self._guarded = self._regions.pop()
            self._stack = stack
            while stack:
                node = stack.pop()
                kind = node.__class__
                visitor = _VISITORS.get(kind)
                if visitor is not None and visitor(self, node):
                    continue
                fields = _CHILD_FIELDS.get(kind)
                if fields is None:
                    fields = _CHILD_FIELDS[kind] = _child_fields(kind)
                for name in fields:
                    child = getattr(node, name)
                    if child.__class__ is list:
                        stack += child
                    elif child is not None:
                        stack.append(child)

    def attribute(self, node: ast.Attribute) -> bool:
        parts, base = _parts(node)
        if parts:
            self.chains.append(_Chain(parts, node.lineno, self._guarded))
        else:
            self._stack.append(base)
        return True

    def call(self, node: ast.Call) -> bool:
        if self._guarded:
            return False
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in METHODS:
            self.methods.append((method, node.lineno))
        elif method in {"setdefault", "putenv"} and len(node.args) == 2:
            self._environment(node.args[0], node.args[1])
        if node.keywords or len(node.args) == 3:
            self.calls.append(node)
        return False

    def assign(self, node: ast.Assign) -> bool:
        target = node.targets[0]
        if isinstance(target, ast.Subscript):
            self._environment(target.slice, node.value)
        elif isinstance(target, ast.Name) and isinstance(node.value, (ast.Attribute, ast.Name)):
            self.assignments.append(node)
        return False

    def imported(self, node: ast.Import | ast.ImportFrom) -> bool:
        self.imports.append((node, self._guarded))
        return True

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        self.defined.add(node.name)
        return False

    def condition(self, node: ast.If) -> bool:
        if self._guarded or not _asks_for_version(node.test):
            return False
        self._regions.append(([*node.body, *node.orelse], True))
        return True

    def attempt(self, node: ast.Try) -> bool:
        if self._guarded or not _has_another_way(node):
            return False
        self._regions.append(([*node.body, *node.handlers], True))
        self._stack += [*node.orelse, *node.finalbody]
        return True

    def _environment(self, name: ast.expr, value: ast.expr) -> None:
        match name, value:
            case ast.Constant(value=str(variable)), ast.Constant(value=str(text)):
                if variable in _VARIABLES and not self._guarded:
                    self.environment.append((variable, text, name.lineno))


# What to do at a node, and whether that was all (otherwise its children follow).
_VISITORS: dict[type[ast.AST], Callable[..., bool]] = {
    ast.Attribute: _Walk.attribute,
    ast.Call: _Walk.call,
    ast.Assign: _Walk.assign,
    ast.Import: _Walk.imported,
    ast.ImportFrom: _Walk.imported,
    ast.FunctionDef: _Walk.definition,
    ast.AsyncFunctionDef: _Walk.definition,
    ast.ClassDef: _Walk.definition,
    ast.If: _Walk.condition,
    ast.Try: _Walk.attempt,
}
_CHILD_FIELDS: dict[type, tuple[str, ...]] = {ast.Constant: (), ast.Name: ()}


class _Names:
    """What the names of a file stand for: by its imports, and by assignments such as ``K = keras.backend``."""

    def __init__(self, walk: _Walk) -> None:
        self._bound: dict[str, str] = {}
        self._stars: list[str] = []
        self._defined = walk.defined
        self.imported: list[tuple[str, int, bool]] = []
        for node, guarded in sorted(walk.imports, key=lambda found: (found[1], found[0].lineno)):
            for name, path, used in _bindings(node):
                if path.partition(".")[0] in _ROOTS:
                    self._bind(name, path)
                    self.imported.append((used, node.lineno, guarded))
        for assignment in sorted(walk.assignments, key=lambda node: node.lineno):
            meant = self.path(_parts(assignment.value)[0])
            target = assignment.targets[0]
            if meant and isinstance(target, ast.Name):
                self._bound.setdefault(target.id, meant)

    def _bind(self, name: str, path: str) -> None:
        if name == "*":
            self._stars.append(path)
        else:
            self._bound.setdefault(name, path)

    def path(self, parts: tuple[str, ...]) -> str | None:
        """The full name that a chain stands for, if it begins with something of Keras or TensorFlow."""
        start = self._bound.get(parts[0]) if parts else None
        return None if start is None else ".".join((start, *parts[1:]))

    def used(self, chains: Iterable[_Chain]) -> Iterator[tuple[str, int, bool]]:
        for chain in chains:
            path = self.path(chain.parts)
            if path is not None:
                yield path, chain.line, chain.guarded

    def call(self, node: ast.Call) -> Call:
        parts = _parts(node.func)[0]
        path = self.path(parts)
        paths: tuple[str, ...] = () if path is None else (path,)
        if path is None and len(parts) == 1 and parts[0] not in self._defined:
            paths = tuple(f"{star}.{parts[0]}" for star in self._stars)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return Call(
            paths,
            "" if method in self._defined else method,
            tuple(keyword.arg for keyword in node.keywords if keyword.arg),
            sum(isinstance(argument, ast.Constant) and type(argument.value) is int for argument in node.args[1:]),
            node.lineno,
        )


def _child_fields(kind: type) -> tuple[str, ...]:
    """The fields that may hold further nodes; what stands among nodes but is none, as in ``{**a}``, has none."""
    return tuple(name for name in getattr(kind, "_fields", ()) if name not in _PLAIN_FIELDS)


def _bindings(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
    """Each name that an import binds, the path that it stands for, and the path that the import uses."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield alias.asname or first, alias.name if alias.asname else first, alias.name
    elif node.module and not node.level:
        for alias in node.names:
            path = node.module if alias.name == "*" else f"{node.module}.{alias.name}"
            yield alias.asname or alias.name, path, path


def _parts(node: ast.expr) -> tuple[tuple[str, ...], ast.expr]:
    """The names of ``a.b.c``, and the expression at its start; no names if that is more than a name."""
    reverse: list[str] = []
    while isinstance(node, ast.Attribute):
        reverse.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return (node.id, *reversed(reverse)), node
    return (), node


def _asks_for_version(test: ast.expr) -> bool:
    return any("version" in word.lower() or word == "hasattr" for word in _words(test) if word != "version_info")


def _words(test: ast.expr) -> Iterator[str]:
    for node in ast.walk(test):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _has_another_way(node: ast.Try) -> bool:
    imports = any(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in node.body)
    for handler in node.handlers:
        caught = set(_words(handler.type)) if handler.type is not None else _CATCH_ALL
        if caught & _OTHER_WAYS or (imports and caught & _CATCH_ALL):
            return True
    return False
