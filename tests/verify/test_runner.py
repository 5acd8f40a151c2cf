"""What a runner says when an environment, or a witness, does not do what it should; and that nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from keras_freeze_lint.verify import runner
from keras_freeze_lint.verify.runner import Limits, Request, Runner
from tests.faces import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no forks on Windows")
QUICK = Limits(seconds=10, cpu_seconds=10, memory=256, output=1, files=8)
MakePython = Callable[[str], str]


@pytest.fixture
def python_with(tmp_path: Path) -> MakePython:
    """Makes an interpreter whose package keras is a given text."""

    def make(text: str) -> str:
        package = tmp_path / "packages" / "keras"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text, encoding="utf-8")
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nPYTHONPATH={package.parent} exec {sys.executable} "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        return str(python)

    return make


def processes_with(text: str) -> list[int]:
    """The processes whose command line holds a text."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if text.encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


class TestWarmingUp:
    """Keras is imported while files are still read: not only when the first witness has been cut."""

    def test_the_keras_of_the_file_is_imported_before_anything_runs(
        self, python_with: MakePython, tmp_path: Path
    ) -> None:
        imported = tmp_path / "imported"
        python = python_with(f"__version__ = '3.15'\nopen({str(imported)!r}, 'w').close()\n")
        with Runner(python, device="cpu", sandbox=False) as running:
            running.warm_up("import keras\nimport a_package_that_is_nowhere\n")
            deadline = time.monotonic() + 30
            while not imported.exists() and time.monotonic() < deadline:
                time.sleep(0.05)

            assert imported.exists()

    @pytest.mark.parametrize("text", ["", "import os", "def broken(:"])
    def test_a_file_without_keras(self, python_with: MakePython, text: str) -> None:
        with Runner(python_with("raise SystemExit(3)"), device="cpu", sandbox=False) as running:
            running.warm_up(text)

            assert running.run("print(1)").output == "1\n"


class TestEnvironments:
    @pytest.mark.parametrize("sandbox", [True, False])
    def test_no_interpreter(self, sandbox: bool, tmp_path: Path) -> None:
        with Runner(str(tmp_path / "python"), device="cpu", sandbox=sandbox) as running:
            measured = running.run("import keras")

        assert measured.status == "unusable"
        assert measured.message == f"{tmp_path / 'python'} cannot be started: No such file or directory"

    @pytest.mark.parametrize("sandbox", [True, False])
    def test_not_an_interpreter(self, sandbox: bool) -> None:
        with Runner("/bin/false", device="cpu", sandbox=sandbox) as running:
            measured = running.run("import keras")

        assert measured.status == "unusable"
        assert measured.message == "/bin/false ended with 1 before anything was measured"

    def test_a_file_that_does_not_run(self, tmp_path: Path) -> None:
        (tmp_path / "python").write_text("print('no interpreter')", encoding="utf-8")
        with Runner(str(tmp_path / "python"), device="cpu", sandbox=False) as running:
            measured = running.run("import keras")

        assert (measured.status, measured.message) == (
            "unusable",
            f"{tmp_path / 'python'} cannot be started: Permission denied",
        )

    def test_no_keras(self, python_with: MakePython) -> None:
        python = python_with("raise ImportError('no framework to run on')")
        with Runner(python, device="cpu", sandbox=False) as running:
            measured = running.run("import keras\nprint(keras)")
            other = running.run("print('without Keras')")

        assert (measured.status, measured.message) == (
            "unusable",
            "keras cannot be imported: ImportError: no framework to run on",
        )
        assert (other.status, other.output) == ("finished", "without Keras\n")

    def test_a_keras_that_brings_the_process_down(self, python_with: MakePython) -> None:
        python = python_with("import os; os.abort()")
        with Runner(python, device="cpu", sandbox=False) as running:
            measured = running.run("import keras")

        assert measured.status == "unusable"
        assert measured.message.startswith(f"{python} ended with -6 before anything was measured")

    def test_a_keras_that_never_imports(self, python_with: MakePython, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runner, "_IMPORT_SECONDS", 0.5)
        monkeypatch.setattr(runner, "_SLACK_SECONDS", 0.5)
        python = python_with("import subprocess; subprocess.run(['sleep', '98765.25'])")
        with Runner(python, device="cpu", sandbox=False, limits=Limits(seconds=0.5)) as running:
            measured = running.run("import keras")

        assert (measured.status, measured.message) == (
            "unusable",
            f"{python} did not answer in time before anything was measured",
        )
        deadline = time.monotonic() + 10
        while processes_with("98765.25") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert processes_with("98765.25") == []


class TestWitnesses:
    def test_twenty_of_them_take_one_import(self, python_with: MakePython, tmp_path: Path) -> None:
        python = python_with(f"open({str(tmp_path / 'imports')!r}, 'a').write('once ')")
        requests = [Request(f"import keras\nprint({number})") for number in range(20)]
        with Runner(python, device="cpu", sandbox=False, limits=QUICK) as running:
            measured = running.run_all(requests)

        assert [one.output for one in measured] == [f"{number}\n" for number in range(20)]
        assert (tmp_path / "imports").read_text(encoding="utf-8") == "once "

    def test_another_backend_is_another_process(self, python_with: MakePython, tmp_path: Path) -> None:
        python = python_with(
            f"import os; open({str(tmp_path / 'imports')!r}, 'a').write(os.environ['KERAS_BACKEND'] + ' ')"
        )
        text = "import os\nos.environ['KERAS_BACKEND'] = 'CHOSEN'\nimport keras"
        requests = [Request(text.replace("CHOSEN", name)) for name in ("jax", "torch", "jax")]
        with Runner(python, device="cpu", sandbox=False, limits=QUICK) as running:
            measured = running.run_all(requests)

        assert [one.status for one in measured] == ["finished"] * 3, measured
        assert (tmp_path / "imports").read_text(encoding="utf-8") == "jax torch "

    def test_too_much_memory(self) -> None:
        with Runner(sys.executable, device="cpu", limits=QUICK) as running:
            measured = running.run("held = bytearray(1 << 30)")
            caught = running.run(
                "held = []\nwhile True:\n    try:\n        held.append(bytearray(1 << 24))\n"
                "    except MemoryError:\n        break\nprint(len(held) < 20)"
            )

        assert (measured.status, measured.message, measured.line) == ("raised", "MemoryError: ", 1)
        assert (caught.status, caught.output) == ("finished", "True\n")

    def test_too_much_time(self) -> None:
        begin = time.monotonic()
        with Runner(sys.executable, device="cpu", limits=Limits(seconds=0.5)) as running:
            measured = running.run("import time\ntime.sleep(1000)")

        assert (measured.status, measured.message) == ("stopped", "it ran longer than 0.5 s")
        assert time.monotonic() - begin < 30

    def test_an_error_has_its_line(self) -> None:
        with Runner(sys.executable, device="cpu", limits=QUICK) as running:
            measured = running.run("def deep():\n    raise ValueError('reason')\n\n\ndeep()")

        assert (measured.status, measured.message, measured.line) == ("raised", "ValueError: reason", 2)

    @pytest.mark.parametrize("text", ["import keras (", "x = '\0'", "(" * 5000, "\ud800"])
    def test_no_program_at_all(self, text: str) -> None:
        with Runner(sys.executable, device="cpu", limits=QUICK) as running:
            assert running.run(text).status in {"raised", "stopped"}

    def test_a_process_that_is_gone_is_started_again(self, python_with: MakePython) -> None:
        python = python_with("")
        with Runner(python, device="cpu", sandbox=False, limits=QUICK) as running:
            assert running.run("import keras").status == "finished"
            assert running._child is not None
            os.kill(running._child.process.pid, signal.SIGKILL)
            lost = running.run("import keras")
            again = running.run("import keras")

        assert (lost.status, lost.message) == ("stopped", "the process that had imported Keras ended with -9")
        assert again.status == "finished"

    def test_nothing_stays(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with Runner(sys.executable, device="cpu", limits=QUICK) as running:
            running.run("open('left', 'w').close()")
            assert running._child is not None
            started = running._child.process.pid

        assert list(tmp_path.iterdir()) == []
        assert not Path(f"/proc/{started}").exists()


KILLED = """
import sys
from keras_freeze_lint.verify.runner import Runner

with Runner(sys.executable, device="cpu", sandbox=sys.argv[1] == "True") as running:
    running.warm_up("")
    print(running._child.process.pid, flush=True)
    running.run("import time\\ntime.sleep(1000)")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a witness ends with its time")
@pytest.mark.parametrize("sandbox", [True, False])
def test_when_the_runner_is_killed_all_of_it_ends(sandbox: bool) -> None:
    command = [sys.executable, "-c", KILLED, str(sandbox)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        group = int(process.stdout.readline())
        time.sleep(1)  # the witness starts
        started = members_of(group)
        process.kill()

    assert len(started) >= 3  # what has imported, what watches, the witness
    deadline = time.monotonic() + 10
    while any(map(lives, started)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [one for one in started if lives(one)] == []


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def members_of(session: int) -> list[int]:
    """The living processes of a session, or that descend from one."""
    parents: dict[int, list[int]] = {}
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent, _, its_session = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
            if state != "Z":
                parents.setdefault(int(parent), []).append(int(place.name))
                if int(its_session) == session:
                    found.append(int(place.name))
    for one in found:
        found.extend(child for child in parents.get(one, []) if child not in found)
    return found


def test_a_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "accelerator_at_hand", lambda: False)
    with Runner(sys.executable, device="gpu") as running:
        measured = running.run("import keras")

    assert measured.status == "unusable"
    assert "a GPU was asked for, and this machine shows none" in measured.message
