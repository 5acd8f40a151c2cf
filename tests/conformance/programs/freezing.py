"""The many ways to set `trainable`."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.programs.nets import Layer, Net
from tests.conformance.programs.projects import Project
from tests.conformance.programs.sketch import Lines, Sketch

Way = Callable[[Sketch, Net, bool], Lines | None]


def value(sketch: Sketch, flag: bool) -> str:
    """An expression for the flag: nearly always the literal."""
    if sketch.chance(0.93):
        return str(flag)
    if sketch.chance(0.5):
        constant = sketch.constant(sketch.one_of("FREEZE", "TRAIN_BASE", "FROZEN"), value := str(sketch.chance(0.5)))
        return constant if value == str(flag) else f"not {constant}"
    if not sketch.tensorflow and sketch.chance(0.4):
        return str(int(flag))
    return sketch.one_of(f"bool({int(flag)})", f"not {not flag}")


def _loop(sketch: Sketch, layers: str, flag: bool, condition: str | None = None) -> Lines:
    """`for layer in layers: layer.trainable = flag`, with or without a condition."""
    name = sketch.loop_name
    set_flag = _set(sketch, name, value(sketch, flag))
    if condition is None:
        return [f"for {name} in {layers}:", f"    {set_flag}"]
    if sketch.chance(0.15):
        return [f"for {name} in {layers}:", f"    if not ({condition}):", "        continue", f"    {set_flag}"]
    lines = [f"for {name} in {layers}:", f"    if {condition}:", f"        {set_flag}"]
    if sketch.chance(0.3):
        lines += ["    else:", f"        {_set(sketch, name, str(not flag))}"]
    return lines


def _set(sketch: Sketch, layer: str, flag: str) -> str:
    if sketch.chance(0.04):
        return f'setattr({layer}, "trainable", {flag})'
    return f"{layer}.trainable = {flag}"


def _model_flag(sketch: Sketch, net: Net, flag: bool) -> Lines:
    return [_set(sketch, net.ref, value(sketch, flag))]


def _every_layer(sketch: Sketch, net: Net, flag: bool) -> Lines:
    layers = sketch.weighted(
        (10, f"{net.ref}.layers"), (1, f"reversed({net.ref}.layers)"), (1, f"list({net.ref}.layers)")
    )
    return _loop(sketch, layers, flag)


def _slice_text(sketch: Sketch, net: Net) -> str:
    count = sketch.between(1, max(1, len(net.members) - 1))
    if sketch.chance(0.1):
        return f"[:len({net.ref}.layers) // 2]"
    number = (
        sketch.constant(sketch.one_of("N_FROZEN", "CUT", "FINE_TUNE_AT"), str(count))
        if sketch.chance(0.12)
        else str(count)
    )
    return sketch.weighted(
        (5, f"[:{number}]"),
        (4, f"[-{number}:]"),
        (4, f"[:-{number}]"),
        (4, f"[{number}:]"),
        (1, "[1:-1]"),
        (1, "[::2]"),
    )


def _slice(sketch: Sketch, net: Net, flag: bool) -> Lines:
    layers = f"{net.ref}.layers{_slice_text(sketch, net)}"
    if sketch.chance(0.08):
        chosen = sketch.name("chosen", "to_set", "selected")
        return [f"{chosen} = {layers}", *_loop(sketch, chosen, flag)]
    return _loop(sketch, f"reversed({layers})" if sketch.chance(0.06) else layers, flag)


def _two_slices(sketch: Sketch, net: Net, flag: bool) -> Lines:
    count = sketch.between(1, max(1, len(net.members) - 1))
    return _loop(sketch, f"{net.ref}.layers[:{count}]", flag) + _loop(sketch, f"{net.ref}.layers[{count}:]", not flag)


def _enumerated(sketch: Sketch, net: Net, flag: bool) -> Lines:
    index, name = sketch.one_of("i", "idx", "k"), sketch.loop_name
    count = sketch.between(1, max(1, len(net.members)))
    head = f"for {index}, {name} in enumerate({net.ref}.layers):"
    test = sketch.one_of(f"{index} < {count}", f"{index} >= {count}", f"{index} % 2 == 0", f"{index} != {count - 1}")
    if sketch.chance(0.25):
        choice = sketch.one_of(test, f"{flag} if {test} else {not flag}")
        return [head, f"    {name}.trainable = {choice}"]
    lines = [head, f"    if {test}:", f"        {name}.trainable = {flag}"]
    if sketch.chance(0.4):
        lines += ["    else:", f"        {name}.trainable = {not flag}"]
    return lines


def _numbered(sketch: Sketch, net: Net, flag: bool) -> Lines:
    count = sketch.between(1, max(1, len(net.members) - 1))
    index = sketch.one_of("i", "idx", "j")
    numbers = sketch.one_of(
        f"len({net.ref}.layers)", f"len({net.ref}.layers) - {count}", str(count), f"{min(1, count - 1)}, {count}"
    )
    return [f"for {index} in range({numbers}):", f"    {net.ref}.layers[{index}].trainable = {value(sketch, flag)}"]


def _while(sketch: Sketch, net: Net, flag: bool) -> Lines:
    index = sketch.name("i", "n", "pos")
    count = sketch.between(1, max(1, len(net.members) - 1))
    limit = sketch.one_of(str(count), f"len({net.ref}.layers)")
    return [
        f"{index} = 0",
        f"while {index} < {limit}:",
        f"    {net.ref}.layers[{index}].trainable = {flag}",
        f"    {index} += 1",
    ]


def _one_index(sketch: Sketch, net: Net, flag: bool) -> Lines:
    last = len(net.members)
    index = sketch.one_of(0, -1, -1, sketch.between(-last, last - 1))
    if index >= 0 and sketch.chance(0.3):
        return [f"{net.ref}.get_layer(index={index}).trainable = {flag}"]
    return [f"{net.ref}.layers[{index}].trainable = {flag}"]


def _isinstance(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    kinds = sorted({leaf.kind for leaf in net.leaves()} & {"Dense", "BatchNormalization", "Conv1D", "Embedding"})
    if not kinds:
        return None
    name = sketch.loop_name
    kind = "BatchNormalization" if "BatchNormalization" in kinds and sketch.chance(0.7) else sketch.one_of(*kinds)
    types = sketch.keras(kind)
    if len(kinds) > 1 and sketch.chance(0.15):
        types = f"({', '.join(sketch.keras(kind) for kind in kinds[:2])})"
    test = f"isinstance({name}, {types})"
    if sketch.chance(0.12):
        test = f"type({name}) is {sketch.keras(kind)}"
    elif sketch.chance(0.15):
        test = f"{name}.__class__.__name__ == {sketch.text(kind)}"
    if sketch.chance(0.2):
        return [f"for {name} in {net.ref}.layers:", f"    {name}.trainable = {'not ' if flag else ''}{test}"]
    return _loop(sketch, f"{net.ref}.layers", flag, sketch.one_of(test, test, f"not {test}"))


def _named(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    labels = net.labels()
    if not labels:
        return None
    name = sketch.loop_name
    label = sketch.one_of(*labels)
    stem = label.rstrip("0123456789").rstrip("_")
    test = sketch.one_of(
        f"{name}.name.startswith({sketch.text(stem)})",
        f"{sketch.text(stem)} in {name}.name",
        f"{name}.name == {sketch.text(label)}",
        f"{name}.name != {sketch.text(label)}",
        f"{name}.name in {sketch.texts(sketch.some(labels, 3))}",
        f"{name}.name not in {sketch.texts(sketch.some(labels, 2))}",
        f"{name}.name.endswith({sketch.text(label[-1])})",
    )
    if sketch.chance(0.15):
        return [f"for {name} in {net.ref}.layers:", f"    {name}.trainable = {test}"]
    return _loop(sketch, f"{net.ref}.layers", flag, test)


def _until_name(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    """Up to the layer with a name, or a flag that turns over when the name has come by."""
    labels = net.labels()
    if not labels:
        return None
    switch, name = sketch.name("set_trainable", "seen", "reached"), sketch.loop_name
    if sketch.chance(0.4):
        stop = [f"    if {name}.name == {sketch.text(sketch.one_of(*labels))}:", "        break"]
        change = f"    {name}.trainable = {flag}"
        return [f"for {name} in {net.ref}.layers:", *([*stop, change] if sketch.chance(0.7) else [change, *stop])]
    head = [f"{switch} = {not flag}", f"for {name} in {net.ref}.layers:"]
    turn = [f"    if {name}.name == {sketch.text(sketch.one_of(*labels))}:", f"        {switch} = {flag}"]
    if sketch.chance(0.5):
        return [*head, *turn, f"    {name}.trainable = {switch}"]
    return [
        *head,
        *turn,
        f"    if {switch}:",
        f"        {name}.trainable = True",
        "    else:",
        f"        {name}.trainable = False",
    ]


def _get_layer(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    labels = net.labels()
    if not labels:
        return None
    if sketch.chance(0.25):
        key = sketch.name("name", "layer_name", "key")
        names = sketch.texts(sketch.some(labels, 3))
        if sketch.chance(0.3):
            names = sketch.constant("FROZEN_LAYERS", names)
        return [f"for {key} in {names}:", f"    {net.ref}.get_layer({key}).trainable = {flag}"]
    label = sketch.one_of(*labels)
    argument = sketch.weighted((5, sketch.text(label)), (1, f"name={sketch.text(label)}"))
    if sketch.chance(0.15):
        picked = sketch.name("target", "picked", "last")
        return [f"{picked} = {net.ref}.get_layer({argument})", f"{picked}.trainable = {flag}"]
    return [f"{net.ref}.get_layer({argument}).trainable = {flag}"]


def _comprehension(sketch: Sketch, net: Net, flag: bool) -> Lines:
    name = sketch.loop_name
    if sketch.chance(0.3):
        return [f'[setattr({name}, "trainable", {flag}) for {name} in {net.ref}.layers]']
    chosen = sketch.name("frozen", "chosen", "with_weights", "selection")
    labels = net.labels()
    test = sketch.one_of(f"{name}.weights", f"len({name}.get_weights()) > 0")
    if labels and sketch.chance(0.6):
        test = f"{name}.name in {sketch.texts(sketch.some(labels, 3))}"
    elif sketch.chance(0.4):
        test = f"isinstance({name}, {sketch.keras('Dense')})"
    if sketch.chance(0.2):
        layers = f"filter(lambda {name}: {test}, {net.ref}.layers)"
        return _loop(sketch, layers, flag)
    return [f"{chosen} = [{name} for {name} in {net.ref}.layers if {test}]", *_loop(sketch, chosen, flag)]


def _zipped(sketch: Sketch, net: Net, flag: bool) -> Lines:
    flags = ", ".join(str(flag if sketch.chance(0.6) else not flag) for _ in net.members)
    name, mark = sketch.loop_name, sketch.one_of("flag", "t", "on")
    table = f"[{flags}]" if sketch.chance(0.5) else sketch.constant("FLAGS", f"[{flags}]")
    return [f"for {name}, {mark} in zip({net.ref}.layers, {table}):", f"    {name}.trainable = {mark}"]


def _position_of(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    """Everything before (or from) the layer with a name."""
    labels = net.labels()
    if not labels:
        return None
    names, cut = sketch.name("names", "layer_names"), sketch.name("cut", "index", "until")
    name = sketch.loop_name
    return [
        f"{names} = [{name}.name for {name} in {net.ref}.layers]",
        f"{cut} = {names}.index({sketch.text(sketch.one_of(*labels))})",
        *_loop(sketch, f"{net.ref}.layers{sketch.one_of(f'[:{cut}]', f'[{cut}:]', f'[:{cut} + 1]')}", flag),
    ]


def _toggle(sketch: Sketch, net: Net, _flag: bool) -> Lines:
    name = sketch.loop_name
    return [
        f"for {name} in {net.ref}.layers{_slice_text(sketch, net)}:",
        f"    {name}.trainable = not {name}.trainable",
    ]


def _nested(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    """Into the models that are members of the model."""
    if not net.inner:
        return None
    inner = sketch.one_of(*net.inner)
    position = net.members.index(inner)
    outer, name = sketch.name("block", "part", "member"), sketch.loop_name
    if net.family == "sequential" and sketch.chance(0.4):
        inside = f"{net.ref}.layers[{position}]"
    elif inner.label is not None and sketch.chance(0.5):
        inside = f"{net.ref}.get_layer({sketch.text(inner.label)})"
    else:
        test = sketch.one_of(f"isinstance({outer}, {sketch.keras('Model')})", f'hasattr({outer}, "layers")')
        return [
            f"for {outer} in {net.ref}.layers:",
            f"    if {test}:",
            f"        for {name} in {outer}.layers:",
            f"            {name}.trainable = {flag}",
        ]
    if sketch.chance(0.5):
        return [f"{inside}.trainable = {flag}"]
    return _loop(sketch, f"{inside}.layers{_slice_text(sketch, inner) if sketch.chance(0.4) else ''}", flag)


def _through_name(sketch: Sketch, net: Net, flag: bool) -> Lines:
    """By way of another variable."""
    other = sketch.name("part", "target", "m")
    return [f"{other} = {net.ref}", f"{other}.trainable = {flag}"]


def _lambda(sketch: Sketch, net: Net, flag: bool) -> Lines:
    name = sketch.name("set_flag", "switch", "mark")
    head = f'{name} = lambda m, t=False: setattr(m, "trainable", t)'
    argument = f", {flag}" if flag or sketch.chance(0.4) else ""
    if sketch.chance(0.5):
        return [head, f"{name}({net.ref}{argument})"]
    return [head, f"for {sketch.loop_name} in {net.ref}.layers:", f"    {name}({sketch.loop_name}{argument})"]


def _setter(sketch: Sketch, net: Net, flag: bool) -> Lines:
    """A closure that remembers the flag."""

    def write(name: str) -> Lines:
        return [f"def {name}(flag):", "    def setter(layer):", "        layer.trainable = flag", "    return setter"]

    maker = sketch.helper("make_setter", write)
    name = sketch.name("apply_flag", "setter")
    return [
        f"{name} = {maker}({flag})",
        f"for {sketch.loop_name} in {net.ref}.layers:",
        f"    {name}({sketch.loop_name})",
    ]


def _by_dict(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    """Layers by name, from a dictionary."""
    labels = net.labels()
    if not labels:
        return None
    table, name = sketch.name("by_name", "layer_dict"), sketch.loop_name
    chosen = sketch.text(sketch.one_of(*labels))
    return [
        f"{table} = {{{name}.name: {name} for {name} in {net.ref}.layers}}",
        f"{table}[{chosen}].trainable = {flag}",
    ]


def _by_state(sketch: Sketch, net: Net, flag: bool) -> Lines:
    """Only the layers that are not in that state yet."""
    name = sketch.loop_name
    return _loop(sketch, f"{net.ref}.layers", flag, f"{'not ' if flag else ''}{name}.trainable")


def _perhaps_missing(sketch: Sketch, net: Net, flag: bool) -> Lines | None:
    """A layer that may not be there."""
    labels = net.labels()
    if not labels:
        return None
    label = sketch.one_of(*labels, labels[0] + "_x")
    return [
        "try:",
        f"    {net.ref}.get_layer({sketch.text(label)}).trainable = {flag}",
        "except ValueError:",
        '    print("no such layer")',
    ]


def _write_set_trainable(name: str) -> Lines:
    return [
        f"def {name}(model, flag):",
        "    model.trainable = flag",
        "    for layer in model.layers:",
        "        layer.trainable = flag",
    ]


def _write_set_layers(name: str) -> Lines:
    return [f"def {name}(net, trainable=False):", "    for l in net.layers:", "        l.trainable = trainable"]


def _write_freeze_first(name: str) -> Lines:
    return [
        f"def {name}(model, n=2, flag=False):",
        "    for layer in model.layers[:n]:",
        "        layer.trainable = flag",
        "    return model",
    ]


def _write_recursive(name: str) -> Lines:
    return [
        f"def {name}(m, flag):",
        "    for l in m.layers:",
        "        if hasattr(l, 'layers'):",
        f"            {name}(l, flag)",
        "        else:",
        "            l.trainable = flag",
    ]


def _write_count(name: str) -> Lines:
    return [
        f"def {name}(model, count=None, flag=True):",
        '    """Set the last layers of a model, or all of them."""',
        "    chosen = model.layers if count is None else model.layers[-count:]",
        "    for layer in chosen:",
        "        layer.trainable = flag",
        "    return len(chosen)",
    ]


def _write_except(name: str) -> Lines:
    return [
        f"def {name}(model, keep=(), flag=False):",
        "    for layer in model.layers:",
        "        if layer.name not in keep:",
        "            layer.trainable = flag",
    ]


def _helper(sketch: Sketch, net: Net, flag: bool) -> Lines:
    count = sketch.between(1, max(1, len(net.members) - 1))
    kind = sketch.weighted(
        (5, "set_trainable"), (4, "set_layers"), (4, "first"), (3, "recursive"), (3, "last"), (2, "except")
    )
    if kind == "set_trainable":
        return [
            f"{sketch.helper('set_trainable', _write_set_trainable)}({net.ref}, {sketch.one_of('', 'flag=')}{flag})"
        ]
    if kind == "set_layers":
        name = sketch.helper(sketch.one_of("freeze_layers", "set_layers"), _write_set_layers)
        return [f"{name}({net.ref}{f', trainable={flag}' if flag or sketch.chance(0.5) else ''})"]
    if kind == "first":
        name = sketch.helper("freeze_first", _write_freeze_first)
        arguments = [net.ref, *sketch.one_of([f"{count}"], [f"n={count}"], [])]
        if flag or sketch.chance(0.2):
            arguments.append(f"flag={flag}")
        return [f"{name}({', '.join(arguments)})"]
    if kind == "recursive":
        return [f"{sketch.helper('set_all', _write_recursive)}({net.ref}, {flag})"]
    if kind == "last":
        name = sketch.helper("set_last", _write_count)
        call = f"{name}({net.ref}{sketch.one_of('', f', {count}', f', count={count}')}{'' if flag else ', flag=False'})"
        return [f'print("changed", {call})' if sketch.chance(0.3) else call]
    keep = f", keep={sketch.texts(sketch.some(net.labels(), 2))}" if net.labels() else ""
    return [f"{sketch.helper('set_except', _write_except)}({net.ref}{keep}{', flag=True' if flag else ''})"]


def _table(sketch: Sketch, net: Net, flag: bool) -> Lines:
    """A dict or a list of layers or models."""
    table = sketch.name("parts", "groups", "sections")
    if net.inner and sketch.chance(0.5):
        entries = ", ".join(f"{sketch.text(f'part{n}')}: {inner.ref}" for n, inner in enumerate(net.inner))
        key, part = sketch.name("key", "which"), sketch.name("part", "section")
        return [
            f"{table} = {{{entries}, {sketch.text('all')}: {net.ref}}}",
            f"for {key}, {part} in {table}.items():",
            f"    if {key} != {sketch.text('all')}:",
            f"        {part}.trainable = {flag}",
        ]
    count = sketch.between(1, max(1, len(net.members) - 1))
    first, second = sketch.text("low"), sketch.text("high")
    layers = f"{net.ref}.layers"
    return [
        f"{table} = {{{first}: {layers}[:{count}], {second}: {layers}[{count}:]}}",
        *_loop(sketch, f"{table}[{sketch.one_of(first, second)}]", flag),
    ]


_WAYS: list[tuple[float, Way]] = [
    (26, _model_flag),
    (18, _every_layer),
    (14, _slice),
    (4, _two_slices),
    (5, _enumerated),
    (4, _numbered),
    (1.5, _while),
    (5, _one_index),
    (7, _isinstance),
    (7, _named),
    (3, _until_name),
    (7, _get_layer),
    (2.5, _comprehension),
    (1.5, _zipped),
    (1.5, _position_of),
    (1, _by_dict),
    (1, _by_state),
    (0.5, _perhaps_missing),
    (1.5, _toggle),
    (6, _nested),
    (1, _through_name),
    (1, _lambda),
    (1, _setter),
    (8, _helper),
    (1.5, _table),
]


def set_net(sketch: Sketch, net: Net, flag: bool) -> Lines:
    """Statements that set flags somewhere in the model."""
    while True:
        lines = sketch.weighted(*_WAYS)(sketch, net, flag)
        if lines is not None:
            return lines


def _set_layers(sketch: Sketch, layers: list[Layer], flag: bool) -> Lines:
    """Statements for layers that variables hold."""
    refs = [layer.ref for layer in sketch.some(layers, 3) if layer.ref]
    if len(refs) == 1:
        return [_set(sketch, refs[0], value(sketch, flag))]
    way = sketch.one_of("each", "each", "chain", "tuple", "loop", "list", "function")
    if way == "function":

        def write(name: str) -> Lines:
            return [
                f"def {name}(*layers, **options):",
                "    for layer in layers:",
                '        layer.trainable = options.get("flag", False)',
            ]

        return [f"{sketch.helper('set_these', write)}({', '.join(refs)}{', flag=True' if flag else ''})"]
    if way == "chain":
        return [f"{' = '.join(f'{ref}.trainable' for ref in refs)} = {flag}"]
    if way == "tuple":
        flags = ", ".join([str(flag), *(str(sketch.chance(0.5)) for _ in refs[1:])])
        return [f"{', '.join(f'{ref}.trainable' for ref in refs)} = {flags}"]
    if way == "loop":
        return _loop(sketch, f"({', '.join(refs)})", flag)
    if way == "list":
        group = sketch.name("group", "frozen_layers", "to_freeze")
        return [f"{group} = [{', '.join(refs)}]", *_loop(sketch, group, flag)]
    return [f"{ref}.trainable = {flag}" for ref in refs]


def target(sketch: Sketch, project: Project) -> Net:
    """The model whose flags change: mostly the base."""
    if project.base is not None and sketch.chance(0.72):
        return project.base
    return sketch.one_of(project.main, *project.nets())


def set_flags(sketch: Sketch, project: Project, flag: bool) -> Lines:
    """Statements that freeze or open something."""
    layers = project.layers()
    if layers and sketch.chance(0.3):
        return _set_layers(sketch, layers, flag)
    nets = [net.ref for net in project.nets()]
    if len(nets) > 1 and sketch.chance(0.04):
        model = sketch.name("m", "mod", "each")
        return [f"for {model} in [{', '.join(nets[:3])}]:", f"    {model}.trainable = {flag}"]
    lines = set_net(sketch, target(sketch, project), flag)
    if sketch.chance(0.1):
        lines = lines + set_net(sketch, target(sketch, project), flag if sketch.chance(0.5) else not flag)
    return lines
