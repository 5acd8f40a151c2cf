"""Isolated environments, each with one Keras of the past or the present: how they are built and found."""

from keras_freeze_lint.verify.environments.definitions import Definition, EnvironmentProblem, definition, definitions
from keras_freeze_lint.verify.environments.store import Environment, Store, default_folder, find_environment

__all__ = [
    "Definition",
    "Environment",
    "EnvironmentProblem",
    "Store",
    "default_folder",
    "definition",
    "definitions",
    "find_environment",
]
