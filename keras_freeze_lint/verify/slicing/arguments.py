"""What a command line would have given: the options that a file declares with argparse, and their defaults."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from keras_freeze_lint.verify.slicing.program import Program

_PARSING = frozenset({"parse_args", "parse_known_args"})


@dataclass(frozen=True)
class CommandLine:
    """Options by the name of their attribute, with the value that a run without arguments has, as source text."""

    options: dict[str, str]

    def namespace(self, call: ast.Call) -> str | None:
        """What stands in the place of a call that parses the command line, or None for another call."""
        name = getattr(call.func, "attr", "")
        if name not in _PARSING or not self.options:
            return None
        values = ", ".join(f"{option}={value}" for option, value in self.options.items())
        space = f"argparse.Namespace({values})"
        return space if name == "parse_args" else f"({space}, [])"

    def default(self, expression: ast.AST) -> str | None:
        """The default of an option that is read as ``args.name`` or ``config["name"]``."""
        key: object = None
        if isinstance(expression, ast.Attribute):
            key = expression.attr
        elif isinstance(expression, ast.Subscript) and isinstance(expression.slice, ast.Constant):
            key = expression.slice.value
        value = self.options.get(key) if isinstance(key, str) else None
        return None if value == "None" else value


def command_line(program: Program) -> CommandLine:
    """Return the options that a file declares."""
    from keras_freeze_lint.verify.slicing.roles import by_name

    options: dict[str, str] = {}
    for call in program.calls:
        if getattr(call.func, "attr", "") != "add_argument":
            continue
        flags = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        words = {word.arg: word.value for word in call.keywords}
        name = words.get("dest")
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            option = name.value
        else:
            longest = [flag for flag in flags if flag.startswith("--")] or flags
            option = longest[0].lstrip("-").replace("-", "_") if longest else ""
        if not option.isidentifier():
            continue
        options[option] = _default(words, option, by_name(option))
    return CommandLine(options)


def _default(words: dict[str | None, ast.expr], option: str, named: str | None) -> str:
    default, action, choices = words.get("default"), words.get("action"), words.get("choices")
    if default is not None:
        try:
            value = repr(ast.literal_eval(default))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            value = ""
        if value and not (value == "None" and (named or "None") != "None"):
            return value
    if isinstance(action, ast.Constant) and action.value in {"store_true", "store_false"}:
        return repr(action.value == "store_false")
    if isinstance(choices, (ast.List, ast.Tuple)) and choices.elts and isinstance(choices.elts[0], ast.Constant):
        return repr(choices.elts[0].value)
    if named is not None and named != "shape":
        return named
    kind = words.get("type")
    return {"int": "2", "float": "0.1", "str": f"'{option}'", "bool": "False"}.get(getattr(kind, "id", ""), "None")
