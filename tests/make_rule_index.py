"""Print the table of all rules, ``docs/index.md``; ``python -m tests.make_rule_index --write`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from keras_freeze_lint.rules.registry import RULES

INDEX = Path(__file__).parent.parent / "docs" / "index.md"
_HEAD = """\
# Rules

What keras-freeze-lint finds, by code. The first digit is the family: 1 when a freeze takes effect, 2
BatchNormalization, 3 weights, 4 assignments that do nothing, 5 models inside models, 6 training loops of your own, 7
copies and files.
Rules that are not on by default are turned on by `--pedantic` or an explicit `--select`.

| code | name | what is wrong | default |
| --- | --- | --- | --- |
"""


def index() -> str:
    """Return the text of the index."""
    rows = (
        f"| [{rule.code}](rules/{rule.code}.md) | {rule.name} | {rule.summary} | {'on' if rule.default else 'off'} |\n"
        for rule in RULES
    )
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        INDEX.write_text(index(), encoding="utf-8")
    else:
        sys.stdout.write(index())
