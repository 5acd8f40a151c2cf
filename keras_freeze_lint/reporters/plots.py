"""Small line plots as inline SVG: how far a layer moves away from where it was, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

WIDTH, HEIGHT = 320.0, 140.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 10.0, 10.0, 26.0


@dataclass(frozen=True)
class Line:
    """One curve: the points of each turn in the coordinates of the drawing, its markers, and how it is drawn."""

    kind: str
    paths: tuple[str, ...]
    markers: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """What the template draws."""

    title: str
    description: str
    lines: tuple[Line, ...]
    highest: str
    steps: int
    turns: int
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM


def plot(title: str, measured: Sequence[Sequence[float]], control: Sequence[Sequence[float]] | None) -> Plot:
    """Return the plot of one layer: its drift after each step of each turn, and in the control where there is one.

    Every turn of a training call begins at rest, where the layer is then.
    """
    curves = [("measured", [_from_rest(turn) for turn in measured or [()]])]
    if control is not None:
        curves.append(("control", [_from_rest(turn) for turn in control or [()]]))
    highest = max(value for _, turns in curves for turn in turns for value in turn)
    steps = max(_steps(turns) for _, turns in curves)
    lines = tuple(_line(kind, turns, steps, highest) for kind, turns in curves)
    how_often = max(len(turns) for _, turns in curves)
    told = f"{title}: moved by {_furthest(curves[0][1]):.6g} in {steps} {'step' if steps == 1 else 'steps'}"
    if how_often > 1:
        told += f" of {how_often} turns"
    if control is not None:
        told += f"; in the control by {_furthest(curves[1][1]):.6g}"
    return Plot(title, told, lines, f"{highest:.2g}" if highest else "0", steps, how_often)


def _from_rest(drift: Sequence[float]) -> list[float]:
    return [0.0, *(value if isfinite(value) else 0.0 for value in drift or (0.0,))]


def _furthest(turns: Sequence[Sequence[float]]) -> float:
    return max(turn[-1] for turn in turns)


def _steps(turns: Sequence[Sequence[float]]) -> int:
    return sum(len(turn) - 1 for turn in turns)


def _line(kind: str, turns: Sequence[Sequence[float]], steps: int, highest: float) -> Line:
    across = (WIDTH - _RIGHT - _LEFT) / max(steps, 1)
    floor, rise = HEIGHT - _BOTTOM, HEIGHT - _BOTTOM - _TOP
    paths, markers, before = [], [], 0
    for turn in turns:
        points = [
            (
                round(_LEFT + across * (before + step), 1),
                round(floor - (rise * value / highest if highest else 0.0), 1),
            )
            for step, value in enumerate(turn)
        ]
        before += len(turn) - 1
        paths.append(" ".join(f"{x},{y}" for x, y in points))
        markers += points
    return Line(kind, tuple(paths), tuple(markers))
