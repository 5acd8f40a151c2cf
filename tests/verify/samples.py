"""Findings, witnesses and measurements made by hand: what judging and the reports are given."""

from __future__ import annotations

from collections.abc import Sequence

from keras_freeze_lint.findings import Finding, Location, PathStep, Prediction
from keras_freeze_lint.verify.measurement import (
    CallMeasurement,
    Device,
    LayerMeasurement,
    Measurement,
    Quantity,
    Status,
)
from keras_freeze_lint.verify.witness import Assumption, Witness

# The user's file: frozen on line 6, too late, trained on line 7.
SOURCE = """\
from keras.layers import Dense
from keras.models import Sequential

model = Sequential([Dense(4, input_shape=(8,), name="base"), Dense(1, name="head")])
model.compile("sgd", "mse")
model.layers[0].trainable = False
model.fit(x, y)  # <b>not bold & "quoted"</b>
"""
# The witness has two lines of data before the same statements.
WITNESS = Witness(
    "train.py",
    "import numpy as np\nx, y = np.ones((8, 8)), np.ones((8, 1))\n" + SOURCE,
    (0, 0, 1, 2, 3, 4, 5, 6, 7),
    (7,),
    (Assumption(7, "x, y", "8 rows of random numbers <&>"),),
)
TRAINED = 9
DEVICE = Device("cpu", "3.11.7", "keras 2.15.0", "tensorflow", "tensorflow 2.15.1")
MOVED, STILL = Quantity(True, (0.004, 0.008, 0.011)), Quantity(False, (0.0, 0.0, 0.0))


def finding(
    layers: Sequence[str] = ("base",),
    intent: str = "frozen",
    effect: str = "moves",
    quantity: str = "weights",
    message: str = "trainable=False after compile() has no effect",
) -> Finding:
    return Finding(
        "KFL101",
        "trainable-after-compile",
        message,
        Location(6, 1, 6, 34),
        path=(PathStep(5, "compiled here"), PathStep(6, "changed here"), PathStep(7, "trained here")),
        prediction=Prediction(7, tuple(layers), intent, effect, quantity),
    )


def layer(
    key: str = "base",
    weights: Quantity = MOVED,
    statistics: Quantity | None = None,
    intent: str = "frozen",
    cls: str = "Dense",
    path: tuple[str, ...] = ("sequential",),
) -> LayerMeasurement:
    return LayerMeasurement(key, cls, path, intent, weights, statistics)


def call(*layers: LayerMeasurement, raised: str | None = None, line: int = TRAINED) -> CallMeasurement:
    return CallMeasurement(line, "fit", "model", layers, raised)


def run(*calls: CallMeasurement, status: Status = "finished", message: str = "", line: int = 0) -> Measurement:
    return Measurement(status, DEVICE, calls, message=message, line=line, seconds=0.5)
