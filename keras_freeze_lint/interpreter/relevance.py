"""Which parts of a program can matter to a freeze: the interpreter splits its path only where they are at stake."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from keras_freeze_lint.interpreter.switches import switches
from keras_freeze_lint.keras.api import OPTIMIZERS

# Attributes through which a program builds, freezes, compiles, trains or copies a model.
TELLING_ATTRIBUTES = frozenset(
    """trainable _trainable compile fit fit_generator train_on_batch apply_gradients minimize add pop layers get_layer
    set_weights get_weights load_weights save_weights load_model clone_model trainable_weights trainable_variables
    weights variables output outputs input inputs set_learning_phase clear_session set_trainable freeze unfreeze
    Sequential Model evaluate test_on_batch from_config to_json""".split()
)
TRAINING_METHODS = ("fit", "fit_generator", "train_on_batch", "apply_gradients", "minimize")
# keras, keras_core, keras_hub, keras_applications, tensorflow, tensorflow_hub, tf_keras: all of them mean Keras.
_KERAS_PACKAGES = ("keras", "tensorflow", "tf_keras")
ACTING_METHODS = (*TRAINING_METHODS, "compile", "set_weights", "load_weights", "set_learning_phase")
_HARMLESS = OPTIMIZERS | frozenset(
    """K backend optimizers losses metrics callbacks preprocessing utils datasets initializers regularizers constraints
    activations ImageDataGenerator ModelCheckpoint EarlyStopping ReduceLROnPlateau TensorBoard to_categorical plot_model
    load_img img_to_array pad_sequences Tokenizer l1 l2 mnist cifar10 cifar100 preprocess_input""".split()
)
_TENSORFLOW_PARTS = frozenset(
    """keras function distribute train estimator compat contrib python GradientTape disable_eager_execution
    disable_v2_behavior""".split()
)
_DIVERTING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Relevance:
    """Ids of nodes, by what they hold.

    ``effectful`` hold something telling, ``diverting`` leave their block early, ``training`` train, ``acting`` do
    something that a finding can be about, ``generators`` are functions that yield.

    ``called`` are the names that the file calls, ``switches`` those that choose by hand what it does.
    """

    effectful: frozenset[int]
    diverting: frozenset[int]
    training: frozenset[int]
    acting: frozenset[int]
    generators: frozenset[int]
    called: frozenset[str]
    uses_keras: bool
    switches: frozenset[str]


def survey(tree: ast.Module) -> Relevance:
    """Walk the tree once and mark what matters, from the telling nodes up to the statements around them."""
    parents: dict[int, ast.AST] = {}
    uses: dict[str, list[ast.AST]] = {}
    called: set[str] = set()
    telling: list[ast.AST] = []
    leaving: list[ast.AST] = []
    yielding: list[ast.AST] = []
    choosing: list[ast.AST] = []
    library_names: set[str] = set()
    uses_keras = False
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        for child in _children(node):
            parents[id(child)] = node
            pending.append(child)
        if isinstance(node, ast.If | ast.Assign | ast.Name | ast.arg):
            choosing.append(node)
        if isinstance(node, ast.Attribute):
            if node.attr in TELLING_ATTRIBUTES or _looks_like_the_flag(node.attr):
                telling.append(node)
            uses.setdefault(node.attr, []).append(node)
        elif isinstance(node, ast.Name):
            uses.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.Constant | ast.keyword):
            if (node.value if isinstance(node, ast.Constant) else node.arg) == "trainable":
                telling.append(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found = _keras_names(node)
            library_names |= found
            uses_keras = uses_keras or bool(found)
            telling.append(node)
        elif isinstance(node, _DIVERTING):
            leaving.append(node)
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            yielding.append(node)
        if isinstance(node, ast.Call):
            called.add(_called_name(node.func))
    for name in library_names:
        telling.extend(
            node for node in uses.get(name, ()) if isinstance(node, ast.Name) and _shapes_models(node, parents)
        )
    acting: list[ast.AST] = [
        node for name in ACTING_METHODS for node in uses.get(name, ()) if isinstance(node, ast.Attribute)
    ]
    acting += [node for node in telling if isinstance(node, ast.Constant) or _is_flag_access(node)]
    training: list[ast.AST] = [
        node for name in TRAINING_METHODS for node in uses.get(name, ()) if isinstance(node, ast.Attribute)
    ]
    trains = frozenset(_mark(training, parents, uses))
    return Relevance(
        frozenset(_mark(telling, parents, uses)),
        frozenset(_mark_leaving(leaving, parents)),
        trains,
        frozenset(_mark(acting, parents, uses)),
        frozenset(_enclosing_functions(yielding, parents)),
        frozenset(called) - {""},
        uses_keras,
        switches(choosing, trains),
    )


def _is_flag_access(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and (
        node.attr in ("trainable", "_trainable") or _looks_like_the_flag(node.attr)
    )


def _shapes_models(node: ast.Name, parents: dict[int, ast.AST]) -> bool:
    """Whether a use of a Keras name can make or change a model; optimizers, losses and backend functions cannot."""
    path = [node.id]
    parent = parents.get(id(node))
    while isinstance(parent, ast.Attribute):
        path.append(parent.attr)
        parent = parents.get(id(parent))
    if path[-1] in _HARMLESS or not _HARMLESS.isdisjoint(path[:-1]):
        return False
    return path[0] not in ("tf", "tensorflow") or len(path) == 1 or path[1] in _TENSORFLOW_PARTS


def _children(node: ast.AST) -> Iterable[ast.AST]:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    yield item
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context | ast.operator):
            yield value


def _looks_like_the_flag(attribute: str) -> bool:
    lowered = attribute.lower()
    return lowered.startswith("tr") and lowered.endswith(("ble", "abel", "abl")) and len(lowered) < 14


def _keras_names(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {
            (alias.asname or alias.name.partition(".")[0])
            for alias in node.names
            if alias.name.startswith(_KERAS_PACKAGES)
        }
    module = node.module or ""
    if not module.startswith(_KERAS_PACKAGES):
        return set()
    return {alias.asname or alias.name for alias in node.names}


def _called_name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _mark(telling: list[ast.AST], parents: dict[int, ast.AST], uses: dict[str, list[ast.AST]]) -> set[int]:
    """All ancestors of the telling nodes; a definition that is marked makes every use of its name telling in turn."""
    marked: set[int] = set()
    pending = list(telling)
    while pending:
        node: ast.AST | None = pending.pop()
        while node is not None and id(node) not in marked:
            marked.add(id(node))
            parent = parents.get(id(node))
            if isinstance(node, _DEFINITIONS):
                pending.extend(uses.get(node.name, ()))
                if not isinstance(parent, ast.ClassDef):
                    break
            node = parent
    return marked


def _mark_leaving(leaving: list[ast.AST], parents: dict[int, ast.AST]) -> set[int]:
    marked: set[int] = set()
    for start in leaving:
        node: ast.AST | None = start
        while node is not None and id(node) not in marked and not isinstance(node, _DEFINITIONS):
            marked.add(id(node))
            node = parents.get(id(node))
    return marked


def _enclosing_functions(nodes: list[ast.AST], parents: dict[int, ast.AST]) -> set[int]:
    found: set[int] = set()
    for start in nodes:
        node: ast.AST | None = start
        while node is not None and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            node = parents.get(id(node))
        if node is not None:
            found.add(id(node))
    return found
