"""Contains what witnesses do: no network, no files but their own, no other processes, bounded use of the machine.

Two walls are known. Namespaces give a witness a machine of its own in which there is nothing else; where the system
forbids them, Landlock and a stricter system call filter take their place. A wall counts only after a program that tries
to get out has been stopped by it, here and now. Where neither stands, there is no sandbox.
"""

from __future__ import annotations

from keras_freeze_lint.verify.sandbox.containment import Containment, NoSandbox
from keras_freeze_lint.verify.sandbox.proving import available

__all__ = ["Containment", "NoSandbox", "available"]
