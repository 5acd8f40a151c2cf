"""Lists, layer lists, arrays and the binding of names: what can be iterated, indexed, sliced and taken apart."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keras_freeze_lint.interpreter import conditions, layers
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.cuts import is_vague, missing_layer, odd_slice
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import (
    Call,
    Data,
    Gradients,
    Instance,
    Layer,
    LayerList,
    Length,
    OddSlice,
    Scope,
    Span,
    SpanRange,
    Tensor,
    Unknown,
    Value,
    Variable,
    Variables,
    WeightIndex,
    Weights,
)

# A loop over more items than this is cut short: what one more turn would do, the turns before have shown.
MAX_ITEMS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Enumerated:
    """``enumerate(model.layers)``: pairs of index and layer, and the model that they come from."""

    model: Layer
    pairs: list[tuple[Value, Layer]]
    odd: OddSlice | None = None


_Evaluate = Callable[[Run, ast.expr, Scope], Value]


def items_of(run: Run, value: Value) -> list[Value] | None:
    """The items of an iterable, or None where they are not known."""
    if isinstance(value, LayerList):
        return list(value.layers)
    if isinstance(value, list | tuple | range):
        return list(value[:MAX_ITEMS])
    if isinstance(value, set | frozenset | dict):
        return list(value)[:MAX_ITEMS]
    if isinstance(value, Enumerated):
        return list(value.pairs)
    if isinstance(value, str):
        return list(value[:MAX_ITEMS])
    if isinstance(value, Variables):
        one = _variable_of(run, value)
        return [one] if one is not None else None
    if isinstance(value, SpanRange):
        return layers.positions(run, value)
    return None


def item(run: Run, value: Value, index: Value, node: ast.AST) -> Value:
    """``value[index]``."""
    if isinstance(index, bool):
        index = int(index)
    if isinstance(value, LayerList):
        return _layer_at(run, value, index, node)
    if isinstance(value, list | tuple | str | range):
        if isinstance(index, int):
            try:
                return value[index]
            except IndexError:
                return Unknown(("no item", id(node)))
        return Unknown(("item", conditions.key_of(value), conditions.key_of(index)))
    if isinstance(value, dict):
        try:
            if index in value:
                return value[index]
        except TypeError:
            pass
        return Unknown(("item", id(value), conditions.key_of(index)))
    if isinstance(value, Variables) and isinstance(index, int):
        return _variable_of(run, value) or Unknown(("variable", id(node)))
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Data):
        return Data(None, ("item", value.key, conditions.key_of(index)))
    if isinstance(value, Instance):
        return Unknown(("item", id(value), conditions.key_of(index)))
    foreign = value.foreign if isinstance(value, Unknown) else False
    return Unknown(("item", conditions.key_of(value), conditions.key_of(index)), foreign)


def _variable_of(run: Run, variables: Variables) -> Variable | None:
    """Any one of the variables in a list that was read from one layer or model."""
    if len(variables.reads) != 1:
        return None
    reads = (event for event in reversed(run.timeline) if isinstance(event, events.ReadVariables))
    read = next((event for event in reads if event.serial == variables.reads[0]), None)
    return Variable(read.source, events.ANY_VARIABLE) if read is not None else None


def _layer_at(run: Run, listed: LayerList, index: Value, node: ast.AST) -> Value:
    if isinstance(index, WeightIndex):
        run.emit(events.Mistake(*run.place(node), "weight index", listed.model, "layers"))
    if isinstance(index, int):
        if is_vague(run, listed, (index + 1 if index >= 0 else index,)):
            return Unknown(("layer at", listed.model.serial, id(node)))
        missing = missing_layer(run, listed, index)
        return missing if missing is not None else layers.item_of(run, listed, index)
    if isinstance(index, Span):
        return layers.item_of(run, listed, index)
    return Unknown(("layer at", listed.model.serial, conditions.key_of(index), id(node)))


def slice_value(run: Run, value: Value, bounds: list[Value], node: ast.AST) -> Value:
    """``value[low:high:step]``."""
    plain = [int(bound) if isinstance(bound, int) else bound for bound in bounds]
    if all(bound is None or isinstance(bound, int) for bound in plain):
        cut = slice(*plain)
        if isinstance(value, LayerList) and is_vague(run, value, (cut.start, cut.stop)):
            return Unknown(("slice of layers", value.model.serial, id(node)))
        if isinstance(value, LayerList):
            part = layers.slice_of(run, value, cut)
            if isinstance(part, LayerList) and value.odd is None:
                part.odd = odd_slice(run, value, cut.start, cut.stop, node)
            return part
        if isinstance(value, list | tuple | str | range):
            return value[cut] if cut.step != 0 else value
        if isinstance(value, Data):
            rows = len(range(value.rows)[cut]) if value.rows is not None and cut.step != 0 else None
            return Data(rows, ("slice", value.key, *plain), value.dataset)
    elif isinstance(value, LayerList):
        if any(isinstance(bound, WeightIndex) for bound in bounds):
            run.emit(events.Mistake(*run.place(node), "weight index", value.model, "layers"))
        return Unknown(("slice of layers", value.model.serial, *(conditions.key_of(bound) for bound in bounds)))
    if isinstance(value, Tensor | Weights):
        return value
    if isinstance(value, Data):
        return Data(None, ("slice", value.key, *(conditions.key_of(bound) for bound in bounds)))
    foreign = value.foreign if isinstance(value, Unknown) else False
    return Unknown(("slice", conditions.key_of(value), *(conditions.key_of(bound) for bound in bounds)), foreign)


def joined(run: Run, left: Value, right: Value) -> Value:
    """``left + right`` for sequences and variable lists, None where it is not such a sum."""
    if isinstance(left, LayerList):
        left = left.layers
    if isinstance(right, LayerList):
        right = right.layers
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left + right
    if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) < 10_000:
        return left + right
    if isinstance(left, Variables) and isinstance(right, Variables):
        return Variables(left.reads + right.reads)
    if isinstance(left, Variables) and right == []:
        return left
    if isinstance(right, Variables) and left == []:
        return right
    return None


def operation(tensors: Sequence[Tensor]) -> Tensor:
    """A tensor computed from others by something that is no layer of the program."""
    if not tensors:
        return Tensor(None)
    merged = Layer(0, "operation", ast.Pass(), has_weights=False, kind="operation")
    merged.serial = -id(merged)
    return Tensor(Call(merged, tuple(tensors)))


@contextmanager
def looping_over(run: Run, source: Value) -> Iterator[None]:
    """Remember, while the loop's body runs, over which model's layers it goes."""
    if not isinstance(source, LayerList | Enumerated):
        yield
        return
    run.loops.append(source.model)
    try:
        yield
    finally:
        run.loops.pop()


def bind(run: Run, target: ast.expr, value: Value, scope: Scope, evaluate: _Evaluate) -> None:
    """Assign to a name, an attribute, an item or a tuple of them."""
    from keras_freeze_lint.interpreter.attributes import set_attribute
    from keras_freeze_lint.interpreter.suspicions import inspect_after_loop

    if isinstance(target, ast.Name):
        holder = scope.outer_names.get(target.id, scope)
        holder.variables[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(run, target.elts, value, scope, evaluate)
    elif isinstance(target, ast.Starred):
        bind(run, target.value, value, scope, evaluate)
    elif isinstance(target, ast.Attribute):
        if target.attr == "trainable":
            inspect_after_loop(run, target, value, scope)
        set_attribute(run, evaluate(run, target.value, scope), target.attr, value, target)
    elif isinstance(target, ast.Subscript):
        container = evaluate(run, target.value, scope)
        if isinstance(target.slice, ast.Slice):
            return
        _set_item(container, evaluate(run, target.slice, scope), value)


def _set_item(container: Value, index: Value, value: Value) -> None:
    if isinstance(container, dict):
        try:
            container[index] = value
        except TypeError:
            return
    elif isinstance(container, list) and isinstance(index, int) and -len(container) <= index < len(container):
        container[index] = value


def _unpack(run: Run, targets: list[ast.expr], value: Value, scope: Scope, evaluate: _Evaluate) -> None:
    items = items_of(run, value)
    starred = next((i for i, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    if items is not None and starred is None and len(items) == len(targets):
        for target, part in zip(targets, items, strict=True):
            bind(run, target, part, scope, evaluate)
        return
    if items is not None and starred is not None and len(items) >= len(targets) - 1:
        tail = len(targets) - starred - 1
        parts: list[Any] = [*items[:starred], items[starred : len(items) - tail], *items[len(items) - tail :]]
        for target, part in zip(targets, parts, strict=True):
            bind(run, target, part, scope, evaluate)
        return
    for index, target in enumerate(targets):
        part = (
            item(run, value, index, target)
            if not isinstance(value, Gradients | Variables)
            else Unknown(("part", id(target)))
        )
        if isinstance(value, list | tuple):
            part = Unknown(("part", id(target)))
        bind(run, target, part, scope, evaluate)


def size_of(value: Value) -> Value:
    """``len(value)``."""
    if isinstance(value, LayerList):
        return layers.length_of(value)
    if isinstance(value, list | tuple | dict | set | frozenset | str | range):
        return len(value)
    if isinstance(value, Data) and value.rows is not None:
        return value.rows
    if isinstance(value, Weights | Variables):
        return WeightIndex(value)
    return Unknown(("length", conditions.key_of(value)))


def range_of(bounds: list[Value]) -> Value:
    """``range(...)``; over the positions of an unseen layer list where a bound comes from its length."""
    if any(isinstance(bound, WeightIndex) for bound in bounds):
        return [WeightIndex()]
    listed = next((bound.layers for bound in bounds if isinstance(bound, Length)), None)
    if not all(isinstance(bound, int) for bound in bounds) or not bounds:
        return Unknown(("range", *(conditions.key_of(bound) for bound in bounds)))
    numbers = [int(bound) for bound in bounds]
    if listed is not None and len(numbers) <= 2 and min(numbers) >= 0:
        low, high = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
        return SpanRange(low, high, listed)
    if len(numbers) == 3 and numbers[2] == 0:
        return Unknown(("range",))
    return range(*numbers[:3])
