"""Small line plots as inline SVG: how far a layer moves away from where it was, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

WIDTH, HEIGHT = 320.0, 132.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 10.0, 10.0, 24.0


@dataclass(frozen=True)
class Line:
    """One curve: its points in the coordinates of the drawing, where its markers are, and how it is drawn."""

    kind: str
    path: str
    markers: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """What the template draws."""

    title: str
    description: str
    lines: tuple[Line, ...]
    highest: str
    steps: int
    width: float = WIDTH
    height: float = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM


def plot(title: str, measured: Sequence[float], control: Sequence[float] | None) -> Plot:
    """Return the plot of one layer: its drift after each step in the run, and in the control where there is one."""
    curves = [("measured", _from_rest(measured))]
    if control is not None:
        curves.append(("control", _from_rest(control)))
    highest = max(value for _, curve in curves for value in curve)
    steps = max(len(curve) for _, curve in curves) - 1
    lines = tuple(_line(kind, curve, steps, highest) for kind, curve in curves)
    told = f"{title}: moved by {measured[-1] if measured else 0:.6g} in {steps} steps"
    if control:
        told += f"; in the control by {control[-1]:.6g}"
    return Plot(title, told, lines, f"{highest:.2g}" if highest else "0", steps)


def _from_rest(drift: Sequence[float]) -> list[float]:
    return [0.0, *(value if isfinite(value) else 0.0 for value in drift or (0.0,))]


def _line(kind: str, curve: Sequence[float], steps: int, highest: float) -> Line:
    across = (WIDTH - _RIGHT - _LEFT) / max(steps, 1)
    floor, rise = HEIGHT - _BOTTOM, HEIGHT - _BOTTOM - _TOP
    points = tuple(
        (round(_LEFT + across * step, 1), round(floor - (rise * value / highest if highest else 0.0), 1))
        for step, value in enumerate(curve)
    )
    return Line(kind, " ".join(f"{x},{y}" for x, y in points), points)
