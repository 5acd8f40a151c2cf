"""Data, compiling and training."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.conformance.programs.nets import Feed, Net
from tests.conformance.programs.sketch import Lines, Sketch, indent

ROWS = 32


@dataclass
class Data:
    """The arrays of a program, made once for each kind of input and output."""

    sketch: Sketch
    lines: Lines = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    _arrays: dict[tuple[str, object], str] = field(default_factory=dict)

    def inputs(self, net: Net) -> str:
        return self._pack([self.array(feed, number) for number, feed in enumerate(net.feeds)])

    def targets(self, net: Net) -> str:
        return self._pack([self.target(width, number) for number, width in enumerate(net.widths)])

    def array(self, feed: Feed, number: int = 0) -> str:
        names = ("x_train", "X", "x", "train_x", "data", "inputs_train") if number == 0 else ("x_aux", "X2", "x_b")
        return self._array(("x", (feed, number)), names, feed.array(str(ROWS)))

    def target(self, width: int, number: int = 0) -> str:
        names = ("y_train", "Y", "y", "train_y", "targets") if number == 0 else ("y_aux", "Y2", "y_b")
        return self._array(("y", (width, number)), names, f"np.random.rand({ROWS}, {width})")

    def _array(self, key: tuple[str, object], names: tuple[str, ...], value: str) -> str:
        if key not in self._arrays:
            name = self.sketch.name(*names)
            kind = ".astype('float32')" if self.sketch.modern and "randint" not in value else ""
            self.lines.append(f"{name} = {value}{kind}")
            self.names.append(name)
            self._arrays[key] = name
        return self._arrays[key]

    @staticmethod
    def _pack(arrays: list[str]) -> str:
        return arrays[0] if len(arrays) == 1 else f"[{', '.join(arrays)}]"


def optimizer(sketch: Sketch) -> str:
    """An optimizer for one compile."""
    if sketch.chance(0.22):
        return sketch.text(sketch.weighted((5, "sgd"), (2, "adam")))
    if sketch.chance(0.1):
        return f"{sketch.keras('Adam')}({sketch.one_of('0.01', '1e-2', '1e-3')})"
    rate = (
        f"learning_rate={sketch.one_of('0.05', '0.1')}"
        if sketch.modern and sketch.chance(0.5)
        else sketch.one_of("0.05", "0.1")
    )
    momentum = ", momentum=0.9" if sketch.chance(0.12) else ""
    return f"{sketch.keras('SGD')}({rate}{momentum})"


def compile_net(sketch: Sketch, net: Net) -> Lines:
    """`net.compile(...)`."""
    loss = sketch.text("mse")
    if len(net.widths) > 1 and sketch.chance(0.5):
        loss = f"[{', '.join([loss] * len(net.widths))}]"
    chosen = optimizer(sketch)
    if sketch.chance(0.08):
        name = sketch.name("opt", "optimizer", "sgd")
        return [f"{name} = {chosen}", f"{net.ref}.compile(optimizer={name}, loss={loss})"]
    arguments = sketch.weighted(
        (5, f"optimizer={chosen}, loss={loss}"),
        (3, f"loss={loss}, optimizer={chosen}"),
        (3, f"{chosen}, {loss}"),
        (1, f"{chosen}, loss={loss}"),
    )
    return [f"{net.ref}.compile({arguments})"]


def compile_by_helper(sketch: Sketch, net: Net) -> Lines:
    """The same by a function of the program."""

    def write(name: str) -> Lines:
        sgd = sketch.keras("SGD")
        return [
            f"def {name}(model, lr=0.05):",
            f"    model.compile(optimizer={sgd}(lr), loss='mse')",
            "    return model",
        ]

    name = sketch.helper("compile_model", write)
    return [f"{name}({net.ref}{sketch.one_of('', '', ', 0.1', ', lr=0.02')})"]


def compiled(sketch: Sketch, net: Net) -> Lines:
    return compile_by_helper(sketch, net) if sketch.chance(0.08) else compile_net(sketch, net)


def _fit(sketch: Sketch, net: Net, data: Data) -> Lines:
    x, y = data.inputs(net), data.targets(net)
    size = sketch.weighted((5, ""), (3, "batch_size=16"), (3, "batch_size=8"), (1, "batch_size=12"))
    extra = sketch.weighted(
        (10, ""), (1, "shuffle=False"), (1, "validation_split=0.25"), (1, f"validation_data=({x}, {y})")
    )
    arguments = [x, y, "epochs=1", *filter(None, [size, extra]), "verbose=0"]
    call = f"{net.ref}.fit({', '.join(arguments)})"
    if sketch.chance(0.2):
        history = sketch.name("history", "hist")
        lines = [f"{history} = {call}"]
        if sketch.chance(0.5):
            lines.append(f'print({history}.history["loss"])')
        return lines
    return [call]


def _several_fits(sketch: Sketch, net: Net, data: Data) -> Lines:
    call = f"{net.ref}.fit({data.inputs(net)}, {data.targets(net)}, epochs=1, verbose=0)"
    return [f"for {sketch.one_of('epoch', '_', 'step')} in range(2):", f"    {call}"]


def _batch(sketch: Sketch, net: Net, data: Data) -> Lines:
    x, y = data.inputs(net), data.targets(net)
    if x.startswith("[") or y.startswith("["):
        return [f"{net.ref}.train_on_batch({x}, {y})"]
    if sketch.chance(0.25):
        index = sketch.one_of("i", "start", "offset")
        part = f"[{index}:{index} + 16]"
        return [f"for {index} in range(0, {ROWS}, 16):", f"    {net.ref}.train_on_batch({x}{part}, {y}{part})"]
    part = sketch.weighted((5, ""), (2, "[:16]"), (2, "[:8]"))
    call = f"{net.ref}.train_on_batch({x}{part}, {y}{part})"
    if sketch.chance(0.3):
        return [f"for {sketch.one_of('_', 'step', 'i')} in range(2):", f"    {call}"]
    if sketch.chance(0.3):
        loss = sketch.name("loss", "err")
        return [f"{loss} = {call}", f'print("loss", {loss})']
    return [call]


def _dataset(sketch: Sketch, net: Net, data: Data) -> Lines:
    tf = sketch.plain("tensorflow")
    name = sketch.name("ds", "dataset", "train_ds")
    size = sketch.one_of(8, 16, 32)
    return [
        f"{name} = {tf}.data.Dataset.from_tensor_slices(({data.inputs(net)}, {data.targets(net)})).batch({size})",
        f"{net.ref}.fit({name}, epochs=1, verbose=0)",
    ]


def _generator(sketch: Sketch, net: Net, data: Data) -> Lines:
    def write(name: str) -> Lines:
        return [
            f"def {name}(x, y, size=16):",
            "    while True:",
            "        for start in range(0, len(x), size):",
            "            yield x[start:start + size], y[start:start + size]",
        ]

    name = sketch.helper("batches", write)
    return [f"{net.ref}.fit({name}({data.inputs(net)}, {data.targets(net)}), steps_per_epoch=2, epochs=1, verbose=0)"]


def _helper(sketch: Sketch, net: Net, data: Data) -> Lines:
    if sketch.chance(0.5):
        return _fit_helper(sketch, net, data)

    def write(name: str) -> Lines:
        return [
            f"def {name}(net, inputs, targets, steps=1):",
            "    for _ in range(steps):",
            "        last = net.train_on_batch(inputs, targets)",
            "    return last",
        ]

    name = sketch.helper("run_steps", write)
    return [f"{name}({net.ref}, {data.inputs(net)}, {data.targets(net)}{sketch.one_of('', ', 2', ', steps=2')})"]


def _fit_helper(sketch: Sketch, net: Net, data: Data) -> Lines:
    def write(name: str) -> Lines:
        return [
            f"def {name}(model, x, y, batch_size=16, **kwargs):",
            "    return model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0, **kwargs)",
        ]

    name = sketch.helper("train_model", write)
    more = sketch.one_of("", "", ", batch_size=8", ", shuffle=False")
    return [f"{name}({net.ref}, {data.inputs(net)}, {data.targets(net)}{more})"]


def _closure(sketch: Sketch, net: Net, data: Data) -> Lines:
    """A function that remembers what it trains."""

    def write(name: str) -> Lines:
        return [
            f"def {name}(model, x, y):",
            "    def run(size):",
            "        return model.fit(x, y, batch_size=size, verbose=0)",
            "    return run",
        ]

    run = sketch.name("fit_it", "run_fit")
    lines = [f"{run} = {sketch.helper('make_runner', write)}({net.ref}, {data.inputs(net)}, {data.targets(net)})"]
    return [*lines, f"{run}({sketch.one_of(16, 32)})"]


def while_frozen(sketch: Sketch, net: Net, lines: Lines) -> Lines:
    """The lines inside a context that freezes a model for a while."""

    def write(name: str) -> Lines:
        head = [f"@{sketch.plain('contextlib')}.contextmanager", f"def {name}(part):"]
        change = ["    part.trainable = False", "    yield part"]
        if sketch.chance(0.5):
            return [*head, "    before = part.trainable", *change, "    part.trainable = before"]
        back = ["    for l, flag in zip(part.layers, before):", "        l.trainable = flag"]
        return [*head, "    before = [l.trainable for l in part.layers]", *change, *back]

    name = sketch.helper("frozen", write)
    return [f"with {name}({net.ref}):", *indent(lines)]


def train(sketch: Sketch, net: Net, data: Data) -> Lines:
    """One or a few training calls on the same line."""
    plain = len(net.feeds) == len(net.widths) == 1
    way = sketch.weighted(
        (60, _fit),
        (4, _several_fits),
        (20, _batch),
        (5 if plain and sketch.tensorflow else 0, _dataset),
        (2 if plain and sketch.modern else 0, _generator),
        (7, _helper),
        (1.5, _closure),
    )
    return way(sketch, net, data)


def compile_and_train_helper(sketch: Sketch, net: Net, data: Data) -> Lines:
    """One function that does both."""

    def write(name: str) -> Lines:
        sgd = sketch.keras("SGD")
        return [
            f"def {name}(model, x, y, lr=0.05):",
            f"    model.compile(loss='mse', optimizer={sgd}(lr))",
            "    history = model.fit(x, y, epochs=1, verbose=0)",
            "    return history.history['loss'][-1]",
        ]

    name = sketch.helper("run_phase", write)
    return [f"{name}({net.ref}, {data.inputs(net)}, {data.targets(net)}{sketch.one_of('', ', lr=0.1')})"]


def noise(sketch: Sketch, net: Net, data: Data) -> Lines:
    """A line that changes nothing."""
    x = data.inputs(net)
    ref = net.ref
    options = [
        (3, [f"{ref}.summary()"]),
        (3, [f'print("trainable:", len({ref}.trainable_weights))']),
        (2, [f"print([(l.name, l.trainable) for l in {ref}.layers])"]),
        (1, [f"{sketch.name('preds', 'before', 'scores')} = {ref}.predict({x})"]),
        (1, [f'print({ref}.name, "has", {ref}.count_params(), "parameters")']),
        (1, [f"{sketch.name('saved', 'weights', 'snapshot')} = {ref}.get_weights()"]),
        (
            1,
            [
                f"for {sketch.loop_name} in {ref}.layers:",
                f"    print({sketch.loop_name}.name, {sketch.loop_name}.trainable)",
            ],
        ),
        (0.7, [f"{ref}.set_weights({ref}.get_weights())"]),
    ]
    return sketch.weighted(*options)


def evaluate(net: Net, data: Data) -> Lines:
    return [f"print({net.ref}.evaluate({data.inputs(net)}, {data.targets(net)}, verbose=0))"]


def guarded(sketch: Sketch, lines: Lines, runs: bool = False) -> Lines:
    """The lines under some condition, or in another block; the condition holds where they have to run."""
    kinds = [(4, "true"), (2, "unknown-true"), (2, "try"), (1, "with"), (1, "once")]
    kind = sketch.weighted(*kinds, *([] if runs else [(2, "false"), (3, "unknown"), (1, "else")]))
    if kind == "try":
        if sketch.chance(0.5):
            return ["try:", *indent(lines), "finally:", '    print("done")']
        return [
            "try:",
            *indent(lines),
            f"except {sketch.one_of('ValueError', 'AttributeError')} as err:",
            "    print(err)",
            "    raise",
        ]
    if kind == "with":
        errstate = f"{sketch.plain('numpy')}.errstate(all={sketch.text('ignore')})"
        return [f"with {errstate}:", *indent(lines)]
    if kind == "once":
        return [f"for _ in range({sketch.one_of(1, 1, 2)}):", *indent(lines)]
    if kind == "else":
        constant = sketch.constant(sketch.one_of("MODE", "STAGE"), sketch.text(chosen := sketch.one_of("full", "head")))
        test = f"{constant} == {sketch.text('full')}"
        return [f"if {test}:", *indent(lines), "else:", f"    print({sketch.text('skipped ' + chosen)})"]
    return [f"if {_condition(sketch, kind)}:", *indent(lines)]


def _condition(sketch: Sketch, kind: str) -> str:
    if kind == "true":
        constant = sketch.constant(sketch.one_of("FINE_TUNE", "FREEZE_BASE", "USE_PRETRAINED"), "True")
        return sketch.weighted((4, constant), (1, f"{constant} is True"), (1, f"{constant} and not False"))
    if kind == "false":
        return sketch.constant(sketch.one_of("DEBUG", "UNFREEZE_ALL", "SKIP"), sketch.one_of("False", "0", "None"))
    holds = kind == "unknown-true"
    question = sketch.one_of("argv", "environ", "numpy" if holds else "path")
    if question == "argv":
        return f"len({sketch.plain('sys')}.argv) {'<' if holds else '>'} 7"
    if question == "environ":
        value = f", {sketch.text('1')}" if holds else ""
        return f"{sketch.plain('os')}.environ.get({sketch.text(sketch.one_of('FINE_TUNE', 'FREEZE_LAYERS'))}{value})"
    if question == "path":
        return f"{sketch.plain('os')}.path.exists({sketch.text('/no/such/weights.h5')})"
    return "np.random.rand() < 2"
