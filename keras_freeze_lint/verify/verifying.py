"""From files to verdicts, one environment at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from keras_freeze_lint import __version__
from keras_freeze_lint.findings import FileError, Finding, Verification
from keras_freeze_lint.keras.evidence import source_evidence
from keras_freeze_lint.keras.targets import resolve_target
from keras_freeze_lint.keras.versions import Target, TargetError, parse_target
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from keras_freeze_lint.sources.cells import in_cells
from keras_freeze_lint.sources.files import SourceError, is_notebook
from keras_freeze_lint.sources.notebooks import Notebook, read_notebook
from keras_freeze_lint.sources.parsing import parse
from keras_freeze_lint.verify.agenda import Agenda
from keras_freeze_lint.verify.interrogation import Place
from keras_freeze_lint.verify.judging import Undecided, undecided
from keras_freeze_lint.verify.runner import Runner
from keras_freeze_lint.verify.trial import Progress, Trial
from keras_freeze_lint.verify.verdicts import Evidence, Run, VerifiedFile
from keras_freeze_lint.verify.witness import Witness

Keep = Callable[[str, Witness, Sequence[Finding]], None]


@dataclass(frozen=True)
class Prepared:
    """A file with the findings that are to be verified; ``imported`` is the package it takes its Keras from."""

    file: VerifiedFile
    findings: tuple[Finding, ...]
    settings: Settings
    notebook: Notebook | None
    imported: str | None


class Verifier:
    """Verifies files in one environment; Keras is imported there at the first witness, and stays.

    ``start`` makes the runner when it is first needed, and ``keep`` gets every witness that runs.
    """

    def __init__(self, place: Place, start: Callable[[], Runner], progress: Progress, keep: Keep | None = None) -> None:
        self.place = place
        self._start = start
        self._progress = progress
        self._keep = keep
        self._stack = ExitStack()
        self._runner: Runner | None = None

    def __enter__(self) -> Verifier:  # noqa: PYI034  typing.Self is newer than Python 3.10
        """Start nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what was started."""
        self._stack.close()

    def prepare(self, text: str, file: str, settings: Settings) -> Prepared:
        """Return what is to be verified in a text, on the Keras of the place unless the settings name another.

        Never raises for what the text holds.
        """
        try:
            notebook = read_notebook(text) if is_notebook(file) else None
            module = text if notebook is None else notebook.text
            imported, asked, target = self._target(module, file, settings)
        except (SourceError, TargetError) as error:
            failed = VerifiedFile(file, self.place.name, error=FileError(file, str(error)))
            return Prepared(failed, (), settings, None, None)
        chosen = replace(settings, keras=asked)
        report = lint_source(module, file, chosen, parse(module))
        verified = VerifiedFile(
            file,
            self.place.name,
            str(target.versions),
            target.backend,
            target.evidence,
            error=report.error,
            text=module,
            cells=notebook.cells if notebook is not None else (),
        )
        return Prepared(verified, report.findings, chosen, notebook, imported)

    def warm_up(self, prepared: Prepared) -> None:
        """Begin to import Keras if this file has something to run, without waiting for it."""
        if any(finding.prediction is not None for finding in prepared.findings) and self._lacks(prepared) is None:
            self._progress.begin(f"{self.place.name}: importing Keras")
            self._running().warm_up(prepared.file.text)

    def verify(self, prepared: Prepared) -> VerifiedFile:
        """Return the verdicts on the findings of a file."""
        return self.verify_all([prepared])[0]

    def verify_all(self, prepared: Sequence[Prepared]) -> list[VerifiedFile]:
        """Return the verdicts on the findings of each file; what they run, runs side by side."""
        agenda = Agenda(self._running)
        trials: list[Trial | None] = []
        self._progress.expect(sum(len(one.findings) for one in prepared))
        for one in prepared:
            if not one.findings or self._lacks(one) is not None:
                trials.append(None)
                self._progress.done(len(one.findings))
                continue
            trial = Trial(one.file, one.settings, self._progress, self.place, self._keeping(one))
            trial.begin(one.findings, agenda)
            trials.append(trial)
        agenda.finish()
        return [self._finished(one, trial) for one, trial in zip(prepared, trials, strict=True)]

    def _finished(self, prepared: Prepared, trial: Trial | None) -> VerifiedFile:
        if trial is not None:
            return _finished(prepared, trial.verdicts(), tuple(trial.runs))
        why = self._lacks(prepared)
        return _finished(prepared, [undecided(one, why) for one in prepared.findings], ()) if why else prepared.file

    def _lacks(self, prepared: Prepared) -> Undecided | None:
        """What the place does not have and a program imports."""
        if prepared.imported is None or self.place.requirement(prepared.imported) is not None:
            return None
        return Undecided(f"{self.place.name} has no package {prepared.imported}, which this program imports")

    def _keeping(self, prepared: Prepared) -> Callable[[Witness, Sequence[Finding]], None]:
        def keep(witness: Witness, findings: Sequence[Finding]) -> None:
            if self._keep is not None:
                self._keep(prepared.file.file, witness, findings)

        return keep

    def _running(self) -> Runner:
        if self._runner is None:
            self._runner = self._stack.enter_context(self._start())
        return self._runner

    def _target(self, text: str, file: str, settings: Settings) -> tuple[str | None, str, Target]:
        """The package that a text takes its Keras from, the Keras that it is judged for in words, and as a target."""
        tree = parse(text)
        imported = source_evidence(tree).package
        if settings.keras != "auto":
            return imported, settings.keras, resolve_target(settings.keras, settings.backend, tree, file)[0]
        wanted = self.place.requirement(imported) or self.place.requirement(None) or "keras"
        return imported, wanted, parse_target(wanted, settings.backend, f"{self.place.name} ({self.place.python})")


def with_findings_of(prepared: Sequence[Prepared]) -> list[Prepared]:
    """Return the same file in several places, each with the findings of all of them.

    So a mistake that only some Kerases know is run on the others too, and refuted there.
    """
    found: dict[tuple[object, ...], Finding] = {}
    for one in prepared:
        for finding in one.findings:
            found.setdefault(_what(finding), finding)
    return [replace(one, findings=_all_of(one, found)) if one.file.text else one for one in prepared]


def witness_files(directory: Path) -> Keep:
    """Return what writes each witness to a directory, once, under a name that tells which file it is from."""
    written: dict[str, list[str]] = {}

    def keep(file: str, witness: Witness, findings: Sequence[Finding]) -> None:
        stem = Path(file).stem or "witness"
        known = written.setdefault(stem, [])
        if witness.text in known:
            return
        known.append(witness.text)
        number = f"-{len(known)}" if len(known) > 1 else ""
        directory.mkdir(parents=True, exist_ok=True)
        text = _heading(file, witness, findings) + witness.text
        (directory / f"{stem}.witness{number}.py").write_text(text, encoding="utf-8", errors="backslashreplace")

    return keep


def _heading(file: str, witness: Witness, findings: Sequence[Finding]) -> str:
    """What whoever gets only the witness has to know, as comments."""
    lines = [f"Cut out of {file} by keras-freeze-lint {__version__}: a witness of"]
    lines += [f"  line {one.location.line}: {one.code} {one.message}" for one in findings]
    if witness.assumptions:
        lines.append("It takes for granted, because the file does not say it:")
    lines += [f"  line {one.line}: {one.written} is {one.assumed}" for one in witness.assumptions]
    return "".join(f"# {' '.join(line.splitlines())}\n" for line in lines) + "\n"


def _all_of(prepared: Prepared, found: Mapping[tuple[object, ...], Finding]) -> tuple[Finding, ...]:
    own = {_what(finding): finding for finding in prepared.findings}
    every = [own.get(what, finding) for what, finding in found.items()]
    return tuple(sorted(every, key=lambda one: (one.location.line, one.location.column, one.code)))


def _what(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.location.line, finding.location.column


def _finished(prepared: Prepared, evidence: Sequence[Evidence], runs: tuple[Run, ...]) -> VerifiedFile:
    device = next((run.measured.device for run in runs if run.measured and run.measured.device), None)
    told = tuple(_told(one, prepared.notebook) for one in evidence)
    return replace(prepared.file, evidence=told, runs=runs, device=device)


def _told(evidence: Evidence, notebook: Notebook | None) -> Evidence:
    """The evidence with its verdict on the finding, in terms of a notebook's cells where it is one."""
    device = evidence.measured.device if evidence.measured is not None else None
    cell, line = notebook.place(evidence.line) if notebook and evidence.line else (None, evidence.line)
    verification = Verification(
        evidence.verdict,
        evidence.reason,
        line,
        cell,
        f"{device.keras} ({device.backend})" if device else "",
        device.name if device else "",
    )
    finding = in_cells(evidence.finding, notebook) if notebook else evidence.finding
    return replace(evidence, finding=replace(finding, verdict=verification))
