"""Following a file along all its paths: the module itself, then what nobody in the file calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from keras_freeze_lint.interpreter.calls import call_value
from keras_freeze_lint.interpreter.functions import call_function, symbolic_arguments
from keras_freeze_lint.interpreter.relevance import Relevance, survey
from keras_freeze_lint.interpreter.signals import Abandoned
from keras_freeze_lint.interpreter.state import Consulted, Cuts, Raised, Restart, Run, Stopped, Traits
from keras_freeze_lint.interpreter.statements import run_block
from keras_freeze_lint.interpreter.timeline import Event
from keras_freeze_lint.interpreter.training import watch_training
from keras_freeze_lint.interpreter.values import Class, Function, Instance, Layer, Scope

MAX_PATHS = 24
MAX_FUNCTION_PATHS = 8
MAX_RESTARTS = 60
# All runs of one file together, in statements: what is not seen by then stays unseen.
MAX_TOTAL_STEPS = 40_000


@dataclass(frozen=True)
class Path:
    """The events of one path. Those before ``start`` belong to the module that a function's path begins with.

    ``root`` names where the path starts: the module, or a function that nobody in the file calls; ``decided`` are the
    conditions that nothing is known of, with the side that this path takes.
    """

    root: str
    events: tuple[Event, ...]
    start: int
    decided: tuple[tuple[Hashable, bool], ...] = ()


@dataclass(frozen=True, eq=False)
class Exploration:
    """All paths that were followed; ``complete`` is false when there were more than could be."""

    paths: tuple[Path, ...]
    complete: bool
    traits: Traits
    asked: frozenset[str]

    def holds_for(self, traits: Traits) -> bool:
        """Whether a Keras with these traits would have shown the same: no value depended on one that differs."""
        return all(getattr(self.traits, name) == getattr(traits, name) for name in self.asked)


@dataclass(frozen=True)
class _Root:
    name: str
    enter: Callable[[Run, Scope], None] | None


def explore(tree: ast.Module, traits: Traits) -> Exploration:
    """Follow every path of the file, as far as the budget goes."""
    return _Explorer(tree, traits).explore()


class _Explorer:
    """One file's exploration: what its runs share."""

    def __init__(self, tree: ast.Module, traits: Traits) -> None:
        self.tree = tree
        self.traits = Consulted(traits)
        self.relevance: Relevance = survey(tree)
        self.cuts = Cuts()
        self.entered: set[int] = set()
        self.steps = 0
        self.complete = True

    def explore(self) -> Exploration:
        paths = list(self._paths_of(_Root("module", None)))
        # First what no name in the file calls; then what is left, for a name may be called and mean something else.
        for called in (frozenset(self.relevance.called), frozenset[str]()):
            for root in self._unentered(called):
                if self.steps > MAX_TOTAL_STEPS:
                    self.complete = False
                    break
                paths.extend(self._paths_of(root))
        return Exploration(tuple(paths), self.complete, self.traits.traits, frozenset(self.traits.asked))

    def _paths_of(self, root: _Root) -> Iterator[Path]:
        """Depth first: turn the last choice around that has only been taken one way."""
        choices: list[bool] = []
        for _ in range(MAX_PATHS if root.enter is None else MAX_FUNCTION_PATHS):
            run, start, fixed = self._run(root, choices)
            if run is None:
                self.complete = False
                return
            yield Path(root.name, tuple(run.timeline), start, tuple(run.taken))
            if run.truncated:
                self.complete = False
            taken = [choice for _, choice in run.taken]
            while len(taken) > fixed and not taken[-1]:
                taken.pop()
            if len(taken) <= fixed:
                return
            choices = [*taken[:-1], False]
            if self.steps > MAX_TOTAL_STEPS:
                break
        self.complete = False

    def _run(self, root: _Root, choices: list[bool]) -> tuple[Run | None, int, int]:
        for _ in range(MAX_RESTARTS):
            run = Run(
                choices, self.cuts, self.traits, self.relevance.effectful, self.relevance.diverting,
                self.relevance.training, self.relevance.generators, uses_keras=self.relevance.uses_keras,
                switches=self.relevance.switches,
            )  # fmt: skip
            try:
                start, fixed = self._follow(run, root)
            except Restart:
                self.steps += run.steps
                continue
            self.steps += run.steps
            self.entered |= run.entered
            return run, start, fixed
        return None, 0, 0

    def _follow(self, run: Run, root: _Root) -> tuple[int, int]:
        scope = Scope({})
        self._guarded(run, lambda: run_block(run, self.tree.body, scope))
        if root.enter is None:
            return 0, 0
        start, fixed = len(run.timeline), len(run.taken)
        enter = root.enter
        run.stack.clear()
        self._guarded(run, lambda: enter(run, scope))
        return start, fixed

    def _guarded(self, run: Run, action: Callable[[], object]) -> None:
        """An exception that the program raises ends its path; so does nesting too deep to follow."""
        try:
            action()
        except (Raised, Stopped, Abandoned):
            return
        except RecursionError:
            run.truncated = True

    def _unentered(self, called: frozenset[str]) -> Iterator[_Root]:
        """Functions and methods that matter, that no run has entered yet and whose names are not in ``called``."""
        for statement in self.tree.body:
            if id(statement) not in self.relevance.acting:
                continue
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                if id(statement) not in self.entered and statement.name not in called:
                    yield _Root(statement.name, _entering(statement.name))
            elif isinstance(statement, ast.ClassDef):
                yield from self._unentered_methods(statement, called)

    def _unentered_methods(self, node: ast.ClassDef, called: frozenset[str]) -> Iterator[_Root]:
        methods = [
            statement
            for statement in node.body
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and id(statement) in self.relevance.acting
        ]
        if any(method.name.startswith("on_") for method in methods) and not self._entered(methods):
            yield _Root(node.name, _entering_callback(node.name))
        for method in methods:
            if id(method) not in self.entered and not method.name.startswith("__") and method.name not in called:
                yield _Root(f"{node.name}.{method.name}", _entering_method(node.name, method.name))
        unmade = any(method.name == "__init__" and id(method) not in self.entered for method in methods)
        if unmade and node.name not in called:
            yield _Root(node.name, _entering_method(node.name, None))

    def _entered(self, methods: list[ast.FunctionDef | ast.AsyncFunctionDef]) -> bool:
        return any(id(method) in self.entered for method in methods)


def _entering(name: str) -> Callable[[Run, Scope], None]:
    def enter(run: Run, scope: Scope) -> None:
        function = scope.variables.get(name)
        if isinstance(function, Function):
            call_function(run, function, [], symbolic_arguments(function, 0), function.node)

    return enter


def _entering_callback(cls_name: str) -> Callable[[Run, Scope], None]:
    """A callback that nobody in the file uses: let it watch the training of a model that nothing is known of."""

    def enter(run: Run, scope: Scope) -> None:
        cls = scope.variables.get(cls_name)
        base = cls.keras_base() if isinstance(cls, Class) else None
        if not isinstance(cls, Class) or base is None or base.name != "Callback":
            return
        call = ast.Call(ast.Name(cls_name, ast.Load()), [], [])
        ast.copy_location(call, cls.node)
        init = cls.lookup("__init__")
        given = symbolic_arguments(init, 1) if isinstance(init, Function) else {}
        hook = call_value(run, cls, [], given, call, scope)
        watch_training(run, hook, call)

    return enter


def _entering_method(cls_name: str, name: str | None) -> Callable[[Run, Scope], None]:
    def enter(run: Run, scope: Scope) -> None:
        cls = scope.variables.get(cls_name)
        if not isinstance(cls, Class):
            return
        init = cls.lookup("__init__")
        given = symbolic_arguments(init, 1) if isinstance(init, Function) else {}
        call = ast.Call(ast.Name(cls_name, ast.Load()), [], [])
        ast.copy_location(call, cls.node)
        receiver = call_value(run, cls, [], given, call, scope)
        method = cls.lookup(name) if name is not None else None
        if isinstance(method, Function) and isinstance(receiver, Instance | Layer):
            static = "staticmethod" in method.decorators
            arguments = symbolic_arguments(method, 0 if static else 1)
            call_function(run, method, [], arguments, method.node, None if static else receiver)

    return enter
