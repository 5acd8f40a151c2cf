"""Measure many programs while Keras is imported only once.

    python batch.py [--tensorflow] [--limit SECONDS] < LIST

Each line of the list holds the path of a program and the path of the JSON to write, separated by a tab.  This process
imports Keras and nothing more; every program is measured in a forked child with a folder of its own to work in, so that
no program sees what another one left behind.  One line a program is printed: its path, "ok" or what went wrong, and
the seconds it took.

Runs on the Python of the environment that is measured: 3.6 or newer, with numpy and Keras and nothing else.
"""

import argparse
import contextlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType


def preload(tensorflow: bool) -> ModuleType:
    """Import what every program imports; nothing here may start a thread pool, or the children hang."""
    importlib.import_module("numpy")
    if tensorflow:
        getattr(importlib.import_module("tensorflow").keras.layers, "Dense")  # noqa: B009  newer ones load Keras late
    else:
        importlib.import_module("keras")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    try:
        return importlib.import_module("measure")
    finally:
        del sys.path[0]


def child(measure: ModuleType, program: str, target: str) -> None:
    """Measure in this process and leave it."""
    status = 70
    folder = tempfile.mkdtemp(prefix="measured-")
    try:
        os.chdir(folder)
        log = os.open(target + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        measure.main([program, "--out", target + ".part"])
        Path(target + ".part").rename(target)
        status = 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait(pid: int, limit: float) -> "int | None":
    """The exit status of the child, or None when it had to be killed."""
    deadline = time.time() + limit
    pause = 0.005
    while time.time() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(pause)
        pause = min(pause * 1.3, 0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def say(*words: str) -> None:
    """One line for whoever started this process, at once."""
    sys.stdout.write("\t".join(words) + "\n")
    sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure many programs while Keras is imported only once.")
    parser.add_argument("--tensorflow", action="store_true", help="the programs use tensorflow, not the package keras")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for one program")
    options = parser.parse_args()
    measure = preload(options.tensorflow)
    for line in sys.stdin:
        program, target = line.rstrip("\n").split("\t")
        begin = time.time()
        pid = os.fork()
        if not pid:
            child(measure, program, target)
        status = wait(pid, options.limit)
        verdict = "ok" if status == 0 else "took too long" if status is None else f"status {status}"
        if status == 0:
            with contextlib.suppress(OSError):
                Path(target + ".log").unlink()
        say(program, verdict, f"{time.time() - begin:.2f}")


if __name__ == "__main__":
    main()
