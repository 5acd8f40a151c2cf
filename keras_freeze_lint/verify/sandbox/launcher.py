"""Builds the walls around itself, then becomes the command that it was given: the interpreter of an environment."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, NoReturn

from keras_freeze_lint.verify.sandbox import kernel, landlock, namespaces


def main() -> NoReturn:
    """Run ``launcher CONFIGURATION COMMAND...``; what it is configured with is JSON."""
    configuration: dict[str, Any] = json.loads(sys.argv[1])
    command = sys.argv[2:]
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if configuration["kind"] == "landlock":
        rights = f"{landlock.rules(configuration['visible'])}:{landlock.everything()}"
        os.execv(command[0], [*command, "--landlock", rights])  # noqa: S606
    namespaces.leave()
    pid = os.fork()
    if pid:
        _follow(pid)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    namespaces.build_root(
        configuration["folder"], configuration["visible"], configuration["devices"], configuration["size"]
    )
    os.execv(command[0], command)  # noqa: S606


def _follow(pid: int) -> NoReturn:
    """End as the first process of the namespaces ends; what it wrote on went to it alone."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.closerange(3, null)
    os.closerange(null + 1, min(os.sysconf("SC_OPEN_MAX"), 65536))
    status = os.waitpid(pid, 0)[1]
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
