"""What a run of a witness showed: the child's JSON as plain data. Lines are those of the witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# How a run ended: to its end; with an exception of its own; stopped by a limit or by the sandbox; caught tampering
# with the measuring; or the environment could not be used at all.
Status = Literal["finished", "raised", "stopped", "tampered", "unusable"]


@dataclass(frozen=True)
class Quantity:
    """What one quantity of a layer did over one training call.

    ``drift`` is the largest absolute change of any of its numbers since the training call began, after each step that
    could be watched (the last entry: after the call). ``moves`` is whether any number changed at all.
    """

    moves: bool
    drift: tuple[float, ...] = ()


@dataclass(frozen=True)
class LayerMeasurement:
    """One leaf layer at one training call.

    ``key`` is its name in the traces, ``path`` the names of the models and wrappers around it, outermost first, and
    ``intent`` what its flags said when the call began, ``later_intent`` when it ended. ``held`` are the models of the
    program that list it, by name, with its place there.
    """

    key: str
    cls: str
    path: tuple[str, ...]
    intent: str
    weights: Quantity
    statistics: Quantity | None = None
    later_intent: str = ""
    held: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CallMeasurement:
    """One turn of one training call. ``raised`` is the message of the error that ended it, if one did.

    ``controlled`` says that a control set the flags before it, ``probed`` how often it then trained on other data until
    something moved. ``note`` is why nothing is told of the layers, where that is so. ``answers`` is, of a model that is
    frozen as a whole and keeps statistics, how far its answers to one batch are from those before it was first trained
    (the norm of the difference).
    """

    line: int
    call: str
    model: str
    layers: tuple[LayerMeasurement, ...]
    raised: str | None = None
    controlled: bool = False
    note: str = ""
    probed: int = 0
    answers: float | None = None


@dataclass(frozen=True)
class Device:
    """Where it ran: ``name`` such as "cpu" or "NVIDIA H100", and the versions of what ran there."""

    name: str
    python: str
    keras: str
    backend: str
    framework: str


@dataclass(frozen=True)
class Measurement:
    """A whole run. ``message`` and ``line`` say why it did not finish, where it did not.

    ``output`` is the end of what the program printed.
    """

    status: Status
    device: Device | None
    calls: tuple[CallMeasurement, ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()
    message: str = ""
    line: int = 0
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class Control:
    """What a run is compared with: right before the training call on a line of the witness, layers get these flags.

    Without a line (0) they have them from the beginning, whatever the program sets: true flags mean that nothing is
    ever frozen. That is for hand-written loops; elsewhere the model is compiled again.

    ``flags`` says for layers (by key) whether they shall be trainable. The model is then compiled again, with the
    arguments of its last ``compile()`` and a fresh optimizer of the same kind.
    """

    training_call: int
    flags: Mapping[str, bool]
