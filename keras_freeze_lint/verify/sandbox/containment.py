"""What keeps a witness in, and how a command is started within it."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from keras_freeze_lint.verify.connection import CHILD
from keras_freeze_lint.verify.sandbox import seccomp
from keras_freeze_lint.verify.sandbox.namespaces import SCRATCH
from keras_freeze_lint.verify.sandbox.paths import visible

_PACKAGES = str(Path(__file__).resolve().parents[3])
_LAUNCH = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import keras_freeze_lint.verify.sandbox.launcher as it; it.main()"
)
# What the process that imports Keras may write itself, in bytes: its settings.
_SIZE = 64 << 20
_ACCELERATORS = ("nvidia*", "kfd", "dri")


@dataclass(frozen=True)
class NoSandbox:
    """Why nothing can be contained here."""

    reason: str


@dataclass(frozen=True)
class Containment:
    """A wall that stands here: "namespaces", or "landlock" with a stricter filter."""

    kind: Literal["namespaces", "landlock"]

    @property
    def namespaces(self) -> bool:
        return self.kind == "namespaces"

    def scratch(self, folder: str) -> str:
        """Where programs write, if the folder of their process is this."""
        return SCRATCH if self.namespaces else folder

    def command(self, command: Sequence[str], python: str, folder: str, *, accelerated: bool) -> list[str]:
        """Return the command that runs another one behind the wall, in a folder of its own."""
        devices = [str(path) for name in _ACCELERATORS for path in sorted(Path("/dev").glob(name))]
        configuration = {
            "kind": self.kind,
            "folder": folder,
            "visible": [*visible(python), str(CHILD)],
            "devices": devices if accelerated else [],
            "size": _SIZE,
        }
        return [sys.executable, "-I", "-c", _LAUNCH, _PACKAGES, json.dumps(configuration), *command]

    def filter(self, *, accelerated: bool) -> str:
        """Return the system call filter of a witness, as base64.

        Frameworks on an accelerator start compilers and speak to a driver, so there processes are counted instead.
        """
        free = accelerated and self.namespaces
        rules = seccomp.Rules(processes=free, local_sockets=free, beyond=self.namespaces)
        return base64.b64encode(seccomp.instructions(rules)).decode("ascii")
