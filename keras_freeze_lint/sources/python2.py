"""Tells Python 2 source from source that is simply broken, so that the error can say which of the two it is."""

from __future__ import annotations

import re

_STATEMENT = re.compile(
    r"""
    ^\s*(?:print|exec)\s+[^\s=(.,:\[]     # print "x", exec code
    | ^\s*print\s*>>                      # print >>sys.stderr, "x"
    | ^\s*except\s+[\w.()]+\s*,\s*\w+\s*: # except ValueError, error:
    | ^\s*raise\s+[\w.]+\s*,              # raise ValueError, "x"
    | <>                                  # a <> b
    | `[^`]+`                             # `x` for repr(x)
    | \b0[0-7]+\b                         # 0755
    | \b\d+[lL]\b                         # 10L
    | \bur["']                            # ur"x"
    """,
    re.VERBOSE | re.MULTILINE,
)


def looks_like_python2(line: str) -> bool:
    """Whether a line that Python 3 refuses is one that Python 2 took."""
    return _STATEMENT.search(line) is not None
