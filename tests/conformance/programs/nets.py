"""Layers and models: what is known about them, and the many ways to write them down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.conformance.programs.sketch import Lines, Sketch, indent

WEIGHTED = frozenset(
    {"Dense", "BatchNormalization", "Conv1D", "Embedding", "SimpleRNN", "LSTM", "TimeDistributed", "Bidirectional"}
)
_KINDS = {
    "Dense": "dense",
    "BatchNormalization": "bn",
    "Conv1D": "conv",
    "Embedding": "emb",
    "SimpleRNN": "rnn",
    "LSTM": "rnn",
}


@dataclass(frozen=True)
class Feed:
    """What goes into a model."""

    kind: Literal["vector", "series", "ids"]
    shape: tuple[int, ...]

    @property
    def shape_text(self) -> str:
        inside = ", ".join(map(str, self.shape))
        return f"({inside},)" if len(self.shape) == 1 else f"({inside})"

    def array(self, rows: str) -> str:
        """An expression for that many random examples."""
        sizes = ", ".join(map(str, self.shape))
        if self.kind == "ids":
            return f"np.random.randint(0, 20, size=({rows}, {sizes}))"
        return f"np.random.rand({rows}, {sizes})"


@dataclass(eq=False)
class Layer:
    """A layer of a program: its literal name and the variable that holds it, where there are such."""

    kind: str
    label: str | None = None
    ref: str | None = None


@dataclass(eq=False)
class Net:
    """A model of a program; one that does not `fit` is never trained by itself, one not `built` has no weights yet."""

    ref: str
    members: list[Layer | Net]
    feeds: list[Feed]
    widths: list[int]
    family: Literal["sequential", "functional", "subclassed"] = "functional"
    label: str | None = None
    fits: bool = True
    built: bool = True
    inner: list[Net] = field(init=False)

    def __post_init__(self) -> None:
        self.inner = [member for member in self.members if isinstance(member, Net)]

    def labels(self) -> list[str]:
        """The literal names of the layers directly inside."""
        return [member.label for member in self.members if member.label and isinstance(member, Layer)]

    def leaves(self) -> Iterator[Layer]:
        for member in self.members:
            if isinstance(member, Net):
                yield from member.leaves()
            else:
                yield member

    def holds(self, kind: str) -> bool:
        return any(leaf.kind == kind for leaf in self.leaves())


@dataclass(eq=False)
class Piece:
    """One layer of a chain, not written yet."""

    symbol: str
    arguments: list[str]
    layer: Layer
    wrapped: tuple[str, list[str]] | None = None

    def code(self, sketch: Sketch, first: Sequence[str] = ()) -> str:
        """The constructor call; `first` are arguments for the first layer of a model."""
        symbol = sketch.keras(self.symbol)
        arguments = list(self.arguments)
        if self.wrapped is not None:
            arguments = [f"{sketch.keras(self.wrapped[0])}({', '.join(self.wrapped[1])})"]
        arguments += first
        if self.layer.label is not None:
            arguments.append(f"name={sketch.text(self.layer.label)}")
        return f"{symbol}({', '.join(arguments)})"


@dataclass(eq=False)
class Repeat:
    """Layers of the same sort that a loop creates, each with a name made from the counter."""

    header: str
    width: str
    label: str | None
    layers: list[Layer]
    last_width: int

    def code(self, sketch: Sketch) -> str:
        name = [f"name={self.label}"] if self.label else []
        return f"{sketch.keras('Dense')}({', '.join([self.width, activation(sketch), *name])})"


Part = Piece | Repeat


def activation(sketch: Sketch) -> str:
    """An argument of a layer; never relu, so that no gradient dies by accident."""
    return f"activation={sketch.text('tanh')}"


def vector(sketch: Sketch) -> Feed:
    return Feed("vector", (sketch.between(4, 8),))


def feed(sketch: Sketch) -> Feed:
    """The input of a first model."""
    kind = sketch.weighted((72, "vector"), (20, "series"), (8, "ids"))
    if kind == "series":
        return Feed("series", (sketch.between(5, 8), sketch.between(2, 3)))
    return Feed("ids", (sketch.between(4, 6),)) if kind == "ids" else vector(sketch)


def _piece(sketch: Sketch, stem: str, symbol: str, *arguments: str) -> Piece:
    label = None
    if symbol in WEIGHTED and not sketch.chance(sketch.unnamed):
        label = sketch.label(stem, _KINDS.get(symbol, "layer"))
    extra = []
    if symbol in WEIGHTED and sketch.chance(0.02):
        extra = [f"trainable={sketch.weighted((4, 'False'), (1, 'True'))}"]
    return Piece(symbol, [*arguments, *extra], Layer(symbol, label))


def _dense(sketch: Sketch, stem: str, width: int) -> Piece:
    arguments = [activation(sketch)] if sketch.chance(0.7) else []
    if sketch.chance(0.06):
        arguments.append("use_bias=False")
    return _piece(sketch, stem, "Dense", str(width), *arguments)


def _after_dense(sketch: Sketch, stem: str, normalised: float) -> Iterator[Piece]:
    if sketch.chance(normalised):
        yield _piece(sketch, stem, "BatchNormalization")
    if sketch.chance(0.06):
        yield _piece(sketch, stem, "Dropout", "0.1")
    elif sketch.chance(0.06):
        yield _piece(sketch, stem, "Activation", sketch.text("tanh"))


def _repeat(sketch: Sketch, stem: str) -> Repeat:
    count = sketch.between(2, 3)
    widths = [sketch.between(3, 6) for _ in range(count)]
    index = sketch.name("i", "k", "n", "block")
    start = sketch.one_of(0, 0, 1)
    stem = sketch.model_label(stem)
    quoted = sketch.text
    label = sketch.one_of(
        f"f{quoted(stem + '_{' + index + '}')}",
        f"f{quoted(stem + '_{' + index + '}')}",
        f"{quoted(stem + '_%d')} % {index}",
        f"{quoted(stem + '_')} + str({index})",
        f"{quoted(stem + '_{}')}.format({index})",
    )
    layers = [Layer("Dense", f"{stem}_{start + number}") for number in range(count)]
    sketch.take_labels(layer.label for layer in layers if layer.label)
    if sketch.chance(0.4):
        text = f"[{', '.join(map(str, widths))}]"
        values = text if sketch.chance(0.5) else sketch.constant("UNITS", text)
        width = sketch.name("units", "width", "size")
        tail = f", {start}" if start else ""
        return Repeat(f"for {index}, {width} in enumerate({values}{tail}):", width, label, layers, widths[-1])
    numbers = f"range({count})" if not start else f"range(1, {count + 1})"
    return Repeat(f"for {index} in {numbers}:", str(widths[0]), label, layers, widths[0])


def chain(
    sketch: Sketch, source: Feed, stem: str, depth: int, width: int | None = None, loops: bool = True
) -> tuple[list[Part], int]:
    """Layers that follow each other, and the width of what comes out."""
    parts: list[Part] = []
    out = width or sketch.between(3, 6)
    normalised = sketch.weighted((5, 0.0), (4, 0.35), (2, 0.9))
    if source.kind != "vector":
        parts.extend(_front(sketch, source, stem, normalised))
        depth -= 1
    elif loops and depth >= 3 and sketch.chance(0.3):
        repeat = _repeat(sketch, stem)
        parts.append(_dense(sketch, stem, sketch.between(3, 6)))
        parts.append(repeat)
        depth -= 1 + len(repeat.layers)
        if depth <= 0 and width is None:
            return parts, repeat.last_width
    for _ in range(depth - 1):
        parts.append(_dense(sketch, stem, sketch.between(3, 6)))
        parts.extend(_after_dense(sketch, stem, normalised))
    parts.append(_dense(sketch, stem, out))
    if width is None:
        parts.extend(_after_dense(sketch, stem, normalised))
    return parts, out


def _front(sketch: Sketch, source: Feed, stem: str, normalised: float) -> Iterator[Piece]:
    """From a series or from word numbers to a vector."""
    if source.kind == "ids":
        yield _piece(sketch, stem, "Embedding", "20", str(sketch.between(3, 5)))
    same = f"padding={sketch.text('same')}"
    for _ in range(sketch.between(0 if source.kind == "ids" else 1, 2)):
        if sketch.chance(0.12):
            inner = [str(sketch.between(3, 5)), activation(sketch)]
            yield _wrapper(sketch, stem, "TimeDistributed", "Dense", inner)
            continue
        yield _piece(sketch, stem, "Conv1D", str(sketch.between(2, 5)), "3", same, activation(sketch))
        if sketch.chance(normalised):
            yield _piece(sketch, stem, "BatchNormalization")
    ending = sketch.weighted(
        (40, "GlobalAveragePooling1D"), (30, "Flatten"), (10, "SimpleRNN"), (6, "LSTM"), (8, "Bidirectional")
    )
    if ending == "Bidirectional":
        yield _wrapper(sketch, stem, "Bidirectional", sketch.one_of("SimpleRNN", "LSTM"), ["3"])
    elif ending in WEIGHTED:
        yield _piece(sketch, stem, ending, "3")
    else:
        yield _piece(sketch, stem, ending)


def _wrapper(sketch: Sketch, stem: str, symbol: str, inner: str, arguments: list[str]) -> Piece:
    piece = _piece(sketch, stem, symbol)
    inside = list(arguments)
    if piece.layer.label is not None and sketch.chance(0.5):
        inside.append(f"name={sketch.text(sketch.label(stem, 'inner'))}")
    piece.wrapped = (inner, inside)
    return piece


def layers_of(parts: Sequence[Part]) -> list[Layer | Net]:
    found: list[Layer | Net] = []
    for part in parts:
        found.extend(part.layers if isinstance(part, Repeat) else [part.layer])
    return found


def name_argument(sketch: Sketch, label: str | None) -> list[str]:
    return [f"name={sketch.text(label)}"] if label else []


def sequential(
    sketch: Sketch,
    ref: str,
    source: Feed,
    parts: Sequence[Part],
    label: str | None,
    before: Sequence[Net] = (),
    *,
    nested: bool = False,
) -> Lines:
    """A Sequential model: models that stand before, then the layers.

    TensorFlow 2.1 does not build a model around a Sequential model that starts with an input layer.
    """
    seq = sketch.keras("Sequential")
    looped = any(isinstance(part, Repeat) for part in parts)
    first = _first_arguments(sketch, source, parts[0]) if not before else []
    head = [net.ref for net in before]
    if not before and sketch.chance(0.25) and not (nested and sketch.tensorflow):
        head, first = [_input_layer(sketch, source)], []
    lines: Lines = []
    codes = list(head)
    for position, part in enumerate(parts):
        if isinstance(part, Repeat):
            continue
        code = part.code(sketch, first if position == 0 else ())
        if part.layer.kind in WEIGHTED and sketch.chance(0.1):
            part.layer.ref = sketch.owned(*_names_for(part.layer))
            lines.append(f"{part.layer.ref} = {code}")
        codes.append(part.layer.ref or code)
    names = name_argument(sketch, label)
    if looped or sketch.chance(0.4):
        lines.append(f"{ref} = {seq}({', '.join(names)})")
        return lines + _added(sketch, ref, parts, codes)
    if sketch.chance(0.12):
        stack = sketch.name("stack", "parts", "blocks")
        return [
            *lines,
            f"{stack} = [",
            *indent(f"{code}," for code in codes),
            "]",
            f"{ref} = {seq}({', '.join([stack, *names])})",
        ]
    flat = f"{ref} = {seq}({', '.join(['[' + ', '.join(codes) + ']', *names])})"
    if len(flat) < 100 and sketch.chance(0.6):
        return [*lines, flat]
    tail = "".join(f", {name}" for name in names)
    return [*lines, f"{ref} = {seq}([", *indent(f"{code}," for code in codes), f"]{tail})"]


def _added(sketch: Sketch, ref: str, parts: Sequence[Part], codes: list[str]) -> Lines:
    """`model.add(...)` for everything, with the loops among them."""
    singles = sum(isinstance(part, Piece) for part in parts)
    lead = len(codes) - singles
    lines = [f"{ref}.add({code})" for code in codes[:lead]]
    rest = iter(codes[lead:])
    for part in parts:
        if isinstance(part, Repeat):
            lines += [part.header, f"    {ref}.add({part.code(sketch)})"]
        else:
            lines.append(f"{ref}.add({next(rest)})")
    return lines


def _names_for(layer: Layer) -> tuple[str, ...]:
    return {
        "Dense": ("dense", "fc", "hidden", "proj"),
        "BatchNormalization": ("bn", "norm"),
        "Conv1D": ("conv",),
        "Embedding": ("embedding", "emb"),
    }.get(layer.kind, ("cell", "rnn"))


def _first_arguments(sketch: Sketch, source: Feed, part: Part) -> list[str]:
    if isinstance(part, Piece) and part.symbol == "Dense" and sketch.chance(0.25):
        return [f"input_dim={source.shape[0]}"]
    return [f"input_shape={source.shape_text}"]


def _input_layer(sketch: Sketch, source: Feed) -> str:
    if sketch.flavour == "keras3" and sketch.chance(0.7):
        return f"{sketch.keras('Input')}({source.shape_text})"
    return f"{sketch.keras('InputLayer')}(input_shape={source.shape_text})"


def input_line(sketch: Sketch, ref: str, source: Feed) -> str:
    shape = source.shape_text if sketch.chance(0.3) else f"shape={source.shape_text}"
    kind = f", dtype={sketch.text('int32')}" if source.kind == "ids" else ""
    return f"{ref} = {sketch.keras('Input')}({shape}{kind})"


def flow(sketch: Sketch, start: str, target: str, parts: Sequence[Part], keep: float = 0.15) -> Lines:
    """Functional calls from the tensor `start` to the variable `target`."""
    lines: Lines = []
    now = start
    for part in parts:
        if isinstance(part, Repeat):
            if now != target:
                lines.append(f"{target} = {now}")
            lines += [part.header, f"    {target} = {part.code(sketch)}({target})"]
        elif part.layer.kind in WEIGHTED and sketch.chance(keep):
            part.layer.ref = sketch.owned(*_names_for(part.layer))
            lines += [f"{part.layer.ref} = {part.code(sketch)}", f"{target} = {part.layer.ref}({now})"]
        else:
            lines.append(f"{target} = {part.code(sketch)}({now})")
        now = target
    return lines


def model_line(sketch: Sketch, ref: str, inputs: str, outputs: str, label: str | None) -> str:
    if sketch.chance(0.4):
        inputs, outputs = f"inputs={inputs}", f"outputs={outputs}"
    return f"{ref} = {sketch.keras('Model')}({', '.join([inputs, outputs, *name_argument(sketch, label)])})"


def functional(sketch: Sketch, ref: str, source: Feed, parts: Sequence[Part], label: str | None) -> Lines:
    """A functional model."""
    start = sketch.name("inp", "inputs", "input_tensor", "i")
    target = sketch.name("h", "x", "out", "t")
    return [
        input_line(sketch, start, source),
        *flow(sketch, start, target, parts),
        model_line(sketch, ref, start, target, label),
    ]


def simple_net(
    sketch: Sketch,
    names: Sequence[str],
    source: Feed,
    stem: str,
    depth: int,
    width: int | None = None,
    *,
    nested: bool = True,
) -> tuple[Net, Lines]:
    """A model without inner models, written in one of the two ways."""
    family: Literal["sequential", "functional"] = "sequential" if sketch.chance(0.5) else "functional"
    parts, out = chain(sketch, source, stem, depth, width)
    ref = sketch.owned(*names)
    label = sketch.model_label(ref.split(".")[-1]) if sketch.chance(0.6 if nested else 0.2) else None
    if family == "sequential":
        lines = sequential(sketch, ref, source, parts, label, nested=nested)
    else:
        lines = functional(sketch, ref, source, parts, label)
    return Net(ref, layers_of(parts), [source], [out], family, label), lines
