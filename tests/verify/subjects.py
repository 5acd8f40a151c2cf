"""The environments of this machine in which the verifier is tried: one new Keras, one old, and what else there is."""

from __future__ import annotations

import pytest

from tests.conformance.environments import Subject, subjects


def subject(*names: str) -> Subject:
    """Return the first environment of these names that is there; the test is skipped without one."""
    found = next((one for name in names for one in subjects() if one.name == name), None)
    if found is None:
        pytest.skip(f"none of the environments {', '.join(names)} is here (keras-freeze-lint envs create {names[0]})")
    return found


# Python 3.6 and a Keras of 2017 on TensorFlow 1.
OLD = ("keras-2.0.8", "keras-2.1.3", "keras-2.1.2", "keras-2.2.4")
NEW = ("keras-3.15", "installed-tensorflow")
