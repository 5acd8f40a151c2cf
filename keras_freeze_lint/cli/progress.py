"""Where verifying is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from keras_freeze_lint.verify.trial import Progress


class Silence:
    """Tells nobody."""

    def expect(self, findings: int) -> None: ...

    def begin(self, what: str) -> None: ...

    def done(self, findings: int) -> None: ...


class Bar:
    """A bar of findings on standard error, and beside it what is being done."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.rich = RichProgress(*columns, console=Console(stderr=True), transient=True)
        self._task = self.rich.add_task("", total=0)
        self._total = 0

    def expect(self, findings: int) -> None:
        self._total += findings
        self.rich.update(self._task, total=self._total)

    def begin(self, what: str) -> None:
        from rich.markup import escape

        self.rich.update(self._task, description=escape(what))

    def done(self, findings: int) -> None:
        self.rich.update(self._task, advance=findings)


@contextmanager
def progress() -> Iterator[Progress]:
    """Show the progress for as long as this lasts, where somebody can see it."""
    if not sys.stderr.isatty():
        yield Silence()
        return
    bar = Bar()
    with bar.rich:
        yield bar
