"""Write random but realistic programs that freeze and train layers.

`generate(seed, flavour)` is a pure function.  A program of the flavour "keras" runs on standalone Keras 2.0.8 - 2.3 and
on Keras 3, one of "tf.keras" on TensorFlow 2.1 and later, one of "keras3" on Keras 3 with any backend.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.programs import choice, forms
from tests.conformance.programs.sketch import FLAVOURS, Flavour, Lines, Sketch

_TITLES = (
    "Transfer learning test",
    "Freeze some layers",
    "Small experiment",
    "Fine-tuning example",
    "Two phase training",
)


def generate(seed: int, flavour: Flavour) -> str:
    """The program for a seed."""
    sketch = Sketch(seed, flavour)
    sketch.plain("numpy")
    scenario, one_script = choice.choose(sketch)
    form = forms.choose(sketch, one_script)
    lines = form(sketch, scenario(sketch))
    text = _tidy([*_opening(sketch), *_apart(lines)])
    ast.parse(text)
    return text


def _opening(sketch: Sketch) -> Lines:
    """All that stands before the models."""
    title = [f'"""{sketch.one_of(*_TITLES)}."""', ""] if sketch.chance(0.2) else []
    helpers = [line for lines in sketch.helpers.values() for line in ["", "", *lines]]
    seeded = [f"np.random.seed({sketch.between(0, 99)})"]
    return [*title, *sketch.imports.lines(), "", *seeded, *sketch.constants, *helpers, *(["", ""] if helpers else [""])]


def _apart(lines: Lines) -> Lines:
    return ["", *lines] if lines[0].startswith(("class ", "def ")) else lines


def _tidy(lines: Lines) -> str:
    """One text, with no more than two empty lines together."""
    kept: Lines = []
    for line in lines:
        if line.strip() or kept[-2:] != ["", ""]:
            kept.append(line.rstrip())
    return "\n".join(kept).strip("\n") + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write random freezing programs.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--flavour", choices=FLAVOURS, default="keras")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a folder for the programs; without one they are printed")
    options = parser.parse_args(arguments)
    for seed in range(options.seed, options.seed + options.count):
        text = generate(seed, options.flavour)
        if options.out is None:
            sys.stdout.write(text)
        else:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / f"seed{seed:04d}.py").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
