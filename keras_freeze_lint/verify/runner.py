"""Runs witnesses: one process per environment imports Keras once, and each witness runs in a contained fork of it."""

from __future__ import annotations

import ast
import errno
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

from keras_freeze_lint.sources.files import SourceError
from keras_freeze_lint.sources.parsing import parse
from keras_freeze_lint.verify.connection import Connection, connect
from keras_freeze_lint.verify.measurement import (
    CallMeasurement,
    Control,
    Device,
    LayerMeasurement,
    Measurement,
    Quantity,
    Status,
)
from keras_freeze_lint.verify.sandbox import Containment, NoSandbox, available
from keras_freeze_lint.verify.vetting import FORBIDDEN, Refusal, vet

DeviceChoice = Literal["auto", "cpu", "gpu"]

_MIB = 1 << 20
# The import of Keras may take this long on top of what a witness may take, and an answer this long to arrive.
_IMPORT_SECONDS = 240.0
_SLACK_SECONDS = 30.0
# Each may need the memory that a witness may have.
_MOST_SIDE_BY_SIDE = 4
_OVER = Refusal("unusable", "the run that this would go on with is over", 0)
# What a program may set before it imports Keras, and only then: such a program gets a process of its own.
_EARLY_SETTINGS = frozenset({"KERAS_BACKEND", "TF_USE_LEGACY_KERAS"})
# What goes through from the environment of the user: nothing that is secret, nothing that changes Python.
_PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "SYSTEMROOT")


@dataclass(frozen=True)
class Limits:
    """What a witness may use.

    Seconds of time and of the processor, MiB of memory on top of Keras itself, MiB of output and of files, and
    processes, itself included. A VGG16 with its top, trained by Adam and measured, takes 6 GiB.
    """

    seconds: float = 120.0
    cpu_seconds: float = 300.0
    memory: int = 8192
    output: int = 4
    files: int = 256
    processes: int = 1


@dataclass(frozen=True)
class Request:
    """A witness to run, by itself or as a control.

    ``wanted`` says on which lines of it training calls are of interest, and how many there: the run ends after these.
    On the lines ``inference`` calls are measured that only use a model.

    The first training call on each of the lines ``again`` may be wanted once more, under a control, when the run has
    ended: by a request that is ``continued``, asked for as soon as that run has been told. It is unusable where the
    call cannot be made again as it was.
    """

    text: str
    control: Control | None = None
    wanted: tuple[frozenset[int], int] | None = None
    inference: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()
    continued: bool = False


@dataclass(frozen=True)
class _Asked:
    """What an answer is waited for: the number of the request, and of the program that runs."""

    number: int
    program: int
    text: str


class Runner:
    """Measures witnesses in one environment.

    ``python`` is the interpreter of the environment; ``backend`` what Keras 3 shall run on (None: what it chooses).
    With ``sandbox`` nothing runs unless it can be contained; without, a witness can do what its user can.
    A context manager: leaving it ends everything that it started.
    """

    def __init__(
        self,
        python: str,
        backend: str | None = None,
        device: DeviceChoice = "auto",
        limits: Limits | None = None,
        sandbox: bool = True,
    ) -> None:
        self._python = python
        self._backend = backend
        self._device = device
        self._limits = limits or Limits()
        self._sandbox = sandbox
        self._child: Connection | None = None
        self._settings: Mapping[str, str] = {}
        self._containment: Containment | None = None
        self._count = 0
        self._answered = False  # whether the child has ever done so

    def __enter__(self) -> Runner:  # noqa: PYI034  typing.Self is newer than Python 3.10
        """Start nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.close()

    def close(self) -> None:
        """End the child process; the next run starts another one."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def run(self, witness: str, control: Control | None = None) -> Measurement:
        """Return what a witness does, under a control if one is given. Never raises for what the witness does."""
        return self.run_all([Request(witness, control)])[0]

    def run_all(self, requests: Sequence[Request]) -> list[Measurement]:
        """Return the measurements of many witnesses, in their order; what is independent may run side by side."""
        found = dict(self.stream(dict(enumerate(requests))))
        return [found[number] for number in range(len(requests))]

    def warm_up(self, text: str) -> None:
        """Begin to import Keras for what will be cut from a text, without waiting for it."""
        begun = self._child is not None
        if not begun and self._ready(_early_settings(text)) is None:
            assert self._child is not None
            self._child.send({"ahead": text})

    def stream(self, waiting: dict[int, Request]) -> Iterator[tuple[int, Measurement]]:
        """Run what waits, and yield each number with its measurement as it comes, the quickest first.

        The requests are taken out of ``waiting`` as they are run; what is put there meanwhile is run, too.
        """
        while waiting:
            settings = _early_settings(next(iter(waiting.values())).text)
            problem = self._ready(settings)
            if problem is None:
                yield from self._exchange(waiting, settings)
                continue
            while waiting:
                yield waiting.popitem()[0], Measurement("unusable", None, message=problem)

    def _exchange(self, waiting: dict[int, Request], settings: Mapping[str, str]) -> Iterator[tuple[int, Measurement]]:
        """Send what one child can run, as much as fits side by side, and take the answers as they come."""
        under_way: dict[int, _Asked] = {}
        patience = _IMPORT_SECONDS + self._limits.seconds + _SLACK_SECONDS
        while True:
            assert self._child is not None
            for number in [one for one, request in waiting.items() if _early_settings(request.text) == settings]:
                programs = len({asked.program for asked in under_way.values()})
                if programs >= self._side_by_side():
                    break
                request = waiting.pop(number)
                share = min(self._side_by_side(), programs + 1 + len(waiting))
                refused = _OVER if request.continued else vet(request.text)
                if refused is not None:
                    yield number, Measurement(refused.status, None, message=refused.message, line=refused.line)
                    continue
                self._count += 1
                under_way[self._count] = _Asked(number, self._count, request.text)
                self._child.send(self._request(self._count, request, share))
            if not under_way:
                return
            answer = self._child.receive(patience)
            if answer is None:
                lost = [asked.number for asked in under_way.values()]
                if not self._answered:  # nor would another one answer
                    lost += waiting
                    waiting.clear()
                message = self._lost()
                for number in lost:
                    yield number, message
                return
            self._answered = True
            asked = under_way.pop(answer["id"])
            yield asked.number, self._accepted(measurement(answer))
            if answer.get("again"):
                under_way |= self._go_on(asked, frozenset(answer["again"]), waiting)

    def _go_on(self, asked: _Asked, lines: frozenset[int], waiting: dict[int, Request]) -> dict[int, _Asked]:
        """Ask a program that has ended, and can make training calls on some lines once more, for those that wait."""
        assert self._child is not None
        found: dict[int, _Asked] = {}
        for number, request in list(waiting.items()):
            control = request.control
            if request.continued and request.text == asked.text and control and control.training_call in lines:
                del waiting[number]
                self._count += 1
                found[self._count] = replace(asked, number=number)
                self._child.send({"id": self._count, "once_more": asked.program, "control": _in_child(control)})
        self._child.send({"end": asked.program})
        return found

    def _accepted(self, measured: Measurement) -> Measurement:
        """A measurement, if it was made where it was asked for."""
        if self._device == "gpu" and measured.device is not None and measured.device.name == "cpu":
            return Measurement("unusable", measured.device, message=f"{measured.device.framework} sees no GPU here")
        return measured

    def _lost(self) -> Measurement:
        """What is to be said of a process that gives no more answers; one that never gave any was of no use."""
        assert self._child is not None
        ended = self._child.ended()
        said = self._child.end()
        self._child = None
        how = "did not answer in time" if ended is None else f"ended with {ended}"
        last = f": {said.splitlines()[-1]}" if said else ""
        if self._answered:
            return Measurement("stopped", None, message=f"the process that had imported Keras {how}{last}")
        return Measurement("unusable", None, message=f"{self._python} {how} before anything was measured{last}")

    def _side_by_side(self) -> int:
        """Accelerators are used by one witness at a time, and so are shared folders.

        Processors are used by one each, and one more fills the pauses in which another begins or ends.
        """
        apart = self._containment is None or self._containment.namespaces
        return min(_MOST_SIDE_BY_SIDE, (os.cpu_count() or 1) + 1) if apart and not self._uses_accelerator() else 1

    def _uses_accelerator(self) -> bool:
        return self._device == "gpu" or (self._device == "auto" and accelerator_at_hand())

    def _request(self, number: int, request: Request, share: int) -> dict[str, object]:
        """A request as the child reads it; ``share`` programs run side by side, and divide the processors."""
        limits, contained = self._limits, self._containment
        control, wanted = request.control, request.wanted
        accelerated = self._uses_accelerator()
        assert self._child is not None
        return {
            "id": number,
            "text": request.text,
            "watch": True,
            "gpu": accelerated,
            "threads": max(1, (os.cpu_count() or 1) // share),
            "forbidden": FORBIDDEN,
            "control": _in_child(control) if control else None,
            "wanted": {"lines": sorted(wanted[0]), "calls": wanted[1]} if wanted else None,
            "inference": sorted(request.inference),
            "again": sorted(request.again),
            "scratch": contained.scratch(self._child.scratch) if contained is not None else self._child.scratch,
            "wall": {
                "namespaces": contained is not None and contained.namespaces,
                "filter": contained.filter(accelerated=accelerated) if contained is not None else None,
            },
            "limits": {
                "wall": limits.seconds,
                "cpu": int(limits.cpu_seconds),
                "memory": limits.memory * _MIB,
                "output": limits.output * _MIB,
                "files": limits.files * _MIB,
                "processes": max(limits.processes, 16) if accelerated else limits.processes,
                "bound_data": not accelerated,
            },
        }

    def _ready(self, settings: Mapping[str, str]) -> str | None:
        """Have a child with these early settings; return what stands in the way, if anything does."""
        if self._child is not None and self._settings != settings:
            self.close()
        if self._child is not None:
            return None
        if self._device == "gpu" and not accelerator_at_hand():
            return "a GPU was asked for, and this machine shows none (no /dev/nvidia* or /dev/kfd)"
        if self._sandbox:
            found = available()
            if isinstance(found, NoSandbox):
                return f"no sandbox can be built here ({found.reason}), and without one nothing is run unless asked to"
            self._containment = found
        self._settings = settings
        self._answered = False
        try:
            _check_executable(self._python)
            self._child = self._start(settings)
        except OSError as error:
            return f"{self._python} cannot be started: {error.strerror or error}"
        return None

    def _start(self, settings: Mapping[str, str]) -> Connection:
        def wrap(command: Sequence[str], folder: str) -> Sequence[str]:
            wall = self._containment
            if wall is None:
                return command
            return wall.command(command, self._python, folder, accelerated=self._uses_accelerator())

        return connect(self._python, lambda folder: {**self._environment(folder), **settings}, wrap)

    def _environment(self, folder: str) -> dict[str, str]:
        """The environment variables of the child: an allow-list, and what makes frameworks share a machine."""
        home = self._containment.scratch(folder) if self._containment is not None else folder
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {
            "PATH": f"{Path(self._python).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": home,
            "TMPDIR": home,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONHASHSEED": "0",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            # The same numbers on every processor; and what is called a few times begins sooner.
            "TF_ENABLE_ONEDNN_OPTS": "0",
            # Nor is machine code written for products of matrices: each fork would do that again.
            "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "0",
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            # Memory in large pages where the system has them: a fork copies a table of pages, and its end frees it.
            "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
            # Whether there is a GPU is asked without CUDA, which a process that forks must not have begun.
            "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        }
        if not self._uses_accelerator():
            environment |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
        if self._backend is not None:
            environment["KERAS_BACKEND"] = self._backend
        return environment


def accelerator_at_hand() -> bool:
    """Return whether this machine shows the device files of an accelerator that Keras can use."""
    return sys.platform == "linux" and (any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists())


def _check_executable(python: str) -> None:
    """Raise the OSError that starting it would raise: behind a wall, only the wall would see that."""
    if not Path(python).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not os.access(python, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _in_child(control: Control) -> dict[str, object]:
    return {"line": control.training_call, "flags": dict(control.flags)}


def _early_settings(text: str) -> dict[str, str]:
    """What a program sets in ``os.environ`` that counts when Keras is imported."""
    if not any(name in text for name in _EARLY_SETTINGS):
        return {}
    try:
        tree = parse(text)
    except SourceError:
        return {}
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name)))],
                value=ast.Constant(value=str(value)),
            ) if name in _EARLY_SETTINGS:
                found[name] = value
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="setdefault"),
                args=[ast.Constant(value=str(name)), ast.Constant(value=str(value))],
            ) if name in _EARLY_SETTINGS:
                found[name] = value
    return found


def measurement(answer: Mapping[str, Any]) -> Measurement:
    """Return what an answer of the child says."""
    device = answer.get("device")
    return Measurement(
        cast("Status", answer["status"]),
        Device(**device) if device else None,
        tuple(_call(call) for call in answer.get("calls", ())),
        tuple((int(line), str(message)) for line, message in answer.get("warnings", ())),
        str(answer.get("message", "")),
        int(answer.get("line", 0)),
        float(answer.get("seconds", 0.0)),
        str(answer.get("output", "")),
    )


def _call(call: Mapping[str, Any]) -> CallMeasurement:
    return CallMeasurement(
        int(call["line"] or 0),
        str(call["call"]),
        str(call["model"] or ""),
        tuple(
            LayerMeasurement(
                key,
                str(layer["class"]),
                tuple(str(name) for name in layer["path"]),
                str(layer["intent"]),
                _quantity(layer["weights"]),
                _quantity(layer["statistics"]) if "statistics" in layer else None,
                str(layer.get("later_intent", "")),
                tuple((str(name), int(place)) for name, place in layer.get("held", ())),
            )
            for key, layer in call["layers"].items()
        ),
        call.get("raised"),
        bool(call.get("controlled", False)),
        str(call.get("note", "")),
        int(call.get("probed", 0)),
        None if call.get("answers") is None else float(call["answers"]),
    )


def _quantity(told: Mapping[str, Any]) -> Quantity:
    return Quantity(bool(told["moves"]), tuple(float(drift) for drift in told["drift"]))
