#!/usr/bin/env python
"""Run a Keras program and tell which layers each of its training calls really moved.

    python measure.py PROGRAM.py [--out FILE]

The program runs as ``__main__`` under the Keras of this interpreter (``KERAS_BACKEND`` picks the backend of
Keras 3).  The measured trace is printed as JSON, in the shape that ``keras-freeze-lint trace`` predicts; what the
program itself prints goes to standard error.  The exit status is 0 when the program ended well, else 1.

How it measures: the training methods of the Keras that the program imports are wrapped.  Around each outermost call the weights
of all leaf layers are read and compared by value.  Nothing is trained, called or flagged on top of what the program does.

* A layer is a leaf when it holds no other layer.  The layers of Keras itself that are composed inside (LSTM of its cell,
  MultiHeadAttention of its projections) count as leaves; wrappers and models do not.  Layers without weights are left out.
* ``intent`` is the flag at the start of the call: that of the leaf and of the wrappers around it and, where Keras
  does not push the flag of a model down to its layers (keras < 2.4, tf.keras < 1.14), that of the models around it.
* Hand-written loops: a call of ``apply_gradients``, ``apply`` or ``minimize`` is a training call of all models that exist.  Inside
  ``tf.function`` it is measured around the call of the function and reported at the line that applies.  Moving
  statistics, which move in the forward pass, are watched from one step to the next.
* A layer that the training call itself builds is compared with its values right after it was built; where they cannot
  be read the layer is left out.

Not seen: graph-mode ``Session.run`` loops, ``torch.optim``, stateless JAX loops, training in other processes.

Needs numpy and Keras (standalone 2.0 - 3.x, tf.keras or tf_keras) and Python 3.6 or newer, nothing else.
"""

import argparse
import ast
import builtins
import contextlib
import functools
import inspect
import json
import os
import re
import sys
import traceback
import types
import weakref
from collections import OrderedDict

import numpy as np

TRAINING_METHODS = ("fit", "fit_generator", "train_on_batch")
APPLYING_METHODS = ("minimize", "apply_gradients", "apply")
BUILDING_METHODS = ("_symbolic_build", "_set_inputs")
LIBRARIES = ("keras", "tf_keras", "tensorflow", "tensorflow_core")
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
WRAPPED = "_measure_original"


# ---------------------------------------------------------------------------------------------- the program
class Program:
    """The text of the program: what it imports, and which of its lines is at work."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        with open(self.path, "rb") as stream:
            self.source = stream.read()
        self.text = self.source.decode("utf-8", "replace")
        self.tree = ast.parse(self.source, self.path)
        self._lines = {}

    def flavours(self):
        """Names of the Keras modules that the text imports."""
        imported = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module)
        tops = {name.split(".")[0] for name in imported}
        found = [name for name in ("keras", "tf_keras") if name in tops]
        if any(name.startswith("tensorflow.python.keras") for name in imported):
            found.append("tensorflow.python.keras")
        if "tensorflow" in tops and re.search(r"\bkeras\b", self.text):
            found.append("tensorflow.keras")
        return found

    def line(self, names):
        """The line of the innermost call in the program that is at work now, where it calls one of ``names``."""
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename == self.path:
                return self._start(frame.f_lineno, names)
            frame = frame.f_back
        return None

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

    def run(self, after_import):
        """Run the program as ``__main__``; ``after_import()`` is called after each of its import statements."""

        def importing(*args, **kwargs):
            module = __import__(*args, **kwargs)
            after_import()
            return module

        own_builtins = types.ModuleType("builtins")
        own_builtins.__dict__.update(vars(builtins))
        own_builtins.__import__ = importing
        main = types.ModuleType("__main__")
        main.__file__ = self.path
        main.__builtins__ = own_builtins
        sys.modules["__main__"] = main
        sys.argv = [self.path]
        sys.path[0] = os.path.dirname(self.path)
        code = compile(self.source, self.path, "exec", dont_inherit=True)
        exec(code, main.__dict__)


# ---------------------------------------------------------------------------------------------- the trace
class Trace:
    """The training calls in the order in which they were first reached, one entry a line."""

    def __init__(self):
        self.entries = OrderedDict()

    def _entry(self, line, call, model):
        return self.entries.setdefault(
            line, OrderedDict([("line", line), ("call", call), ("model", model), ("reached", "always")])
        )

    def add(self, line, call, model, layers):
        known = self._entry(line, call, model).setdefault("layers", OrderedDict())
        for name, layer in layers.items():
            if name not in known:
                known[name] = layer
            for quantity in ("intent", "weights", "statistics"):
                if known[name].get(quantity) != layer.get(quantity):
                    known[name][quantity] = "varies"

    def fail(self, line, call, model, error):
        self._entry(line, call, model).setdefault("error", describe(error))

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
    return "%s: %s" % (type(error).__name__, str(error)[:200])


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


def subclasses(cls):
    found = [cls]
    for child in type.__subclasses__(cls):
        found.extend(subclasses(child))
    return found


def is_library(cls):
    return cls.__module__.split(".")[0] in LIBRARIES


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


class Leaf:
    """A leaf layer, the model or wrapper it was found in, and its flag there."""

    def __init__(self, layer, parent, trainable):
        self.layer = layer
        self.parent = parent
        self.trainable = trainable


def leaves(flavour, model):
    """The leaf layers of a model; one that is reached on several paths is trainable if it is on any of them."""
    found, seen = OrderedDict(), set()

    def visit(layer, parent, flag):
        if (id(layer), flag) in seen:
            return
        seen.add((id(layer), flag))
        children = flavour.children(layer)
        if not children:
            trainable = flag and bool(layer.trainable)
            leaf = found.setdefault(id(layer), Leaf(layer, parent, trainable))
            leaf.trainable = leaf.trainable or trainable
            return
        if not flavour.pushes_flags_down or (not isinstance(layer, flavour.Model) and has_base(layer, "Wrapper")):
            flag = flag and bool(layer.trainable)
        for child in children:
            visit(child, layer, flag)

    visit(model, None, True)
    return list(found.values())


def read(flavour, variables):
    """The values of variables, or None where they have none that can be read."""
    with outside_tracing():
        try:
            values = [np.array(variable.numpy()) for variable in variables]
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


def weights_of(layer):
    try:
        return list(layer.weights)
    except Exception:
        return []


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


# ---------------------------------------------------------------------------------------------- before and after
class Snapshot:
    """Values of the leaf layers of some models, read before they train; ``effects`` compares them with those after."""

    def __init__(self, models):
        self.models = models
        self.values = {}
        self.flags = {id(leaf.layer): leaf.trainable for leaf in self._leaves()}
        self.fill()

    def _leaves(self):
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
            for leaf in self._leaves()
            if any(id(variable) not in self.values for variable in weights_of(leaf.layer))
        ]
        for key, value in self._read(missing).items():
            self.values.setdefault(key, value)

    def effects(self, moved_before=(), variables=None):
        """{name of layer: effects}; ``moved_before`` are layers whose statistics moved in the forward pass, ``variables`` those
        that the step in question trains, where other steps train others."""
        found = OrderedDict()
        now = self._leaves()
        after = self._read(now)
        for leaf in now:
            layer = leaf.layer
            weights, statistics = weights_of(layer), statistics_of(layer)
            if not weights or any(id(v) not in self.values or id(v) not in after for v in weights):
                continue
            moved = {id(v) for v in weights if differ(self.values[id(v)][1], after[id(v)][1])}
            kept = {id(v) for v in statistics}
            learned = moved - kept
            if variables is not None:
                learned = learned & variables
            effect = OrderedDict([("class", type(layer).__name__), ("line", None)])
            effect["intent"] = "trainable" if self.flags.get(id(layer), leaf.trainable) else "frozen"
            effect["weights"] = "moves" if learned else "still"
            if statistics:
                forward = any(layer is other for other in moved_before)
                effect["statistics"] = "moves" if forward or moved & kept else "still"
            found[self._key(leaf, found)] = effect
        return found

    @staticmethod
    def _key(leaf, taken):
        name = leaf.layer.name
        if name in taken:
            name = "%s/%s" % (getattr(leaf.parent, "name", "?"), name)
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


class Meter:
    """Wraps Keras and fills the trace."""

    def __init__(self, program):
        self.program = program
        self.trace = Trace()
        self.wanted = program.flavours()
        self.flavours = []
        self.models = []  # weak references to all models
        self.busy = False  # inside a training call
        self.active = None  # the snapshot that newly built layers are added to
        self.function_call = None  # the outermost tf.function call that is at work
        self.functions = weakref.WeakKeyDictionary()
        self.moved_forward = []  # BatchNormalization layers whose statistics moved since the last step
        self.step_is_over = False

    # -- finding Keras
    def after_import(self):
        """Wrap each wanted Keras as soon as the program has loaded it."""
        for name in list(self.wanted):
            top = name.split(".")[0]
            module = sys.modules.get(name)
            if name == "tensorflow.keras" and top in sys.modules:
                module = getattr(sys.modules[top], "keras", None)
            if module is None or not hasattr(sys.modules.get(top), "__version__"):
                continue
            self.wanted.remove(name)
            try:
                flavour = Flavour(module)
            except (AttributeError, ImportError):
                continue  # a TensorFlow without Keras
            if not any(known.Model is flavour.Model for known in self.flavours):
                self.flavours.append(flavour)
                self.wrap(flavour)

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
        for cls in flavour.classes():
            for name in TRAINING_METHODS:
                self.replace(cls, name, functools.partial(self.training, flavour))
            for name in BUILDING_METHODS:
                self.replace(cls, name, self.building)
            self.replace(cls, "__init__", functools.partial(self.constructing, flavour))
        for cls in flavour.optimizers():
            for name in APPLYING_METHODS:
                self.replace(cls, name, self.applying)
            self.replace(cls, "stateless_apply", self.silent)
        for cls in flavour.normalizations():
            cls.__call__ = self.forwarding(flavour, cls)
        function = tensorflow_says("function", None)  # a decorator when it gets no function
        if function is not None:
            traced = type(function(lambda: None))
            self.replace(traced, "__call__", self.calling_function)
            self.replace(traced, "_initialize", self.building)
            self.replace(traced, "_initialize_uninitialized_variables", self.building)

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
            result = original(instance, *args, **kwargs)
            if isinstance(instance, flavour.Model) and not any(known() is instance for _, known in self.models):
                self.models.append((flavour, weakref.ref(instance)))
            return result

        return wrapper

    def known_models(self):
        self.models = [(flavour, known) for flavour, known in self.models if known() is not None]
        return [(flavour, known()) for flavour, known in self.models]

    def building(self, original, name):
        @functools.wraps(original)
        def wrapper(*args, **kwargs):
            result = original(*args, **kwargs)
            if self.active is not None:
                self.active.fill()
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
            run = functools.partial(original, model, *args, **kwargs)
            if self.busy:
                return run()
            return self.measure(name, model.name, [(flavour, model)], run, self.program.line((name,)))

        return wrapper

    def applying(self, original, name):
        @functools.wraps(original)
        def wrapper(optimizer, *args, **kwargs):
            if self.busy:
                return original(optimizer, *args, **kwargs)
            if is_eager():
                run = functools.partial(original, optimizer, *args, **kwargs)
                line = self.program.line(APPLYING_METHODS)
                return self.measure(name, None, self.known_models(), run, line, self.moved_forward)
            if self.function_call is not None:
                if name == "apply_gradients" and args:
                    args = (list(args[0]),) + args[1:]
                self.note_step(name, args, kwargs)
            return original(optimizer, *args, **kwargs)

        return wrapper

    def measure(self, call, name, models, run, line, moved_before=()):
        """Run a training call between two snapshots."""
        self.busy = True
        try:
            self.active = snapshot = Snapshot(models)
            try:
                result = run()
            except Exception as error:
                self.trace.fail(line, call, name, error)
                raise
            self.trace.add(line, call, name, snapshot.effects(moved_before))
            return result
        finally:
            self.busy, self.active, self.step_is_over = False, None, True

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
            self.function_call.before = self.active = Snapshot(self.known_models())
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
                return original(function, *args, **kwargs)
            self.function_call = call = TracedSteps(self.functions.get(function, {}))
            if call.steps:
                call.before = self.active = Snapshot(self.known_models())
            try:
                result = original(function, *args, **kwargs)
            except Exception as error:
                for line, (method, _) in call.steps.items():
                    self.trace.fail(line, method, None, error)
                raise
            finally:
                self.function_call = self.active = None
            if call.steps:
                self.functions[function] = call.steps
                for line, (method, variables) in call.steps.items():
                    if len(call.steps) == 1 or variables is None:
                        trained = None
                    else:
                        trained = {id(variable) for variable in variables} | {
                            id(getattr(v, "_value", v)) for v in variables
                        }
                    self.trace.add(line, method, None, call.before.effects(self.moved_forward, trained))
                self.step_is_over = True
            return result

        return wrapper


# ---------------------------------------------------------------------------------------------- the command
def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Run a Keras program and print which layers its training calls moved, as JSON."
    )
    parser.add_argument("program", metavar="PROGRAM.py")
    parser.add_argument("--out", metavar="FILE", help="write the JSON there instead of to standard output")
    options = parser.parse_args(arguments)

    sys.stdout.flush()
    real_output = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    program = Program(options.program)
    meter = Meter(program)
    failure = None
    try:
        program.run(meter.after_import)
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
