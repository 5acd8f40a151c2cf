"""Make a program small while something about it stays true."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Check = Callable[[str], bool]


def shrink(text: str, check: Check) -> str:
    """The smallest program found for which the check holds: statements are left out, blocks unwrapped."""
    best = ast.unparse(ast.parse(text))
    if not check(best):
        return text
    shorter: str | None = best
    while shorter is not None:
        best = shorter
        shorter = _one_round(best, check)
    return best + "\n"


def _one_round(text: str, check: Check) -> str | None:
    """Every kind of change, once over the whole program; None if none of them worked."""
    now = text
    for change in (_without, _unwrapped, _without_keyword):
        now = _try_all(now, change, check)
    return now if now != text else None


def _try_all(text: str, change: Callable[[str], Iterator[str]], check: Check) -> str:
    """Take each change that works, and go on from there."""
    position = 0
    while True:
        candidates = change(text)
        for number, candidate in enumerate(candidates):
            if number >= position and len(candidate) < len(text) and check(candidate):
                text, position = candidate, number
                break
        else:
            return text


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements, from the outermost in."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _edited(text: str, number: int, edit: Callable[[list[ast.stmt]], None]) -> str | None:
    """The program with one of its blocks edited."""
    tree = ast.parse(text)
    edit(list(_blocks(tree))[number])
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if body == [] and not isinstance(node, ast.Module):
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
    try:
        smaller = ast.unparse(ast.fix_missing_locations(tree))
        ast.parse(smaller)
    except (SyntaxError, ValueError):
        return None
    return smaller


def _without(text: str) -> Iterator[str]:
    """Runs of statements left out: long runs first, later ones first."""
    lengths = [len(block) for block in _blocks(ast.parse(text))]
    for size in (8, 4, 2, 1):
        for number, length in enumerate(lengths):
            for start in range(length - size, -1, -max(1, size // 2)):

                def leave_out(block: list[ast.stmt], start: int = start, size: int = size) -> None:
                    del block[start : start + size]

                smaller = _edited(text, number, leave_out)
                if smaller is not None:
                    yield smaller


def _unwrapped(text: str) -> Iterator[str]:
    """The body of a block in the place of the block."""
    for number, length in enumerate([len(block) for block in _blocks(ast.parse(text))]):
        for position in range(length):

            def unwrap(block: list[ast.stmt], position: int = position) -> None:
                inside = getattr(block[position], "body", None)
                if isinstance(inside, list) and not isinstance(block[position], (ast.FunctionDef, ast.ClassDef)):
                    block[position : position + 1] = inside

            smaller = _edited(text, number, unwrap)
            if smaller is not None:
                yield smaller


def _without_keyword(text: str) -> Iterator[str]:
    """Calls and lists with one argument or element less."""
    total = sum(_removable(node) for node in ast.walk(ast.parse(text)))
    for wanted in range(total - 1, -1, -1):
        tree = ast.parse(text)
        seen = 0
        for node in ast.walk(tree):
            count = _removable(node)
            if seen <= wanted < seen + count:
                _remove(node, wanted - seen)
                break
            seen += count
        yield ast.unparse(tree)


def _removable(node: ast.AST) -> int:
    if isinstance(node, ast.Call):
        return len(node.keywords)
    return len(node.elts) if isinstance(node, ast.List) and len(node.elts) > 1 else 0


def _remove(node: ast.AST, number: int) -> None:
    if isinstance(node, ast.Call):
        del node.keywords[number]
    elif isinstance(node, ast.List):
        del node.elts[number]
