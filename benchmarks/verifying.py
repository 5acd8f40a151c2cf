"""``python -m benchmarks.verifying --python PATH``: what verifying twenty findings costs, in runs of verifying one.

``--write`` keeps the result in docs/benchmarks_verify.md. Each turn verifies one finding, twenty in twenty files, and
twenty in one file, one after the other on the same machine, so that a busy or a slow one moves all three alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mistakes import separate, together

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "docs" / "benchmarks_verify.md"
FINDINGS = 20
TARGET = 2.0
# Whether Keras comes from bytecode, or is compiled anew by each verification.
_COMPILED = """
import importlib.util, os
found = importlib.util.find_spec("keras") or importlib.util.find_spec("tensorflow")
print(os.path.exists(found.cached))
"""


@dataclass(frozen=True)
class Cost:
    """One verification: seconds on the clock, its findings, and how many have a verdict."""

    seconds: float
    findings: int
    decided: int
    device: Mapping[str, str]


def main() -> None:
    """Measure, print, and write the report if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verifying", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="interpreter of the Keras to run on")
    parser.add_argument("--backend", help="backend of Keras 3")
    parser.add_argument("--repeat", type=int, default=5, help="turns (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"also write {REPORT.relative_to(ROOT)}")
    arguments = parser.parse_args()
    place = ["--python", arguments.python, *(["--backend", arguments.backend] if arguments.backend else [])]
    busy = os.getloadavg()[0]
    told = subprocess.run([arguments.python, "-c", _COMPILED], capture_output=True, text=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        apart = [Path(folder, f"train{number:02}.py") for number in range(FINDINGS)]
        for number, path in enumerate(apart):
            path.write_text(separate(number), encoding="utf-8")
        many = Path(folder, "experiments.py")
        many.write_text(together(FINDINGS), encoding="utf-8")
        turns = [
            (_cost([apart[turn % FINDINGS]], place), _cost(apart, place), _cost([many], place))
            for turn in range(arguments.repeat)
        ]
    report = _report(turns, busy, compiled=told.stdout.strip() == "True")
    print(report, end="")
    if arguments.write:
        REPORT.write_text(report, encoding="utf-8")


def _cost(files: Sequence[Path], place: Sequence[str]) -> Cost:
    """What verifying the findings of files costs as a user runs it. It ends the measuring if it confirms nothing."""
    command = [sys.executable, "-m", "keras_freeze_lint", "verify", "--format", "json", *place, *map(str, files)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 1:
        sys.exit(f"expected confirmed findings of this Keras, got exit code {done.returncode}: {done.stderr}")
    document = json.loads(done.stdout)
    runs = document.get("runs", [document])
    verdicts = [finding["verdict"]["verdict"] for run in runs for finding in run["findings"]]
    return Cost(
        seconds,
        len(verdicts),
        sum(verdict != "inconclusive" for verdict in verdicts),
        runs[0]["device"],
    )


def _report(turns: Sequence[tuple[Cost, Cost, Cost]], busy: float, *, compiled: bool) -> str:
    one = turns[0][0]
    alone = statistics.median(turn[0].seconds for turn in turns)
    bytecode = (
        "has the bytecode of its packages, as `envs create` leaves it" if compiled else "compiles Keras each time"
    )
    where = f"{one.device['keras']} on {one.device['framework']}, Python {one.device['python']}, {one.device['name']}"
    rows = "\n".join(
        _row(what, [(turn[0], turn[number]) for turn in turns])
        for number, what in ((1, f"{FINDINGS} findings in {FINDINGS} files"), (2, f"{FINDINGS} findings in one file"))
    )
    return f"""\
# What verifying costs

Written by `python -m benchmarks.verifying --write`: medians of turns ({len(turns)}), in each of which one finding is
verified, then many. Most of the first is the import of Keras, which all findings of an environment share.

Measured on {where}; {os.cpu_count()} processors, {platform.system()} {platform.machine()};
{busy:.0f} other processes wanted them when it began.
The environment {bytecode}. Verifying one finding took {alone:.1f} s.

| what | verdicts | seconds | each further finding | time over that of one | at most | reached |
| --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


def _row(what: str, pairs: Sequence[tuple[Cost, Cost]]) -> str:
    ratio = statistics.median(many.seconds / one.seconds for one, many in pairs)
    seconds = statistics.median(many.seconds for _, many in pairs)
    further = statistics.median((many.seconds - one.seconds) / (many.findings - 1) for one, many in pairs)
    verdicts = f"{min(many.decided for _, many in pairs)} of {pairs[0][1].findings}"
    reached = "yes" if ratio <= TARGET else "no"
    return f"| {what} | {verdicts} | {seconds:.1f} | {further:.2f} s | {ratio:.2f} | {TARGET:.1f} | {reached} |"


if __name__ == "__main__":
    main()
