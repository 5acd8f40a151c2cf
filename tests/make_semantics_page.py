"""Print Keras by version, ``docs/semantics.md``; ``python -m tests.make_semantics_page --write`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from keras_freeze_lint.keras.facts import FACTS, Fact, Row

PAGE = Path(__file__).parent.parent / "docs" / "semantics.md"
_HEAD = """\
# What Keras does with frozen layers, by version

The table that every finding is computed from, `keras_freeze_lint/keras/facts.py`. In each section the first row that
fits a release is the answer. A line is a history of releases with one behaviour: `standalone` is the package keras to
2.3.1; `tf.keras` is TensorFlow 1.4 to 2.15, the package keras 2.4 to 2.15, and tf_keras; `keras3` is the package keras
3, and TensorFlow 2.16 and later. Versions count as on their line. The last column names the measured experiments, the
programs that were run, or the source, that show the answer.
"""


def page() -> str:
    """Return the text of the page."""
    return _HEAD + "".join(_section(fact) for fact in FACTS)


def _section(fact: Fact) -> str:
    rows = "".join(_line(row) for row in fact.rows)
    return (
        f"\n## {fact.name}\n\n{fact.question}\n\n"
        "| line | versions | backend | answer | shown by |\n| --- | --- | --- | --- | --- |\n"
        f"{rows}"
    )


def _line(row: Row) -> str:
    answer = row.value if isinstance(row.value, str) else "yes" if row.value else "no"
    shown_by = ", ".join(f"`{one}`" if one[0].isdigit() else one for one in row.experiments)
    versions = f"`{row.versions}`" if row.versions else "all"
    return f"| {row.line} | {versions} | {row.backend or 'any'} | {answer} | {shown_by} |\n"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
