"""Which traced train function a training call runs on Keras 3 with TensorFlow: one a kind and shape of batch.

Measured (experiments 03, 03b, 04): the same kind and batch shape runs the old trace; another batch size, a partial last
batch, train_on_batch after fit (and the reverse) is traced anew and reads the flags. After a second shape TensorFlow
makes one trace for every further shape.
"""

from __future__ import annotations

from collections.abc import Hashable

from keras_freeze_lint.effects.records import Trace
from keras_freeze_lint.interpreter.timeline import Batch

ANY = "any number of rows"
UNKNOWN = "unknown"


def signature_of(batch: Batch) -> tuple[str, Hashable]:
    """The kind of call and the number of rows in a batch: a number, ANY (varying), or a key of what is not known."""
    if batch.kind == "batch":
        return "batch", batch.rows if batch.rows is not None else (UNKNOWN, batch.key)
    if batch.kind == "dataset":
        # A data set with batches of the same shape runs the step that was traced for arrays, and the reverse.
        return "arrays", (UNKNOWN, batch.key)
    if batch.size is None:
        return "arrays", (UNKNOWN, batch.key)
    if batch.rows is None:
        return "arrays", (UNKNOWN, batch.key, batch.size)
    return "arrays", batch.size if batch.rows % batch.size == 0 else ANY


def trace_for(traces: dict[object, Trace], signature: tuple[str, Hashable], now: Trace, serves: str) -> Trace:
    """The trace that this call runs; a new one, with the flags of this moment, where none fits.

    ``serves`` says of a trace for any number of rows whether it serves further shapes ("any shape"), only its own
    ("its own"), or whether that is not measured ("unknown").
    """
    kind, shape = signature
    if (kind, shape) in traces:
        return traces[kind, shape]
    same_kind = [trace for (other, _), trace in _items(traces) if other == kind]
    if not same_kind:
        traces[kind, shape] = now
        return now
    if serves == "any shape" and (kind, ANY) in traces and not _unknown(shape):
        return traces[kind, ANY]
    if (
        serves == "unknown"
        or _unknown(shape)
        or any(_unknown(other) for (one, other), _ in _items(traces) if one == kind)
    ):
        known = _agreed([*same_kind, now])
        traces[kind, shape] = known
        return known
    traces[kind, ANY if serves == "any shape" else shape] = now
    return now


def _items(traces: dict[object, Trace]) -> list[tuple[tuple[str, Hashable], Trace]]:
    return list(traces.items())  # type: ignore[arg-type]


def _unknown(shape: Hashable) -> bool:
    return isinstance(shape, tuple) and shape[0] == UNKNOWN


def _agreed(traces: list[Trace]) -> Trace:
    """What holds whichever of the traces runs."""
    first = traces[0]
    weights = {
        serial: truth if all(trace.weights.get(serial) is truth for trace in traces) else None
        for serial, truth in first.weights.items()
    }
    statistics = {
        serial: truth if all(trace.statistics.get(serial) is truth for trace in traces) else None
        for serial, truth in first.statistics.items()
    }
    return Trace(weights, statistics, first.index)
