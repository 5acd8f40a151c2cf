"""What happens in a program: transfer learning in its right and wrong orders, and the well known idioms."""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.programs import training
from tests.conformance.programs.freezing import set_flags, set_net
from tests.conformance.programs.nets import (
    Feed,
    Layer,
    Net,
    activation,
    chain,
    feed,
    input_line,
    layers_of,
    model_line,
    sequential,
    simple_net,
    vector,
)
from tests.conformance.programs.projects import (
    BASE_STEMS,
    MAIN,
    Project,
    chained,
    layout,
    single,
    stacked,
    surgery,
    wrapped,
)
from tests.conformance.programs.sketch import Lines, Sketch, indent
from tests.conformance.programs.training import Data

_COMMENTS = {
    "freeze": ("freeze the base", "keep these weights", "do not train these", "freeze"),
    "open": ("unfreeze", "fine-tuning", "now train more layers", "let it learn again"),
    "compile": ("compile", "compile so that the change takes effect"),
    "train": ("train", "phase", "warm up"),
}


@dataclass
class Step:
    """A few statements that belong together; the verb says what they do."""

    verb: str
    lines: Lines
    comment: str | None = None


@dataclass
class Program:
    """What to build and what to do with it, before it gets a form."""

    build: Lines
    data: Data
    steps: list[Step]
    exports: list[str]


def _exports(project: Project) -> list[str]:
    refs = [net.ref for net in project.nets()]
    return refs + [layer.ref for layer in project.layers() if layer.ref and layer.ref not in refs]


class Story:
    """Steps over the models of a project, one after the other."""

    def __init__(self, sketch: Sketch, project: Project) -> None:
        self.sketch = sketch
        self.project = project
        self.data = Data(sketch)
        self.steps: list[Step] = []
        self._compiled: list[Net] = []

    def add(self, verb: str, lines: Lines, guard: float = 0.0) -> None:
        sketch = self.sketch
        if sketch.chance(guard):
            lines = training.guarded(sketch, lines, runs=verb == "compile")
        comment = sketch.one_of(*_COMMENTS[verb]) if verb in _COMMENTS and sketch.chance(0.2) else None
        self.steps.append(Step(verb, lines, comment))

    def freeze(self) -> None:
        sketch, project = self.sketch, self.project
        if project.base is not None and project.base_lines is not None and not self.steps and sketch.chance(0.45):
            lines = set_net(sketch, project.base, False)
            if sketch.chance(0.25):
                lines = [f"if {sketch.parameter('freeze_base', sketch.chance(0.8))}:", *indent(lines)]
            project.early(lines)
            return
        self.add("freeze", set_flags(self.sketch, self.project, False), guard=0.1)

    def open(self) -> None:
        self.add("open", set_flags(self.sketch, self.project, True), guard=0.14)

    def compile(self, net: Net | None = None) -> None:
        net = net or self.project.main
        self.add("compile", training.compiled(self.sketch, net), guard=0.02)
        self._compiled.append(net)

    def train(self, net: Net | None = None) -> None:
        net = net or self.project.main
        if net not in self._compiled:
            if self.sketch.chance(0.12):
                self.add("train", training.compile_and_train_helper(self.sketch, net, self.data))
                self._compiled.append(net)
                return
            self.compile(net)
        lines = training.train(self.sketch, net, self.data)
        if self.sketch.chance(0.03):
            lines = training.while_frozen(self.sketch, self.project.base or net, lines)
        self.add("train", lines, guard=0.05)

    def train_compiled(self, net: Net) -> None:
        """Train a model that the steps before have compiled."""
        self._compiled.append(net)
        self.train(net)

    def other(self) -> Net:
        nets = [net for net in self.project.nets() if net.fits and net is not self.project.main]
        return self.sketch.one_of(*nets) if nets else self.project.main

    def noise(self) -> None:
        if not self.project.main.built:
            return
        if self.sketch.chance(0.8):
            self.add("noise", training.noise(self.sketch, self.project.main, self.data))
        elif self.project.main in self._compiled:
            self.add("evaluate", training.evaluate(self.project.main, self.data))

    def tell(self, letters: str) -> None:
        """F freeze, U open, C compile, c compile another model, T train, t train another model."""
        for letter in letters:
            if self.sketch.chance(0.18):
                self.noise()
            if letter == "F":
                self.freeze()
            elif letter == "U":
                self.open()
            elif letter in "Cc":
                self.compile(self.other() if letter == "c" else None)
            else:
                self.train(self.other() if letter == "t" else None)

    def program(self) -> Program:
        return Program(self.project.build, self.data, self.steps, _exports(self.project))


_ORDERS: list[tuple[float, str]] = [
    (14, "FCT"),
    (11, "CFT"),
    (12, "FCTUCT"),
    (12, "FCTUT"),
    (5, "CTFT"),
    (6, "CTFCT"),
    (4, "FCTUcT"),
    (4, "CFTUT"),
    (4, "FCTFT"),
    (3, "CFCTUT"),
    (4, "FUCT"),
    (3, "FCTTUTT"),
    (3, "FCTUFCT"),
    (3, "CcFTt"),
    (3, "cFCtT"),
    (3, "FcCtTUt"),
    (2, "ctFCTt"),
]


def _order(sketch: Sketch) -> str:
    if sketch.chance(0.15):
        return "".join(sketch.one_of(*"FFUCTTct") for _ in range(sketch.between(3, 6))) + "T"
    return sketch.weighted(*_ORDERS)


def transfer(sketch: Sketch) -> Program:
    """Some models, frozen, compiled and trained in some order."""
    story = Story(sketch, layout(sketch))
    story.tell(_order(sketch))
    return story.program()


def gradual(sketch: Sketch) -> Program:
    """Open a little more in each turn of a loop."""
    story = Story(sketch, sketch.one_of(single, stacked, wrapped)(sketch))
    net, main = story.project.base or story.project.main, story.project.main
    story.tell(sketch.one_of("FC", "FCT", "F", "CF"))
    count, layer = sketch.name("n", "depth", "k"), sketch.loop_name
    head, change = sketch.one_of(
        (f"for {count} in (1, 2):", _for(layer, f"{net.ref}.layers[-{count}:]")),
        (f"for {count} in range(1, 3):", _for(layer, f"{net.ref}.layers[-{count}:]")),
        (f"for {count} in range(2):", [f"{net.ref}.layers[-1 - {count}].trainable = True"]),
        (f"for {count}, {layer} in enumerate({net.ref}.layers[::-1][:2]):", [f"{layer}.trainable = True"]),
        (f"for {layer} in reversed({net.ref}.layers[-2:]):", [f"{layer}.trainable = True"]),
    )
    again = training.compile_net(sketch, main) if sketch.chance(0.5) else []
    if not again and not any(step.verb == "compile" for step in story.steps):
        story.compile()
    fit = f"{main.ref}.fit({story.data.inputs(main)}, {story.data.targets(main)}, epochs=1, verbose=0)"
    story.add("train", [head, *indent([*change, *again, fit])])
    if sketch.chance(0.4):
        story.train()
    return story.program()


def phased(sketch: Sketch) -> Program:
    """A loop whose turns are the phases of the training."""
    story = Story(sketch, sketch.one_of(stacked, wrapped, surgery)(sketch))
    main, base = story.project.main, story.project.base or story.project.main
    story.tell(sketch.one_of("", "", "F", "C", "FC"))
    phase = sketch.name("phase", "stage", "run")
    flags, change = sketch.one_of(
        ("(False, True)", [f"{base.ref}.trainable = {phase}"]),
        ("(True, False)", [f"{base.ref}.trainable = {phase}"]),
        ('("head", "all")', [f'{base.ref}.trainable = {phase} == "all"']),
        ('["head", "all"]', [f'if {phase} == "all":', *indent(set_net(sketch, base, True))]),
        ("range(2)", [f"if {phase} == 1:", *indent(set_net(sketch, base, sketch.chance(0.7)))]),
        (
            "range(2)",
            [f"for {sketch.loop_name} in {base.ref}.layers:", f"    {sketch.loop_name}.trainable = {phase} > 0"],
        ),
    )
    compile_lines = training.compile_net(sketch, main)
    again = sketch.chance(0.5)
    if not again and not any(step.verb == "compile" for step in story.steps):
        story.add("compile", compile_lines)
    body = [*change, *(compile_lines if again else []), *training.train(sketch, main, story.data)]
    story.add("train", [f"for {phase} in {flags}:", *indent(body)])
    if sketch.chance(0.3):
        story.tell(sketch.one_of("T", "UT", "CT"))
    return story.program()


def alternating(sketch: Sketch) -> Program:
    """Two parts that take turns."""
    story = Story(sketch, chained(sketch))
    main = story.project.main
    one, other = main.inner
    again = sketch.chance(0.45)
    if not again or sketch.chance(0.5):
        story.compile()
    fit = training.train(sketch, main, story.data)

    def turn(frozen: Net, learning: Net) -> Lines:
        flags = [f"{frozen.ref}.trainable = False", f"{learning.ref}.trainable = True"]
        return [*flags, *(training.compile_net(sketch, main) if again else []), *fit]

    lines = [*turn(one, other), *turn(other, one)]
    if sketch.chance(0.7):
        lines = [f"for {sketch.name('cycle', 'epoch')} in range(2):", *indent(lines)]
    story.add("train", lines)
    return story.program()


def _for(name: str, layers: str) -> Lines:
    return [f"for {name} in {layers}:", f"    {name}.trainable = True"]


def gan(sketch: Sketch) -> Program:
    """Generator, discriminator and the model of both."""
    width, latent = sketch.between(3, 5), sketch.between(3, 5)
    generator, make = simple_net(
        sketch, ("generator", "gen", "G"), Feed("vector", (latent,)), "gen", sketch.between(2, 3), width
    )
    critic, judge = simple_net(
        sketch, ("discriminator", "critic", "D", "disc"), Feed("vector", (width,)), "disc", sketch.between(2, 3), 1
    )
    ref = sketch.owned("gan", "combined", "adversarial")
    both = Net(ref, [generator, critic], generator.feeds, critic.widths)
    if sketch.chance(0.6):
        z = sketch.name("z", "noise_in", "gan_input")
        start = input_line(sketch, z, generator.feeds[0])
        if sketch.chance(0.5):
            fake = sketch.name("fake_img", "generated")
            join = [start, f"{fake} = {generator.ref}({z})", model_line(sketch, ref, z, f"{critic.ref}({fake})", None)]
        else:
            join = [start, model_line(sketch, ref, z, f"{critic.ref}({generator.ref}({z}))", None)]
    else:
        join = [f"{ref} = {sketch.keras('Sequential')}([{generator.ref}, {critic.ref}])"]
    freeze = [f"{critic.ref}.trainable = False"] if sketch.chance(0.7) else set_net(sketch, critic, False)
    parts = {
        "D": judge,
        "G": make,
        "d": training.compile_net(sketch, critic),
        "f": freeze,
        "J": join,
        "g": training.compile_net(sketch, both),
    }
    order = sketch.weighted(
        (8, "DdGfJg"),
        (4, "GDdfJg"),
        (3, "DGdJfg"),
        (2, "DGfJgd"),
        (2, "DdGJgf"),
        (2, "DGdJg"),
        (2, "DGfdJg"),
        (2, "DGJdfg"),
    )
    build = [line for letter in order for line in parts[letter]]
    program = Program(build, Data(sketch), [], _exports(Project([], both, generator, [critic])))
    program.steps.extend(_gan_steps(sketch, program.data, generator, critic, both))
    return program


def _gan_steps(sketch: Sketch, data: Data, generator: Net, critic: Net, both: Net) -> list[Step]:
    real = data.array(critic.feeds[0])
    half, size = sketch.one_of((8, 16), (16, 16), (8, 8))
    zeros, ones = sketch.name("zeros", "fake_y"), sketch.name("ones", "valid")
    noise, fake = sketch.name("noise", "latent"), sketch.name("fake", "samples")
    latent = generator.feeds[0].shape[0]
    setup = [f"{ones} = np.ones(({size}, 1))", f"{zeros} = np.zeros(({half}, 1))"]
    batch = f"{real}[:{half}]" if sketch.chance(0.6) else f"{real}[np.random.randint(0, {training.ROWS}, {half})]"
    predict = f"{generator.ref}.predict(np.random.normal(0, 1, ({half}, {latent})))"
    toggled = sketch.chance(0.35)

    def toggle(flag: bool) -> Lines:
        if not toggled:
            return []
        return [f"{critic.ref}.trainable = {flag}"] if sketch.chance(0.7) else set_net(sketch, critic, flag)

    if sketch.chance(0.6):
        judge = [
            f"{critic.ref}.train_on_batch({batch}, np.ones(({half}, 1)))",
            f"{critic.ref}.train_on_batch({fake}, {zeros})",
        ]
    else:
        both_y = f"np.concatenate([np.ones(({half}, 1)), {zeros}])"
        judge = [f"{critic.ref}.train_on_batch(np.concatenate([{batch}, {fake}]), {both_y})"]
    step = f"{both.ref}.train_on_batch({noise}, {ones})"
    if sketch.chance(0.12):
        step = f"{both.ref}.fit({noise}, {ones}, epochs=1, verbose=0)"
    if sketch.chance(0.3):
        step = f"{sketch.name('g_loss', 'loss')} = {step}"
    body = [
        f"{fake} = {predict}",
        *toggle(True),
        *judge,
        *toggle(False),
        f"{noise} = np.random.normal(0, 1, ({size}, {latent}))",
        step,
    ]
    loop = [f"for {sketch.name('step', 'epoch', 'it')} in range(2):", *indent(body)]
    steps = [Step("train", [*setup, *loop])]
    if sketch.chance(0.15):
        steps.append(Step("train", training.train(sketch, critic, data)))
    return steps


_HOOKS = ("on_train_begin", "on_epoch_begin", "on_epoch_begin", "on_epoch_end", "on_batch_end")


def callback(sketch: Sketch) -> Program:
    """A callback that changes flags while fit() runs."""
    story = Story(sketch, sketch.one_of(single, stacked, wrapped)(sketch))
    main, base = story.project.main, story.project.base or story.project.main
    flag, hook = sketch.chance(0.5), sketch.one_of(*_HOOKS)
    signature = (
        "self, logs=None" if hook == "on_train_begin" else f"self, {'batch' if 'batch' in hook else 'epoch'}, logs=None"
    )
    holder = sketch.one_of("self.model", "self.part", "self.part")
    name = sketch.loop_name
    change = sketch.one_of(
        [f"{holder}.trainable = {flag}"],
        [f"for {name} in {holder}.layers:", f"    {name}.trainable = {flag}"],
        [f"for {name} in {holder}.layers[:1]:", f"    {name}.trainable = {flag}"],
        [f"{holder}.layers[-1].trainable = {flag}"],
    )
    if "epoch" in hook and sketch.chance(0.4):
        change = [f"if epoch == {sketch.one_of(0, 1)}:", *indent(change)]

    def write(name: str) -> Lines:
        start = [
            "    def __init__(self, part):",
            f"        super({name}, self).__init__()",
            "        self.part = part",
            "",
        ]
        return [
            f"class {name}({sketch.keras('Callback')}):",
            *start,
            f"    def {hook}({signature}):",
            *indent(change, 2),
        ]

    cls = sketch.helper(sketch.one_of("Unfreeze", "FreezeLater", "FlagCallback"), write)
    story.tell(sketch.one_of("C", "FC", "FC", "CT", "FCT", "CF"))
    x, y = story.data.inputs(main), story.data.targets(main)
    call = f"{main.ref}.fit({x}, {y}, epochs={sketch.one_of(1, 2, 2)}, verbose=0, callbacks=[{cls}({base.ref})])"
    story.add("train", [call])
    if sketch.chance(0.5):
        story.tell(sketch.one_of("T", "CT", "UT"))
    return story.program()


def tape(sketch: Sketch) -> Program:
    """A training loop written by hand."""
    tf = sketch.plain("tensorflow")
    story = Story(sketch, sketch.one_of(single, stacked, wrapped)(sketch))
    project, main = story.project, story.project.main
    x, y = story.data.inputs(main), story.data.targets(main)
    opt = sketch.name("opt", "optimizer")
    found, setup = _tape_variables(sketch, project)
    story.tell(sketch.one_of("", "F", "F"))
    story.steps.append(Step("setup", [f"{opt} = {sketch.keras('SGD')}(0.05)"]))
    if sketch.chance(0.15):
        story.steps.append(
            Step("setup", [f"if hasattr({opt}, 'build'):", f"    {opt}.build({main.ref}.trainable_variables)"])
        )
    story.steps.append(Step("setup", setup))
    weights = sketch.name("tv", "variables", "params", "weights")
    training_argument = sketch.one_of(", training=True", ", training=True", ", training=False", "")
    inside = [
        f"with {tf}.GradientTape() as tape:",
        f"    loss = {tf}.reduce_mean({tf}.square({main.ref}({{x}}{training_argument}) - {{y}}))",
    ]
    if sketch.chance(0.5):
        inside += [f"{weights} = {found}", f"{opt}.apply_gradients(zip(tape.gradient(loss, {weights}), {weights}))"]
    else:
        inside += [f"grads = tape.gradient(loss, {found})", f"{opt}.apply_gradients(zip(grads, {found}))"]
    if sketch.chance(0.6):
        name = sketch.name("train_step", "step_fn", "update")
        decorator = [f"@{tf}.function"] if sketch.chance(0.5) else []
        body = [line.replace("{x}", "xb").replace("{y}", "yb") for line in inside]
        story.steps.append(
            Step("setup", ["", *decorator, f"def {name}(xb, yb):", *indent(body), "    return loss", ""])
        )
        size = sketch.one_of("", "[:16]")
        run = [f"{name}({x}{size}, {y}{size})"]
        if sketch.chance(0.5):
            run = ["for _ in range(2):", *indent(run)]
        turns = [run, run]
    else:
        body = [line.replace("{x}", x).replace("{y}", y) for line in inside]
        turns = [[f"for _ in range({sketch.one_of(1, 2)}):", *indent(body)] for _ in range(2)]
    story.add("train", turns[0])
    if sketch.chance(0.6):
        story.tell(sketch.one_of("F", "U", "U", ""))
        story.add("train", turns[1])
    if sketch.chance(0.15):
        story.train()
    return story.program()


def _tape_variables(sketch: Sketch, project: Project) -> tuple[str, Lines]:
    """What the gradients are taken for, and what has to stand before the loop."""
    main, base = project.main, project.base
    attribute = sketch.weighted((6, "trainable_variables"), (4, "trainable_weights"), (1, "variables"), (1, "weights"))
    if sketch.chance(0.25):
        name = sketch.name("captured", "params", "to_train")
        return name, [f"{name} = {main.ref}.{attribute}"]
    if base is not None and base in main.inner and sketch.chance(0.25):
        return f"{base.ref}.{attribute} + {main.ref}.layers[-1].{attribute}", []
    if sketch.chance(0.12):
        return f"[v for l in {main.ref}.layers for v in l.{attribute}]", []
    return f"{main.ref}.{attribute}", []


def copies(sketch: Sketch) -> Program:
    """A model that is cloned, or comes back from JSON."""
    story = Story(sketch, single(sketch))
    net = story.project.main
    if sketch.chance(0.6):
        story.freeze()
    ref = sketch.owned("copy", "clone", "student", "target_net")
    make = sketch.one_of(
        f"{sketch.keras('clone_model')}({net.ref})", f"{sketch.keras('model_from_json')}({net.ref}.to_json())"
    )
    copy = Net(ref, [Layer(leaf.kind, leaf.label) for leaf in net.leaves()], net.feeds, net.widths, net.family)
    lines = [f"{ref} = {make}"]
    if sketch.chance(0.7):
        lines.append(f"{ref}.set_weights({net.ref}.get_weights())")
    story.add("noise", lines)
    story.project.others.append(copy)
    story.tell(sketch.one_of("CTct", "FCTct", "ctFCT", "FctUt", "ct", "cFt", "FcCtT"))
    if sketch.chance(0.3):
        story.add("noise", [f"{net.ref}.set_weights({ref}.get_weights())"])
        story.train()
    return story.program()


def growing(sketch: Sketch) -> Program:
    """A Sequential model that gets more layers after the flags were set."""
    source = feed(sketch)
    ref = sketch.owned(*MAIN)
    parts, width = chain(sketch, source, sketch.one_of(*BASE_STEMS), sketch.between(2, 3), None)
    label = sketch.model_label("grown") if sketch.chance(0.2) else None
    build = sequential(sketch, ref, source, parts, label)
    if sketch.chance(0.2):
        build.append(f"{ref}.pop()")
        parts = parts[:-1]
    net = Net(ref, layers_of(parts), [source], [width], "sequential", label)
    build += set_net(sketch, net, False) if sketch.chance(0.5) else [f"{ref}.trainable = False"]
    top, width = chain(sketch, Feed("vector", (width,)), "top", sketch.between(1, 2), 1, False)
    build += [f"{ref}.add({part.code(sketch)})" for part in top if not hasattr(part, "header")]
    story = Story(
        sketch, Project(build, Net(ref, [*net.members, *layers_of(top)], [source], [width], "sequential", label))
    )
    story.tell(sketch.one_of("CT", "CT", "CTUT", "CTUCT", "FCT"))
    return story.program()


def subclassed(sketch: Sketch) -> Program:
    """A model class with layers as attributes."""
    source = vector(sketch)
    ref = sketch.owned(*MAIN)
    cls = sketch.one_of("Net", "MyModel", "Classifier", "TwoStage")
    widths = [sketch.between(3, 5) for _ in range(sketch.between(1, 3))]
    attributes = [f"{sketch.one_of('fc', 'dense', 'enc')}{number + 1}" for number in range(len(widths))]
    init: Lines = []
    calls: Lines = []
    layers: list[Layer | Net] = []
    for attribute, width in zip(attributes, widths, strict=True):
        label = sketch.label("sub", "dense") if not sketch.chance(sketch.unnamed) else None
        name = f", name={sketch.text(label)}" if label else ""
        init.append(f"self.{attribute} = {sketch.keras('Dense')}({width}, activation={sketch.text('tanh')}{name})")
        calls.append(f"x = self.{attribute}(x)")
        layers.append(Layer("Dense", label, f"{ref}.{attribute}"))
    if sketch.chance(0.5):
        label = sketch.label("sub", "bn")
        init.append(f"self.bn = {sketch.keras('BatchNormalization')}(name={sketch.text(label)})")
        calls.append(
            sketch.one_of("x = self.bn(x, training=training)", "x = self.bn(x)", "x = self.bn(x, training=False)")
        )
        layers.append(Layer("BatchNormalization", label, f"{ref}.bn"))
    label = sketch.label("sub", "out")
    init.append(f"self.head = {sketch.keras('Dense')}(1, name={sketch.text(label)})")
    layers.append(Layer("Dense", label, f"{ref}.head"))
    base, before = _subclassed_base(sketch, source)
    if base is not None:
        init.insert(0, "self.base = base")
        calls.insert(
            0,
            sketch.one_of(
                "x = self.base(x)", "x = self.base(x, training=training)", "x = self.base(x, training=False)"
            ),
        )
        layers.insert(0, base)
    if sketch.chance(0.15):
        init.append(f"self.{attributes[0]}.trainable = False")
    parameter = ", base" if base is not None else ""

    def write(name: str) -> Lines:
        head = [
            f"class {name}({sketch.keras('Model')}):",
            f"    def __init__(self{parameter}):",
            f"        super({name}, self).__init__()",
        ]
        call = ["", "    def call(self, x, training=None):", *indent([*calls, "return self.head(x)"], 2)]
        return [*head, *indent(init, 2), *call]

    name = sketch.helper(cls, write)
    build = [*before, f"{ref} = {name}({base.ref if base else ''})"]
    data = Data(sketch)
    array = data.array(source)
    built = sketch.one_of("build", "call", "call", "no")
    net = Net(ref, layers, [source], [1], "subclassed", built=built != "no")
    story = Story(sketch, Project(build, net, base))
    story.data = data
    if built != "no":
        story.add("setup", [f"{ref}.build((None, {source.shape[0]}))" if built == "build" else f"{ref}({array}[:1])"])
    story.tell(_order(sketch))
    return story.program()


def _subclassed_base(sketch: Sketch, source: Feed) -> tuple[Net | None, Lines]:
    if sketch.chance(0.6):
        return None, []
    return simple_net(sketch, ("encoder", "backbone"), source, "enc", sketch.between(1, 3))


def custom_layer(sketch: Sketch) -> Program:
    """A layer class that holds layers."""
    source = vector(sketch)
    dense, norm = sketch.label("blk", "dense"), sketch.label("blk", "bn")

    def write(name: str) -> Lines:
        return [
            f"class {name}({sketch.keras('Layer')}):",
            "    def __init__(self, units, **kwargs):",
            f"        super({name}, self).__init__(**kwargs)",
            f"        self.fc = {sketch.keras('Dense')}(units, {activation(sketch)}, name={sketch.text(dense)})",
            f"        self.bn = {sketch.keras('BatchNormalization')}(name={sketch.text(norm)})",
            "",
            "    def call(self, x, training=None):",
            f"        return self.bn(self.fc(x){sketch.one_of(', training=training', ', training=training', '')})",
        ]

    cls = sketch.helper(sketch.one_of("Block", "DenseBlock", "Stage"), write)
    block, ref = sketch.owned("block", "stage1"), sketch.owned(*MAIN)
    start, target = sketch.name("inp", "inputs"), sketch.name("h", "x")
    head, width = chain(sketch, source, "out", sketch.between(1, 2), 1, False)
    pieces = [part.code(sketch) for part in head if not hasattr(part, "header")]
    build = [
        input_line(sketch, start, source),
        f"{block} = {cls}({sketch.between(3, 5)})",
        f"{target} = {block}({start})",
    ]
    build += [f"{target} = {code}({target})" for code in pieces]
    build.append(model_line(sketch, ref, start, target, None))
    held: list[Layer | Net] = [
        Layer("Block", None, block),
        Layer("Dense", dense, f"{block}.fc"),
        Layer("BatchNormalization", norm, f"{block}.bn"),
    ]
    holder = Net(block, held, [source], [width], fits=False)
    story = Story(sketch, Project(build, Net(ref, [*held[:1], *layers_of(head)], [source], [width])))
    flags = [layer.ref for layer in holder.leaves() if layer.ref]
    for letter in sketch.one_of("FCT", "CFT", "FCTUT", "FCTUCT", "CTFT"):
        if letter in "FU":
            story.add("freeze", [f"{sketch.one_of(*flags)}.trainable = {letter == 'U'}"])
        else:
            story.tell(letter)
    return story.program()
