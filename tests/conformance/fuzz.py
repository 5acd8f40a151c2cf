"""Hold the predictions for random programs against what really happens.

    python -m tests.conformance.fuzz --env keras-2.2.4 --seeds 0:10000 --cache measured --keep contradictions --shrink 3

The environment is one of ``keras-freeze-lint envs`` (or of the folder KFL_ENVIRONMENTS), which says what its programs
import and what to predict for; NAME=PYTHON with --spec and --flavour takes any other. Programs are written by
`generate`, measured in the environment (once: the results stay in the cache), predicted and compared: what each
training call moves or raises, and what each finding says that a run must show. Those whose prediction is wrong are kept
and made small. Without an end (``--seeds 0:``) it goes on until it is interrupted, and tells so far after each hundred.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

from keras_freeze_lint.keras.semantics import behaviour, line_of
from keras_freeze_lint.verify.environments import Definition, EnvironmentProblem, definition, definitions
from tests.conformance.compare import WRONG, Difference, Verdict, compare, compare_findings, compare_intents, tally
from tests.conformance.environments import python_of_environment
from tests.conformance.generate import generate
from tests.conformance.measuring import Cache, Environment, Measurer, Sample
from tests.conformance.programs.sketch import FLAVOURS, Flavour
from tests.conformance.shrink import shrink

_ROUND = 100


@dataclass(frozen=True)
class Target:
    """What the programs are predicted for: a Keras as --keras takes it, and a backend."""

    keras: str
    backend: str


@dataclass(frozen=True)
class Outcome:
    """One program, judged: what its training calls do, and what its findings say that they do."""

    sample: Sample
    differences: list[Difference]
    findings: list[Difference]
    intents: list[Difference]
    crash: str = ""
    seconds: float = 0.0

    @property
    def wrong(self) -> list[Difference]:
        return [one for one in (*self.differences, *self.findings, *self.intents) if one.verdict in WRONG]


def predict(text: str, path: str, target: Target) -> dict[str, Any]:
    """What the analyser says; it is not needed where programs are only measured."""
    from keras_freeze_lint.linter import trace_source

    return dict(trace_source(text, path, target.keras, target.backend))


def judge(sample: Sample, target: Target) -> Outcome:
    """Predict and compare; the analyser never raises, so that whatever it raises is kept as a mistake."""
    begin = time.perf_counter()
    text = sample.program.read_text(encoding="utf-8")
    try:
        predicted = predict(text, str(sample.program), target)
    except Exception as error:  # noqa: BLE001
        return Outcome(sample, [], [], [], f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begin
    if sample.trace is None:
        return Outcome(sample, [], [], [], seconds=seconds)
    return Outcome(sample, *_compared(text, predicted, sample.trace, target), seconds=seconds)


def _compared(
    text: str, predicted: dict[str, Any], trace: dict[str, Any], target: Target
) -> tuple[list[Difference], list[Difference], list[Difference]]:
    intents = compare_intents(predicted, trace) if _intents_are_flags(text, target) else []
    return compare(predicted, trace), compare_findings(predicted, trace), intents


def _intents_are_flags(text: str, target: Target) -> bool:
    """Whether a program says by its flags alone what it means."""
    wanted = Requirement(target.keras)
    [release] = wanted.specifier
    known = behaviour(*line_of(wanted.name, Version(release.version)), target.backend)
    if (
        not known.setter_reaches_children
        or known.same_value_skipped
        or re.search(r"Callback|def compile|def run_phase", text)
    ):
        return False
    return len(set(re.findall(r"([\w.]+)\.compile\(", text))) == 1


def measured(cache: Cache, seeds: Sequence[int], flavour: Flavour, measurer: Measurer, renew: bool) -> list[Sample]:
    """The programs with their measured traces; what is not known yet is measured now."""
    for seed in seeds:
        cache.put(seed, generate(seed, flavour))
    stale = cache.stale(seeds)
    todo = [seed for seed in seeds if not cache.known(seed) or (renew and seed in stale)]
    if stale and not renew:
        _say(f"{len(stale)} results were made by another measuring program (--renew measures them again)")
    begin = time.monotonic()
    for number, (seed, verdict) in enumerate(cache.measure(todo, measurer), 1):
        if verdict != "ok" or number % 25 == 0:
            _say(f"seed {seed}: {verdict}; {number} of {len(todo)} measured in {time.monotonic() - begin:.0f} s")
    return [cache.sample(seed) for seed in seeds]


@dataclass
class Summary:
    """What came out so far."""

    programs: int = 0
    unmeasured: int = 0
    crashes: int = 0
    calls: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    findings: Counter[Verdict] = field(default_factory=Counter)
    intents: Counter[Verdict] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")

    def add(self, outcome: Outcome) -> None:
        self.programs += 1
        self.unmeasured += outcome.sample.trace is None
        self.crashes += bool(outcome.crash)
        self.calls += len(outcome.sample.trace["training_calls"]) if outcome.sample.trace else 0
        self.verdicts.update(tally(outcome.differences))
        self.findings.update(tally(outcome.findings))
        self.intents.update(tally(outcome.intents))
        self.seconds += outcome.seconds
        self.slowest = max(self.slowest, (outcome.seconds, outcome.sample.program.name))

    @property
    def wrong(self) -> int:
        return self.crashes + sum(
            sum(kind[verdict] for kind in (self.verdicts, self.findings, self.intents)) for verdict in WRONG
        )

    def lines(self) -> Iterator[str]:
        """The table."""
        facts = sum(self.verdicts.values()) - self.verdicts["missing call"] - self.verdicts["extra call"]
        rows: list[tuple[str, int, int]] = [
            ("programs", self.programs, 0),
            ("not measured", self.unmeasured, 0),
            ("crashes", self.crashes, 0),
            ("training calls", self.calls, 0),
            ("layer facts", facts, 0),
        ]
        effects = [
            verdict
            for verdict in ("agree", "unknown", "imprecise", *WRONG)
            if verdict not in ("wrong finding", "other intent")
        ]
        rows += [(verdict, self.verdicts[verdict], facts) for verdict in effects]
        claims = sum(self.findings.values())
        rows += [("claims of findings", claims, 0)]
        rows += [(name, self.findings[name], claims) for name in ("agree", "imprecise", "wrong finding")]
        meant = sum(self.intents.values())
        rows += [
            ("intents", meant, 0),
            *((name, self.intents[name], meant) for name in ("agree", "unknown", "other intent")),
        ]
        for name, count, whole in rows:
            yield f"{name:18}{count:8}" + (f"  {100 * count / whole:5.1f} %" if whole else "")
        yield f"predicted in {self.seconds:.1f} s, the slowest {self.slowest[1]} in {self.slowest[0]:.2f} s"


def tell(outcome: Outcome) -> None:
    """Every difference that is no agreement and no matter of precision."""
    if outcome.crash:
        _say(f"{outcome.sample.program}: the analyser raised {outcome.crash}")
    for difference in outcome.wrong:
        _say(f"{outcome.sample.program}: {difference}")


def keep(
    name: str, text: str, trace: dict[str, Any], wrong: Sequence[Difference], target: Target, folder: Path
) -> None:
    """A program that was predicted wrongly, with what was measured: a test of `test_contradictions` as it stands."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = [f"# {difference}".replace("\n", " ") for difference in wrong]
    path = folder / f"{name}.py"
    path.write_text("\n".join([text.rstrip("\n"), "", *notes, ""]), encoding="utf-8")
    known = {"keras": target.keras, "backend": target.backend, "measured": {**trace, "file": "program.py"}}
    path.with_suffix(".json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def smaller(outcome: Outcome, target: Target, measurer: Measurer) -> tuple[str, dict[str, Any], list[Difference]]:
    """The program made small while the first of what is wrong about it stays, with its trace and what is wrong then."""
    wanted = outcome.wrong[0]
    raised = outcome.sample.trace is not None and "error" in outcome.sample.trace
    best: tuple[dict[str, Any], list[Difference]] | None = None

    def still_wrong(text: str) -> bool:
        nonlocal best
        try:
            predicted = predict(text, "shrunk.py", target)
        except Exception:  # noqa: BLE001
            return False
        if not _may_claim(predicted, wanted):
            return False
        trace = measurer.trace(text)
        if trace is None or ("error" in trace and not raised):
            return False
        found = [one for kind in _compared(text, predicted, trace, target) for one in kind]
        if any(one.what == wanted.what for one in found):
            best = trace, [one for one in found if one.verdict in WRONG]
            return True
        return False

    text = outcome.sample.program.read_text(encoding="utf-8")
    small = shrink(text, still_wrong)
    if best is None or small == text:
        return text, outcome.sample.trace or {}, outcome.wrong
    return small, *best


def _may_claim(predicted: dict[str, Any], wanted: Difference) -> bool:
    """Whether a prediction says the same again; measuring is what takes long."""
    if wanted.verdict == "wrong finding":
        return any(finding["code"] == wanted.call for finding in predicted["findings"])
    if wanted.verdict != "contradiction" or wanted.quantity == "error":
        return True
    calls = predicted["training_calls"]
    return any(call["layers"].get(wanted.layer, {}).get(wanted.quantity) == wanted.predicted for call in calls)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _range(text: str) -> Iterable[int]:
    start, colon, end = text.partition(":")
    if colon and not end:
        return itertools.count(int(start))
    return range(int(start), int(end) if end else int(start) + 1)


def _rounds(seeds: Iterable[int]) -> Iterator[list[int]]:
    left = iter(seeds)
    while group := list(itertools.islice(left, _ROUND)):
        yield group


def _environment(text: str) -> tuple[str, str]:
    """The name and the Python of an environment; without one of its own, that of the environment of this name."""
    name, _, python = text.partition("=")
    if python:
        return name, python
    try:
        found = python_of_environment(definition(name))
    except EnvironmentProblem as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem
    if found is None:
        raise argparse.ArgumentTypeError(f"{name} is not there: keras-freeze-lint envs create {name} builds it")
    return name, found


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold predictions for random programs against measurements.")
    parser.add_argument("--env", type=_environment, required=True, metavar="NAME[=PYTHON]")
    parser.add_argument("--backend")
    parser.add_argument("--flavour", choices=FLAVOURS)
    parser.add_argument("--spec", help="the Keras to predict for, as --keras of the analyser takes it")
    parser.add_argument("--seeds", type=_range, required=True, metavar="A:[B]")
    parser.add_argument("--jobs", type=int, default=2, help="processes that predict")
    parser.add_argument("--cache", type=Path, help="where programs and measured traces stay")
    parser.add_argument(
        "--renew", action="store_true", help="measure again what another measuring program has measured"
    )
    parser.add_argument("--measure-only", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where wrongly predicted programs go")
    parser.add_argument("--shrink", type=int, default=0, metavar="N", help="make the first N of those small")
    options = parser.parse_args(arguments)
    known = next((one for one in definitions() if one.name == options.env[0]), None)
    options.spec = options.spec or (known.keras if known else parser.error("--spec is wanted"))
    options.backend = options.backend or (known.backend if known else "tensorflow")
    options.flavour = options.flavour or (_flavour(known) if known else "keras")
    return options


def _flavour(known: Definition) -> Flavour:
    """Programs as new as the environment can run."""
    if known.imports == "tf.keras":
        return "tf.keras"
    return "keras3" if known.keras.startswith("keras==3") else "keras"


def _run(options: argparse.Namespace, cache: Cache) -> int:
    target = Target(options.spec, options.backend)
    summary = Summary()
    judged = partial(judge, target=target)
    name, python = options.env
    with (
        multiprocessing.Pool(options.jobs) as pool,
        Measurer(Environment(name, python, options.backend)) as measurer,
        suppress(KeyboardInterrupt),
    ):
        for seeds in _rounds(options.seeds):
            samples = measured(cache, seeds, options.flavour, measurer, options.renew)
            for outcome in [] if options.measure_only else pool.map(judged, samples, chunksize=4):
                summary.add(outcome)
                tell(outcome)
                if options.keep is not None and outcome.wrong and outcome.sample.trace is not None:
                    found = (
                        outcome.sample.program.read_text(encoding="utf-8"),
                        outcome.sample.trace,
                        outcome.wrong,
                    )
                    if options.shrink > 0:
                        options.shrink -= 1
                        found = smaller(outcome, target, measurer)
                    keep(f"{name}-{outcome.sample.seed}", *found, target, options.keep)
            _say(f"seeds up to {seeds[-1]}: {summary.programs} programs judged, {summary.wrong} mistakes")
    if not options.measure_only:
        for line in summary.lines():
            _say(line)
    return 1 if summary.wrong else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    options = _options(arguments)
    if options.cache is not None:
        return _run(options, Cache(options.cache))
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        return _run(options, Cache(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
