"""Which definitions may reach each use of a name: one structured walk over every scope."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from keras_freeze_lint.verify.slicing.program import (
    COMPREHENSIONS,
    FUNCTIONS,
    Definition,
    FunctionNode,
    Kind,
    Program,
    Scope,
    defaults_of,
    is_try,
    own_expressions,
    parameters,
)

Environment = dict[str, frozenset[Definition]]


@dataclass(frozen=True)
class _Binding:
    """How a statement gives names their values."""

    kind: Kind
    value: ast.expr | None = None
    statement: ast.stmt | None = None
    path: tuple[int, ...] = ()


def read_program(text: str, tree: ast.Module) -> Program:
    """Return the program of a parsed text with every name resolved."""
    parents: dict[ast.AST, ast.AST] = {}
    calls: list[ast.Call] = []
    stars: list[str] = []
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            # Contexts and operators are shared between nodes and have no place of their own.
            if not isinstance(child, (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)):
                parents[child] = node
        if isinstance(node, ast.Call):
            calls.append(node)
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module and not node.level:
            stars.append(node.module)
    program = Program(text, tree, parents, {}, calls=calls, stars=stars)
    _Scopes(program).build()
    _Flow(program).run()
    return program


class _Scopes:
    """Finds the names that each scope binds."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def build(self) -> None:
        program = self.program
        module = Scope(program.tree, None)
        program.scopes[program.tree] = module
        for node in ast.walk(program.tree):
            if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
                program.scopes[node] = Scope(node, None)
                if isinstance(node, FUNCTIONS) and isinstance(program.parents.get(node), ast.ClassDef):
                    program.methods.setdefault(node.name, []).append(node)
        for node, scope in program.scopes.items():
            if scope is not module:
                scope.parent = program.scope_of(node)
        for node in ast.walk(program.tree):
            self._bind(node)

    def _bind(self, node: ast.AST) -> None:
        program = self.program
        names: Iterable[str] = ()
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            if any(isinstance(outer, ast.comprehension) for outer in program.around(node)):
                return
            names = [node.id]
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [(alias.asname or alias.name).split(".")[0] for alias in node.names]
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (
            isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name
        ):
            names = [node.name]
        elif isinstance(node, ast.arg):
            # A parameter belongs to the function around it.
            names = [node.arg]
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            scope = program.scope_of(node)
            scope.foreign.update(node.names)
            if isinstance(node, ast.Global):
                program.module.bound.update(node.names)
            return
        if names:
            program.scope_of(node).bound.update(names)


class _Flow:
    """Walks every scope and notes for each use of a name the definitions that may reach it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.waiting: list[tuple[ast.Name, Scope]] = []
        self.known: dict[tuple[int, str], Definition] = {}

    def run(self) -> None:
        program = self.program
        self.block(program.tree.body, {}, program.module)
        for node, scope in list(program.scopes.items()):
            if isinstance(node, (*FUNCTIONS, ast.Lambda)):
                environment = self.entry(node, scope)
                if isinstance(node, ast.Lambda):
                    self.uses(node.body, environment, scope)
                else:
                    self.block(node.body, environment, scope)
        for name, scope in self.waiting:
            owner = scope.owner(name.id)
            known = () if owner is None else tuple(owner.definitions.get(name.id, ()))
            program.reaching[name] = known

    def entry(self, node: FunctionNode | ast.Lambda, scope: Scope) -> Environment:
        environment: Environment = {}
        defaults = defaults_of(node)
        for one in parameters(node):
            self.define(one.arg, one, _Binding("param", defaults.get(one.arg)), environment, scope)
        return environment

    def define(self, name: str, target: ast.AST, how: _Binding, environment: Environment, scope: Scope) -> None:
        owner = scope if name not in scope.foreign else (scope.owner(name) or self.program.module)
        key = (id(target), name)
        if key not in self.known:
            self.known[key] = Definition(name, how.kind, owner, how.statement, how.value, target, how.path)
            owner.definitions.setdefault(name, []).append(self.known[key])
        definition = self.known[key]
        before = environment.get(name, frozenset())
        environment[name] = frozenset({definition}) | before if how.kind == "aug" else frozenset({definition})

    # -- statements
    def block(self, body: list[ast.stmt], environment: Environment, scope: Scope) -> None:
        for statement in body:
            self.statement(statement, environment, scope)

    def statement(self, statement: ast.stmt, environment: Environment, scope: Scope) -> None:
        for expression in own_expressions(statement):
            self.uses(expression, environment, scope)
        if isinstance(statement, (ast.For, ast.AsyncFor)):
            self.loop(statement, environment, scope)
        elif isinstance(statement, ast.While):
            self.branches([statement.body, []], environment, scope, again=True)
            self.block(statement.orelse, environment, scope)
        elif isinstance(statement, ast.If):
            self.branches([statement.body, statement.orelse], environment, scope)
        elif isinstance(statement, ast.Match):
            for case in statement.cases:
                for node in ast.walk(case.pattern):
                    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                        self.define(
                            node.name, node, _Binding("assign", statement.subject, statement), environment, scope
                        )
            self.branches([*(case.body for case in statement.cases), []], environment, scope)
        elif is_try(statement):
            self.attempt(statement, environment, scope)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                if item.optional_vars is not None:
                    self.target(item.optional_vars, _Binding("with", item.context_expr, statement), environment, scope)
            self.block(statement.body, environment, scope)
        else:
            self.simple(statement, environment, scope)

    def simple(self, statement: ast.stmt, environment: Environment, scope: Scope) -> None:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                self.target(target, _Binding("assign", statement.value, statement), environment, scope)
        elif isinstance(statement, ast.AnnAssign):
            if statement.value is not None or isinstance(scope.node, ast.ClassDef):
                self.target(statement.target, _Binding("assign", statement.value, statement), environment, scope)
        elif isinstance(statement, ast.AugAssign):
            target = statement.target
            if isinstance(target, ast.Name):
                # The old value counts as well.
                self.program.reaching[target] = tuple(environment.get(target.id, ()))
                self.define(target.id, target, _Binding("aug", statement.value, statement), environment, scope)
            else:
                self.target(target, _Binding("aug", statement.value, statement), environment, scope)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            for alias in statement.names:
                name = (alias.asname or alias.name).split(".")[0]
                self.define(name, alias, _Binding("import", None, statement), environment, scope)
        elif isinstance(statement, FUNCTIONS):
            self.define(statement.name, statement, _Binding("def", None, statement), environment, scope)
        elif isinstance(statement, ast.ClassDef):
            inside = dict(environment)
            own = self.program.scopes[statement]
            self.block(statement.body, inside, own)
            for name, definitions in own.definitions.items():
                self.program.attributes.setdefault(name, []).extend(definitions)
            self.define(statement.name, statement, _Binding("class", None, statement), environment, scope)
        elif isinstance(statement, ast.Delete):
            for target in statement.targets:
                if not isinstance(target, ast.Name):
                    self.uses(target, environment, scope)

    def loop(self, statement: ast.For | ast.AsyncFor, environment: Environment, scope: Scope) -> None:
        before = dict(environment)
        for _ in range(2):
            self.target(statement.target, _Binding("for", statement.iter, statement), environment, scope)
            self.block(statement.body, environment, scope)
            self.join(environment, before)
        self.block(statement.orelse, environment, scope)

    def branches(
        self, bodies: list[list[ast.stmt]], environment: Environment, scope: Scope, again: bool = False
    ) -> None:
        results = []
        for body in bodies:
            inside = dict(environment)
            self.block(body, inside, scope)
            if again and body:
                self.join(inside, environment)
                self.block(body, inside, scope)
            results.append(inside)
        alive = [inside for body, inside in zip(bodies, results, strict=True) if not _leaves(body)] or results
        environment.clear()
        for inside in alive:
            self.join(environment, inside)

    def attempt(self, statement: ast.Try, environment: Environment, scope: Scope) -> None:
        before = dict(environment)
        self.block(statement.body, environment, scope)
        self.block(statement.orelse, environment, scope)
        after = dict(environment)
        self.join(before, after)
        for handler in statement.handlers:
            inside = dict(before)
            if handler.name:
                self.define(handler.name, handler, _Binding("except", None, statement), inside, scope)
            self.block(handler.body, inside, scope)
            if not _leaves(handler.body):
                self.join(environment, inside)
        self.block(statement.finalbody, environment, scope)

    @staticmethod
    def join(one: Environment, other: Environment) -> None:
        for name, definitions in other.items():
            one[name] = one.get(name, frozenset()) | definitions

    # -- targets and uses
    def target(self, target: ast.expr, how: _Binding, environment: Environment, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            self.define(target.id, target, how, environment, scope)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for position, element in enumerate(target.elts):
                self.target(element, replace(how, path=(*how.path, position)), environment, scope)
        elif isinstance(target, ast.Starred):
            self.target(target.value, how, environment, scope)
        elif isinstance(target, ast.Attribute):
            key = (id(target), target.attr)
            if key not in self.known:
                found = Definition(target.attr, "attr", scope, how.statement, how.value, target, how.path)
                self.known[key] = found
                self.program.attributes.setdefault(target.attr, []).append(found)

    def uses(self, expression: ast.AST, environment: Environment, scope: Scope) -> None:
        """Note what reaches each name that an expression reads; comprehensions bind names of their own."""
        if isinstance(expression, ast.Name):
            if isinstance(expression.ctx, ast.Load):
                self.use(expression, environment, scope)
        elif isinstance(expression, COMPREHENSIONS):
            self.comprehension(expression, environment, scope)
        elif isinstance(expression, ast.NamedExpr):
            self.uses(expression.value, environment, scope)
            statement = self.program.statement_of(expression)
            if statement is not None:
                self.target(expression.target, _Binding("assign", expression.value, statement), environment, scope)
        elif not isinstance(expression, ast.Lambda):
            for child in ast.iter_child_nodes(expression):
                self.uses(child, environment, scope)
        else:
            for default in [*expression.args.defaults, *filter(None, expression.args.kw_defaults)]:
                self.uses(default, environment, scope)

    def use(self, name: ast.Name, environment: Environment, scope: Scope) -> None:
        here = environment.get(name.id)
        if here is not None:
            known = self.program.reaching.get(name, ())
            self.program.reaching[name] = (*known, *sorted_definitions(here, known))
        else:
            self.waiting.append((name, scope))

    def comprehension(self, expression: ast.expr, environment: Environment, scope: Scope) -> None:
        inside = dict(environment)
        statement = self.program.statement_of(expression)
        for generator in expression.generators:  # type: ignore[attr-defined]
            self.uses(generator.iter, inside, scope)
            if statement is not None:
                self._bind_inside(generator.target, generator.iter, statement, inside, scope)
            for test in generator.ifs:
                self.uses(test, inside, scope)
        for part in ("elt", "key", "value"):
            if hasattr(expression, part):
                self.uses(getattr(expression, part), inside, scope)

    def _bind_inside(
        self, target: ast.expr, value: ast.expr, statement: ast.stmt, inside: Environment, scope: Scope
    ) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                key = (id(node), node.id)
                definition = self.known.setdefault(key, Definition(node.id, "comp", scope, statement, value, node))
                inside[node.id] = frozenset({definition})


def sorted_definitions(found: Iterable[Definition], known: Iterable[Definition] = ()) -> list[Definition]:
    """Definitions in the order of the source, without those that are known: sets have no order of their own."""
    left = [one for one in found if all(one is not other for other in known)]
    return sorted(left, key=lambda one: (getattr(one.target, "lineno", 0), getattr(one.target, "col_offset", 0)))


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether a block never reaches what stands behind it."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise)):
        return True
    if isinstance(last, ast.If):
        return bool(last.orelse) and _leaves(last.body) and _leaves(last.orelse)
    return False
