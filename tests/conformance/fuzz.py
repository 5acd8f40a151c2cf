"""Hold the predictions for random programs against what really happens.

    python -m tests.conformance.fuzz --env keras-2.2.4 --seeds 0:10000 --cache measured --keep contradictions --shrink 3

The environment is one of ``keras-freeze-lint envs`` (or of the folder KFL_ENVIRONMENTS), which says what its programs
import and what to predict for; NAME=PYTHON with --spec and --flavour takes any other. Programs are written by `generate`, measured in the environment (once: the results stay in the cache), predicted and
compared; those whose prediction is wrong are kept and made small.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from keras_freeze_lint.verify.environments import Definition, EnvironmentProblem, definition, definitions
from tests.conformance.compare import Difference, Verdict, compare, tally
from tests.conformance.environments import python_of_environment
from tests.conformance.generate import generate
from tests.conformance.measuring import Cache, Environment, Measurer, Sample
from tests.conformance.programs.sketch import FLAVOURS, Flavour
from tests.conformance.shrink import shrink

_WRONG: tuple[Verdict, ...] = ("contradiction", "missing call", "missing layer", "extra call")


@dataclass(frozen=True)
class Outcome:
    """One program, judged."""

    sample: Sample
    differences: list[Difference]
    crash: str = ""
    seconds: float = 0.0

    def wrong(self, *verdicts: Verdict) -> list[Difference]:
        return [difference for difference in self.differences if difference.verdict in verdicts]


def predict(text: str, path: str, spec: str, backend: str) -> dict[str, Any]:
    """What the analyser says; it is not needed where programs are only measured."""
    from keras_freeze_lint.linter import trace_source

    return dict(trace_source(text, path, spec, backend))


def judge(sample: Sample, spec: str, backend: str) -> Outcome:
    """Predict and compare; the analyser never raises, so that whatever it raises is kept as a mistake."""
    begin = time.perf_counter()
    try:
        predicted = predict(sample.program.read_text(encoding="utf-8"), str(sample.program), spec, backend)
    except Exception as error:  # noqa: BLE001
        return Outcome(sample, [], f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begin
    return Outcome(sample, compare(predicted, sample.trace) if sample.trace else [], seconds=seconds)


def measured(
    cache: Cache, seeds: Sequence[int], flavour: Flavour, environment: Environment, renew: bool
) -> list[Sample]:
    """The programs with their measured traces; what is not known yet is measured now."""
    for seed in seeds:
        cache.put(seed, generate(seed, flavour))
    stale = cache.stale(seeds)
    todo = [seed for seed in seeds if not cache.known(seed) or (renew and seed in stale)]
    if stale and not renew:
        _say(f"{len(stale)} results were made by another measuring program (--renew measures them again)")
    begin = time.monotonic()
    with Measurer(environment) as measurer:
        for number, (seed, verdict) in enumerate(cache.measure(todo, measurer), 1):
            if verdict != "ok" or number % 50 == 0:
                _say(f"seed {seed}: {verdict}; {number} of {len(todo)} measured in {time.monotonic() - begin:.0f} s")
    return [cache.sample(seed) for seed in seeds]


def report(outcomes: Sequence[Outcome]) -> None:
    """The table, and every difference that is no agreement and no matter of precision."""
    total: Counter[Verdict] = Counter()
    calls = 0
    for outcome in outcomes:
        total.update(tally(outcome.differences))
        calls += len(outcome.sample.trace["training_calls"]) if outcome.sample.trace else 0
        if outcome.crash:
            _say(f"{outcome.sample.program}: the analyser raised {outcome.crash}")
        for difference in outcome.wrong(*_WRONG):
            _say(f"{outcome.sample.program}: {difference}")
    facts = sum(total.values()) - total["missing call"] - total["extra call"]
    rows: list[tuple[str, int]] = [
        ("programs", len(outcomes)),
        ("not measured", sum(outcome.sample.trace is None for outcome in outcomes)),
        ("crashes", sum(bool(outcome.crash) for outcome in outcomes)),
        ("training calls", calls),
        ("layer facts", facts),
    ]
    rows += [(verdict, total[verdict]) for verdict in ("agree", "unknown", "imprecise", *_WRONG)]
    for name, count in rows:
        share = f"  {100 * count / facts:5.1f} %" if facts and name in total else ""
        _say(f"{name:16}{count:8}{share}")
    slowest = max(outcomes, key=lambda outcome: outcome.seconds, default=None)
    if slowest is not None:
        spent = sum(outcome.seconds for outcome in outcomes)
        _say(f"predicted in {spent:.1f} s, the slowest {slowest.sample.program.name} in {slowest.seconds:.2f} s")


def keep(outcome: Outcome, folder: Path) -> None:
    """A copy of a program that was predicted wrongly, with what was measured and what is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / outcome.sample.program.name
    notes = [f"# {difference}" for difference in outcome.wrong(*_WRONG)]
    text = outcome.sample.program.read_text(encoding="utf-8")
    target.write_text("\n".join([text.rstrip("\n"), "", *notes, ""]), encoding="utf-8")
    target.with_suffix(".json").write_text(json.dumps(outcome.sample.trace, indent=1) + "\n", encoding="utf-8")


def smaller(outcome: Outcome, spec: str, backend: str, measurer: Measurer) -> str | None:
    """The program made small while the first of its contradictions stays."""
    wanted = outcome.wrong("contradiction")[0].what
    raised = outcome.sample.trace is not None and "error" in outcome.sample.trace
    layer, quantity, value, _ = wanted

    def still_wrong(text: str) -> bool:
        try:
            predicted = predict(text, "shrunk.py", spec, backend)
        except Exception:  # noqa: BLE001
            return False
        calls = predicted["training_calls"]
        if not any(call["layers"].get(layer, {}).get(quantity) == value for call in calls):
            return False
        trace = measurer.trace(text)
        if trace is None or ("error" in trace and not raised):
            return False
        found = compare(predicted, trace)
        return any(difference.what == wanted for difference in found if difference.verdict == "contradiction")

    text = outcome.sample.program.read_text(encoding="utf-8")
    small = shrink(text, still_wrong)
    return small if small != text else None


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _range(text: str) -> range:
    start, _, end = text.partition(":")
    return range(int(start), int(end)) if end else range(int(start), int(start) + 1)


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
    parser.add_argument("--seeds", type=_range, required=True, metavar="A:B")
    parser.add_argument("--jobs", type=int, default=2, help="processes that predict")
    parser.add_argument("--cache", type=Path, help="where programs and measured traces stay")
    parser.add_argument(
        "--renew", action="store_true", help="measure again what another measuring program has measured"
    )
    parser.add_argument("--measure-only", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where wrongly predicted programs go")
    parser.add_argument("--shrink", type=int, default=0, metavar="N", help="make the first N contradictions small")
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
    environment = Environment(options.env[0], options.env[1], options.backend)
    samples = measured(cache, options.seeds, options.flavour, environment, options.renew)
    if options.measure_only:
        return 0
    with multiprocessing.Pool(options.jobs) as pool:
        outcomes = pool.map(partial(judge, spec=options.spec, backend=options.backend), samples, chunksize=4)
    report(outcomes)
    wrong = [outcome for outcome in outcomes if outcome.wrong(*_WRONG)]
    if options.keep is not None:
        for outcome in wrong:
            keep(outcome, options.keep)
        contradicted = [outcome for outcome in wrong if outcome.wrong("contradiction")][: options.shrink]
        with Measurer(environment) as measurer:
            for outcome in contradicted:
                small = smaller(outcome, options.spec, options.backend, measurer)
                if small is not None:
                    path = options.keep / f"{outcome.sample.program.stem}-small.py"
                    path.write_text(f"{small}# {outcome.wrong('contradiction')[0].claim}\n", encoding="utf-8")
                    _say(f"made small: {path}")
    return 1 if any(outcome.crash or outcome.wrong("contradiction") for outcome in outcomes) else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    options = _options(arguments)
    if options.cache is not None:
        return _run(options, Cache(options.cache))
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        return _run(options, Cache(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
