"""``python -m benchmarks.run``: what linting costs, in one run. ``--write`` keeps the result in docs/benchmarks.md.

Ratios, not seconds: both sides of each ratio run in turns on the same machine, in CPU time, so that a busy or a slow
machine moves both alike.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst

from benchmarks.programs import program
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "docs" / "benchmarks.md"
FREEZING_PROGRAMS = 60
# In eleven public Keras repositories one file in four freezes something.
PLAIN_PROGRAMS = 180
STANDARD_MODULES = 50

# Runs flake8 with or without one distribution's plugins; both sides pay for the filter.
FLAKE8 = """
import importlib.metadata, sys
found = importlib.metadata.distributions
hidden = sys.argv.pop(1)
importlib.metadata.distributions = lambda **k: (d for d in found(**k) if d.metadata["Name"].lower() != hidden)
from flake8.main.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Result:
    """A measured ratio, the most that it may be, and what it was measured on."""

    what: str
    ratio: float
    target: float
    corpus: str

    @property
    def row(self) -> str:
        """The result as a row of the table."""
        verdict = "yes" if self.ratio <= self.target else "no"
        return f"| {self.what} | {self.ratio:.3f} | {self.target:.2f} | {verdict} | {self.corpus} |"


def main() -> None:
    """Measure, print, and write the report if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--repeat", type=int, default=9, help="turns of each pair (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"also write {REPORT.relative_to(ROOT)}")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        freezing = _written(
            Path(folder, "freezing"), [program(seed, freezes=True) for seed in range(FREEZING_PROGRAMS)]
        )
        plain = _written(Path(folder, "plain"), [program(seed, freezes=False) for seed in range(PLAIN_PROGRAMS)])
        freezing += sorted((ROOT / "fixtures").rglob("*.py"))
        standard = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:STANDARD_MODULES]
        results = [
            _analysis_over_parsing(freezing, arguments.repeat),
            _flake8(standard, 1.01, "without Keras", arguments.repeat),
            _flake8([*freezing, *plain], 1.25, "of a Keras repository", arguments.repeat),
            _flake8(freezing, 1.60, "that freeze", arguments.repeat),
        ]
    report = _report(results, arguments.repeat)
    print(report, end="")
    if arguments.write:
        REPORT.write_text(report, encoding="utf-8")


def _written(folder: Path, texts: Sequence[str]) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"train{number:03}.py" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def _analysis_over_parsing(files: Sequence[Path], repeat: int) -> Result:
    texts = [file.read_text(encoding="utf-8") for file in files]

    def analyse() -> None:
        for file, text in zip(files, texts, strict=True):
            lint_source(text, str(file), Settings())

    def parse() -> None:
        for text in texts:
            libcst.parse_module(text)

    ratio = _ratio(lambda: _own_time(analyse), lambda: _own_time(parse), repeat)
    return Result("lint_source over libcst.parse_module", ratio, 1.6, _corpus(files, "that freeze"))


def _flake8(files: Sequence[Path], target: float, kind: str, repeat: int) -> Result:
    ours = importlib.metadata.distribution("keras-freeze-lint").metadata["Name"].lower()
    ratio = _ratio(lambda: _flake8_time("nothing", files), lambda: _flake8_time(ours, files), repeat)
    return Result(f"flake8 with the plugin over flake8 alone, files {kind}", ratio, target, _corpus(files, kind))


def _flake8_time(hidden: str, files: Sequence[Path]) -> float:
    command = [sys.executable, "-c", FLAKE8, hidden, "--isolated", "--jobs=1", "--exit-zero", *map(str, files)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _own_time(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _ratio(ours: Callable[[], float], theirs: Callable[[], float], repeat: int) -> float:
    """Return the median ratio of two sides that take turns, so that a machine that slows down slows both."""
    ours(), theirs()  # warms up: imports, caches, files
    return statistics.median(ours() / theirs() for _ in range(repeat))


def _corpus(files: Sequence[Path], kind: str) -> str:
    lines = sum(len(file.read_bytes().splitlines()) for file in files)
    return f"{len(files)} files {kind}, {lines:,} lines"


def _report(results: Sequence[Result], repeat: int) -> str:
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("keras-freeze-lint", "flake8", "libcst")
    )
    rows = "\n".join(result.row for result in results)
    return f"""\
# Benchmarks

Written by `python -m benchmarks.run --write`. Ratios of CPU time, medians of {repeat} pairs;
Python {platform.python_version()}, {versions}.

Programs that freeze are the fixtures and {FREEZING_PROGRAMS} generated training scripts; a Keras repository has
{PLAIN_PROGRAMS} more that freeze nothing; code without Keras is Python's own standard library.

| what | ratio | at most | reached | on |
| --- | --- | --- | --- | --- |
{rows}
"""


if __name__ == "__main__":
    main()
