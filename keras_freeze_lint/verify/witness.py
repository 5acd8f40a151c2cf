"""A witness: the part of a user's program that builds, freezes, compiles and trains, as a script that runs alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """Something that the file does not say and the witness fills in: what was written, and what stands there now.

    A stand-in is a small model in the place of one that is not in the file.
    """

    line: int
    written: str
    assumed: str
    is_stand_in: bool = False


@dataclass(frozen=True)
class Witness:
    """A stand-alone script that needs only Keras and numpy.

    ``origins`` gives, for each line of ``text`` in order, the line of the user's file that it came from, or 0 for a
    line that was added (synthetic data, a note). ``training_calls`` are the user's lines whose training calls the
    witness keeps.
    """

    file: str
    text: str
    origins: tuple[int, ...]
    training_calls: tuple[int, ...]
    assumptions: tuple[Assumption, ...] = ()


@dataclass(frozen=True)
class Unsliceable:
    """Why no witness could be cut from a file, and the line that stands in the way (0: none in particular)."""

    reason: str
    line: int = 0
