#!/usr/bin/env python
"""Runs Keras programs and tells which layers each of their training calls really moved.

    python child.py PROGRAM.py [--out FILE]     one program, in this process
    python child.py --serve FD                  many, each in a fork of a process that has imported Keras once

One self-contained file: it runs beside the Keras that it measures, on Python 3.6 to 3.14, with Keras (standalone 2.0 -
3.x, tf.keras or tf_keras; ``KERAS_BACKEND`` picks the backend of Keras 3) and what Keras brings, and nothing else.

A program runs as ``__main__``.  Alone, its measured trace is printed as JSON in the shape that ``keras-freeze-lint
trace`` predicts, and the exit status is 0 when it ended well, else 1.  Served, requests come on standard input as one
JSON object a line, and answers go to the descriptor FD the same way, in the order in which the programs end.
``{"ahead": TEXT}`` has no answer: the Keras that the text imports is imported before the first program comes.  The answer
of a program that can do more says so (``again``); it then waits for ``{"id": M, "once_more": ID, "control": ...}``, answered
like a program, until ``{"end": ID}``.

How it measures: the training methods of the Keras that the program imports are wrapped.  Around each outermost call the
weights of all leaf layers are read and compared by value.  Unless a request asks for a control or for the drift of each
step, nothing is trained, called or flagged on top of what the program does.

* A layer is a leaf when it holds no other layer.  The layers of Keras itself that are composed inside (LSTM of its cell,
  MultiHeadAttention of its projections) count as leaves; wrappers and models do not.  Layers without weights are left out.
* ``intent`` is the flag at the start of the call: that of the leaf and of the wrappers around it and, where Keras
  does not push the flag of a model down to its layers (keras < 2.4, tf.keras < 1.14), that of the models around it.
* Hand-written loops: a call of ``apply_gradients``, ``apply`` or ``minimize`` is a training call of all models that exist.
  Inside ``tf.function`` it is measured around the call of the function and reported at the line that applies.  Moving
  statistics, which move in the forward pass, are watched from one step to the next.
* A layer that the training call itself builds is compared with its values right after it was built; where they cannot
  be read the layer is left out.
* A call during which the program wrote weights itself (a callback that restores them) says nothing of its layers; one
  during which it set single variables, nothing of the layers that these belong to.
* What Keras 3 makes for training while TensorFlow traces a training call for the first time (the slots of optimizers,
  metrics) is made at once instead, as Keras 2 does it: else TensorFlow traces everything twice.
* A layer whose class says itself what its weights are or what it is called, or that goes by the name of another, is
  left out: what cannot be known for sure is not told.

A request may name lines of inference calls (predict, evaluate and their kin): these are measured, too, as training calls are.

A control sets the flags of some layers right before a training call, compiles again with the arguments of the last
``compile()`` and a fresh optimizer of the same kind, and lets the call train: what it shows must differ.  A training call
that can be made once more (its data is in memory, all its layers are Keras's own) needs no second run for that: when the
program has ended, its weights and flags are put back as they were when it began, and it is made again under the control.

Not seen: graph-mode ``Session.run`` loops, stateless JAX loops, training in other processes.
"""

import argparse
import ast
import base64
import binascii
import builtins
import contextlib
import ctypes
import functools
import gc
import importlib
import inspect
import json
import logging
import operator
import os
import platform
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import types
import warnings
import weakref
from collections import OrderedDict

TRAINING_METHODS = ("fit", "fit_generator", "train_on_batch")
INFERENCE_METHODS = (
    "predict",
    "predict_on_batch",
    "predict_generator",
    "evaluate",
    "test_on_batch",
    "evaluate_generator",
)
APPLYING_METHODS = ("minimize", "apply_gradients", "apply")
BUILDING_METHODS = ("_symbolic_build", "_set_inputs")
WRITING_METHODS = ("set_weights", "load_weights")
LIBRARIES = ("keras", "tf_keras", "tensorflow", "tensorflow_core", "keras_core")
STATISTICS = (
    "moving_mean",
    "moving_variance",
    "moving_stddev",
    "renorm_mean",
    "renorm_stddev",
    "running_mean",
    "running_std",
)
COMPOSITE_BASES = ("RNN", "MultiHeadAttention")
# What a layer says of itself, and a class of the program's own could say otherwise while it is measured.
OWN_WORDS = ("weights", "variables", "name", "layers", "__getattribute__") + tuple(
    kind + what for kind in ("trainable_", "non_trainable_") for what in ("weights", "variables")
)
VALUES = ("numpy", "value", "_value", "shape", "__array__")  # what a variable is read by
ASSIGNING_METHODS = ("assign", "assign_add", "assign_sub", "load")
SETTING_FUNCTIONS = ("set_value", "batch_set_value", "set_session")
WRAPPED = "_measure_original"
TURNS = 100  # turns of one training call that are told one by one
WATCHED_STEPS = 50  # steps of one training call after which the drift is read
ASKED = 32  # rows of the batch that a model that is frozen as a whole is asked about
MEMORY_SLACK = 16 << 20  # bytes: a stack is no data
REPEATED = 64 << 20  # bytes of weights, and of data, that are kept to make a training call once more
EAGER_STEPS = 8  # of a training call that is made once more: for so few, TensorFlow's graph costs more than it saves
PROBES = 3  # times that a control trains on other data before a layer counts as unable to move

# Files between a program and the variable that it sets.
BETWEEN = re.compile(
    r"/tensorflow(_core)?/python/(ops|util|eager|framework|distribute|autograph)/|/keras(/src)?/backend(?!/\w+/trainer)|/(contextlib|functools)\.py"
)
OWN_FILES = set()  # the program's
LIBRARY_CLASSES = {}  # id of class: (the class, whether it comes with a framework)
SESSIONS = []  # of TensorFlow 1, at work: what runs something in them
FIRST_NAMES = {}  # id of layer: (the layer, weakly; the name that it was built with)
np = None  # numpy, once a program needs it


def load_numpy():
    global np
    if np is None:
        np = importlib.import_module("numpy")


class Refused(Exception):
    """The program reached for what could falsify the measurement."""


class ControlFailed(Exception):
    """The flags of a control could not be set, or the model not be compiled again."""


class Enough(BaseException):
    """All that was asked for has been measured; what the program would do after that does not matter."""


# ---------------------------------------------------------------------------------------------- the program
class Program:
    """The text of the program: what it imports, and which of its lines is at work."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        OWN_FILES.add(self.path)
        with open(self.path, "rb") as stream:
            self.source = stream.read()
        self.text = self.source.decode("utf-8", "replace")
        self.tree = ast.parse(self.source, self.path)
        self._lines = {}
        self._frame = sys._getframe  # the program may put another one in its place

    def flavours(self):
        """Names of the Keras modules that the text imports."""
        imported = imported_modules(self.tree)
        tops = {name.split(".")[0] for name in imported}
        found = [name for name in ("keras", "tf_keras") if name in tops]
        if any(name.startswith("tensorflow.python.keras") for name in imported):
            found.append("tensorflow.python.keras")
        if "tensorflow" in tops and re.search(r"\bkeras\b", self.text):
            found.append("tensorflow.keras")
        return found

    def line(self, names):
        """The line of the innermost call in the program that is at work now, where it calls one of ``names``."""
        found = self.line_at_work(self._frame(1))
        return None if found is None else self._start(found, names)

    def line_at_work(self, frame):
        while frame is not None:
            if frame.f_code.co_filename == self.path:
                return frame.f_lineno
            frame = frame.f_back
        return None

    def is_writing(self):
        """Whether the program itself, not Keras for it, called the function that asks."""
        frame = self._frame(1)
        while frame is not None:
            filename = frame.f_code.co_filename
            if filename == self.path or "__autograph_generated_file" in filename:
                return True
            if filename != __file__ and not BETWEEN.search(filename):
                return False
            frame = frame.f_back
        return False

    def traced_line(self, names):
        """The same while tf.function traces: it runs a rewritten copy, and TensorFlow knows the lines that it came from."""
        try:
            from tensorflow.python.util import tf_stack

            for entry in reversed(list(tf_stack.extract_stack())):
                filename, line = (entry.filename, entry.lineno) if hasattr(entry, "lineno") else entry[:2]
                if filename == self.path:
                    return self._start(line, names)
        except Exception:
            pass
        return self.line(names)

    def line_of(self, error):
        """The innermost line of the program that an error passed through; 0 if it passed through none."""
        if isinstance(error, SyntaxError) and error.filename == self.path:
            return error.lineno or 0
        found = 0
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == self.path:
                found = line
        return self._start(found, ()) if found else 0

    def _start(self, line, names):
        """Where the call over ``line`` begins: Python versions differ in the line they report for a call of several lines."""
        key = (line, names)
        if key not in self._lines:
            calls = []
            for node in ast.walk(self.tree):
                if isinstance(node, ast.Call) and node.lineno <= line:
                    last = max(
                        getattr(inner, "end_lineno", None) or getattr(inner, "lineno", 0) for inner in ast.walk(node)
                    )
                    if line <= last:
                        name = getattr(node.func, "attr", getattr(node.func, "id", None))
                        calls.append((name not in names, last - node.lineno, node.lineno))
            self._lines[key] = min(calls)[2] if calls else line
        return self._lines[key]

    def run(self, after_import, own_builtins):
        """Run the program as ``__main__``; ``after_import()`` is called after each of its import statements."""
        load = own_builtins.__import__

        def importing(*args, **kwargs):
            module = load(*args, **kwargs)
            after_import()
            return module

        own_builtins.__import__ = importing
        main = types.ModuleType("__main__")
        main.__file__ = self.path
        main.__builtins__ = own_builtins
        sys.modules["__main__"] = main
        sys.argv = [self.path]
        sys.path[0] = os.path.dirname(self.path)
        code = compile(self.source, self.path, "exec", dont_inherit=True)
        exec(code, main.__dict__)


def imported_modules(tree):
    """The dotted names of the modules that a syntax tree imports."""
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.add(node.module)
    return imported


def plain_builtins():
    """Builtins of the program's own, so that what it imports can be seen."""
    own = types.ModuleType("builtins")
    own.__dict__.update(vars(builtins))
    return own


def part_of(module, names):
    """A module with some of its names only."""
    part = types.ModuleType(module.__name__)
    part.__dict__.update((name, getattr(module, name)) for name in names if hasattr(module, name))
    return part


def guarded_builtins(forbidden):
    """Builtins without the ways around the measuring.

    ``forbidden`` holds names: of modules, attributes and builtins that are refused; and what is ``known`` to be
    harmless, modules and the ``parts`` of some.  The text was looked through before; this meets names that are put
    together while the program runs.
    """
    own = plain_builtins()
    modules, attributes, known = (frozenset(forbidden[name]) for name in ("modules", "attributes", "known"))
    held = frozenset(forbidden["held"])
    load, original_open = builtins.__import__, builtins.open
    library = LIBRARIES + ("numpy", "jax", "torch")
    partial = {name: part_of(importlib.import_module(name), names) for name, names in forbidden["parts"].items()}

    def refuse(what):
        raise Refused(what)

    def importing(name, *scope):
        top = name.split(".")[0]
        if top in modules:
            refuse("imports %s" % name)
        if top not in known:
            raise ImportError("No module named %r: a witness needs only Keras and numpy" % name)
        module = load(name, *scope)
        picked = len(scope) > 2 and scope[2]  # from name import picked
        return partial.get(name if picked else top, module)

    def checked(name, verb):
        original = getattr(builtins, name)

        def guard(owner, attribute, *args):
            if attribute in attributes or attribute in modules:
                refuse("%s the attribute %s" % (verb, attribute))
            if attribute in held and verb != "reads" and args != ([],):
                refuse("exchanges the %s of a layer" % attribute)
            if verb != "reads":
                top = getattr(owner, "__module__" if isinstance(owner, type) else "__name__", None)
                if isinstance(owner, (type, types.ModuleType)) and str(top).split(".")[0] in library:
                    if attribute in vars(owner):
                        refuse("changes %s.%s itself" % (owner.__name__, attribute))
            return original(owner, attribute, *args)

        guard.__name__ = name
        setattr(own, name, guard)

    def opening(file, *args, **kwargs):
        if isinstance(file, int) or str(file).startswith(("/proc", "/dev/fd")):
            refuse("opens %s" % (file,))
        return original_open(file, *args, **kwargs)

    def looking(*args):
        if not args or isinstance(args[0], (types.ModuleType, types.FunctionType)):
            refuse("calls vars() for what is not its own")
        return vars(*args)

    own.__import__, own.open, own.vars = importing, opening, looking
    for name, verb in (("getattr", "reads"), ("setattr", "sets"), ("delattr", "deletes")):
        checked(name, verb)
    for name in forbidden["builtins"]:
        if hasattr(own, name):
            setattr(own, name, lambda *args, **kwargs: refuse("calls a builtin that runs text as code"))
    return own


# ---------------------------------------------------------------------------------------------- what is told
class Effect:
    """What a training call did to a leaf layer."""

    def __init__(self, cls, path, intents, held, weights, statistics, drifts):
        self.cls = cls
        self.path = path
        self.intent, self.later_intent = intents
        self.held = held
        self.weights = weights
        self.statistics = statistics
        self.drifts = drifts

    def summary(self):
        """As a trace says it."""
        found = OrderedDict([("class", self.cls), ("line", None), ("intent", self.intent)])
        found["weights"] = "moves" if self.weights else "still"
        if self.statistics is not None:
            found["statistics"] = "moves" if self.statistics else "still"
        return found

    def detail(self):
        found = OrderedDict([("class", self.cls), ("path", self.path), ("intent", self.intent)])
        found["later_intent"], found["held"] = self.later_intent, self.held
        found["weights"] = {"moves": self.weights, "drift": self.drifts[0]}
        if self.statistics is not None:
            found["statistics"] = {"moves": self.statistics, "drift": self.drifts[1]}
        return found


class Trace:
    """The training calls in the order in which they were first reached, one entry a line; and each call by itself.

    ``wanted`` are the lines of interest and how many calls there: after these, nothing more needs to be measured.
    """

    def __init__(self, wanted=None):
        self.entries = OrderedDict()
        self.calls = []
        self.turns = {}
        self.wanted = wanted

    def _entry(self, line, call, model):
        return self.entries.setdefault(
            line, OrderedDict([("line", line), ("call", call), ("model", model), ("reached", "always")])
        )

    def _tell(self, line, call, model, effects, more):
        self.turns[line] = self.turns.get(line, 0) + 1
        if self.turns[line] <= TURNS:
            told = OrderedDict([("line", line), ("call", call), ("model", model)])
            told["layers"] = OrderedDict((name, effect.detail()) for name, effect in effects.items())
            told.update(more)
            self.calls.append(told)

    def add(self, line, call, model, effects, **more):
        known = self._entry(line, call, model).setdefault("layers", OrderedDict())
        for name, effect in effects.items():
            layer = effect.summary()
            if name not in known:
                known[name] = layer
            for quantity in ("intent", "weights", "statistics"):
                if known[name].get(quantity) != layer.get(quantity):
                    known[name][quantity] = "varies"
        self._tell(line, call, model, effects, more)
        if self.wanted and sum(self.turns.get(one, 0) for one in self.wanted["lines"]) >= self.wanted["calls"]:
            raise Enough

    def fail(self, line, call, model, error, effects, **more):
        self._entry(line, call, model).setdefault("error", describe(error))
        more["raised"] = describe(error)
        self._tell(line, call, model, effects, more)

    def to_json(self, program, keras, error):
        result = OrderedDict(
            [
                ("version", 1),
                ("file", program),
                ("measured", True),
                ("keras", keras),
                ("training_calls", list(self.entries.values())),
                ("findings", []),
            ]
        )
        if error is not None:
            result["error"] = describe(error)
        return result


def describe(error):
    text = str(error)
    if text.startswith("Graph execution error"):
        # Of these, the cause stands last, after a stack that may run over pages.
        aside = ("Graph execution error", "Detected at node", "Node:", "<stack traces", "  ")
        text = "\n".join(line for line in text.splitlines() if line and not line.startswith(aside)) or text
    return "%s: %s" % (type(error).__name__, text[:200])


def plain_text(text):
    """A text as it is: a subclass of str may say anything of itself."""
    return str.__str__(text) if isinstance(text, str) else str(text)


# ---------------------------------------------------------------------------------------------- Keras, seen from outside
def tensorflow_says(question, default):
    """The answer of a TensorFlow function without arguments (dotted name), where TensorFlow is loaded and has it."""
    answer = sys.modules.get("tensorflow")
    try:
        for part in question.split("."):
            answer = getattr(answer, part)
        return answer()
    except Exception:
        return default


def is_eager():
    if "tensorflow" not in sys.modules:
        return True
    return bool(tensorflow_says("executing_eagerly", False))


def outside_tracing():
    """A context in which values can be read while tf.function traces."""
    if not is_eager() and tensorflow_says("compat.v1.executing_eagerly_outside_functions", False):
        return sys.modules["tensorflow"].init_scope()
    return contextlib.ExitStack()


@contextlib.contextmanager
def uncaptured():
    """A context in which a tf.function that is traced for the first time does not see what variables are made.

    If it sees one it is traced again.
    """
    graph = sys.modules["tensorflow"].compat.v1.get_default_graph()
    creators = getattr(graph, "_variable_creator_stack", [])
    graph._variable_creator_stack = [
        one for one in creators if getattr(one[1], "__name__", "") != "variable_capturing_scope"
    ]
    try:
        yield
    finally:
        graph._variable_creator_stack = creators


def subclasses(cls):
    found = [cls]
    for child in type.__subclasses__(cls):
        found.extend(subclasses(child))
    return found


def is_library(cls):
    """Whether a class comes with a framework; a class of the program is its own, whatever it says."""
    known = LIBRARY_CLASSES.get(id(cls))
    if known is None or known[0] is not cls:
        held = vars(cls)
        told = str(held.get("__module__", "")).split(".")[0] in LIBRARIES
        known = LIBRARY_CLASSES[id(cls)] = (cls, told and not any(map(is_own_code, list(held.values()))))
    return known[1]


def is_own_code(value):
    """Whether a part of a class is code of the program."""
    function = getattr(value, "fget", None) or getattr(value, "__func__", value)
    return getattr(getattr(function, "__code__", None), "co_filename", None) in OWN_FILES


def speaks_for_itself(layer):
    """Whether a class of the program's own says what the weights of a layer are, or what it is called."""
    own = [cls for cls in type(layer).__mro__ if cls is not object and not is_library(cls)]
    return any(name in vars(cls) for cls in own for name in OWN_WORDS if cls.__module__ != "builtins")


def has_base(layer, *names):
    return any(name in base.__name__ for base in type(layer).__mro__ for name in names)


class Flavour:
    """One Keras in this process: its classes and its ways."""

    def __init__(self, module):
        self.module = module
        self.backend = module.backend
        self.Model = module.models.Model
        self.Layer = [base for base in self.Model.__mro__ if base.__name__ == "Layer"][-1]
        self.package = self.Model.__module__.split(".")[0].replace("tensorflow_core", "tensorflow")
        metrics = getattr(module, "metrics", None)
        self.Metric = getattr(metrics, "Metric", ())
        version = sys.modules[self.package].__version__
        number = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        self.pushes_flags_down = number >= {"keras": (2, 4), "tensorflow": (1, 14)}.get(self.package, (0,))

    def versions(self):
        found = [self.package, self.backend_name()]
        return ["%s==%s" % (name, sys.modules[name].__version__) for name in found if name in sys.modules]

    def backend_name(self):
        try:
            return self.backend.backend()
        except Exception:
            return "tensorflow"

    def classes(self):
        """Every class that takes part in being a model, layers excluded."""
        layer_bases = set(self.Layer.__mro__)
        found = OrderedDict()
        for cls in subclasses(self.Model):
            found.update((base, None) for base in cls.__mro__ if base not in layer_bases and is_library(base))
        return list(found)

    def optimizers(self):
        found = OrderedDict()
        spaces = [getattr(self.module, "optimizers", None)]
        spaces.append(getattr(spaces[0], "legacy", None))
        spaces.append(getattr(self.module, "mixed_precision", None))
        tensorflow = sys.modules.get("tensorflow")
        tensorflow_1 = getattr(getattr(tensorflow, "compat", None), "v1", tensorflow)
        spaces.append(getattr(tensorflow_1, "train", None))
        for space in spaces:
            for name in dir(space):
                cls = getattr(space, name, None)
                if isinstance(cls, type) and name.endswith(("Optimizer", "SGD")):
                    found.update((base, None) for base in cls.__mro__ if is_library(base))
        return list(found)

    def made_late(self):
        """The classes of Keras 3 that make variables in their ``build`` when they are first used."""
        trainers = sys.modules.get(self.package + ".src.trainers.compile_utils")
        if trainers is None:
            return []
        found = subclasses(self.module.optimizers.Optimizer) + [trainers.CompileMetrics]
        return [cls for cls in found if is_library(cls)]

    @staticmethod
    def sessions():
        """The classes of TensorFlow's sessions."""
        tensorflow = sys.modules.get("tensorflow")
        session = getattr(getattr(getattr(tensorflow, "compat", None), "v1", tensorflow), "Session", None)
        return [base for base in session.__mro__ if is_library(base)] if isinstance(session, type) else []

    def variables(self):
        """The classes of what holds the values of weights."""
        tensorflow = sys.modules.get("tensorflow")
        roots = [getattr(self.module, "Variable", None), getattr(tensorflow, "Variable", None)]
        compatible = getattr(getattr(tensorflow, "compat", None), "v1", None)
        roots.append(getattr(compatible, "Variable", None))
        found = OrderedDict()
        for root in roots:
            if isinstance(root, type) and is_library(root):
                for cls in subclasses(root):
                    found.update((base, None) for base in cls.__mro__ if is_library(base))
        return list(found)

    def backends(self):
        """The modules that hold the functions of the backend."""
        names = {getattr(getattr(self.backend, name, None), "__module__", None) for name in SETTING_FUNCTIONS}
        found = [self.backend] + [sys.modules[name] for name in names if name in sys.modules]
        return [module for module in found if isinstance(module, types.ModuleType)]

    def normalizations(self):
        """The classes, one or two, that every BatchNormalization descends from."""
        bases = OrderedDict()
        for cls in subclasses(self.Layer):
            bases.update((base, None) for base in [b for b in cls.__mro__ if "BatchNormalization" in b.__name__][-1:])
        return list(bases)

    def children(self, layer):
        """The layers that a layer holds."""
        if isinstance(layer, self.Model) or has_base(layer, "Container", "Network"):
            return self._flat(layer.layers)
        if has_base(layer, "Bidirectional") and hasattr(layer, "forward_layer"):
            return self._flat([layer.forward_layer, layer.backward_layer])
        if has_base(layer, "Wrapper"):
            return self._flat([getattr(layer, "layer", None)])
        if is_library(type(layer)) or has_base(layer, *COMPOSITE_BASES):
            return []
        try:
            held = list(layer._flatten_layers(recursive=False, include_self=False))
        except Exception:
            held = getattr(layer, "_layers", None) or getattr(layer, "layers", None)
        return self._flat(held)

    def _flat(self, held):
        """Layers among lists, dictionaries and TensorFlow's tracking containers."""
        found = []
        if isinstance(held, dict):
            held = list(held.values())
        for item in held if isinstance(held, (list, tuple)) else ():
            if isinstance(item, self.Layer):
                found.append(item)
            elif isinstance(item, (list, tuple, dict)):
                found.extend(self._flat(item))
            elif hasattr(item, "layers"):
                found.extend(self._flat(item.layers))
        return [item for item in found if not isinstance(item, self.Metric)]


def loaded(name):
    """The Keras module of a name, if it has been loaded."""
    top = name.split(".")[0]
    module = sys.modules.get(name)
    if name == "tensorflow.keras" and top in sys.modules:
        module = getattr(sys.modules[top], "keras", None)
    return module if hasattr(sys.modules.get(top), "__version__") else None


def wrapped(flavour):
    """What is wrapped of a Keras: the class or module, the name there, and the method of the meter that wraps it."""
    for cls in flavour.classes():
        for name in TRAINING_METHODS:
            yield cls, name, "training"
        for name in INFERENCE_METHODS:
            yield cls, name, "inferring"
        for name in BUILDING_METHODS:
            yield cls, name, "building"
        for name in WRITING_METHODS:
            yield cls, name, "writing"
        yield cls, "compile", "compiled"
        yield cls, "__init__", "constructing"
    for cls in flavour.Layer.__mro__:
        if is_library(cls):
            yield cls, "set_weights", "writing"
    yield flavour.Layer, "__init__", "naming"
    for owner in flavour.variables():
        for name in ASSIGNING_METHODS:
            yield owner, name, "assigning"
    for owner in flavour.backends():
        for name in SETTING_FUNCTIONS:
            yield owner, name, "assigning"
    for cls in flavour.optimizers():
        for name in APPLYING_METHODS:
            yield cls, name, "applying"
        yield cls, "stateless_apply", "silent"
    for cls in flavour.made_late():
        yield cls, "build", "making"


class Leaf:
    """A leaf layer, the models and wrappers it was found in, outermost first, and its flag there."""

    def __init__(self, layer, around, trainable):
        self.layer = layer
        self.around = around
        self.trainable = trainable


def leaves(flavour, model):
    """The leaf layers of a model; one that is reached on several paths is trainable if it is on any of them."""
    found, seen = OrderedDict(), set()

    def visit(layer, around, flag):
        if (id(layer), flag) in seen:
            return
        seen.add((id(layer), flag))
        children = flavour.children(layer)
        if not children:
            trainable = flag and bool(layer.trainable)
            leaf = found.setdefault(id(layer), Leaf(layer, around, trainable))
            leaf.trainable = leaf.trainable or trainable
            return
        if not flavour.pushes_flags_down or not isinstance(layer, flavour.Model) and has_base(layer, "Wrapper"):
            flag = flag and bool(layer.trainable)
        for child in children:
            visit(child, around + [layer], flag)

    visit(model, [], True)
    return list(found.values())


def read(flavour, variables):
    """The values of variables, or None where they have none that can be read."""
    if SESSIONS:
        try:
            values = [np.array(value) for value in SESSIONS[-1](variables)]
        except Exception:
            return None
        return values if all(has_value(*pair) for pair in zip(variables, values)) else None
    with outside_tracing():
        try:
            values = [np.array(type(variable).numpy(variable)) for variable in variables]
        except Exception:
            try:
                values = [np.array(value) for value in flavour.backend.batch_get_value(variables)]
            except Exception:
                return None
    return values if all(has_value(*pair) for pair in zip(variables, values)) else None


def has_value(variable, value):
    """TensorFlow reads a variable that tf.function has yet to initialize as an empty array."""
    try:
        return value.shape == tuple(int(size) for size in variable.shape)
    except (TypeError, ValueError):
        return True


def has_name_of_another(layer, others):
    """Whether a layer now has the name that another was built with, or the other way round."""
    now, first = layer.name, first_name(layer)
    for leaf in others:
        other = leaf.layer
        if other is not layer and first_name(other) != other.name and now in (first_name(other), other.name):
            return True
        if other is not layer and now != first and now == first_name(other):
            return True
    return False


def first_name(layer):
    known, name = FIRST_NAMES.get(id(layer), (None, None))
    return name if known is not None and known() is layer else layer.name


def weights_of(layer):
    """The variables of a layer as Keras knows them; none where one is of a kind that the program made."""
    try:
        for base in type(layer).__mro__:
            if is_library(base) and isinstance(vars(base).get("weights"), property):
                found = list(vars(base)["weights"].__get__(layer))
                break
        else:
            found = list(layer.weights)
    except Exception:
        return []
    return found if all(map(is_library, map(type, found))) else []


def statistics_of(layer):
    """The variables of a BatchNormalization that the forward pass moves."""
    if not has_base(layer, "BatchNormalization"):
        return []
    kept = [getattr(layer, name, None) for name in STATISTICS]
    own = {id(variable) for variable in weights_of(layer)}
    return [variable for variable in kept if id(variable) in own]


def differ(one, other):
    """Not the same values, bit by bit; not-a-number equals itself."""
    if one.shape != other.shape:
        return True
    with np.errstate(all="ignore"):
        return not bool(np.all((one == other) | ((one != one) & (other != other))))


def distance(one, other):
    """The largest absolute change of a number; one that became or was infinite or not a number does not count."""
    if one.shape != other.shape or not one.size:
        return 0.0
    with np.errstate(all="ignore"):
        change = np.abs(np.asarray(other, "float64") - np.asarray(one, "float64"))
    change = change[np.isfinite(change)]
    return float(change.max()) if change.size else 0.0


# ---------------------------------------------------------------------------------------------- before and after
class Snapshot:
    """Values of the leaf layers of some models, read before they train; ``effects`` compares them with those after."""

    def __init__(self, models, known=()):
        self.models = models
        self.known = known  # all models that there are: they tell which layers belong together
        self.values = {}
        self.flags = {id(leaf.layer): leaf.trainable for leaf in self.leaves()}
        self.steps = 0
        self.drifts = {}  # id of layer: (drift of weights, drift of statistics), one number a watched step
        self.written = None  # how the program wrote weights itself since then
        self.touched = set()  # ids of single variables that it wrote
        self.fill()

    def leaves(self):
        found = OrderedDict()
        for flavour, model in self.models:
            try:
                here = leaves(flavour, model)
            except Exception:
                continue
            for leaf in here:
                leaf.flavour = flavour
                known = found.setdefault(id(leaf.layer), leaf)
                known.trainable = known.trainable or leaf.trainable
        return list(found.values())

    @staticmethod
    def _read(wanted):
        """{id of variable: (variable, value)} of many leaves; in one go where all of them can be read."""
        result = {}
        for flavour in {leaf.flavour for leaf in wanted}:
            groups = [weights_of(leaf.layer) for leaf in wanted if leaf.flavour is flavour]
            together = [variable for group in groups for variable in group]
            values = read(flavour, together) if together else None
            if values is not None:
                groups, read_groups = [together], [values]
            else:
                read_groups = [read(flavour, group) for group in groups]
            for group, values in zip(groups, read_groups):
                for variable, value in zip(group, values or ()):
                    result[id(variable)] = (variable, value)
        return result

    def fill(self):
        """Read what has no value yet: layers are also built inside training calls."""
        missing = [
            leaf
            for leaf in self.leaves()
            if any(id(variable) not in self.values for variable in weights_of(leaf.layer))
        ]
        for key, value in self._read(missing).items():
            self.values.setdefault(key, value)

    def step(self):
        """A step of the training call is over: note how far everything has come."""
        self.steps += 1
        if self.steps <= WATCHED_STEPS:
            now = self.leaves()
            self._drift(now, self._read(now), False)

    def _drift(self, now, after, last):
        for leaf in now:
            weights = weights_of(leaf.layer)
            kept = {id(variable) for variable in statistics_of(leaf.layer)}
            known = [id(v) for v in weights if id(v) in self.values and id(v) in after]
            drifts = self.drifts.setdefault(id(leaf.layer), ([], []))
            for drift, own in zip(drifts, ([v for v in known if v not in kept], [v for v in known if v in kept])):
                if last and drift and len(drift) == self.steps:
                    drift.pop()  # the last step ended where the call did
                drift.append(max([distance(self.values[v][1], after[v][1]) for v in own] or [0.0]))

    def named(self, values=None):
        """{name of layer: leaf}; where ``values`` are given, of the leaves whose weights are all known before and there."""
        found = OrderedDict()
        everything = self.leaves()
        for leaf in everything:
            weights = weights_of(leaf.layer)
            if values is not None and (
                not weights or any(id(v) not in self.values or id(v) not in values for v in weights)
            ):
                continue
            if speaks_for_itself(leaf.layer) or has_name_of_another(leaf.layer, everything):
                continue
            if self.touched and any({id(v), id(getattr(v, "_value", v))} & self.touched for v in weights):
                continue
            found[self._key(leaf, found)] = leaf
        return found

    def effects(self, moved_before=(), variables=None):
        """{name of layer: effect}; ``moved_before`` are layers whose statistics moved in the forward pass, ``variables`` those
        that the step in question trains, where other steps train others."""
        found = OrderedDict()
        now = self.leaves()
        after = self._read(now)
        self._drift(now, after, True)
        held = self._held()
        for name, leaf in self.named(after).items():
            layer = leaf.layer
            weights, statistics = weights_of(layer), statistics_of(layer)
            moved = {id(v) for v in weights if differ(self.values[id(v)][1], after[id(v)][1])}
            kept = {id(v) for v in statistics}
            learned = moved - kept
            if variables is not None:
                learned = learned & variables
            forward = any(layer is other for other in moved_before)
            found[name] = Effect(
                type(layer).__name__,
                [plain_text(getattr(outer, "name", "?")) for outer in leaf.around],
                [
                    "trainable" if flag else "frozen"
                    for flag in (self.flags.get(id(layer), leaf.trainable), leaf.trainable)
                ],
                held.get(id(layer), []),
                bool(learned),
                bool(forward or moved & kept) if statistics else None,
                self.drifts.get(id(layer), ([], [])),
            )
        return found

    def _held(self):
        """{id of layer: names of the models that list it, each with the place of the layer there}."""
        found = {}
        for _, model in self.known:
            try:
                for place, layer in enumerate(model.layers):
                    found.setdefault(id(layer), []).append([plain_text(model.name), place])
            except Exception:
                continue
        return found

    @staticmethod
    def _key(leaf, taken):
        name = plain_text(leaf.layer.name)
        if name in taken:
            name = "%s/%s" % (getattr(leaf.around[-1] if leaf.around else None, "name", "?"), name)
        count, key = 1, name
        while key in taken:
            count += 1
            key = "%s#%d" % (name, count)
        return key


class TracedSteps:
    """What one call of a tf.function applies: {line: (method, variables)}, and the values before it."""

    def __init__(self, steps):
        self.steps = steps
        self.before = None


class Answers:
    """What models that are frozen as a whole answer to one batch: if their statistics move, so do the answers."""

    def __init__(self):
        self.known = []  # (the model, weakly; a batch; the answers to it before the model was first trained)

    def ask(self, flavour, model, data):
        """Note the answers before a training call; the number of the note, or None if there is nothing to note."""
        for number, (known, _, _) in enumerate(self.known):
            if known() is model:
                return number
        if not isinstance(data, np.ndarray) or data.dtype.kind != "f" or not data.ndim:
            return None
        try:
            held = [leaf for leaf in leaves(flavour, model) if weights_of(leaf.layer)]
            if any(leaf.trainable for leaf in held) or not any(statistics_of(leaf.layer) for leaf in held):
                return None
            batch = data[:ASKED]
            self.known.append((weakref.ref(model), batch, np.asarray(model.predict_on_batch(batch))))
        except Exception:
            return None
        return len(self.known) - 1

    def drift(self, number):
        """How far the answers are from the first ones (the norm of the difference); None if that cannot be told."""
        known, batch, first = self.known[number]
        try:
            far = float(np.sqrt(np.sum(np.square(np.asarray(known().predict_on_batch(batch)) - first))))
            return far if far < float("inf") else None
        except Exception:
            return None


# ---------------------------------------------------------------------------------------------- controls
class Forced:
    """Flags that layers have from the beginning, whatever the program sets; if any is true, nothing is ever frozen.

    For hand-written loops, which cannot be compiled again.
    """

    def __init__(self, flags):
        self.flags = flags
        self.open = any(flags.values())
        self.layers = []  # weak references to those that stay frozen
        self.line = None

    def wrap(self, flavour, seal):
        owners = [cls for cls in subclasses(flavour.Layer) if isinstance(vars(cls).get("trainable"), property)]
        owners = [cls for cls in owners if is_library(cls) and vars(cls)["trainable"].fset]
        if not owners:
            raise ControlFailed("the flags of this Keras cannot be forced")
        for cls in owners:
            kept = vars(cls)["trainable"]
            setattr(cls, "trainable", property(kept.fget, self.setting(kept.fset), kept.fdel, kept.__doc__))
            seal.renew(cls, "trainable")
        flavour.Layer.__init__ = self.building(flavour.Layer.__init__)
        seal.renew(flavour.Layer, "__init__")

    def setting(self, original):
        @functools.wraps(original)
        def setter(layer, value):
            original(layer, True if self.open else value)
            self.close()

        return setter

    def building(self, original):
        @functools.wraps(original)
        def wrapper(layer, *args, **kwargs):
            original(layer, *args, **kwargs)
            if self.open:
                layer.trainable = True
            elif layer.name in self.flags:
                self.layers.append(weakref.ref(layer))
                layer.trainable = False

        return wrapper

    def close(self):
        """Freeze again what a flag of something around it may have opened."""
        for known in self.layers:
            layer = known()
            if layer is not None and layer.trainable:
                layer.trainable = False


def around(found):
    """What is around leaves, from the outside in: a flag set there may reach the leaves."""
    depths = OrderedDict()
    for leaf in found:
        for depth, layer in enumerate(leaf.around):
            depths[id(layer)] = (max(depth, depths.get(id(layer), (0,))[0]), layer)
    return [layer for _, layer in sorted(depths.values(), key=lambda pair: pair[0])]


class Control:
    """The flags that layers shall have at one training call."""

    def __init__(self, line, flags, eagerly=False):
        self.line = line
        self.flags = flags
        self.eagerly = eagerly  # each step as it stands, without a graph

    def wrap(self, flavour, seal):
        pass

    def concerns(self, flavour, model):
        """Whether the model has any of the layers; a line may train several models in turn."""
        return not set(self.flags).isdisjoint(Snapshot([(flavour, model)]).named())

    def apply(self, flavour, model, compilation):
        """Set the flags and compile again; what is returned sets the flags back."""
        flags = Snapshot([(flavour, model)]).named()
        missing = sorted(set(self.flags) - set(flags))
        if missing:
            raise ControlFailed("the model has no layer %s" % ", ".join(missing))
        if compilation is None:
            raise ControlFailed("the model was not compiled in view")
        compiling, args, kwargs = compilation
        undo = self._set(flags)
        try:
            fresh = [fresh_optimizer(value) for value in args]
            compiling(model, *fresh, **{name: fresh_optimizer(value) for name, value in kwargs.items()})
            if self.eagerly:
                model.run_eagerly = True
        except Exception as error:
            undo()
            raise ControlFailed("the model could not be compiled again: %s" % describe(error))
        return undo

    def without(self, variables, models):
        """The variables that an optimizer is given, or else takes, without those of the layers that shall be frozen."""
        frozen = set()
        for name, leaf in Snapshot(models).named().items():
            if self.flags.get(name) is False:
                frozen.update(id(variable) for variable in weights_of(leaf.layer))
        if not frozen:
            raise ControlFailed("there is no layer %s" % ", ".join(sorted(self.flags)))
        if variables is None:
            variables = tensorflow_says("compat.v1.trainable_variables", tensorflow_says("trainable_variables", []))
        return [variable for variable in variables if id(variable) not in frozen]

    def _set(self, named):
        layers = around(named.values())
        before = [(layer, layer.trainable) for layer in layers + [leaf.layer for leaf in named.values()]]
        wanted = {id(leaf.layer): self.flags.get(name, leaf.trainable) for name, leaf in named.items()}
        for layer in layers:
            inner = [wanted[id(leaf.layer)] for leaf in named.values() if any(layer is one for one in leaf.around)]
            if bool(layer.trainable) != any(inner):
                layer.trainable = any(inner)
        for leaf in named.values():
            if bool(leaf.layer.trainable) != wanted[id(leaf.layer)]:
                leaf.layer.trainable = wanted[id(leaf.layer)]

        def undo():
            for layer, flag in before:
                if layer.trainable != flag:
                    layer.trainable = flag

        return undo

    def still_waiting(self, snapshot):
        """Whether a layer that was made trainable has not moved yet."""
        after = snapshot._read(snapshot.leaves())
        for name, leaf in snapshot.named(after).items():
            weights = [v for v in weights_of(leaf.layer) if not any(v is kept for kept in statistics_of(leaf.layer))]
            if self.flags.get(name) and weights:
                if not any(differ(snapshot.values[id(v)][1], after[id(v)][1]) for v in weights):
                    return True
        return False


def is_optimizer(value):
    if isinstance(value, (str, type)) or not hasattr(value, "get_config"):
        return False
    return hasattr(value, "apply_gradients") or hasattr(value, "get_updates")


def fresh_optimizer(value):
    """A new optimizer of the same kind; what is none is given back."""
    if not is_optimizer(value):
        return value
    try:
        return type(value).from_config(value.get_config())
    except Exception:
        return value


def other_data(value, random):
    """The same shapes with other numbers in them; what holds no numbers is given back."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            return (value + random.standard_normal(value.shape)).astype(value.dtype)
        return value[random.permutation(len(value))] if value.ndim else value
    if isinstance(value, dict):
        return {name: other_data(item, random) for name, item in value.items()}
    if isinstance(value, (list, tuple)) and all(isinstance(item, np.ndarray) for item in value):
        return type(value)(other_data(item, random) for item in value)
    return value


class Repeatable:
    """A training call that can be made once more, and how its model stood when it began.

    Model and layers are held weakly: which ones there are counts elsewhere.
    """

    def __init__(self, flavour, model, name, original, arguments, compilation):
        self.flavour = flavour
        self.model = weakref.ref(model)
        self.name = name
        self.original = original
        self.arguments = arguments
        self.compilation = compilation
        self.flags = [(weakref.ref(layer), bool(layer.trainable)) for layer in self.layers(model)]
        self.settings = self.settings_now()
        self.values = {}
        self.steps = 0

    def layers(self, model):
        found = leaves(self.flavour, model)
        return around(found) + [leaf.layer for leaf in found]

    def settings_now(self):
        """What its optimizer has for settings, which are those of a fresh one."""
        _, args, kwargs = self.compilation
        given = list(args) + list(kwargs.values())
        return [repr(value.get_config()) for value in given if is_optimizer(value)]

    def keep(self, snapshot):
        """Whether the call, which has ended, can be made again from what a snapshot of its beginning holds."""
        self.values, self.steps = snapshot.values, snapshot.steps
        size = sum(value.nbytes for _, value in self.values.values())
        return not snapshot.written and not snapshot.touched and size <= REPEATED

    def rewind(self):
        """Put weights and flags of the model back, and return it; raises ControlFailed where it is not what it was."""
        model = self.model()
        layers = self.layers(model) if model is not None else []
        flags = [(known(), flag) for known, flag in self.flags]
        if not layers or [id(layer) for layer in layers] != [id(layer) for layer, _ in flags]:
            raise ControlFailed("the model is not there any more, or has other layers")
        for layer, flag in flags:
            if bool(layer.trainable) != flag:
                layer.trainable = flag
        if any(bool(layer.trainable) != flag for layer, flag in flags):
            raise ControlFailed("the flags cannot be set back")
        if self.settings_now() != self.settings:
            raise ControlFailed("the optimizer has other settings now")
        weights = {id(variable) for leaf in leaves(self.flavour, model) for variable in weights_of(leaf.layer)}
        if weights != set(self.values):
            raise ControlFailed("the model has other weights now")
        variables, values = zip(*self.values.values()) if self.values else ((), ())
        for variable, value in zip(variables, values):
            variable.assign(value)
        now = read(self.flavour, list(variables))
        if now is None or any(differ(*pair) for pair in zip(now, values)):
            raise ControlFailed("the weights cannot be put back")
        return model


def is_data(value):
    """Whether a value is data that trains the same way each time that it is given to a training call."""
    if value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic)):
        return type(value).__module__ in ("builtins", "numpy")
    if type(value) in (list, tuple):
        return all(map(is_data, value))
    if type(value) is dict:
        return all(map(is_data, value.values()))
    return is_library(type(value)) and has_base(value, "EagerTensor")


def size_of(value):
    """Bytes of the arrays in data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return sum(map(size_of, value))
    return getattr(value, "nbytes", 0) if isinstance(value, np.ndarray) else 0


# ---------------------------------------------------------------------------------------------- integrity
class Seal:
    """What the measuring stands on, as it was before the program ran."""

    def __init__(self):
        self.kept = OrderedDict()  # id of owner: (the owner, {name: what it has there})

    def keep(self, owner, name):
        self.kept.setdefault(id(owner), (owner, {}))[1].setdefault(name, vars(owner).get(name))

    def renew(self, owner, name):
        """What the measuring itself has changed."""
        kept = self.kept.get(id(owner), (owner, {}))[1]
        if name in kept:
            kept[name] = vars(owner).get(name)

    def keep_class(self, cls):
        for name, value in list(vars(cls).items()):
            if isinstance(value, (types.FunctionType, property, classmethod, staticmethod)):
                self.keep(cls, name)

    def keep_module(self, module):
        for name, value in list(vars(module).items()):
            if callable(value):
                self.keep(module, name)

    def broken(self):
        """What was changed meanwhile, or None. Asked around every training call, so values are compared in C."""
        for owner, kept in self.kept.values():
            if not all(map(operator.is_, map(vars(owner).get, kept), kept.values())):
                name = next(name for name, value in kept.items() if vars(owner).get(name) is not value)
                return "%s.%s was changed while the program ran" % (owner.__name__, name)
        return None


# ---------------------------------------------------------------------------------------------- the meter
class Meter:
    """Wraps Keras, which may be done ahead, and fills the trace of a program."""

    def __init__(self):
        self.program = self.control = None  # what is imported ahead may call what is wrapped already
        self.watch, self.again, self.inference = False, frozenset(), frozenset()
        self.seal = Seal()
        self.prepared = []  # what is wrapped
        self.flavours = []  # of these, what the program imports
        self.compilations = {}  # id of model: (the model, weakly; its last compile() and what that got)
        self.models = []  # weak references to all models
        self.busy = False  # inside a training call
        self.compiling = False  # inside compile()
        self.active = None  # the snapshot that newly built layers are added to
        self.function_call = None  # the outermost tf.function call that is at work
        self.traces = []  # within a training call, from the outside in: False a call of a tf.function, True its first trace
        self.graph_steps = []  # of TensorFlow 1: what an optimizer put into a graph, its line, its method, if controlled
        self.functions = weakref.WeakKeyDictionary()
        self.moved_forward = []  # BatchNormalization layers whose statistics moved since the last step
        self.step_is_over = False
        self.variable = None  # one that was trained, to ask where it lives
        self.answers = Answers()
        self.steps = 0  # of the last training call under a control, before it was given other data
        self.probed = 0  # times that a control trained on other data, to see something move
        for module in (builtins, json, json.encoder, os, traceback, sys.modules[__name__]):
            self.seal.keep_module(module)
        for cls in (Meter, Snapshot, Trace, Effect, Flavour):
            self.seal.keep_class(cls)

    def begin(self, program, control=None, watch=False, wanted=None, inference=(), again=()):
        """What is to be measured."""
        self.program = program
        self.control = control
        self.watch = watch
        self.trace = Trace(wanted)
        self.inference = frozenset(inference)  # lines whose inference calls are measured
        self.again = frozenset(again)  # lines whose first training call is kept, to be made once more
        self.repeatable = {}  # of these, by line, what can be
        self.wanted = program.flavours()

    # -- finding Keras
    def after_import(self):
        """Measure each wanted Keras as soon as the program has loaded it."""
        for name in list(self.wanted):
            module = loaded(name)
            if module is None:
                continue
            self.wanted.remove(name)
            flavour = self.prepare(module)
            if flavour is not None and flavour not in self.flavours:
                self.flavours.append(flavour)
                if self.control is not None:
                    self.control.wrap(flavour, self.seal)

    def prepare(self, module):
        """The Keras of a module, wrapped."""
        load_numpy()
        try:
            flavour = Flavour(module)
        except (AttributeError, ImportError):
            return None  # a TensorFlow without Keras
        for known in self.prepared:
            if known.Model is flavour.Model:
                return known
        self.wrap(flavour)
        self.prepared.append(flavour)
        return flavour

    def keras(self):
        versions, backends = OrderedDict(), OrderedDict()
        for flavour in self.flavours:
            versions.update((version, None) for version in flavour.versions())
            backends[flavour.backend_name()] = None
        return OrderedDict(
            [
                ("versions", ", ".join(versions) or None),
                ("backend", ", ".join(backends) or None),
                ("evidence", "measured"),
            ]
        )

    # -- wrapping
    def wrap(self, flavour):
        for owner, name, kind in wrapped(flavour):
            make = getattr(self, kind)
            if kind in ("training", "inferring", "constructing"):
                make = functools.partial(make, flavour)
            self.replace(owner, name, make)
        for cls in flavour.variables():
            self.seal.keep_class(cls)
            for name in VALUES:
                self.seal.keep(cls, name)
        for module in flavour.backends():
            self.seal.keep_module(module)
        for cls in flavour.normalizations():
            cls.__call__ = self.forwarding(flavour, cls)
        for cls in flavour.sessions():
            self.replace(cls, "run", self.in_session)
            self.seal.keep_class(cls)
        function = tensorflow_says("function", None)  # a decorator when it gets no function
        if function is not None:
            traced = type(function(lambda: None))
            self.replace(traced, "__call__", self.calling_function)
            self.replace(traced, "_initialize", self.tracing_first)
            self.replace(traced, "_initialize_uninitialized_variables", self.building)
        for cls in list(flavour.Model.__mro__) + flavour.optimizers():
            if is_library(cls):
                self.seal.keep_class(cls)
        for cls in subclasses(flavour.Layer):
            if is_library(cls):
                # also those that it has not, and would inherit
                for name in OWN_WORDS + TRAINING_METHODS + INFERENCE_METHODS:
                    self.seal.keep(cls, name)
        for name in ("array", "all", "abs", "asarray", "errstate", "isfinite"):
            self.seal.keep(np, name)

    @staticmethod
    def replace(cls, name, make):
        """Put a wrapper in the place of a method that the class itself defines."""
        original = vars(cls).get(name)
        if not isinstance(original, types.FunctionType) or hasattr(original, WRAPPED):
            return
        wrapper = make(original, name)
        try:
            wrapper.__signature__ = inspect.signature(original)
        except (TypeError, ValueError):
            pass
        setattr(wrapper, WRAPPED, original)
        setattr(cls, name, wrapper)

    def constructing(self, flavour, original, name):
        @functools.wraps(original)
        def wrapper(instance, *args, **kwargs):
            for cls in type(instance).__mro__:
                if not is_library(cls):
                    self.replace(cls, "compile", self.compiled)
            result = original(instance, *args, **kwargs)
            if isinstance(instance, flavour.Model) and not any(known() is instance for _, known in self.models):
                self.models.append((flavour, weakref.ref(instance)))
            return result

        return wrapper

    def known_models(self):
        self.models = [(flavour, known) for flavour, known in self.models if known() is not None]
        return [(flavour, known()) for flavour, known in self.models]

    def everything(self):
        """All models, and the layers that are in none: programs for TensorFlow 1 also do without models."""
        models = self.known_models()
        inside = set()
        for flavour, model in models:
            try:
                inside.update(id(leaf.layer) for leaf in leaves(flavour, model))
            except Exception:
                continue
        for known, _ in list(FIRST_NAMES.values()):
            layer = known()
            for flavour in self.flavours:
                if isinstance(layer, flavour.Layer) and not isinstance(layer, flavour.Model):
                    if id(layer) not in inside and not flavour.children(layer):
                        models.append((flavour, layer))
                    break
        return models

    def compiled(self, original, name):
        """Around compile(): a control compiles again as the program did, from the outside in."""

        @functools.wraps(original)
        def wrapper(model, *args, **kwargs):
            if self.compiling or (self.control is None and not self.again):
                return original(model, *args, **kwargs)
            self.compiling = True
            try:
                result = original(model, *args, **kwargs)
            finally:
                self.compiling = False
            self.compilations[id(model)] = (weakref.ref(model), (original, args, kwargs))
            return result

        return wrapper

    def compilation(self, model):
        """The last compile() of a model and what it got, or None."""
        known, compilation = self.compilations.get(id(model), (lambda: None, None))
        return compilation if known() is model else None

    def building(self, original, name):
        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            result = original(*args, **kwargs)
            if self.active is not None:
                self.active.fill()
            return result

        return wrapper

    def tracing_first(self, original, name):
        """Around the first trace of a tf.function, the only one that may make variables."""
        traced = self.building(original, name)

        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            with self.within(True):
                return traced(*args, **kwargs)

        return wrapper

    @contextlib.contextmanager
    def within(self, first_trace):
        self.traces.append(first_trace)
        try:
            yield
        finally:
            self.traces.pop()

    def making(self, original, name):
        """Around what makes variables when Keras first trains: not in the function that TensorFlow traces then.

        What makes variables in a later trace fails as it does alone, if only after the step.
        """

        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            first = self.traces and self.traces == [False, True] * (len(self.traces) // 2)
            if not self.busy or not first or tensorflow_says("distribute.has_strategy", True):
                return original(*args, **kwargs)
            with outside_tracing(), uncaptured():
                return original(*args, **kwargs)

        return wrapper

    def writing(self, original, name):
        """Around what writes weights: within a training call it is not the training that moves them."""

        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            if self.busy and self.active is not None:
                self.active.written = name
            return original(*args, **kwargs)

        return wrapper

    def assigning(self, original, name):
        """Around what sets single variables: what the program sets itself while it trains, training does not move."""

        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            active = self.active
            if active is not None and args and self.program.is_writing():
                if name == "set_session":
                    active.written = name
                elif name == "batch_set_value":
                    active.touched.update(id(pair[0]) for pair in args[0])
                else:
                    active.touched.update((id(args[0]), id(getattr(args[0], "_value", args[0]))))
            return original(*args, **kwargs)

        return wrapper

    def naming(self, original, name):
        @functools.wraps(original)
        def wrapper(layer, *args, **kwargs):
            result = original(layer, *args, **kwargs)
            FIRST_NAMES[id(layer)] = (weakref.ref(layer), getattr(layer, "name", None))
            return result

        return wrapper

    def silent(self, original, name):
        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            before, self.busy = self.busy, True
            try:
                return original(*args, **kwargs)
            finally:
                self.busy = before

        return wrapper

    def training(self, flavour, original, name):
        @functools.wraps(original)
        def wrapper(model, *args, **kwargs):
            if self.busy:
                if self.active is not None and all(model is not one for _, one in self.active.models):
                    self.touch(flavour, model)
                return original(model, *args, **kwargs)
            line = self.program.line((name,))
            if self.control is not None and line == self.control.line and self.control.concerns(flavour, model):
                return self.controlled(flavour, model, original, name, line, args, kwargs)
            kept = self.kept(flavour, model, original, name, line, args, kwargs)
            args, kwargs = self.watched(flavour, original, name, args, kwargs)
            run = functools.partial(original, model, *args, **kwargs)
            asked = self.asked(flavour, model, args, kwargs) if self.watch and self.control is None else None
            return self.measure(name, model.name, [(flavour, model)], run, line, asked=asked, kept=kept)

        return wrapper

    def controlled(self, flavour, model, original, name, line, args, kwargs):
        """A training call under the control."""
        args, kwargs = self.watched(flavour, original, name, args, kwargs)
        self.compiling = True  # what the control compiles is no compile() of the program
        try:
            undo = self.control.apply(flavour, model, self.compilation(model))
        finally:
            self.compiling = False
        try:
            run = functools.partial(self.until_moved, original, model, args, kwargs)
            return self.measure(name, model.name, [(flavour, model)], run, line, controlled=True)
        finally:
            undo()

    # -- once more
    def kept(self, flavour, model, original, name, line, args, kwargs):
        """What is needed to make a training call once more, if it is asked for and can be."""
        if line not in self.again or line in self.trace.turns or not is_eager() or SESSIONS:
            return None
        if "learning_phase" in self.program.text:
            return None  # it may be another one at the end
        compilation = self.compilation(model)
        data = list(args) + list(kwargs.values())
        if compilation is None or not all(map(is_data, data)) or size_of(data) > REPEATED:
            return None
        found = Repeatable(flavour, model, name, original, (args, kwargs), compilation)
        return found if all(is_library(type(layer)) for layer in [model] + found.layers(model)) else None

    def repeat(self, line, flags):
        """Make a training call once more, under a control; what it did.

        Raises ControlFailed where it cannot be made as it was, and what the call raises.
        """
        known = self.repeatable[line]
        model = known.rewind()
        eagerly = known.flavour.backend_name() == "tensorflow" and known.steps <= EAGER_STEPS
        self.control, self.trace = Control(line, flags, eagerly), Trace()
        self.compilations[id(model)] = (known.model, known.compilation)
        args, kwargs = known.arguments
        self.controlled(known.flavour, model, known.original, known.name, line, args, kwargs)
        if self.steps < known.steps:
            raise ControlFailed("it made fewer steps than before")
        return self.trace.calls

    def inferring(self, flavour, original, name):
        """Around a call that should only use a model."""

        @functools.wraps(original)
        def wrapper(model, *args, **kwargs):
            run = functools.partial(original, model, *args, **kwargs)
            line = self.program.line((name,)) if self.inference and not self.busy else None
            if line not in self.inference:
                return run()
            step_is_over = self.step_is_over  # this is no step of a hand-written loop
            try:
                return self.measure(name, model.name, [(flavour, model)], run, line)
            finally:
                self.step_is_over = step_is_over

        return wrapper

    def asked(self, flavour, model, args, kwargs):
        before, self.busy = self.busy, True
        try:
            return self.answers.ask(flavour, model, args[0] if args else kwargs.get("x"))
        finally:
            self.busy = before

    def touch(self, flavour, model):
        """Another model trains meanwhile, in a callback: what they share is not moved by the outer call alone."""
        if self.program.is_writing():
            for leaf in leaves(flavour, model):
                for variable in weights_of(leaf.layer):
                    self.active.touched.update((id(variable), id(getattr(variable, "_value", variable))))

    def until_moved(self, original, model, args, kwargs):
        """Train; and once more on other data while a layer that the control made trainable has not moved.

        A gradient can be zero for reasons that have nothing to do with freezing: dead units, data that asks for nothing.
        """
        self.probed = 0
        result = original(model, *args, **kwargs)
        self.steps = self.active.steps
        random = np.random.RandomState(0)
        for _ in range(PROBES):
            if not self.control.still_waiting(self.active):
                break
            data, named = args, dict(kwargs)
            if args:
                data = (other_data(args[0], random),) + args[1:]
            elif "x" in named:
                named["x"] = other_data(named["x"], random)
            self.probed += 1
            try:
                original(model, *data, **named)
            except Exception:
                break  # a generator that has ended, say
        return result

    def watched(self, flavour, original, name, args, kwargs):
        """The arguments of a training call, with a callback that notes the drift after each step, and without a bar."""
        if not self.watch or name == "train_on_batch":
            return args, kwargs
        position = position_of(original, "verbose")
        if position and len(args) < position:
            kwargs = dict({"verbose": 0}, **kwargs)
        position = position_of(original, "callbacks")
        return self.with_watcher(flavour, position, args, kwargs) if position else (args, kwargs)

    def with_watcher(self, flavour, position, args, kwargs):
        meter = self

        class Watcher(flavour.module.callbacks.Callback):
            def on_batch_end(self, batch, logs=None):
                if meter.active is not None:
                    sync = getattr(self.model, "jax_state_sync", None)
                    if sync is not None:
                        sync()
                    meter.active.step()

        if len(args) >= position:
            given, place = args[position - 1], None
        else:
            given, place = kwargs.get("callbacks"), "callbacks"
        if given is not None and not isinstance(given, (list, tuple)):
            given = [given] if isinstance(given, flavour.module.callbacks.Callback) else None
            if given is None:
                return args, kwargs  # a list of callbacks that Keras made
        watched = list(given or []) + [Watcher()]
        if place is None:
            return args[: position - 1] + (watched,) + args[position:], kwargs
        return args, dict(kwargs, callbacks=watched)

    def applying(self, original, name):
        @functools.wraps(original)
        def wrapper(optimizer, *args, **kwargs):
            if self.busy:
                return original(optimizer, *args, **kwargs)
            if not tensorflow_says("compat.v1.executing_eagerly_outside_functions", is_eager()):
                return self.put_into_graph(original, name, optimizer, args, kwargs)
            if is_eager():
                line = self.program.line(APPLYING_METHODS)
                args, kwargs, controlled = self.left_out(original, name, line, args, kwargs)
                more = {"controlled": True} if controlled else {}
                run = functools.partial(original, optimizer, *args, **kwargs)
                return self.measure(name, None, self.known_models(), run, line, self.moved_forward, **more)
            if self.function_call is not None:
                if name == "apply_gradients" and args:
                    args = (list(args[0]),) + args[1:]
                self.note_step(name, args, kwargs)
            return original(optimizer, *args, **kwargs)

        return wrapper

    def put_into_graph(self, original, name, optimizer, args, kwargs):
        """What an optimizer of TensorFlow 1 gives trains whenever a session runs it."""
        line = self.program.line(APPLYING_METHODS)
        args, kwargs, controlled = self.left_out(original, name, line, args, kwargs)
        self.busy = True
        try:
            step = original(optimizer, *args, **kwargs)
        finally:
            self.busy = False
        self.graph_steps.append((step, line, name, controlled))
        return step

    def left_out(self, original, name, line, args, kwargs):
        """The arguments of minimize() without the variables that a control leaves out, and whether there is one."""
        if name != "minimize" or not isinstance(self.control, Control) or line != self.control.line:
            return args, kwargs, False
        position = position_of(original, "var_list") - 1
        if position < 0:
            return args, kwargs, False
        given = args[position] if len(args) > position else kwargs.get("var_list")
        if callable(given):
            return args, kwargs, False
        left = self.control.without(given, self.everything())
        if len(args) > position:
            return args[:position] + (left,) + args[position + 1 :], kwargs, True
        return args, dict(kwargs, var_list=left), True

    def in_session(self, original, name):
        """Around a run in a session, if an optimizer's step is part of it."""

        @functools.wraps(original)
        def wrapper(session, fetches, *args, **kwargs):
            run = functools.partial(original, session, fetches, *args, **kwargs)
            steps = [] if self.busy or not self.graph_steps else self.steps_among(session, fetches)
            if len(steps) != 1:
                return run()  # of several nobody could say which one moved what
            _, line, call, controlled = steps[0]
            more = {"controlled": True} if controlled else {}
            SESSIONS.append(functools.partial(original, session))
            try:
                return self.measure(call, None, self.everything(), run, line, **more)
            finally:
                SESSIONS.pop()

        return wrapper

    def steps_among(self, session, fetches):
        """The optimizers' steps that have to be run for what is fetched."""
        waiting, seen = [fetches], {}
        while waiting:
            one = waiting.pop()
            if isinstance(one, dict):
                waiting.extend(one.values())
            elif isinstance(one, (list, tuple)):
                waiting.extend(one)
            else:
                try:
                    one = session.graph.as_graph_element(one, allow_tensor=True, allow_operation=True)
                except Exception:
                    continue
                operation = getattr(one, "op", one)
                if id(operation) not in seen:
                    seen[id(operation)] = operation
                    waiting.extend(list(operation.inputs) + list(operation.control_inputs))
        return [step for step in self.graph_steps if id(getattr(step[0], "op", step[0])) in seen]

    def measure(self, call, name, models, run, line, moved_before=(), asked=None, kept=None, **more):
        """Run a training call between two snapshots."""
        self.check()
        self.busy = True
        try:
            self.active = snapshot = Snapshot(models, self.known_models())
            if isinstance(self.control, Forced):
                more["controlled"] = True
            try:
                result = run()
            except Exception as error:
                self.trace.fail(line, call, name, error, self.effects(snapshot, moved_before), **more)
                raise
            effects = snapshot.effects(moved_before)
            self.check()
            if snapshot.written:
                effects, more["note"] = {}, "%s() was called while it trained" % snapshot.written
            self.remember_device(models)
            if asked is not None:
                more["answers"] = self.answers.drift(asked)
            if more.get("controlled"):
                more["probed"] = self.probed
            if kept is not None and kept.keep(snapshot):
                self.repeatable[line] = kept
            self.trace.add(line, call, name, effects, **more)
            return result
        finally:
            self.busy, self.active, self.step_is_over = False, None, True

    @staticmethod
    def effects(snapshot, moved_before):
        """What an ended call did until it raised, as far as that can be read."""
        try:
            return snapshot.effects(moved_before)
        except Exception:
            return {}

    def check(self):
        broken = self.seal.broken()
        if broken:
            raise Refused(broken)

    # -- hand-written loops
    def forwarding(self, flavour, cls):
        """Around a direct call of a BatchNormalization: the statistics that it moves belong to the step that follows."""
        own = vars(cls).get("__call__")

        @functools.wraps(cls.__call__)
        def wrapper(layer, *args, **kwargs):
            # looked up at each call, because TensorFlow exchanges base classes when its v2 behaviour is turned off
            run = functools.partial(own, layer) if own else super(cls, layer).__call__
            if self.busy or not is_eager():
                return run(*args, **kwargs)
            before = read(flavour, statistics_of(layer))
            result = run(*args, **kwargs)
            after = read(flavour, statistics_of(layer))
            if self.step_is_over:
                self.moved_forward, self.step_is_over = [], False
            if before and after and any(differ(one, other) for one, other in zip(before, after)):
                self.moved_forward.append(layer)
            return result

        return wrapper

    def note_step(self, name, args, kwargs):
        """A step was traced: nothing of this call of the function has run yet, so the values are those before it."""
        if self.function_call.before is None:
            self.function_call.before = self.active = Snapshot(self.known_models(), self.known_models())
        variables = None
        if name == "apply_gradients" and args:
            variables = [pair[1] for pair in args[0]]
        elif name == "apply":
            variables = args[1] if len(args) > 1 else kwargs.get("trainable_variables")
        line = self.program.traced_line(APPLYING_METHODS)
        method, known = self.function_call.steps.get(line, (name, None))
        self.function_call.steps[line] = (method, (known or []) + list(variables or []) or None)

    def calling_function(self, original, name):
        """Around a call of a tf.function: Python sees its steps only while it is traced."""

        @functools.wraps(original)
        def wrapper(function, *args, **kwargs):
            if self.busy or self.function_call is not None or not is_eager():
                with self.within(False):
                    return original(function, *args, **kwargs)
            self.function_call = call = TracedSteps(self.functions.get(function, {}))
            if call.steps:
                call.before = self.active = Snapshot(self.known_models(), self.known_models())
            try:
                result = original(function, *args, **kwargs)
            except Exception as error:
                for line, (method, _) in call.steps.items():
                    self.trace.fail(line, method, None, error, {})
                raise
            finally:
                self.function_call = self.active = None
            if call.steps:
                self.functions[function] = call.steps
                self.remember_device(call.before.models)
                for line, (method, variables) in call.steps.items():
                    if len(call.steps) == 1 or variables is None:
                        trained = None
                    else:
                        trained = {id(variable) for variable in variables} | {
                            id(getattr(v, "_value", v)) for v in variables
                        }
                    effects = call.before.effects(self.moved_forward, trained)
                    self.trace.add(line, method, None, effects, controlled=isinstance(self.control, Forced))
                self.step_is_over = True
            return result

        return wrapper

    # -- where it ran
    def remember_device(self, models):
        """Keep one trained variable, to ask at the end which device it lives on."""
        if self.variable is None:
            for flavour, model in models:
                found = [variable for leaf in leaves(flavour, model) for variable in weights_of(leaf.layer)]
                if found:
                    self.variable = (flavour, found[0])
                    return

    def device(self):
        flavour = self.variable[0] if self.variable else self.flavours[0] if self.flavours else None
        if flavour is None:
            return None
        backend = flavour.backend_name()
        framework = sys.modules.get(backend)
        package = "tf.keras" if flavour.package == "tensorflow" else flavour.package
        version = getattr(flavour.module, "__version__", None) or sys.modules[flavour.package].__version__
        return OrderedDict(
            [
                ("name", device_name(backend, self.variable[1] if self.variable else None)),
                ("python", platform.python_version()),
                ("keras", "%s %s" % (package, version)),
                ("backend", backend),
                ("framework", "%s %s" % (backend, getattr(framework, "__version__", "?"))),
            ]
        )


@functools.lru_cache(maxsize=None)
def position_of(function, name):
    """The position of a parameter, the first one after ``self`` being 1; 0 if there is none of this name."""
    try:
        parameters = list(inspect.signature(getattr(function, "_original_function", function)).parameters)
    except (TypeError, ValueError):
        return 0
    return parameters.index(name) if name in parameters else 0


def device_name(backend, variable):
    """What a variable lives on: "cpu", or the name of the accelerator; without a variable, what would be used."""
    try:
        return {"tensorflow": tensorflow_device, "jax": jax_device, "torch": torch_device}[backend](variable)
    except Exception:
        return "cpu"


def tensorflow_device(variable):
    tensorflow = sys.modules["tensorflow"]
    if not hasattr(tensorflow, "config"):
        return "cpu"  # before TensorFlow 1.14 nothing tells
    cards = tensorflow.config.experimental.list_physical_devices("GPU")
    if not cards or (variable is not None and "CPU" in str(getattr(variable, "value", variable).device).upper()):
        return "cpu"
    try:
        return tensorflow.config.experimental.get_device_details(cards[0])["device_name"]
    except Exception:
        return "GPU"


def jax_device(variable):
    device = list(variable.value.devices())[0] if variable is not None else sys.modules["jax"].devices()[0]
    return "cpu" if device.platform == "cpu" else str(device.device_kind)


def torch_device(variable):
    torch = sys.modules["torch"]
    if variable is not None:
        kind = variable.value.device.type
    else:
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.cuda.get_device_name(0) if kind == "cuda" else kind


class Warned:
    """The warnings that reach the program's user, each with the line of the program at work."""

    def __init__(self, program):
        self.program = program
        self.found = OrderedDict()
        self.shown = warnings.showwarning
        warnings.showwarning = self.show
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.note(record.getMessage())
        for name in ("tensorflow", "absl"):
            logging.getLogger(name).addHandler(handler)

    def show(self, message, *args, **kwargs):
        self.note(str(message))
        self.shown(message, *args, **kwargs)

    def note(self, message):
        line = self.program.line_at_work(sys._getframe(1)) or 0
        if len(self.found) < 50:
            self.found[line, message[:500]] = None


# ---------------------------------------------------------------------------------------------- walls in the fork
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 36, 38
LINUX = sys.platform.startswith("linux")


def libc():
    return ctypes.CDLL(None, use_errno=True)


def system_call(name, *arguments):
    """Raises OSError if it fails."""
    if getattr(libc(), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (name, os.strerror(number)))


def process_option(option, value):
    """prctl() where there is one."""
    if LINUX:
        libc().prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def mount(kind, target, flags, options):
    system_call("mount", kind.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode() or None)


def drop_capabilities():
    header = struct.pack("=Ii", 0x20080522, 0)
    system_call("capset", ctypes.create_string_buffer(header), ctypes.create_string_buffer(24))


def install_filter(instructions):
    """Install a seccomp filter, given as the bytes of its instructions."""

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    kept = ctypes.create_string_buffer(instructions, len(instructions))
    wanted = Filter(len(instructions) // 8, ctypes.cast(kept, ctypes.c_void_p).value)
    system_call("prctl", PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(wanted), ctypes.c_ulong(0), ctypes.c_ulong(0))


def keep_to(rules, rights, scratch):
    """Put this process under Landlock rules, which a folder and what concerns the process itself are added to."""
    own = "/proc/%d" % os.getpid()
    for path, allowed in ((scratch, rights), (own, 1 << 2 | 1 << 3)):
        place = os.open(path, os.O_PATH)
        beneath = ctypes.create_string_buffer(struct.pack("=Qi", allowed, place))
        system_call("syscall", ctypes.c_long(445), ctypes.c_int(rules), ctypes.c_int(1), beneath, ctypes.c_uint(0))
        os.close(place)
    system_call("syscall", ctypes.c_long(446), ctypes.c_int(rules), ctypes.c_uint(0))


def set_limits(limits, data):
    import resource

    wanted = [
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, limits["files"], limits["files"]),
        (resource.RLIMIT_NOFILE, 512, 512),
        (resource.RLIMIT_CPU, limits["cpu"], limits["cpu"]),
    ]
    if data and hasattr(resource, "RLIMIT_DATA"):
        wanted.append((resource.RLIMIT_DATA, data, data))
    for kind, soft, hard in wanted:
        now = resource.getrlimit(kind)[1]
        if now != resource.RLIM_INFINITY:
            soft, hard = min(soft, now), min(hard, now)
        resource.setrlimit(kind, (soft, hard))


def memory_of(pid, field):
    """A field of /proc/PID/status in bytes; 0 where nothing tells."""
    try:
        with open("/proc/%d/status" % pid) as stream:
            for line in stream:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def raise_wall(request):
    """Leave what the program may not have; nothing of the program has run yet."""
    wall = request["wall"]
    if wall["namespaces"]:
        system_call("unshare", CLONE_NEWNS)
        mount("proc", "/proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "")
        size = "size=%d,nr_inodes=20000,mode=0700" % request["limits"]["files"]
        mount("tmpfs", request["scratch"], MS_NOSUID | MS_NODEV, size)
    baseline = memory_of(os.getpid(), "VmData")
    data = baseline + request["limits"]["memory"] if request["limits"]["bound_data"] and baseline else 0
    set_limits(request["limits"], data)
    os.chdir(request["scratch"])
    process_option(PR_SET_NO_NEW_PRIVS, 1)
    if wall["namespaces"]:
        drop_capabilities()
    if wall["rules"]:
        keep_to(wall["rules"][0], wall["rules"][1], request["scratch"])
        os.close(wall["rules"][0])
    if wall["filter"]:
        install_filter(base64.b64decode(wall["filter"]))


# ---------------------------------------------------------------------------------------------- one program in a fork
def load_runtime(accelerated, threads):
    """What can only be done in the fork: nothing of a framework's runtime may exist before it."""
    tensorflow = sys.modules.get("tensorflow")
    if hasattr(gc, "freeze"):
        gc.set_threshold(50000, 50, 100)  # it leaves soon
    try:
        leave_stacks_alone()
    except Exception:
        pass  # no TensorFlow, or an older one
    try:
        if not accelerated:
            # Graphs that run a few times are not worth it; on GPUs recurrent layers need it (their implementation).
            tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
            tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
            call_kernels_directly()
            return
        for card in tensorflow.config.experimental.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(card, True)
    except Exception:
        pass  # no TensorFlow, one without GPUs, or one before 1.14: TF_FORCE_GPU_ALLOW_GROWTH does what can be done


def call_kernels_directly():
    """Run single operations as they are; newer TensorFlows make a function of each first, and optimize that."""
    from tensorflow.python import pywrap_tfe

    original = pywrap_tfe.TFE_ContextOptionsSetRunEagerOpAsFunction
    pywrap_tfe.TFE_ContextOptionsSetRunEagerOpAsFunction = lambda options, _: original(options, False)


def leave_stacks_alone():
    """Make operations of graphs without the Python stack that they come from.

    It serves messages alone, and to note it takes long. What failed is found by the traceback of the program.
    """
    from tensorflow.python.client import pywrap_tf_session
    from tensorflow.python.framework import ops

    if hasattr(pywrap_tf_session, "TF_SetOpStackTrace"):  # before it, operations did not exist without a stack
        create = ops._create_c_op.__wrapped__
        where = list(inspect.signature(create).parameters).index("extract_traceback") - create.__code__.co_argcount
        defaults = list(create.__defaults__)
        defaults[where] = False
        create.__defaults__ = tuple(defaults)


def measured(request, path, meter):
    """Run the program of a request in this process; the answer is plain data."""
    begin = time.time()
    answer = OrderedDict([("status", "finished"), ("message", ""), ("line", 0)])
    known = len(sys.modules)
    try:
        program = Program(path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        return OrderedDict([("status", "raised"), ("message", describe(error)), ("line", line)])
    asked = request.get("control")
    control = None
    if asked:
        control = Control(asked["line"], asked["flags"]) if asked["line"] else Forced(asked["flags"])
    meter.begin(
        program,
        control,
        request["watch"],
        request.get("wanted"),
        request.get("inference", ()),
        request.get("again", ()),
    )
    heard = Warned(program)
    failure = None
    forbidden = request.get("forbidden")
    try:
        load_runtime(request["gpu"], request.get("threads"))
        meter.after_import()
        program.run(meter.after_import, guarded_builtins(forbidden) if forbidden else plain_builtins())
    except Enough:
        pass
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            failure = leaving
    except BaseException as error:
        traceback.print_exc()
        failure = error
    broken = meter.seal.broken()
    if broken or isinstance(failure, Refused):
        answer.update(status="tampered", message=broken or str(failure))
    elif isinstance(failure, ControlFailed):
        answer.update(status="raised", message="the control could not be set up: %s" % failure)
    elif failure is not None:
        answer.update(status="raised", message=describe(failure))
    if failure is not None:
        answer["line"] = program.line_of(failure)
    answer["calls"] = meter.trace.calls
    answer["warnings"] = [list(found) for found in heard.found]
    answer["device"] = meter.device()
    answer["trace"] = meter.trace.to_json(request.get("name") or path, meter.keras(), failure)
    answer["loaded"] = sorted(list(sys.modules)[known:])
    if answer["status"] == "finished" and time.time() - begin < request["limits"]["wall"] / 4:
        answer["again"] = sorted(meter.repeatable)
    return answer


def repeated(order, meter):
    """Make a training call of the program once more, under a control; the answer is plain data."""
    begin = time.time()
    answer = OrderedDict([("status", "finished"), ("message", ""), ("line", 0)])
    try:
        answer["calls"] = meter.repeat(order["control"]["line"], order["control"]["flags"])
    except Refused as error:
        answer.update(status="tampered", message=str(error))
    except BaseException as error:
        answer.update(status="raised", message=describe(error))
    answer.update(id=order["id"], device=meter.device(), seconds=round(time.time() - begin, 3))
    return answer


def run_fork(request, results, nonce, orders, meter):
    """The process that the program runs in: it never returns.

    ``orders`` is a descriptor that says what to do after the program, or None.
    """
    encode, decode = json.JSONEncoder().encode, json.JSONDecoder().decode
    read_some, write, leave = os.read, os.write, os._exit
    try:
        raise_wall(request)
    except Exception as error:
        answer = {"status": "unusable", "message": "the sandbox could not be closed: %s" % describe(error)}
    else:
        try:
            os.environ["HOME"] = request["scratch"]
            tempfile.tempdir = request["scratch"]
            path = os.path.join(request["scratch"], "witness.py")
            with open(path, "wb") as stream:
                stream.write(request["text"].encode("utf-8", "surrogatepass"))
            answer = measured(request, path, meter)
        except BaseException as error:
            answer = {"status": "stopped", "message": "the measuring ended with %s" % describe(error)}
    stays, waiting = orders is not None and bool(answer.get("again")), b""
    while True:
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except BaseException:
            pass
        left = nonce + encode(answer).encode("utf-8") + nonce
        while left:
            left = left[write(results, left) :]
        while stays and b"\n" not in waiting:
            chunk = read_some(orders, 65536)
            stays, waiting = bool(chunk), waiting + chunk
        if not stays:
            leave(0)
        line, _, waiting = waiting.partition(b"\n")
        answer = repeated(decode(line.decode("utf-8")), meter)


# ---------------------------------------------------------------------------------------------- supervision
class Supervisor:
    """Watches over one program: it ends with it, or with the limit that the program reaches.

    Answers are passed to ``tell`` as they come; ``lines`` brings what a program which can do more shall do.
    """

    OUTPUT_KEPT = 4000
    RESULT = 64 << 20

    def __init__(self, request, meter, tell, lines):
        self.request = request
        self.meter = meter
        self.tell = tell
        self.lines = lines
        self.orders = None  # where they are written to
        self.told = False
        self.nonce = binascii.hexlify(os.urandom(32))
        self.limits = request["limits"]
        self.printed = 0
        self.tail = b""
        self.result = b""
        self.why = ""
        self.counted = ""  # the field of /proc/PID/status that says how much memory a process has for itself
        self.used = 0.0  # seconds of processor time
        self.begin = time.time()

    def run(self):
        """Tell all answers, the last one when the program is gone."""
        wall = self.request["wall"]
        own_scratch = home = orders = None
        if wall["namespaces"]:
            home = os.open("/proc/self/ns/pid", os.O_RDONLY)
            system_call("unshare", CLONE_NEWPID | CLONE_NEWIPC)
        else:
            own_scratch = self.request["scratch"] = tempfile.mkdtemp(prefix="run-", dir=self.request["scratch"])
        results, writes = os.pipe()
        output, prints = os.pipe()
        if self.request.get("again"):
            orders, self.orders = os.pipe()
            os.set_blocking(self.orders, False)
        pid = os.fork()
        if not pid:
            try:
                self.enter(writes, prints, orders)
            finally:
                os._exit(1)
        if home is not None:
            system_call("setns", home, CLONE_NEWPID)
        for descriptor in (writes, prints, orders, home):
            if descriptor is not None:
                os.close(descriptor)
        try:
            status = self.watch(pid, results, output)
        finally:
            self.end(pid)
            self.end_orders()
            os.close(results)
            os.close(output)
            if own_scratch:
                remove(own_scratch)
        if not self.told:
            self.tell(self.whole(self.judged(status)))

    def enter(self, writes, prints, orders):
        """In the new process: nothing is left open but what the program needs."""
        process_option(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for source, target in ((nothing, 0), (prints, 1), (prints, 2)):
            os.dup2(source, target)
        rules = self.request["wall"]["rules"]
        first = 3
        for kept in sorted({writes, rules[0] if rules else -1, -1 if orders is None else orders, 4096}):
            if kept >= first:
                os.closerange(first, kept)
                first = kept + 1
        sys.stdout, sys.stderr = os.fdopen(1, "w", 1), os.fdopen(2, "w", 1)
        run_fork(self.request, writes, self.nonce, orders, self.meter)

    def watch(self, pid, results, output):
        """Read what comes until the process is gone; its exit status."""
        status, open_ends = None, {results, output}
        # Linux before 4.5 does not tell them apart. The program itself is to see its MemoryError first.
        self.counted = "RssAnon" if memory_of(pid, "RssAnon") else "VmRSS"
        limit = memory_of(pid, self.counted) + self.limits["memory"] + MEMORY_SLACK
        pause, next_look = 0.005, 0.0
        while status is None or open_ends:
            listened = [] if self.orders is None else [self.lines.descriptor]
            ready = select.select(list(open_ends) + listened, [], [], 0 if status is not None else pause)[0]
            for descriptor in ready:
                if descriptor == self.lines.descriptor:
                    self.pass_orders()
                    continue
                chunk = os.read(descriptor, 65536)
                if not chunk:
                    open_ends.discard(descriptor)
                elif descriptor == results:
                    self.result += chunk
                else:
                    self.printed += len(chunk)
                    self.tail = (self.tail + chunk)[-self.OUTPUT_KEPT :]
            if output not in ready:  # what it printed before its answer has been read
                self.pass_on()
            if status is None:
                done, ended, used = os.wait4(pid, os.WNOHANG)
                if done:
                    status, self.used = ended, used.ru_utime + used.ru_stime
            elif open_ends.isdisjoint(ready):
                break  # what else holds the pipes open does not matter any more
            now = time.time()
            if not self.why and status is None and now >= next_look:
                self.why = self.reached(pid, limit, now)
                looked = time.time()
                # looking through all processes takes at most a tenth of the time
                next_look = looked + max(0.02, 9 * (looked - now))
                if self.why:
                    self.kill(pid)
            pause = 0.02
        return status

    def reached(self, pid, limit, now):
        """The limit that the program has reached, in words."""
        limits = self.limits
        if now - self.begin > limits["wall"]:
            return "it ran longer than %g s" % limits["wall"]
        if self.printed > limits["output"]:
            return "it printed more than %d bytes" % limits["output"]
        if len(self.result) > self.RESULT:
            return "it sent more than a measurement"
        family = self.family(pid)
        if len(family) > limits["processes"]:
            return "it started more than %d processes" % limits["processes"]
        shared = 0 if self.counted == "RssAnon" else memory_of(pid, "RssShmem")
        if sum(memory_of(one, self.counted) for one in family) > limit + shared:
            return "it used more than %d MiB of memory" % (limits["memory"] >> 20)
        if not self.request["wall"]["namespaces"] and disk_used(self.request["scratch"], pid) > limits["files"]:
            return "it wrote more than %d MiB" % (limits["files"] >> 20)
        return ""

    def family(self, pid):
        """The process and all that descend from it."""
        if self.limits["processes"] <= 1 and self.request["wall"]["filter"]:
            return [pid]
        parents = {}
        try:
            names = os.listdir("/proc")
        except OSError:
            return [pid]
        for name in names:
            if name.isdigit():
                try:
                    with open("/proc/%s/stat" % name) as stream:
                        parents.setdefault(int(stream.read().rpartition(")")[2].split()[1]), []).append(int(name))
                except (OSError, ValueError, IndexError):
                    pass
        # what was left behind by its parent has this process for one now
        found = [pid] + [one for one in parents.get(os.getpid(), []) if one != pid]
        for one in found:
            found.extend(parents.get(one, []))
        return found

    def kill(self, pid):
        for one in self.family(pid):
            try:
                os.kill(one, signal.SIGKILL)
            except OSError:
                pass

    def end(self, pid):
        """See that nothing of the program is left."""
        for _ in range(100):
            left = [one for one in self.family(pid) if one != pid]
            try:
                os.killpg(pid, signal.SIGKILL)
            except OSError:
                pass
            self.kill(pid)
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except OSError:
                return
            if not left:
                time.sleep(0.005)

    def pass_orders(self):
        """Pass on what the program shall do, without waiting for one that does not read."""
        lines, more = self.lines.read()
        for line in lines:
            if self.orders is None or b'"once_more"' not in line:
                more = False
                continue
            try:
                more = more and os.write(self.orders, line + b"\n") == len(line) + 1
            except OSError:
                more = False
        if not more:
            self.end_orders()

    def end_orders(self):
        if self.orders is not None:
            os.close(self.orders)
            self.orders = None

    def pass_on(self):
        """Tell the answers that are complete, if more may come."""
        while (self.told or self.orders is not None) and self.result.endswith(self.nonce):
            before, _, framed = self.result.partition(self.nonce)
            text, end, rest = framed.partition(self.nonce)
            answer = json.loads(text.decode("utf-8")) if end and not before else None
            if answer is None or not (self.told or answer.get("again")):
                return
            self.told, self.result = True, rest
            self.tell(self.whole(answer))

    def whole(self, answer):
        """An answer with what only the supervisor knows."""
        answer.setdefault("id", self.request["id"])
        answer.setdefault("seconds", round(time.time() - self.begin, 3))
        answer["output"] = self.tail.decode("utf-8", "replace")
        return answer

    def judged(self, status):
        if self.why:
            return {"status": "stopped", "message": self.why}
        nonce, size = self.nonce, len(self.nonce)
        framed = self.result.startswith(nonce) and self.result.endswith(nonce) and len(self.result) > 2 * size
        if framed and os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            return json.loads(self.result[size:-size].decode("utf-8"))
        if self.result and not self.result.startswith(nonce):
            return {"status": "tampered", "message": "it wrote into the channel of the measurement"}
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if self.used > self.limits["cpu"] - 1:
                return {"status": "stopped", "message": "it used more than %d s of processor time" % self.limits["cpu"]}
            return {"status": "stopped", "message": "it was ended by signal %d" % number}
        return {
            "status": "stopped",
            "message": "it left with exit code %d without a measurement" % os.WEXITSTATUS(status),
        }


def disk_used(folder, pid):
    """Bytes in a folder, and in files that were deleted there while they are open."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_blocks * 512
            except OSError:
                pass
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            known = os.stat("/proc/%d/fd/%s" % (pid, name))
            if not known.st_nlink:
                total += known.st_blocks * 512
    except OSError:
        pass
    return total


def remove(folder):
    """Remove a folder in spite of the permissions that were set in it."""
    for root, _, _ in os.walk(folder):
        try:
            os.chmod(root, 0o700)
        except OSError:
            pass
    shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------------------------------------- the server
# What holds a Keras: the first of these that a program imports brings what else it needs of them.
KERAS = ("keras", "tf_keras", "tensorflow")
# What TensorFlow imports when Keras first trains.
LATE = [
    "tensorflow.python.data.ops.%s_op" % name for name in ("concatenate", "flat_map", "from_tensors", "range", "zip")
]
# What may be imported ahead of the programs, and what programs were seen to load is imported ahead of the next.
AHEAD = LIBRARIES + (
    "numpy",
    "scipy",
    "pandas",
    "jax",
    "jaxlib",
    "torch",
    "ml_dtypes",
    "optree",
    "absl",
    "h5py",
    "google",
)


class Lines:
    """What comes through a descriptor, line by line."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.buffered = b""

    def read(self):
        """The lines that are complete with what comes next, and whether there may be more."""
        chunk = os.read(self.descriptor, 1 << 20)
        lines = (self.buffered + chunk).split(b"\n")
        self.buffered = lines.pop()
        return lines, bool(chunk)


def supervise(meter, listens, tells):
    """A process that runs one program after the other, each in a fork of its own."""
    process_option(PR_SET_PDEATHSIG, signal.SIGKILL)
    process_option(PR_SET_CHILD_SUBREAPER, 1)
    incoming, more = Lines(listens), True

    def tell(answer):
        write_all(tells, json.dumps(answer).encode("utf-8") + b"\n")

    while more:
        lines, more = incoming.read()
        for request in (json.loads(line.decode("utf-8")) for line in lines):
            if "text" not in request:
                continue  # it came too late: the program is gone
            try:
                Supervisor(request, meter, tell, incoming).run()
            except Exception as error:
                traceback.print_exc()
                tell({"id": request["id"], "status": "unusable", "message": "the sandbox: %s" % describe(error)})
                return  # nobody knows in which namespaces, with what open
            tell({"done": True})


class Worker:
    """A process that supervises programs, as the server sees it. It knows what was imported when it began."""

    def __init__(self, pid, asks, answers):
        self.pid = pid
        self.asks = asks
        self.answers = Lines(answers)
        self.imported = len(sys.modules)
        self.program = None  # the number of the request that it is at work on
        self.waiting = None  # the number of the request that it has yet to answer
        self.later = []  # what else its program shall do

    def ask(self, request):
        self.waiting = request.get("id")
        try:
            write_all(self.asks, json.dumps(request).encode("utf-8") + b"\n")
        except OSError:
            pass  # it is gone, which is seen where its answers come

    def go_on(self):
        while self.later and self.waiting is None:
            self.ask(self.later.pop(0))


class Server:
    """Imports what programs import, once, and nothing more: each program is measured in a fork with a supervisor."""

    def __init__(self, answers, rules):
        self.answers = answers
        self.rules = rules  # descriptor and rights of Landlock rules, if these are the wall
        self.meter = Meter()
        self.workers = {}  # by the descriptor of their answers
        self.failed = {}  # package: why it cannot be imported

    def run(self):
        """Serve until standard input ends and all programs have."""
        incoming, reading = Lines(0), True
        while reading or any(worker.program is not None for worker in self.workers.values()):
            wanted = list(self.workers) + ([0] if reading else [])
            for descriptor in select.select(wanted, [], [])[0]:
                if descriptor:
                    if descriptor in self.workers:  # or a request has just made it unnecessary
                        self.receive(self.workers[descriptor])
                    continue
                lines, reading = incoming.read()
                for line in lines:
                    self.serve(json.loads(line.decode("utf-8")))

    def serve(self, request):
        if "ahead" in request:
            self.import_ahead(request["ahead"], KERAS)
        elif "text" in request:
            self.start(request)
        else:
            self.go_on(request)

    def go_on(self, request):
        """Something for a program that can do more: an order, or that there is none."""
        for worker in self.workers.values():
            if worker.program == request.get("once_more", request.get("end")):
                worker.later.append(request)
                worker.go_on()
                return
        self.gone(request.get("id"))

    def gone(self, number):
        if number is not None:
            self.send({"id": number, "status": "stopped", "message": "the program is gone"})

    def start(self, request):
        request["wall"]["rules"] = self.rules
        error = self.import_ahead(request["text"])
        if error:
            self.send({"id": request["id"], "status": "unusable", "message": error})
            return
        idle = [worker for worker in self.workers.values() if worker.program is None]
        for worker in idle:
            if worker.imported != len(sys.modules):
                self.dismiss(worker)
        worker = next((one for one in idle if one.imported == len(sys.modules)), None) or self.employ()
        worker.program = request["id"]
        worker.ask(request)

    def employ(self):
        """A new worker."""
        if hasattr(gc, "freeze"):
            gc.freeze()  # else each fork would look through, and so copy, all that was imported
        answers, tells = os.pipe()
        listens, asks = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fork beside threads: those of the import sleep
            pid = os.fork()
        if not pid:
            try:
                os.close(0)
                os.open(os.devnull, os.O_RDONLY)
                for other in [self.answers, answers, asks]:
                    os.close(other)
                for descriptor, worker in self.workers.items():
                    os.close(descriptor)
                    os.close(worker.asks)
                supervise(self.meter, listens, tells)
            finally:
                os._exit(0)
        os.close(tells)
        os.close(listens)
        worker = self.workers[answers] = Worker(pid, asks, answers)
        return worker

    def dismiss(self, worker):
        os.close(worker.asks)
        os.close(worker.answers.descriptor)
        del self.workers[worker.answers.descriptor]
        os.waitpid(worker.pid, 0)

    def receive(self, worker):
        lines, more = worker.answers.read()
        for answer in (json.loads(line.decode("utf-8")) for line in lines):
            if "done" in answer:
                self.release(worker)
            elif answer["id"] == worker.waiting:
                worker.waiting = None
                self.load_meanwhile(answer.pop("loaded", ()))
                self.send(answer)
                worker.go_on()
        if not more:
            self.release(worker)
            self.dismiss(worker)

    def release(self, worker):
        """A worker's program is gone: what it has not answered, it will not."""
        for number in [worker.waiting] + [request.get("id") for request in worker.later]:
            self.gone(number)
        worker.program, worker.waiting, worker.later = None, None, []

    def load_meanwhile(self, names):
        """Import what a program had to import by itself: others will, too."""
        for name in names:
            if (
                name.split(".")[0] in AHEAD
                and name not in sys.modules
                and not name.startswith("tensorflow.python.debug")
            ):
                self.load(name)

    def send(self, answer):
        write_all(self.answers, json.dumps(answer).encode("utf-8") + b"\n")

    def import_ahead(self, text, only=None):
        """Import what a program imports, or of that the first of a few packages; what stands in the way, or None."""
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return None  # the program will say so itself
        tops = {name.split(".")[0] for name in imported_modules(tree)} & set(AHEAD)
        if only is not None:
            tops = [name for name in only if name in tops][:1]
        for name in sorted(tops):
            if name not in sys.modules and name not in self.failed:
                self.load(name)
                if name == "tensorflow":
                    try:
                        sys.modules["tensorflow"].keras.layers.Dense  # newer ones load Keras late
                    except Exception:
                        pass
                self.prepare(name)
            if name in KERAS and name in self.failed:
                return "%s cannot be imported: %s" % (name, self.failed[name])
        return None

    def prepare(self, name):
        """Do once, for a package that was imported, what every program would do; nothing of it starts a thread."""
        try:
            self.meter.prepare(loaded("tensorflow.keras" if name == "tensorflow" else name))
            if "tensorflow" in sys.modules:
                for late in LATE:
                    self.load(late)
                from tensorflow.python.framework import kernels, op_def_registry

                op_def_registry.get("NoSuchOperation")  # the first such question goes through all operations
                kernels.get_registered_kernels_for_op("MatMul")
        except Exception:
            pass  # not a Keras, or an old TensorFlow

    def load(self, name):
        try:
            importlib.import_module(name)
        except BaseException as error:
            self.failed[name] = describe(error)


def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]


def serve(answers, rules):
    """The command with --serve."""
    os.set_inheritable(answers, False)
    if rules:
        os.set_inheritable(rules[0], False)
    os.dup2(2, 1)
    del sys.path[0]  # the folder of this file, whose names are none of the programs' business
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    process_option(PR_SET_DUMPABLE, 0)
    process_option(PR_SET_PDEATHSIG, signal.SIGKILL)  # whoever asks is gone: nobody waits for an answer any more
    Server(answers, rules).run()
    return 0


# ---------------------------------------------------------------------------------------------- the command
def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Run a Keras program and print which layers its training calls moved, as JSON."
    )
    parser.add_argument("program", metavar="PROGRAM.py", nargs="?")
    parser.add_argument("--out", metavar="FILE", help="write the JSON there instead of to standard output")
    parser.add_argument(
        "--serve", metavar="FD", type=int, help="answer requests from standard input on this descriptor"
    )
    parser.add_argument("--landlock", metavar="FD:RIGHTS", help="with --serve: rules that programs are put under")
    options = parser.parse_args(arguments)
    if options.serve is not None:
        rules = [int(part) for part in options.landlock.split(":")] if options.landlock else None
        return serve(options.serve, rules)
    if not options.program:
        parser.error("a program is wanted, or --serve")

    sys.stdout.flush()
    real_output = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    program = Program(options.program)
    meter = Meter()
    meter.begin(program)
    failure = None
    try:
        program.run(meter.after_import, plain_builtins())
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            failure = leaving
    except BaseException as error:
        traceback.print_exc()
        failure = error

    result = json.dumps(meter.trace.to_json(options.program, meter.keras(), failure), indent=1) + "\n"
    if options.out:
        with open(options.out, "w") as stream:
            stream.write(result)
    else:
        with os.fdopen(real_output, "w") as stream:
            stream.write(result)
    return 0 if failure is None else 1


if __name__ == "__main__":
    sys.exit(main())
