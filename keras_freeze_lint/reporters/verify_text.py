"""What a run showed, for people at a terminal: each finding with its verdict and the table that proves it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keras_freeze_lint.findings import Verdict
from keras_freeze_lint.reporters.text import count, place
from keras_freeze_lint.reporters.verify_json import answers_of, assumptions
from keras_freeze_lint.reporters.verify_json import place as place_of_line
from keras_freeze_lint.verify.comparing import quantity_of
from keras_freeze_lint.verify.measurement import Quantity
from keras_freeze_lint.verify.verdicts import Evidence, LayerEvidence, VerifiedFile

_STYLES: dict[Verdict, str] = {
    Verdict.CONFIRMED: "bold red",
    Verdict.REFUTED: "bold green",
    Verdict.INCONCLUSIVE: "bold yellow",
}
# Told apart without colours, too.
SIGNS = {Verdict.CONFIRMED: "✗", Verdict.REFUTED: "✓", Verdict.INCONCLUSIVE: "?"}
# A table of layers that is longer than this proves nothing more.
_LAYERS = 12


def render(files: Sequence[VerifiedFile], width: int, *, colours: bool) -> str:
    """Return the evidence for every finding."""
    return _printed(Group(*(part for one in files for part in _file(one))), width, colours)


def render_matrix(files: Sequence[VerifiedFile], width: int, *, colours: bool) -> str:
    """Return one table: a row for each finding, a column for each environment."""
    places = list(dict.fromkeys(one.environment for one in files))
    rows: dict[tuple[str, str, str], dict[str, Verdict]] = {}
    for one in files:
        for evidence in one.evidence:
            where = (one.file, place(evidence.finding.location), evidence.finding.code)
            rows.setdefault(where, {})[one.environment] = evidence.verdict
    table = Table(box=SIMPLE, title="since when it is broken", title_justify="left")
    for title in ("finding", *places):
        table.add_column(title, overflow="fold")
    for (file, line, code), verdicts in rows.items():
        table.add_row(Text(f"{file}:{line} {code}"), *(_cell(verdicts.get(name)) for name in places))
    return _printed(table if rows else Text("No findings on any of them."), width, colours)


def summary(files: Sequence[VerifiedFile]) -> str:
    """Return the last line: how many verdicts of each kind."""
    counts = Counter(evidence.verdict for one in files for evidence in one.evidence)
    told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    return f"{told or 'Nothing to verify'} ({count(len({one.file for one in files}), 'file')})."


def _cell(verdict: Verdict | None) -> Text:
    return Text(f"{SIGNS[verdict]} {verdict.value}", _STYLES[verdict]) if verdict is not None else Text("-", "dim")


def _printed(what: RenderableType, width: int, colours: bool) -> str:
    target = io.StringIO()
    Console(file=target, width=width, force_terminal=colours, no_color=not colours, highlight=False).print(what)
    return "\n".join(line.rstrip() for line in target.getvalue().split("\n"))


def _file(verified: VerifiedFile) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for evidence in verified.evidence:
        parts += _finding(verified, evidence)
    filled = assumptions(verified)
    if filled:
        table = Table(box=None, show_header=False, padding=(0, 1))
        for line, written, assumed in filled:
            where = place_of_line(verified, line)
            cell = f"cell {where['cell']}:" if "cell" in where else "line "
            table.add_row(f"{cell}{where['line']}" if line else "", Text(written), Text(f"→ {assumed}"))
        parts += [Text(f"{verified.file}: assumed, because the file does not say it"), Padding(table, (0, 0, 1, 2))]
    device = verified.device
    if device is not None:
        ran = f"{verified.file}: ran on {device.keras} ({device.backend}), {device.framework}, Python {device.python}, "
        parts.append(Text(f"{ran}{device.name}; judged for {verified.versions} ({verified.target})", "dim"))
    return parts


def _finding(verified: VerifiedFile, evidence: Evidence) -> list[RenderableType]:
    finding, verdict = evidence.finding, evidence.verdict
    heading = Text()
    heading.append(f"{verified.file}:{place(finding.location)}: ", "bold")
    heading.append(f"{finding.code} ")
    heading.append(f"{SIGNS[verdict]} {verdict.value}", _STYLES[verdict])
    told = finding.verdict
    where = ""
    if verdict is Verdict.INCONCLUSIVE and told is not None and told.line:
        where = f" (cell {told.cell}:{told.line})" if told.cell is not None else f" (line {told.line})"
    parts: list[RenderableType] = [
        heading,
        Padding(Text(finding.message), (0, 0, 0, 2)),
        Padding(Text(f"{evidence.reason}{where}"), (0, 0, 0, 2)),
    ]
    if evidence.layers:
        parts.append(Padding(_layers(evidence), (0, 0, 0, 2)))
    drifts = answers_of(evidence)
    if any(drifts):
        turns = ", ".join(f"{drift:.6g}" for drift in drifts)
        parts.append(
            Padding(Text(f"answers of the frozen model, turn by turn away from the first ones: {turns}"), (0, 0, 0, 2))
        )
    parts.append(Text())
    return parts


def _layers(evidence: Evidence) -> Table:
    prediction = evidence.finding.prediction
    quantity = prediction.quantity if prediction else "weights"
    table = Table(box=SIMPLE, padding=(0, 1))
    for title in ("layer", "source", "flag", f"{quantity}: predicted", "measured", "by", "in the control"):
        table.add_column(title, overflow="fold")
    for layer in evidence.layers[:_LAYERS]:
        shown = quantity_of(layer.measured, quantity)
        table.add_row(
            Text(label(layer)),
            prediction.intent if prediction else "",
            layer.measured.intent,
            prediction.effect if prediction else "",
            Text(word(shown), _STYLES[evidence.verdict]),
            distance(shown),
            word(quantity_of(layer.control, quantity)) if layer.control else "-",
        )
    if len(evidence.layers) > _LAYERS:
        table.add_row(f"and {len(evidence.layers) - _LAYERS} more")
    return table


def label(layer: LayerEvidence) -> str:
    """Return the layer's name, with what the finding calls it where that is something else."""
    key = layer.measured.key
    return key if key == layer.predicted else f"{key} ({layer.predicted})"


def word(quantity: Quantity | None) -> str:
    """Return what a quantity did."""
    return "-" if quantity is None else "moved" if quantity.moves else "still"


def distance(quantity: Quantity | None) -> str:
    """Return how far it moved."""
    return f"{quantity.drift[-1]:.6g}" if quantity is not None and quantity.drift and quantity.moves else ""
