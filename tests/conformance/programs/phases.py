"""Phases that hang on more than flags: optimizers that go on, files, steps and loops of one's own."""

from __future__ import annotations

from tests.conformance.programs import training
from tests.conformance.programs.freezing import set_net
from tests.conformance.programs.nets import Layer, Net, activation, vector
from tests.conformance.programs.projects import MAIN, Project, shared_base, single, stacked, surgery, wrapped
from tests.conformance.programs.scenarios import Program, Story
from tests.conformance.programs.sketch import Lines, Sketch, indent


def _fit(story: Story, net: Net) -> str:
    return f"{net.ref}.fit({story.data.inputs(net)}, {story.data.targets(net)}, epochs=1, verbose=0)"


def same_optimizer(sketch: Sketch) -> Program:
    """Two phases whose compiles share an optimizer."""
    story = Story(sketch, sketch.one_of(single, stacked, wrapped, surgery)(sketch))
    main, base = story.project.main, story.project.base or story.project.main
    loss = sketch.text("mse")
    opt = sketch.name("opt", "optimizer", "sgd")
    own = sketch.chance(0.3)
    first = sketch.chance(0.6)
    if sketch.chance(0.85):
        story.add("freeze", set_net(sketch, base, not first))
    story.add("compile", [f"{opt} = {training.optimizer(sketch)}", f"{main.ref}.compile(optimizer={opt}, loss={loss})"])
    story.train_compiled(main)
    story.add("open", set_net(sketch, base, first), guard=0.1)
    again = f"{main.ref}.optimizer" if own else opt
    story.add("compile", [f"{main.ref}.compile({sketch.one_of('', 'optimizer=')}{again}, loss={loss})"])
    story.train_compiled(main)
    if sketch.chance(0.3):
        story.add("open", set_net(sketch, main, sketch.chance(0.5)))
        story.add("compile", training.compile_net(sketch, main))
        story.train_compiled(main)
    return story.program()


def saved(sketch: Sketch) -> Program:
    """A model that goes into a file and comes back."""
    story = Story(sketch, sketch.one_of(single, stacked)(sketch))
    main, base = story.project.main, story.project.base or story.project.main
    letters = sketch.one_of("C", "FC", "FCT", "CF", "CTF")
    story.tell(letters)
    path = sketch.text("model.keras" if sketch.flavour == "keras3" and sketch.chance(0.6) else "model.h5")
    ref = sketch.owned("loaded", "restored", "model2")
    argument = sketch.one_of("", "", ", compile=False")
    story.add("noise", [f"{main.ref}.save({path})", f"{ref} = {sketch.keras('load_model')}({path}{argument})"])
    copy = Net(ref, [Layer(leaf.kind, leaf.label) for leaf in main.leaves()], main.feeds, main.widths, main.family)
    if base is main and sketch.chance(0.6):
        story.add("open", set_net(sketch, copy, sketch.chance(0.6)))
    if argument or sketch.chance(0.6):
        story.add("compile", training.compile_net(sketch, copy))
    story.train_compiled(copy)
    return story.program()


def in_turn(sketch: Sketch) -> Program:
    """Several models that a loop compiles and trains one after the other."""
    story = Story(sketch, shared_base(sketch))
    first, second = story.project.main, story.project.others[0]
    base = story.project.base or first
    each = sketch.name("m", "each", "current")
    sgd = sketch.keras("SGD")
    prepare = f"{each}.compile(loss='mse', optimizer={sgd}({sketch.one_of('0.05', '0.1')}))"
    fit = f"{each}.fit({story.data.inputs(first)}, {story.data.targets(first)}, epochs=1, verbose=0)"
    before, between = sketch.chance(0.6), sketch.chance(0.5)
    if before:
        story.add("freeze", set_net(sketch, base, False))
    models = sketch.one_of(f"({first.ref}, {second.ref})", f"[{second.ref}, {first.ref}]")
    if sketch.chance(0.5):
        story.add("compile", [f"for {each} in {models}:", *indent([prepare])])
        if not before or sketch.chance(0.4):
            story.add("freeze", set_net(sketch, base, before))
        story.add("train", [f"for {each} in {models}:", *indent([fit])])
    else:
        turn = [f"{base.ref}.trainable = {each} is {sketch.one_of(first.ref, second.ref)}"] if between else []
        story.add("train", [f"for {each} in {models}:", *indent([*turn, prepare, fit])])
    return story.program()


def configured(sketch: Sketch) -> Program:
    """Flags that come from a table of settings, a conditional expression or a counter in the loop."""
    story = Story(sketch, sketch.one_of(stacked, wrapped)(sketch))
    main, base = story.project.main, story.project.base or story.project.main
    way = sketch.one_of("table", "conditional", "epochs", "early return")
    train = _fit(story, main)
    prepare = training.compile_net(sketch, main)
    if way == "table":
        settings = sketch.constant("CONFIG", f'{{"freeze": {sketch.chance(0.7)}, "tune": {sketch.chance(0.6)}}}')
        story.add("freeze", [f'if {settings}["freeze"]:', *indent(set_net(sketch, base, False))])
        story.add("train", [*prepare, train])
        again = prepare if sketch.chance(0.5) else []
        story.add("train", [f'if {settings}.get("tune"):', *indent([f"{base.ref}.trainable = True", *again, train])])
    elif way == "conditional":
        switch = sketch.constant("TUNE", str(sketch.chance(0.5)))
        story.add("freeze", [f"{base.ref}.trainable = True if {switch} else False"])
        story.add("train", [*prepare, train])
        story.add("open", [f"{base.ref}.trainable = not {base.ref}.trainable"])
        story.add("train", [*(prepare if sketch.chance(0.5) else []), train])
    elif way == "epochs":
        number = sketch.name("epoch", "ep")
        again = prepare if sketch.chance(0.5) else []
        change = [
            f"if {number} {sketch.one_of('== 1', '>= 1', '> 0')}:",
            *indent([f"{base.ref}.trainable = True", *again]),
        ]
        story.add("freeze", set_net(sketch, base, False))
        story.add("train", [*prepare, f"for {number} in range(3):", *indent([*change, train])])
    else:
        name = sketch.helper("maybe_freeze", lambda name: [
            f"def {name}(part, wanted=True):",
            "    if not wanted:",
            "        return part",
            "    for l in part.layers:",
            "        l.trainable = False",
            "    return part",
        ])  # fmt: skip
        story.add("freeze", [f"{name}({base.ref}{sketch.one_of('', ', wanted=False', ', True')})"])
        story.add("train", [*prepare, train])
        story.add("freeze", [f"{name}({base.ref})", *(prepare if sketch.chance(0.5) else []), train])
    return story.program()


def own_step(sketch: Sketch) -> Program:
    """A model class whose step trains some of its layers only; releases without `train_step` do not call it."""
    tf = sketch.plain("tensorflow")
    source = vector(sketch)
    ref = sketch.owned(*MAIN)
    names = [sketch.label("step", "dense") for _ in range(2)]
    which = sketch.one_of(
        "self.trainable_variables",
        "self.trainable_variables",
        "self.head.trainable_variables",
        "self.trainable_weights",
    )

    def write(name: str) -> Lines:
        dense = sketch.keras("Dense")
        return [
            f"class {name}({sketch.keras('Model')}):",
            "    def __init__(self):",
            f"        super({name}, self).__init__()",
            f"        self.body = {dense}({sketch.between(3, 5)}, {activation(sketch)}, name={sketch.text(names[0])})",
            f"        self.head = {dense}(1, name={sketch.text(names[1])})",
            "",
            "    def call(self, x, training=None):",
            "        return self.head(self.body(x))",
            "",
            "    def train_step(self, data):",
            "        x, y = data",
            f"        with {tf}.GradientTape() as tape:",
            f"            loss = {tf}.reduce_mean({tf}.square(self(x, training=True) - y))",
            f"        variables = {which}",
            "        grads = tape.gradient(loss, variables)",
            "        self.optimizer.apply_gradients(zip(grads, variables))",
            '        return {"loss": loss}',
        ]

    name = sketch.helper(sketch.one_of("Stepper", "CustomModel"), write)
    layers: list[Layer | Net] = [Layer("Dense", names[0], f"{ref}.body"), Layer("Dense", names[1], f"{ref}.head")]
    net = Net(ref, layers, [source], [1], "subclassed")
    story = Story(sketch, Project([f"{ref} = {name}()"], net))
    story.add("setup", [f"{ref}({story.data.array(source)}[:1])"])
    story.tell(sketch.one_of("FCT", "CFT", "CT", "FCTUCT", "FCTUT", "CTFT"))
    return story.program()


def minimized(sketch: Sketch) -> Program:
    """A loop by hand with `minimize` of an optimizer of Keras: it takes the variables that it is told."""
    tf = sketch.plain("tensorflow")
    story = Story(sketch, sketch.one_of(single, stacked, wrapped)(sketch))
    main, base = story.project.main, story.project.base or story.project.main
    x, y = story.data.inputs(main), story.data.targets(main)
    opt = sketch.name("opt", "optimizer")
    if sketch.chance(0.7):
        story.add("freeze", set_net(sketch, base, False))
    story.add("setup", [f"{opt} = {sketch.keras('SGD')}(0.05)"])
    variables = sketch.one_of(
        f"{main.ref}.trainable_variables", f"{main.ref}.trainable_weights", f"{main.ref}.variables"
    )
    loss = f"lambda: {tf}.reduce_mean({tf}.square({main.ref}({x}, training=True) - {y}))"
    turn = [f"{opt}.minimize({loss}, {sketch.one_of('', 'var_list=')}{variables})"]
    story.add("train", turn)
    if sketch.chance(0.5):
        story.add("open", set_net(sketch, base, sketch.chance(0.7)))
        story.add("train", turn)
    return story.program()
