"""Looks a witness through before it runs: what reaches for the measuring, or changes Keras itself, is not run at all.

No sandbox can tell a measured weight from a forged one, because the witness and the measuring share a process. So a
witness may only use what a program that trains a model uses.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keras_freeze_lint.sources.files import SourceError
from keras_freeze_lint.sources.parsing import parse
from keras_freeze_lint.verify.measurement import Status

# Modules of the standard library that programs which train models import.
_HARMLESS = frozenset(
    """
    __future__ abc argparse array ast base64 bisect calendar cmath collections colorsys configparser contextlib copy csv
    dataclasses datetime decimal difflib enum errno fnmatch fractions functools getpass glob gzip hashlib heapq io
    itertools json keyword locale logging lzma math numbers operator os pathlib platform pprint queue random re secrets
    shutil shlex statistics string struct sys tarfile tempfile textwrap time timeit traceback types typing unicodedata
    urllib uuid warnings xml zipfile zlib bz2 html http
    """.split()
)
_MODULES = frozenset(sys.stdlib_module_names) - _HARMLESS
# The packages that there are for a witness, as far as they are installed; it does without all others.
_PACKAGES = frozenset(
    """
    keras tf_keras tensorflow tensorflow_core keras_core numpy scipy jax jaxlib torch ml_dtypes h5py PIL
    keras_applications keras_preprocessing keras_contrib keras_cv keras_hub keras_nlp
    tensorflow_addons tensorflow_probability tensorflow_hub
    """.split()
)
_OF_OS = frozenset(
    """
    environ getenv path sep linesep pathsep curdir pardir extsep altsep devnull name getcwd listdir scandir walk
    makedirs mkdir stat cpu_count PathLike fspath urandom putenv unsetenv chdir remove rename rmdir error
    fsencode fsdecode getpid
    """.split()
)
_OF_SYS = frozenset(
    """
    argv path version version_info platform maxsize exit stdout stderr stdin executable float_info byteorder getsizeof
    getrecursionlimit setrecursionlimit hexversion implementation prefix getdefaultencoding getfilesystemencoding
    """.split()
)
# Attributes that lead from a function, a frame or a class to what it is made of.
_ATTRIBUTES = frozenset(
    """
    __globals__ __closure__ __code__ __func__ __self__ __wrapped__ __subclasses__ __bases__ __base__ __mro__ mro
    __dict__ __getattribute__ __builtins__ __loader__ __spec__ __reduce__ __reduce_ex__ __traceback__ __defaults__
    __kwdefaults__ __objclass__ cell_contents f_back f_globals f_locals f_builtins f_code
    tb_frame tb_next gi_frame gi_code cr_frame
    cr_code ag_frame ag_code _measure_original attrgetter methodcaller ctypeslib ctypes load_op_library load_library
    cpp_extension f2py _os _sys _getframe _current_frames settrace setprofile addaudithook modules FunctionType CodeType
    CellType walk_tb walk_stack currentframe get_type_hints ForwardRef get_field runstring rundocs func_load
    update_wrapper dictConfig fileConfig as_strided raw_ops sys os builtins __setattr__ __delattr__
    """.split()
)
# What a class would define to be read otherwise than it is.
_HOOKS = frozenset(
    "__getattribute__ __instancecheck__ __subclasscheck__ __match_args__ __module__ __class__ __mro_entries__".split()
)
# Arguments that turn a harmless function into one that reads or runs anything.
_ARGUMENTS = frozenset({"allow_pickle", "assigned", "updated"})
# Modules whose other parts run texts as code.
_ONLY = {"timeit": frozenset({"default_timer"}), "os": _OF_OS, "sys": _OF_SYS}
_SUBMODULES = frozenset({"ctypeslib", "f2py", "cpp_extension", "config", "handlers"})
_BUILTINS = frozenset({"exec", "eval", "compile", "breakpoint", "input", "globals", "locals", "help"})
# Where a layer keeps its variables: it may be emptied, and its own class may fill it.
_HELD = frozenset(
    """
    _trainable_weights _non_trainable_weights _trainable_variables _non_trainable_variables _variables _layers _tracker
    _flattened_layers _self_tracked_trackables trainable_weights non_trainable_weights trainable_variables
    non_trainable_variables weights variables
    """.split()
)
# What programs set in libraries, and may: a switch of PyTorch, names that NumPy lost, a shim of the first Keras 2.
_SETTABLE = frozenset(
    {"float", "int", "bool", "object", "str", "long", "complex", "unicode", "load", "control_flow_ops"}
)
_SWITCHES = ("torch.backends.", "matplotlib.", "sys.stdout", "sys.stderr", "sys.argv", "sys.path")
_LIBRARIES = frozenset({"keras", "tensorflow", "tf_keras", "numpy", "jax", "torch"})
_SOURCES = _LIBRARIES | frozenset(sys.stdlib_module_names)
_NAMES = {
    "keras": "Keras",
    "tf_keras": "Keras",
    "tensorflow": "TensorFlow",
    "numpy": "NumPy",
    "jax": "JAX",
    "torch": "PyTorch",
}

# The same for names that a program puts together while it runs.
FORBIDDEN: Mapping[str, list[str] | dict[str, list[str]]] = {
    "modules": sorted(_MODULES),
    "attributes": sorted(_ATTRIBUTES),
    "builtins": sorted(_BUILTINS),
    "held": sorted(_HELD),
    "known": sorted(_HARMLESS | _PACKAGES),
    "parts": {name: sorted(names) for name, names in _ONLY.items()},
}


@dataclass(frozen=True)
class Refusal:
    """Why a witness is not run, and the line where that stands."""

    status: Status
    message: str
    line: int


def vet(text: str) -> Refusal | None:
    """Return why a witness may not run, or None."""
    try:
        tree = parse(text)
    except SourceError as error:
        return Refusal("raised", str(error), error.line)
    try:
        found = next(iter(_Reader().read(tree)), None)
    except RecursionError:
        return Refusal("stopped", "it is nested too deeply to be looked through", 0)
    return Refusal("tampered", f"line {found[0]} {found[1]}", found[0]) if found else None


@dataclass
class _Reader:
    """Knows what the names of a module stand for, as far as imports and plain assignments say."""

    names: dict[str, str] = field(default_factory=dict)
    flags: set[int] = field(default_factory=set)

    def read(self, tree: ast.Module) -> Iterator[tuple[int, str]]:
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._learn(node)
        for node in nodes:
            what = self._what(node) or _said(node)
            if what is not None:
                yield getattr(node, "lineno", 0), what

    def _learn(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    self.names[alias.asname or name] = name
            case ast.ImportFrom(module=str(module), level=0, names=aliases):
                for alias in aliases:
                    self.names[alias.asname or alias.name] = f"{module}.{alias.name}"
            case ast.Assign(targets=[ast.Attribute(attr="trainable") as flag], value=ast.Constant(value=bool())):
                self.flags.add(id(flag))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value):
                # breadth first, so an alias is seen before what is nested deeper
                dotted = self._dotted(value)
                if dotted is not None:
                    self.names.setdefault(name, dotted)

    def _dotted(self, node: ast.expr) -> str | None:
        """The dotted name of what an expression stands for, if it comes from an import."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=value, attr=attr):
                outer = self._dotted(value)
                return f"{outer}.{attr}" if outer else None
        return None

    def _what(self, node: ast.AST) -> str | None:
        match node:
            case ast.Import(names=aliases):
                return next((what for alias in aliases if (what := _imported(alias.name))), None)
            case ast.ImportFrom(module=str(module), level=0, names=aliases):
                names = [f"{module}.{alias.name}" for alias in aliases]
                return next((what for name in names if (what := _imported(name) or _taken(name))), None)
            case ast.ImportFrom():
                return "imports from beside it"
            case ast.Attribute(ctx=ast.Load()):
                return self._read_attribute(node)
            case ast.Attribute():
                return self._set_attribute(node)
            case ast.Assign(targets=targets, value=value) if not (isinstance(value, ast.List) and not value.elts):
                return next((what for target in targets if (what := _exchanged(target))), None)
            case ast.AugAssign(target=target):
                return _exchanged(target)
            case ast.Name(id=name) if name in _BUILTINS and name not in self.names:
                return f"uses {name}()" if isinstance(node.ctx, ast.Load) else None
            case ast.Name(id="__builtins__" | "__loader__" | "__spec__" | "__import__" as name):
                return f"uses {name}"
            case ast.Call():
                return self._called(node)
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if _is_vars(value):
                return "changes the variables of something else"
        return None

    def _read_attribute(self, node: ast.Attribute) -> str | None:
        if node.attr in {"__setattr__", "__delattr__"} and _is_super(node.value):
            return None
        if node.attr in _ATTRIBUTES and not (node.attr == "modules" and self._top(node) == "torch"):
            if node.attr == "modules" and self._top(node) != "sys":
                return None  # the modules of a model
            return f"reaches for {node.attr}"
        if node.attr in _MODULES and self._top(node) in _SOURCES and _hidden(self._dotted(node)):
            return f"reaches for the module {node.attr}"
        dotted = self._dotted(node)
        return _taken(dotted) if dotted else None

    def _set_attribute(self, node: ast.Attribute) -> str | None:
        if node.attr == "__class__":
            return "changes the class of an object"
        if node.attr in _HOOKS:
            return f"changes {node.attr}"
        match node.value:
            case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
                return f"changes {node.attr} of a whole class"
        if id(node) in self.flags and self._is_kind_of_layer(node.value):
            return None  # a mistake that people make; every weight is measured all the same
        return self._changed(self._dotted(node))

    def _is_kind_of_layer(self, node: ast.expr) -> bool:
        """Whether this is a class of layers of Keras, such as Dense, and none that the others derive from."""
        outer, _, name = (self._dotted(node) or "").rpartition(".")
        return outer.endswith(".layers") and name[:1].isupper() and name not in {"Layer", "Wrapper", "RNN"}

    def _changed(self, dotted: str | None) -> str | None:
        top, _, rest = (dotted or "").partition(".")
        if top not in _SOURCES or not rest or rest in _SETTABLE or (dotted or "").startswith(_SWITCHES):
            return None
        return f"changes {_NAMES.get(top, top)} itself ({dotted})"

    def _called(self, node: ast.Call) -> str | None:
        match node:
            case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(value=str(name)), *_]):
                return f"reaches for {name}" if name in _ATTRIBUTES - {"modules"} else None
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[owner, ast.Constant(value=str(name)), *_]):
                dotted = self._dotted(owner)
                return self._changed(f"{dotted}.{name}") if dotted else None
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[owner, *_]) if self._top(owner) in _SOURCES:
                return f"changes {_NAMES.get(self._top(owner), self._top(owner))} itself"
        return None

    def _top(self, node: ast.expr) -> str:
        return (self._dotted(node) or "").partition(".")[0]


def _said(node: ast.AST) -> str | None:
    """What is wrong with what stands there, whatever it is said of."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) if name in _HOOKS:
            return f"defines {name}"
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in _HOOKS:
            return f"defines {name}"
        case ast.MatchClass(kwd_attrs=names) if found := _ATTRIBUTES.intersection(names):
            return f"reaches for {min(found)}"
        case ast.keyword(arg=str(name)) if name in _ARGUMENTS:
            return f"passes {name}"
        case ast.Constant(value=str(text)) if text in _HOOKS or (text in _ATTRIBUTES and "_" in text):
            return f"names {text}"
    return None


def _imported(module: str) -> str | None:
    top = module.partition(".")[0]
    parts = module.split(".")
    below = set(parts[1:]) & _SUBMODULES
    if top in _MODULES or (below and (top in sys.stdlib_module_names or top in {"numpy", "torch"})):
        return f"imports {module}"
    return None


def _taken(dotted: str) -> str | None:
    """What is wrong with using a part of a module."""
    top, _, rest = dotted.partition(".")
    part = rest.partition(".")[0]
    allowed = _ONLY.get(top)
    if allowed is not None and part and part not in allowed:
        return f"uses {top}.{part}"
    return f"reaches for {dotted}" if rest.rpartition(".")[2] in _ATTRIBUTES - {"modules"} else None


def _hidden(dotted: str | None) -> bool:
    """Whether a module of the standard library is taken out of another module."""
    return dotted is not None and dotted.count(".") >= 1


def _is_vars(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars"


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _exchanged(target: ast.expr) -> str | None:
    """What is wrong with setting a list of variables, if the target is one of something else's."""
    for node in ast.walk(target):
        match node:
            case ast.Attribute(value=ast.Name(id="self")):
                continue
            case ast.Attribute(attr=attr, ctx=ast.Store()) if attr in _HELD:
                return f"exchanges the {attr} of a layer"
    return None
