"""What a witness may import, and which calls of those modules reach for files, the network or the user."""

from __future__ import annotations

import ast
import re
import sys

from keras_freeze_lint.keras.api import APPLICATIONS, LAYER_CLASSES, MODEL_CLASSES, OPTIMIZERS, canonical
from keras_freeze_lint.verify.slicing.program import Definition, Program

# A witness runs where Keras and numpy are: nothing else of the user's imports survives.
_LIBRARIES = frozenset({"keras", "tf_keras", "tensorflow", "numpy", "__future__"})

# Modules of the standard library that talk to the world; a program of models has no use for the others' side effects.
_WORLDLY = frozenset(
    """asyncio concurrent ctypes curses email ftplib getpass glob gzip http imaplib logging multiprocessing pickle
    pdb readline requests select shelve shutil signal smtplib socket sqlite3 ssl subprocess tarfile telnetlib tempfile
    threading tkinter turtle urllib webbrowser xml zipfile csv argparse resource queue cProfile pprint tracemalloc
    faulthandler""".split()
)
_STANDARD = frozenset(sys.stdlib_module_names) - _WORLDLY

# Calls below usable modules that need a file, a download, a device or a person.
_WORLDLY_PATHS = re.compile(
    r"""
    keras\.datasets\. | keras\.preprocessing\.(?:image|text|text_dataset|image_dataset)\b
    | keras\.(?:preprocessing|utils)\.\w+_from_directory | keras\.utils\.(?:get_file|load_img|plot_model|HDF5Matrix)
    | keras\.utils\.(?:vis_utils|data_utils|io_utils)\b | keras\.wrappers | keras\.(?:legacy\.)?preprocessing\.image
    | keras\.callbacks\.(?!Callback$|LambdaCallback$) | keras\.saving\.load_model
    | keras\.models\.(?:load_model|model_from_\w+)
    | tensorflow\.(?:io|gfile|summary|saved_model|image\.decode\w*)\b
    | tensorflow\.train\.(?:Checkpoint|CheckpointManager|Saver|Summary\w*)\b
    | tensorflow\.data\.(?:experimental\.(?:make_csv|load|CsvDataset)|(?:TFRecord|TextLine|FixedLength)\w*)\b
    | tensorflow\.(?:distribute\.cluster_resolver|contrib|keras_hub|app|flags|python\.platform|examples)\b
    | tensorflow\.config\.list\w*
    | tensorflow\.(?:config|compat\.v1|test)\.(?:experimental|gfile|app|flags|tpu)\b
    | tensorflow\.(?:config|compat\.v1|test)\.(?:gpu\w*|is_gpu\w*|experimental_connect\w*)
    | tensorflow\.(?:tpu|ConfigProto|Session|InteractiveSession|GPUOptions|logging|debugging|profiler|lite)\b
    | numpy\.(?:load|loadtxt|genfromtxt|fromfile|save\w*|memmap|DataSource)\b
    | os\.(?!path\.(?:join|basename|dirname|splitext|sep)\b|sep\b|linesep\b|environ\b)
    | os\.path\.(?!join|basename|dirname|splitext)
    | argparse\. | sys\.(?:argv|stdin|stdout|stderr|exit|path)\b | json\.(?:load|dump)\b | time\.sleep
    | pathlib\. | io\.(?:open|FileIO)
    """,
    re.VERBOSE,
)
WORLDLY_BUILTINS = frozenset({"open", "input", "raw_input", "exit", "quit", "get_ipython", "display", "breakpoint"})


def import_path(definition: Definition) -> str:
    """The dotted path of what an import binds; empty for a relative import."""
    statement, alias = definition.statement, definition.target
    if not isinstance(alias, ast.alias):
        return ""
    if isinstance(statement, ast.ImportFrom):
        if statement.level or not statement.module:
            return ""
        return f"{statement.module}.{alias.name}"
    return alias.name if alias.asname else alias.name.split(".")[0]


def is_usable(path: str) -> bool:
    """Whether a witness may import a module."""
    top = path.partition(".")[0]
    if top == "os":
        return True
    return top in _LIBRARIES or (top in _STANDARD and top not in {"pathlib", "io"}) or top in {"argparse", "pathlib"}


def is_foreign_normalization(path: str) -> bool:
    """Whether a path is a layer of another package that keeps the shape of what it normalizes."""
    name = path.rpartition(".")[2]
    return not is_usable(path) and bool(re.fullmatch(r"(?:Instance|Group|Layer|Pixel)Norm(?:alization)?", name))


def is_worldly(path: str) -> bool:
    """Whether something under a usable module needs more than a processor and memory."""
    keras, flavour = canonical(path)
    return bool(_WORLDLY_PATHS.match(keras if flavour else path))


def is_keras(path: str) -> bool:
    """Whether a path leads into Keras."""
    return bool(canonical(path)[1])


# What is spelt in small letters, or in nothing but large ones, among what Keras exports.
_KERAS_NAMES = frozenset(
    """activations applications backend callbacks constraints datasets initializers layers losses metrics models ops
    optimizers preprocessing regularizers saving utils add average concatenate dot maximum minimum multiply subtract
    clone_model load_model save_model model_from_json to_categorical normalize plot_model get_file l1 l2 l1_l2
    pad_sequences serialize deserialize get image sequence text np_utils ELU GRU LSTM RNN SGD""".split()
)


def is_keras_name(name: str) -> bool:
    """Whether a name looks like one that Keras exports: a class, a module, one of its few functions."""
    return name in _KERAS_NAMES or (name[:1].isupper() and any(char.islower() for char in name))


def path_of(program: Program, expression: ast.AST, depth: int = 8) -> str:
    """The dotted path that an expression names by way of imports (``keras.layers.Dense``), or nothing."""
    if depth == 0:
        return ""
    if isinstance(expression, ast.Attribute):
        base = path_of(program, expression.value, depth)
        return f"{base}.{expression.attr}" if base else ""
    if not isinstance(expression, ast.Name):
        return ""
    reaching = program.reaching.get(expression, ())
    if not reaching:
        return _path_of_starred(program, expression.id)
    found = {_path_of_definition(program, one, depth - 1) for one in reaching}
    found.discard("")
    # "try: import keras; except ImportError: from tensorflow import keras" means the same thing twice.
    return min(found) if found else ""


def _path_of_starred(program: Program, name: str) -> str:
    """What a name that nothing defines means where a module of Keras is imported with all its names."""
    stars = [module for module in program.stars if is_keras(module)]
    if not stars or not is_keras_name(name):
        return ""
    if name in LAYER_CLASSES or name == "Input":
        wanted = "layers"
    elif name in MODEL_CLASSES or name in {"Sequential", "load_model"}:
        wanted = "models"
    else:
        wanted = "optimizers" if name in OPTIMIZERS else "applications" if name in APPLICATIONS else ""
    module = next((one for one in stars if wanted and one.endswith(f".{wanted}")), "")
    others = [one for one in stars if not one.endswith((".layers", ".models", ".optimizers"))]
    return f"{module or (others or stars)[0]}.{name}"


def _path_of_definition(program: Program, definition: Definition, depth: int) -> str:
    if definition.kind == "import":
        return import_path(definition)
    if definition.kind == "assign" and not definition.path and isinstance(definition.value, (ast.Name, ast.Attribute)):
        return path_of(program, definition.value, depth)
    return ""
