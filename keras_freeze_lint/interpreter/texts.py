"""Texts that come from outside of the program: options of the command line, the environment, what somebody types."""

from __future__ import annotations

from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Unknown, Value

TEXT_OPTION, BOOL_OPTION, OUTER_TEXT = "text option", "bool option", "outer text"
_LOOKUPS = frozenset({"os.environ.get", "os.getenv"})
_TEXTS = frozenset({"os.environ", "sys.argv"})


def as_flag(run: Run, value: Value) -> tuple[Value, str | None]:
    """A value that becomes a flag: a text by its default, where it has one; and which kind of text it is otherwise."""
    key = value.key if isinstance(value, Unknown) and isinstance(value.key, tuple) else ()
    name = option_name(value)
    if name is not None and name in run.text_options:
        default = run.text_options[name]
        return (default, None) if default is not None else (value, TEXT_OPTION)
    if name is not None and name in run.bool_options:
        return value, BOOL_OPTION
    if len(key) == 4 and key[0] == "library" and key[1] in _LOOKUPS and isinstance(key[3], str):
        return key[3], None
    if len(key) == 3 and key[0] == "item" and any(f"'{path}'" in repr(key[1]) for path in _TEXTS):
        return value, OUTER_TEXT
    return value, None


def option_name(value: Value) -> str | None:
    """The name of an option, where the value is one: ``parser.parse_args().name``."""
    key = value.key if isinstance(value, Unknown) else None
    if isinstance(key, tuple) and key[0] == "attribute" and "parse_args" in repr(key):
        return str(key[-1])
    return None
