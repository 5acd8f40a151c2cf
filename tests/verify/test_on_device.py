"""The verifier on whatever accelerator this machine has; ``python -m tests.verify.on_device`` does it all by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from keras_freeze_lint.verify.interrogation import NoKeras, place_of
from keras_freeze_lint.verify.measurement import Device
from keras_freeze_lint.verify.runner import accelerator_at_hand
from tests.faces import ROOT
from tests.verify.on_device import Outcome, measured, page

PROCESSOR = Device("cpu", "3.11.7", "keras 3.15.1", "jax", "jax 0.10.2")


def test_the_record_names_device_framework_and_versions() -> None:
    lines = page([Outcome("jax", PROCESSOR, 24, ("KFL101: no",), 61.6)]).splitlines()

    assert lines[-1] == "| cpu | jax 0.10.2 | keras 3.15.1 | 3.11.7 | 23 of 24 | 62 s |"


@pytest.mark.skipif(accelerator_at_hand(), reason="this machine has an accelerator")
def test_without_an_accelerator_the_command_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.verify.on_device"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr == "skipped: this machine shows no accelerator (no /dev/nvidia* and no /dev/kfd)\n"


@pytest.mark.slow  # every program of every backend, on the device and on the processor
@pytest.mark.skipif(not accelerator_at_hand(), reason="needs an accelerator, and this machine shows none")
def test_every_mistake_is_confirmed_and_every_twin_cleared_on_the_accelerator() -> None:
    try:
        place = place_of(None)
    except NoKeras as error:
        pytest.skip(str(error))
    for backend in place.backends:
        outcome = measured(place, backend, "gpu")
        assert outcome.wrong == ()
        assert outcome.device is not None
        assert outcome.device.name != "cpu"
