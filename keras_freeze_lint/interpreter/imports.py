"""``import`` in all its forms; libraries become names to look up, modules of the project become unknowns."""

from __future__ import annotations

import ast
import sys

from keras_freeze_lint.interpreter.signals import Signal
from keras_freeze_lint.interpreter.state import Run
from keras_freeze_lint.interpreter.values import Api, Scope, Unknown, Value
from keras_freeze_lint.keras.api import canonical

# Libraries that are interpreted, or whose objects are never Keras models.
_FOREIGN = frozenset(
    """numpy pandas scipy sklearn matplotlib seaborn torch torchvision jax flax optax haiku dynamax gpflow django flask
    cv2 PIL skimage nltk gensim spacy xgboost lightgbm catboost tqdm wandb mlflow ray optuna h5py pymc gpytorch mxnet
    chainer theano paddle lasagne caffe fastai pytorch_lightning lightning sympy networkx requests yaml tensorboardX
    tensorflow_probability sonnet trax tflearn tensorlayer""".split()
)


def library(path: str) -> Value:
    """The value of a name of a library, by its full path."""
    canonical_path, flavour = canonical(path)
    return Api(canonical_path, flavour)


def is_foreign(path: str) -> bool:
    """Whether a module's objects are never Keras models."""
    root = path.partition(".")[0]
    return root in _FOREIGN or (root in sys.stdlib_module_names and root != "builtins")


def run_import(run: Run, node: ast.Import, scope: Scope) -> Signal:
    """``import a.b as c``."""
    for alias in node.names:
        if alias.asname is not None:
            scope.variables[alias.asname] = library(alias.name)
        else:
            root = alias.name.partition(".")[0]
            scope.variables[root] = library(root)
    return None


def run_import_from(run: Run, node: ast.ImportFrom, scope: Scope) -> Signal:
    """``from a import b``, also of every name."""
    for alias in node.names:
        name = alias.asname or alias.name
        if alias.name == "*":
            path, flavour = canonical(node.module or "")
            if not node.level and (path == "keras" or path.startswith("keras.")):
                run.star_imports.append(flavour)
            elif not is_foreign(path):
                run.project_stars = True
        elif node.level or node.module is None:
            scope.variables[name] = Unknown(("import", node.module or "", alias.name))
        else:
            scope.variables[name] = library(f"{node.module}.{alias.name}")
    return None
