"""IPython's own syntax: what of a notebook cell is Python, on the lines where it stands."""

from __future__ import annotations

import io
import re
import tokenize

# Cell magics that run the rest of their cell as Python, in the notebook's own namespace.
_RUN_THE_CELL = frozenset("capture debug heat memit mprun notify prun scalene snakeviz time timeit wandb".split())

_CELL_MAGIC = re.compile(r"%%(\w*)")
_LINE_MAGIC = re.compile(r"\s*(?:%|!|\?)")
_HELP = re.compile(r"[\w.*%\[\]]+\?{1,2}")
# "%time" runs a statement as if nothing stood before it.
_RUN_THE_LINE = re.compile(r"(\s*)%time +(?=\S)")
# files = !ls, log = %sx ls
_CAPTURED = re.compile(r"(\s*[\w.,\s]+=\s*)[%!]\s*\S.*")
_UNKNOWN = "get_ipython()"


def python_of(source: str) -> str:
    """Return a cell's source with every line that only IPython understands turned into nothing, lines kept."""
    lines = source.split("\n")
    # Colab keeps a form's title above the magic.
    first = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    magic = _CELL_MAGIC.match(lines[first])
    if magic is not None:
        if magic[1] not in _RUN_THE_CELL:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    if not any(_is_candidate(line) for line in lines):
        return "\n".join(lines)
    done: list[str] = []
    in_magic = False
    for line in lines:
        if in_magic:
            in_magic = line.endswith("\\")
            done.append("")
        elif _is_candidate(line) and not _continues("\n".join(done)):
            done.append(_replacement(line))
            in_magic = line.endswith("\\")
        else:
            done.append(line)
    return "\n".join(done)


def _is_candidate(line: str) -> bool:
    return bool(_LINE_MAGIC.match(line) or _HELP.fullmatch(line.strip()) or _CAPTURED.fullmatch(line))


def _replacement(line: str) -> str:
    timed = _RUN_THE_LINE.match(line)
    if timed is not None:
        # As wide as "%time ", so that columns stay.
        statement = line[timed.end() :]
        return f"{timed[1]}{'None;'.ljust(timed.end() - len(timed[1]))}{statement}"
    captured = _CAPTURED.fullmatch(line)
    if captured is not None:
        return captured[1] + _UNKNOWN
    # A block may hold nothing else.
    return line[: len(line) - len(line.lstrip())] + "pass"


def _continues(before: str) -> bool:
    """Whether the next line still belongs to a statement: in brackets, in a long string, after a backslash."""
    if before.endswith("\\"):
        return True
    try:
        for _ in tokenize.generate_tokens(io.StringIO(before + "\n").readline):
            pass
    except tokenize.TokenError as error:
        return "multi-line" in str(error) or "triple-quoted" in str(error)
    except SyntaxError:
        return False
    return False
