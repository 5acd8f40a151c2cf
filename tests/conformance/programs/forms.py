"""The form a program takes: a script, a main function, functions, a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.conformance.programs.scenarios import Program, Step
from tests.conformance.programs.sketch import Lines, Sketch, indent, mentions

_FUNCTION_NAMES = {
    "freeze": ("freeze_base", "freeze", "lock"),
    "open": ("unfreeze", "fine_tune", "unlock"),
    "compile": ("prepare", "compile_all", "setup_training"),
    "train": ("train", "run_training", "fit_model"),
    "noise": ("report", "show"),
    "evaluate": ("score",),
}
_METHOD_NAMES = {
    "freeze": ("freeze", "freeze_base", "lock"),
    "open": ("unfreeze", "fine_tune", "unlock"),
    "compile": ("compile", "prepare"),
    "train": ("train", "fit", "run"),
    "noise": ("report",),
    "evaluate": ("score",),
}

Form = Callable[[Sketch, Program], Lines]


def _written(step: Step) -> Lines:
    return [f"# {step.comment}", *step.lines] if step.comment else step.lines


def _groups(sketch: Sketch, steps: Sequence[Step]) -> list[list[Step]]:
    """Steps that stand together in one function."""
    groups: list[list[Step]] = []
    for step in steps:
        if groups and sketch.chance(0.35):
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def _body(sketch: Sketch, program: Program) -> Lines:
    """Everything at one level."""
    data_first = sketch.chance(0.4) or any(mentions(program.build, name) for name in program.data.names)
    first, second = (program.data.lines, program.build) if data_first else (program.build, program.data.lines)
    lines = [*first, "", *second, ""]
    for step in program.steps:
        lines += _written(step)
        if sketch.chance(0.35):
            lines.append("")
    return lines


def script(sketch: Sketch, program: Program) -> Lines:
    """Statement after statement."""
    return _body(sketch, program)


def main_function(sketch: Sketch, program: Program) -> Lines:
    """All in main()."""
    end = ['if __name__ == "__main__":', "    main()"] if sketch.chance(0.8) else ["main()"]
    return ["def main():", *indent(_body(sketch, program)), "", "", *end]


def functions(sketch: Sketch, program: Program) -> Lines:
    """A function that builds, and functions for some of the steps."""
    after = [line for step in program.steps for line in step.lines]
    kept = [ref for ref in program.exports if mentions(after, ref)]
    build = sketch.name("build_model", "build_models", "make_model", "create")
    parameters, arguments = _parameters(sketch)
    if sketch.chance(0.06):
        definitions = [f"def {build}({parameters}):", f"    global {', '.join(kept)}", *indent(program.build), "", ""]
        lines = [f"{build}({arguments})", *program.data.lines, ""]
    else:
        definitions = [f"def {build}({parameters}):", *indent(program.build), f"    return {', '.join(kept)}", "", ""]
        lines = [f"{', '.join(kept)} = {build}({arguments})", *program.data.lines, ""]
    for group in _groups(sketch, program.steps):
        body = [line for step in group for line in _written(step)]
        if sketch.chance(0.45):
            name = sketch.name(*_FUNCTION_NAMES[group[0].verb])
            needed = ", ".join(ref for ref in [*kept, *program.data.names] if mentions(body, ref))
            definitions += [f"def {name}({needed}):", *indent(body), "", ""]
            lines.append(f"{name}({needed})")
        else:
            lines += body
    if sketch.chance(0.4):
        return [*definitions, 'if __name__ == "__main__":', *indent(lines)]
    return [*definitions, *lines]


def _parameters(sketch: Sketch) -> tuple[str, str]:
    """The parameters of the building function, and the arguments of its call: those that are not the default."""
    parameters: Lines = []
    arguments: Lines = []
    for name, value in sketch.parameters:
        default = value if sketch.chance(0.6) else not value
        parameters.append(f"{name}={default}")
        if value != default:
            arguments.append(f"{name}={value}" if sketch.chance(0.5) or arguments else str(value))
    return ", ".join(parameters), ", ".join(arguments)


def class_form(sketch: Sketch, program: Program) -> Lines:
    """A class that builds in `__init__` (or a method of its own) and has a method for each group of steps."""
    name = sketch.name("Trainer", "Experiment", "TransferLearner", "Pipeline")
    base = "(object)" if sketch.chance(0.2) else ""
    how = sketch.one_of("init", "method", "called")
    init = indent(
        program.build if how == "init" else ["self.build()"] if how == "called" else ["self.ready = False"], 2
    )
    lines = [f"class {name}{base}:", "    def __init__(self):", *init]
    if how != "init":
        tail = ["        self.ready = True"] if how == "method" else []
        lines += ["", "    def build(self):", *indent(program.build, 2), *tail]
    instance = sketch.name("trainer", "job", "exp")
    calls = [*program.data.lines, f"{instance} = {name}()", *([f"{instance}.build()"] if how == "method" else [])]
    known: dict[tuple[str, ...], str] = {}
    taken = {"build", "ready", "__init__"} | {ref.split(".")[-1] for ref in program.exports}
    for group in _groups(sketch, program.steps):
        body = [line for step in group for line in _written(step)]
        needed = ", ".join(ref for ref in program.data.names if mentions(body, ref))
        if tuple(body) not in known:
            options = [method for method in _METHOD_NAMES[group[0].verb] if method not in taken]
            method = sketch.one_of(*options) if options else f"{group[0].verb}_{len(known)}"
            taken.add(method)
            known[tuple(body)] = method
            lines += ["", f"    def {method}({', '.join(['self', *([needed] if needed else [])])}):", *indent(body, 2)]
        calls.append(f"{instance}.{known[tuple(body)]}({needed})")
    guard = sketch.chance(0.5)
    return [*lines, "", "", *(['if __name__ == "__main__":', *indent(calls)] if guard else calls)]


def choose(sketch: Sketch, one_script: bool) -> Form:
    """A form; a class owns its models, which has to be known before they are written."""
    if one_script:
        return sketch.weighted((7, script), (3, main_function))
    form = sketch.weighted((48, script), (13, main_function), (23, functions), (16, class_form))
    if form is class_form:
        sketch.owner = "self."
    sketch.takes_parameters = form is functions
    return form
