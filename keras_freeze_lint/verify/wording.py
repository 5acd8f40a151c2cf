"""How reasons are worded: errors cut short, and names in a row."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Error messages of frameworks run over pages; this much names the error.
_LONGEST = 160


def brief(message: str) -> str:
    """Return what an error says, for the middle of a sentence: one line, without colours, not endless."""
    plain = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", message).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 3]}..."


def listed(names: Sequence[str], limit: int = 3) -> str:
    """Return names as a part of a sentence, each once and not too many of them."""
    once = list(dict.fromkeys(names))
    if len(once) <= limit:
        return " and ".join(filter(None, [", ".join(once[:-1]), once[-1] if once else "nothing"]))
    return f"{', '.join(once[: limit - 1])} and {len(once) - limit + 1} more"
