"""Keeps a runner busy: every piece of work asks for one run after the other, and all of them together side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator

from keras_freeze_lint.verify.measurement import Measurement
from keras_freeze_lint.verify.runner import Request, Runner

# Yields what it wants to run, and is sent what that showed.
Work = Generator[Request, Measurement, None]


class Agenda:
    """Work that is to be done, and the runs that it waits for. What is asked twice is run once.

    ``start`` makes the runner when something has to run.
    """

    def __init__(self, start: Callable[[], Runner]) -> None:
        self._start = start
        self._waiting: dict[int, Request] = {}
        self._asking: dict[int, list[Work]] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._known: dict[int, Measurement] = {}

    def add(self, work: Work) -> None:
        """Begin with a piece of work; more may be added from within it."""
        self._ask(work, next(work, None))

    def finish(self) -> None:
        """Return when all work is done."""
        while self._waiting:
            for number, measured in self._start().stream(self._waiting):
                self._known[number] = measured
                for work in self._asking.pop(number):
                    self._go_on(work, measured)

    def _go_on(self, work: Work, measured: Measurement) -> None:
        try:
            request = work.send(measured)
        except StopIteration:
            return
        self._ask(work, request)

    def _ask(self, work: Work, request: Request | None) -> None:
        if request is None:
            return
        number = self._numbers.setdefault(_what(request), len(self._numbers))
        if number in self._known:
            self._go_on(work, self._known[number])
        elif number in self._asking:
            self._asking[number].append(work)
        else:
            self._waiting[number], self._asking[number] = request, [work]


def _what(request: Request) -> tuple[object, ...]:
    control = request.control
    flags = control and (control.training_call, tuple(sorted(control.flags.items())))
    return request.text, flags, request.wanted, request.inference, request.continued
