"""The verifier on an accelerator: ``python -m tests.verify.on_device``, on any of the backends that are installed.

Runs the mistakes and corrected twins of ``test_verdicts.py`` that the Keras of ``--python`` can run, on the device, and
again on the processor: each mistake must be confirmed on both, each twin cleared. Ends with 1 if anything is not so, and
with 2 if there is no such device. ``--write`` keeps what ran, where, and how long in docs/devices.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import click

from keras_freeze_lint.cli.progress import Silence
from keras_freeze_lint.findings import Verdict
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.verify.interrogation import Place, place_of
from keras_freeze_lint.verify.measurement import Device
from keras_freeze_lint.verify.runner import DeviceChoice, Limits, Runner, accelerator_at_hand
from keras_freeze_lint.verify.verifying import Verifier
from tests.faces import ROOT
from tests.verify.test_verdicts import CONFIRMED, cases

REPORT = ROOT / "docs" / "devices.md"
ENVIRONMENTS = {"tensorflow": "keras-3.15", "jax": "keras-3.15-jax", "torch": "keras-3.15-torch"}
HEADING = """\
# Runs on accelerators

Written by `python -m tests.verify.on_device --write`: every mistake that the Keras there can run is confirmed on the
device and on the processor, and its corrected twin is cleared on both.

"""


@dataclass(frozen=True)
class Outcome:
    """What one backend gave on one device: how many programs ran, which of them went wrong, and how long it took."""

    backend: str
    device: Device | None
    programs: int
    wrong: tuple[str, ...]
    seconds: float


def main() -> int:
    """Run all, print a line for each backend and device, and say whether all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify.on_device", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="interpreter of the Keras to run on")
    parser.add_argument("--device", choices=["gpu", "cpu"], default="gpu", help="default: %(default)s")
    parser.add_argument("--no-sandbox", action="store_true", help="for machines that offer no walls")
    parser.add_argument("--select", default="", help="only codes that begin with this")
    parser.add_argument("--write", action="store_true", help=f"also write {REPORT.relative_to(ROOT)}")
    arguments = parser.parse_args()
    if arguments.device == "gpu" and not accelerator_at_hand():
        click.echo("skipped: this machine shows no accelerator (no /dev/nvidia* and no /dev/kfd)", err=True)
        return 2
    place = place_of(arguments.python)
    found = []
    for backend in place.backends:
        for device in dict.fromkeys((arguments.device, "cpu")):
            outcome = measured(place, backend, device, arguments.select, sandbox=not arguments.no_sandbox)
            click.echo(row(outcome))
            for line in outcome.wrong:
                click.echo(f"  {line}")
            found.append(outcome)
    if arguments.write:
        REPORT.write_text(page(found), encoding="utf-8")
    return 1 if any(outcome.wrong for outcome in found) else 0


def measured(place: Place, backend: str, device: DeviceChoice, select: str = "", *, sandbox: bool = True) -> Outcome:
    """Verify every program of a backend on a device."""
    own = [case for case in cases(CONFIRMED) if case.environment == ENVIRONMENTS[backend]]
    chosen = [case for case in own if case.code.startswith(select)]
    start = time.perf_counter()

    def runner() -> Runner:
        return Runner(place.python, backend, device, Limits(), sandbox=sandbox)

    with Verifier(place, runner, Silence()) as verifier:
        programs = [(case, one) for case in chosen for one in (case.wrong, case.right)]
        settings = Settings(keras="auto", backend=backend)
        prepared = [(case, one, verifier.prepare(one.text, one.name, settings)) for case, one in programs]
        # A program that imports TensorFlow is none for a Keras without it.
        runnable = [each for each in prepared if place.requirement(each[2].imported) is not None]
        files = verifier.verify_all([each[2] for each in runnable])
    wrong = []
    for (case, one, _), file in zip(runnable, files, strict=True):
        expected = {Verdict.CONFIRMED} if one == case.wrong else set()
        if {each.verdict for each in file.evidence} != expected:
            wrong.append(f"{one.name}: " + ("; ".join(each.reason for each in file.evidence) or "no finding"))
    used = next((file.device for file in files if file.device is not None), None)
    return Outcome(backend, used, len(files), tuple(wrong), time.perf_counter() - start)


def row(outcome: Outcome) -> str:
    """Return the outcome as a row of the table."""
    device = outcome.device
    where = (device.name, device.framework, device.keras, device.python) if device else ("none", "", "", "")
    right = outcome.programs - len(outcome.wrong)
    return f"| {' | '.join(where)} | {right} of {outcome.programs} | {outcome.seconds:.0f} s |"


def page(outcomes: Sequence[Outcome]) -> str:
    """Return the record of a run."""
    head = "| device | framework | Keras | Python | as expected | time |\n| --- | --- | --- | --- | --- | --- |\n"
    return HEADING + head + "".join(f"{row(outcome)}\n" for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
