"""What ``verify`` and ``check --verify`` do: find the places to run in, say what will be run, run it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from keras_freeze_lint.cli.common import Told, settings_of
from keras_freeze_lint.cli.places import Choices
from keras_freeze_lint.cli.progress import progress
from keras_freeze_lint.configuration import Overrides
from keras_freeze_lint.findings import FileError, Report
from keras_freeze_lint.fixing import with_fixes
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.files import STDIN, SourceError, read_source
from keras_freeze_lint.verify.environments import EnvironmentProblem, find_environment
from keras_freeze_lint.verify.interrogation import NoKeras, Place, place_of
from keras_freeze_lint.verify.runner import Limits, Runner, accelerator_at_hand
from keras_freeze_lint.verify.sandbox import NoSandbox, available
from keras_freeze_lint.verify.trial import Progress
from keras_freeze_lint.verify.verdicts import VerifiedFile
from keras_freeze_lint.verify.verifying import Keep, Prepared, Verifier, with_findings_of, witness_files
from keras_freeze_lint.verify.wording import brief


def verified(
    files: Sequence[str],
    stdin_name: str,
    overrides: Overrides,
    choices: Choices,
    told: Told,
    *,
    fixes: bool = False,
) -> list[VerifiedFile]:
    """Return the verdicts on the findings of files, in each place in turn; with ``fixes`` these have theirs.

    What cannot be read and environments that are not there are told. Raises UsageError if nothing can run at all, or
    not on the device that was asked for.
    """
    if choices.device == "gpu" and not accelerator_at_hand():
        raise click.UsageError("--device gpu: this machine shows none (no /dev/nvidia* and no /dev/kfd)")
    texts = _texts(files, stdin_name, told)
    places = _places(choices, told)
    if not places:
        return []
    contained = _containment(sandbox=choices.sandbox)
    names = ", ".join(f"{place.name} ({place.python})" for place in places)
    click.echo(f"verify runs code from these files, on {names}; {contained}", err=True)
    keep = witness_files(Path(choices.save_witness)) if choices.save_witness else None
    with _ending_tidily(), progress() as shown, ExitStack() as stack:
        verifiers = [stack.enter_context(_verifier(place, choices, overrides, shown, keep)) for place in places]
        prepared = [_prepared(verifiers, name, text, overrides, told) for name, text in texts]
        if fixes:
            prepared = [
                [_with_fixes(each, text) for each in one] for one, (_, text) in zip(prepared, texts, strict=True)
            ]
        by_place = [verifier.verify_all([one[number] for one in prepared]) for number, verifier in enumerate(verifiers)]
        found = [verdicts[number] for number in range(len(prepared)) for verdicts in by_place]
    for error in dict.fromkeys(error for result in found for error in _errors(result)):
        told.add(error)
    return found


@contextmanager
def _ending_tidily() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl+C does: what was started is killed, and its folders go."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _errors(verified: VerifiedFile) -> Iterator[FileError]:
    """What kept a file from being verified: the file itself, or an environment that can run nothing."""
    if verified.error is not None:
        yield verified.error
    for run in verified.runs:
        if run.measured is not None and run.measured.status == "unusable":
            yield FileError(verified.environment, brief(run.measured.message))


def _prepared(verifiers: Sequence[Verifier], name: str, text: str, overrides: Overrides, told: Told) -> list[Prepared]:
    """A file in each place. Where it has findings, Keras is imported while the next files are read."""
    settings = settings_of(name, overrides, told)
    found = _joined(
        [verifier.prepare(text, name, _settings(settings, overrides, verifier.place)) for verifier in verifiers]
    )
    verifiers[0].warm_up(found[0])
    return found


def _with_fixes(prepared: Prepared, text: str) -> Prepared:
    report = with_fixes(Report(prepared.file.file, prepared.findings), text, prepared.settings)
    return replace(prepared, findings=report.findings)


def as_report(verified: VerifiedFile) -> Report:
    """Return what ``check`` reports of a file: its findings, with their verdicts, and the lines that they count by."""
    findings = tuple(one.finding for one in verified.evidence)
    return Report(verified.file, findings, verified.error, _lines(verified) if findings else {})


def _lines(verified: VerifiedFile) -> dict[int | None, tuple[str, ...]]:
    lines = tuple(verified.text.split("\n"))
    if not verified.cells:
        return {None: lines}
    ends = [first - 1 for first, _ in verified.cells[1:]] + [len(lines) - 1]
    return {cell: lines[first - 1 : end] for (first, cell), end in zip(verified.cells, ends, strict=True)}


def _containment(*, sandbox: bool) -> str:
    """How what runs is contained, in words. Raises UsageError if it must be and cannot."""
    if not sandbox:
        return "NOT contained (--no-sandbox): it can do whatever you can"
    found = available()
    if isinstance(found, NoSandbox):
        raise click.UsageError(
            f"nothing can be contained here ({found.reason}); --no-sandbox runs the code of these files all the same"
        )
    wall = {"namespaces": "namespaces of its own", "landlock": "Landlock and a system call filter"}[found.kind]
    return f"contained by {wall}: no network, no files but its own, bounded time, memory and processes"


def _joined(prepared: list[Prepared]) -> list[Prepared]:
    return with_findings_of(prepared) if len(prepared) > 1 else prepared


def _texts(files: Sequence[str], stdin_name: str, told: Told) -> list[tuple[str, str]]:
    texts = []
    for file in files:
        name = stdin_name if file == STDIN else file
        try:
            texts.append((name, read_source(file)))
        except SourceError as error:
            told.add(FileError(name, str(error)))
    return texts


def _places(choices: Choices, told: Told) -> list[Place]:
    """The places to run in. One that cannot be had is an error of the run; in a matrix the others still count."""
    if not choices.matrix:
        try:
            if choices.environment:
                return [place_of(find_environment(choices.environment).python, choices.environment)]
            return [place_of(choices.python)]
        except (EnvironmentProblem, NoKeras) as error:
            raise click.UsageError(str(error)) from error
    places = []
    for name in choices.matrix:
        place = _place(name, told)
        places += [place] if place is not None else []
    return places


def _place(name: str, told: Told) -> Place | None:
    try:
        return place_of(find_environment(name).python, name)
    except (EnvironmentProblem, NoKeras) as error:
        told.add(FileError(name, str(error)))
        return None


def _settings(settings: Settings, overrides: Overrides, place: Place) -> Settings:
    """The settings of a file, for the Keras and the backend of the place unless the command line names others."""
    return replace(settings, keras=str(overrides.get("keras", "auto")), backend=_backend(overrides, place))


def _backend(overrides: Overrides, place: Place) -> str:
    """Raises UsageError if the backend that was asked for is not there."""
    wanted = overrides.get("backend")
    if wanted is None:
        return next(iter(place.backends), "tensorflow")
    if wanted not in place.backends:
        raise click.UsageError(f"{place.name} ({place.python}) has no {wanted}")
    return str(wanted)


def _verifier(place: Place, choices: Choices, overrides: Overrides, shown: Progress, keep: Keep | None) -> Verifier:
    backend = _backend(overrides, place)

    def start() -> Runner:
        return Runner(place.python, backend, choices.device, Limits(seconds=choices.timeout), sandbox=choices.sandbox)

    return Verifier(place, start, shown, keep)
