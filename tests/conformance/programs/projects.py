"""How the models of one program hang together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.conformance.programs.nets import (
    Feed,
    Layer,
    Net,
    Part,
    chain,
    feed,
    flow,
    functional,
    input_line,
    layers_of,
    model_line,
    sequential,
    simple_net,
    vector,
)
from tests.conformance.programs.sketch import Lines, Sketch

BASE = ("base", "base_model", "backbone", "encoder", "features", "conv_base", "extractor", "pretrained", "trunk")
MAIN = ("model", "model", "net", "full_model", "classifier", "combined", "regressor")
HEAD = ("head", "top", "top_model", "predictor")
BASE_STEMS = ("block", "enc", "feat", "stem", "trunk", "b", "conv_part")
HEAD_STEMS = ("head", "top", "fc", "out", "clf", "pred")


@dataclass
class Project:
    """The models of a program and the lines that build them.

    `main` is what gets trained first; the first `base_lines` lines build the base.
    """

    build: Lines
    main: Net
    base: Net | None = None
    others: list[Net] = field(default_factory=list)
    base_lines: int | None = None

    def early(self, lines: Lines) -> None:
        """Do something with the base before other models are built on it."""
        self.build[self.base_lines : self.base_lines] = lines

    def nets(self) -> list[Net]:
        """Every model that a variable holds."""
        found: list[Net] = []
        todo = [self.main, *([self.base] if self.base else []), *self.others]
        while todo:
            net = todo.pop(0)
            if net not in found:
                found.append(net)
                todo.extend(net.inner)
        return found

    def layers(self) -> list[Layer]:
        """The layers with weights that a variable holds."""
        found: list[Layer] = []
        for net in self.nets():
            found.extend(leaf for leaf in net.leaves() if leaf.ref and leaf not in found)
        return found


def _base(sketch: Sketch, depth: tuple[int, int] = (2, 4)) -> tuple[Net, Lines]:
    return simple_net(sketch, BASE, feed(sketch), sketch.one_of(*BASE_STEMS), sketch.between(*depth))


def _inner_call(sketch: Sketch, net: Net, argument: str) -> str:
    """A model called on a tensor; older standalone Keras knows no `training` there."""
    training = sketch.modern and sketch.chance(0.3)
    return f"{net.ref}({argument}{', training=False' if training else ''})"


def _on_top(sketch: Sketch, ref: str, base: Net, parts: Sequence[Part], again: bool) -> Lines:
    """A model with the base first; standalone Keras takes a model that is in use `again` only in the functional way."""
    if sketch.chance(0.5) and (sketch.modern or not again):
        return sequential(sketch, ref, base.feeds[0], parts, None, [base])
    start, target = sketch.name("inp", "inputs"), sketch.name("x", "out")
    lines = [input_line(sketch, start, base.feeds[0]), *flow(sketch, f"{base.ref}({start})", target, parts)]
    return [*lines, model_line(sketch, ref, start, target, None)]


def single(sketch: Sketch) -> Project:
    """One model."""
    source = feed(sketch)
    net, lines = simple_net(
        sketch, MAIN, source, sketch.one_of(*BASE_STEMS, "hidden", "layer"), sketch.between(2, 5), 1, nested=False
    )
    return Project(lines, net)


def stacked(sketch: Sketch) -> Project:
    """Sequential([base, ...])."""
    base, lines = _base(sketch)
    complete = len(lines)
    parts, width = chain(
        sketch, Feed("vector", (base.widths[0],)), sketch.one_of(*HEAD_STEMS), sketch.between(1, 2), 1, False
    )
    ref = sketch.owned(*MAIN)
    label = sketch.model_label("full") if sketch.chance(0.15) else None
    lines += sequential(sketch, ref, base.feeds[0], parts, label, [base])
    return Project(
        lines, Net(ref, [base, *layers_of(parts)], base.feeds, [width], "sequential", label), base, base_lines=complete
    )


def wrapped(sketch: Sketch) -> Project:
    """A functional model that calls the base."""
    base, lines = _base(sketch)
    complete = len(lines)
    parts, width = chain(
        sketch,
        Feed("vector", (base.widths[0],)),
        sketch.one_of(*HEAD_STEMS),
        sketch.between(1, 2),
        sketch.between(1, 2),
    )
    ref = sketch.owned(*MAIN)
    start, target = sketch.name("inputs", "inp", "image_in"), sketch.name("x", "out", "h")
    lines += [input_line(sketch, start, base.feeds[0]), f"{target} = {_inner_call(sketch, base, start)}"]
    lines += [*flow(sketch, target, target, parts), model_line(sketch, ref, start, target, None)]
    return Project(lines, Net(ref, [base, *layers_of(parts)], base.feeds, [width]), base, base_lines=complete)


def _functional_base(sketch: Sketch) -> tuple[Net, Lines]:
    source = feed(sketch)
    parts, out = chain(sketch, source, sketch.one_of(*BASE_STEMS), sketch.between(2, 4))
    ref = sketch.owned(*BASE)
    label = sketch.model_label("base") if sketch.chance(0.4) else None
    lines = functional(sketch, ref, source, parts, label)
    return Net(ref, layers_of(parts), [source], [out], "functional", label), lines


def surgery(sketch: Sketch) -> Project:
    """Model(base.input, head(base.output)): the layers of the base become layers of the model."""
    base, lines = _functional_base(sketch)
    complete = len(lines)
    source = Feed("vector", (base.widths[0],))
    ref = sketch.owned(*MAIN)
    target = sketch.name("x", "out", "h", "predictions")
    if sketch.chance(0.3):
        head, more = simple_net(sketch, HEAD, source, sketch.one_of(*HEAD_STEMS), sketch.between(1, 2), 1)
        line = model_line(sketch, ref, f"{base.ref}.input", f"{head.ref}({base.ref}.output)", None)
        return Project(
            [*lines, *more, line], Net(ref, [*base.members, head], base.feeds, [1]), base, base_lines=complete
        )
    parts, width = chain(sketch, source, sketch.one_of(*HEAD_STEMS), sketch.between(1, 2), 1)
    inputs = sketch.weighted((7, f"{base.ref}.input"), (2, f"{base.ref}.inputs"))
    outputs = sketch.weighted((7, f"{base.ref}.output"), (2, f"{base.ref}.layers[-1].output"))
    lines += [*flow(sketch, outputs, target, parts), model_line(sketch, ref, inputs, target, None)]
    return Project(lines, Net(ref, [*base.members, *layers_of(parts)], base.feeds, [width]), base, base_lines=complete)


def cut(sketch: Sketch) -> Project:
    """A model that ends inside the base, with a head on top of it."""
    base, lines = _functional_base(sketch)
    last = base.members[-2]
    plain = isinstance(last, Layer) and last.kind == "Dense"
    index = -2 if plain else -1
    kept = base.members[:-1] if plain else base.members
    middle = f"{base.ref}.layers[{index}].output"
    if plain and isinstance(last, Layer) and last.label and sketch.chance(0.4):
        middle = f"{base.ref}.get_layer({sketch.text(last.label)}).output"
    ref = sketch.owned(*MAIN)
    target = sketch.name("x", "out")
    width_in = Feed("vector", (base.widths[0],))
    parts, width = chain(sketch, width_in, sketch.one_of(*HEAD_STEMS), sketch.between(1, 2), 1)
    if sketch.chance(0.5):
        feature = Net(
            sketch.owned("feature_model", "extract", "truncated"), list(kept), base.feeds, base.widths, fits=False
        )
        lines.append(model_line(sketch, feature.ref, f"{base.ref}.input", middle, None))
        start = sketch.name("inputs", "inp")
        lines += [input_line(sketch, start, base.feeds[0]), *flow(sketch, f"{feature.ref}({start})", target, parts)]
        lines.append(model_line(sketch, ref, start, target, None))
        return Project(lines, Net(ref, [feature, *layers_of(parts)], base.feeds, [width]), feature, [base])
    lines += [*flow(sketch, middle, target, parts), model_line(sketch, ref, f"{base.ref}.input", target, None)]
    return Project(lines, Net(ref, [*kept, *layers_of(parts)], base.feeds, [width]), base)


def two_levels(sketch: Sketch) -> Project:
    """A model in a model in a model."""
    inner, lines = _base(sketch, (2, 3))
    middle_ref = sketch.owned("backbone", "features", "encoder", "block_model")
    parts, out = chain(sketch, Feed("vector", (inner.widths[0],)), "mid", sketch.between(1, 2), None, False)
    label = sketch.model_label("middle") if sketch.chance(0.5) else None
    if sketch.chance(0.5):
        lines += sequential(sketch, middle_ref, inner.feeds[0], parts, label, [inner])
        middle = Net(middle_ref, [inner, *layers_of(parts)], inner.feeds, [out], "sequential", label)
    else:
        start, target = sketch.name("inp", "mid_in"), sketch.name("x", "h")
        lines += [input_line(sketch, start, inner.feeds[0]), *flow(sketch, f"{inner.ref}({start})", target, parts)]
        lines.append(model_line(sketch, middle_ref, start, target, label))
        middle = Net(middle_ref, [inner, *layers_of(parts)], inner.feeds, [out], "functional", label)
    top, width = chain(sketch, Feed("vector", (out,)), sketch.one_of(*HEAD_STEMS), 1, 1, False)
    ref = sketch.owned(*MAIN)
    lines += sequential(sketch, ref, inner.feeds[0], top, None, [middle])
    return Project(lines, Net(ref, [middle, *layers_of(top)], inner.feeds, [width], "sequential"), middle, [inner])


def chained(sketch: Sketch) -> Project:
    """Two models one after the other, each of which may be trained too: autoencoders and the like."""
    source = vector(sketch)
    code = sketch.between(2, 4)
    encoder, lines = simple_net(sketch, ("encoder", "enc"), source, "enc", sketch.between(1, 3), code)
    complete = len(lines)
    decoder, more = simple_net(
        sketch, ("decoder", "dec"), Feed("vector", (code,)), "dec", sketch.between(1, 3), source.shape[0]
    )
    ref = sketch.owned("autoencoder", "ae", "model")
    lines += more
    if sketch.chance(0.5):
        start = sketch.name("inputs", "inp")
        lines += [
            input_line(sketch, start, source),
            model_line(sketch, ref, start, f"{decoder.ref}({encoder.ref}({start}))", None),
        ]
    else:
        lines.append(f"{ref} = {sketch.keras('Sequential')}([{encoder.ref}, {decoder.ref}])")
    main = Net(ref, [encoder, decoder], [source], [source.shape[0]])
    if sketch.chance(0.5):
        return Project(lines, main, encoder, [decoder], complete)
    parts, width = chain(sketch, Feed("vector", (code,)), "clf", sketch.between(1, 2), 1, False)
    classifier = Net(
        sketch.owned("classifier", "clf", "predictor"), [encoder, *layers_of(parts)], [source], [width], "sequential"
    )
    lines += _on_top(sketch, classifier.ref, encoder, parts, again=True)
    return Project(lines, main, encoder, [classifier, decoder], complete)


def shared_base(sketch: Sketch) -> Project:
    """Two models with the same base in them."""
    base, lines = _base(sketch)
    complete = len(lines)
    outer: list[Net] = []
    for names in (("model_a", "teacher", "regressor"), ("model_b", "student", "scorer")):
        parts, width = chain(sketch, Feed("vector", (base.widths[0],)), sketch.one_of(*HEAD_STEMS), 1, 1, False)
        ref = sketch.owned(*names)
        lines += _on_top(sketch, ref, base, parts, again=bool(outer))
        outer.append(Net(ref, [base, *layers_of(parts)], base.feeds, [width]))
    return Project(lines, outer[0], base, [outer[1]], complete)


def shared_layers(sketch: Sketch) -> Project:
    """Two functional models over the same layers."""
    source = vector(sketch)
    start, middle = sketch.name("inp", "inputs"), sketch.name("h", "shared", "x")
    common, width = chain(sketch, source, "shared", sketch.between(1, 3), None, False)
    lines = [input_line(sketch, start, source), *flow(sketch, start, middle, common, keep=0.5)]
    nets: list[Net] = []
    for names in (("model_a", "first", "main_model"), ("model_b", "second", "aux_model")):
        parts, out = chain(sketch, Feed("vector", (width,)), sketch.one_of(*HEAD_STEMS), 1, 1, False)
        target = sketch.name("out_a", "out", "y_pred")
        ref = sketch.owned(*names)
        lines += [*flow(sketch, middle, target, parts), model_line(sketch, ref, start, target, None)]
        nets.append(Net(ref, [*layers_of(common), *layers_of(parts)], [source], [out]))
    return Project(lines, nets[0], None, [nets[1]])


def siamese(sketch: Sketch) -> Project:
    """A base that sees both inputs."""
    base, lines = _base(sketch, (2, 3))
    complete = len(lines)
    left, right = sketch.name("left", "input_a"), sketch.name("right", "input_b")
    merged, target = sketch.name("merged", "both"), sketch.name("x", "out")
    merge = sketch.one_of("concatenate", "Concatenate", "add", "Add")
    pair = f"[{base.ref}({left}), {base.ref}({right})]"
    call = f"{sketch.keras(merge)}({pair})" if merge.islower() else f"{sketch.keras(merge)}()({pair})"
    parts, width = chain(sketch, vector(sketch), sketch.one_of(*HEAD_STEMS), sketch.between(1, 2), 1)
    ref = sketch.owned(*MAIN)
    lines += [input_line(sketch, left, base.feeds[0]), input_line(sketch, right, base.feeds[0]), f"{merged} = {call}"]
    lines += [*flow(sketch, merged, target, parts), model_line(sketch, ref, f"[{left}, {right}]", target, None)]
    return Project(lines, Net(ref, [base, *layers_of(parts)], base.feeds * 2, [width]), base, base_lines=complete)


def two_inputs(sketch: Sketch) -> Project:
    """Two branches that meet."""
    lines: Lines = []
    members: list[Layer | Net] = []
    starts, ends, feeds = [], [], []
    for stem, names in (("left", ("in_a", "text_in")), ("right", ("in_b", "meta_in"))):
        source = feed(sketch)
        start, end = sketch.name(*names), sketch.name("a", "b", "branch")
        parts, _ = chain(sketch, source, stem, sketch.between(1, 2), None, False)
        lines += [input_line(sketch, start, source), *flow(sketch, start, end, parts, keep=0.3)]
        members += layers_of(parts)
        starts.append(start)
        ends.append(end)
        feeds.append(source)
    target = sketch.name("x", "joint")
    lines.append(f"{target} = {sketch.keras('concatenate')}([{', '.join(ends)}])")
    parts, width = chain(sketch, vector(sketch), sketch.one_of(*HEAD_STEMS), sketch.between(1, 2), 1, False)
    ref = sketch.owned(*MAIN)
    lines += [*flow(sketch, target, target, parts), model_line(sketch, ref, f"[{', '.join(starts)}]", target, None)]
    return Project(lines, Net(ref, [*members, *layers_of(parts)], feeds, [width]))


def two_outputs(sketch: Sketch) -> Project:
    """One trunk with two heads."""
    source = feed(sketch)
    start, trunk = sketch.name("inp", "inputs"), sketch.name("h", "x")
    parts, width = chain(sketch, source, "trunk", sketch.between(1, 3), None, False)
    lines = [input_line(sketch, start, source), *flow(sketch, start, trunk, parts, keep=0.3)]
    members = layers_of(parts)
    ends, widths = [], []
    for stem in ("mean", "scale"):
        end = sketch.name(f"out_{stem}", stem)
        parts, out = chain(sketch, Feed("vector", (width,)), stem, 1, sketch.between(1, 2), False)
        lines += flow(sketch, trunk, end, parts, keep=0.3)
        members += layers_of(parts)
        ends.append(end)
        widths.append(out)
    ref = sketch.owned(*MAIN)
    lines.append(model_line(sketch, ref, start, f"[{', '.join(ends)}]", None))
    return Project(lines, Net(ref, members, [source], widths))


_LAYOUTS: list[tuple[float, Callable[[Sketch], Project]]] = [
    (14, single),
    (18, stacked),
    (18, wrapped),
    (15, surgery),
    (5, cut),
    (7, two_levels),
    (6, chained),
    (6, shared_base),
    (4, shared_layers),
    (3, siamese),
    (3, two_inputs),
    (4, two_outputs),
]


def layout(sketch: Sketch) -> Project:
    """Some models."""
    return sketch.weighted(*_LAYOUTS)(sketch)
