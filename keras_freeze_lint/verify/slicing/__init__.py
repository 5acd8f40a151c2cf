"""Cuts from a user's file what builds, freezes, compiles and trains, as a script that needs only Keras and numpy."""

from __future__ import annotations

from keras_freeze_lint.verify.slicing.slicing import slice_program

__all__ = ["slice_program"]
