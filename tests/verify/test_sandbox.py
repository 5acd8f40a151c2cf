"""Hostile programs, run for real behind each wall: the machine is as it was, and none of them passes for a measurement.

They run without being looked through first: what vetting refuses must be contained all the same.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keras_freeze_lint.verify import runner
from keras_freeze_lint.verify.runner import Limits, Runner
from keras_freeze_lint.verify.sandbox import Containment, NoSandbox, available, landlock, proving
from tests.faces import ROOT
from tests.verify.subjects import NEW, OLD, subject
from tests.verify.test_forgeries import HONEST, TRAIN, WALLS, told

ZOO = Path(__file__).parent / "zoo"
HOSTILE = sorted(path for path in ZOO.glob("*.py"))
TIGHT = Limits(seconds=6, cpu_seconds=2, memory=256, output=1, files=32)
BESIDE_KERAS = Limits(seconds=8, cpu_seconds=5, memory=1024, output=1, files=32)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="programs can be contained on Linux only")
pytestmark = linux_only


@dataclass(frozen=True)
class Canary:
    """What a program may neither read nor change nor reach."""

    folder: Path
    listener: socket.socket
    bystander: subprocess.Popen[bytes]

    def text(self, program: Path) -> str:
        port = self.listener.getsockname()[1]
        here = f"CANARY_FOLDER, CANARY_PORT, CANARY_PID = {str(self.folder)!r}, {port}, {self.bystander.pid}; "
        source = program.read_text(encoding="utf-8")
        first, _, rest = source.partition("\n")
        return f"{here}{first}\n{rest}"

    def assert_untouched(self) -> None:
        secret = self.folder / "secret"
        assert [path.name for path in self.folder.iterdir()] == ["secret"]
        assert secret.read_text(encoding="ascii") == "SECRET"
        assert secret.stat().st_mode & 0o777 == 0o600
        assert secret.stat().st_mtime > 1
        assert self.bystander.poll() is None
        self.listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            self.listener.accept()
        for place in ("/tmp", "/var/tmp", "/dev/shm", "/run", Path.home(), Path.cwd()):
            assert not [path for path in Path(place).glob("*") if "CANARY_MARK" in path.name]
        assert str(self.folder) not in Path("/proc/self/mounts").read_text(encoding="utf-8")
        assert b"CANARY_MARK" not in subprocess.check_output(["ps", "-ef"])


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    monkeypatch.setenv("MY_TOKEN", "SECRET")
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "secret").write_text("SECRET", encoding="ascii")
    (folder / "secret").chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as listener, subprocess.Popen(["sleep", "1000"]) as bystander:
        yield Canary(folder, listener, bystander)
        bystander.kill()


@pytest.fixture(params=["namespaces", "landlock"])
def wall(request: pytest.FixtureRequest) -> Containment:
    """Each wall that holds on this machine."""
    wall = Containment(request.param)
    if request.param == "landlock" and not landlock.usable():
        pytest.skip("this kernel has no Landlock that guards every write")
    problem = proving._escapes(wall)
    if problem is not None:
        pytest.skip(f"no {request.param} here: {problem}")
    return wall


@pytest.fixture
def unvetted(monkeypatch: pytest.MonkeyPatch, wall: Containment) -> Iterator[Runner]:
    monkeypatch.setattr(runner, "vet", lambda _: None)
    monkeypatch.setattr(runner, "FORBIDDEN", None)
    monkeypatch.setattr(runner, "available", lambda: wall)
    with Runner(sys.executable, device="cpu", limits=TIGHT) as running:
        yield running


@pytest.mark.slow  # each uses up its limits
@pytest.mark.parametrize("program", HOSTILE, ids=lambda program: program.stem)
def test_a_hostile_program_is_contained(program: Path, unvetted: Runner, canary: Canary) -> None:
    measured = unvetted.run(canary.text(program))

    assert measured.calls == ()
    assert "forged" not in measured.message
    assert "DID IT" not in measured.output
    assert measured.seconds < TIGHT.seconds + 3
    canary.assert_untouched()
    after = unvetted.run("print('as if nothing had been')")
    assert (after.status, after.output) == ("finished", "as if nothing had been\n")


@pytest.fixture(scope="module", params=WALLS)
def beside_keras(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """A runner behind a wall that has imported a Keras, and does not look texts through."""
    kind, _, age = request.param.partition("-")
    where = subject(*(NEW if age == "new" else OLD))
    wall = Containment("namespaces" if kind == "namespaces" else "landlock")
    problem = proving._escapes(wall)
    if problem is not None:
        pytest.skip(f"no {kind} here: {problem}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "vet", lambda _: None)
        patch.setattr(runner, "FORBIDDEN", None)
        patch.setattr(runner, "available", lambda: wall)
        with Runner(where.python, where.backend, "cpu", BESIDE_KERAS) as running:
            yield running


@pytest.mark.slow  # trains on a real Keras
@pytest.mark.parametrize("program", HOSTILE, ids=lambda program: program.stem)
def test_a_hostile_program_that_has_trained_is_contained(program: Path, beside_keras: Runner, canary: Canary) -> None:
    before, after = canary.text(program).split("; ", 1)
    measured = beside_keras.run(f"{before}\n{HONEST}{TRAIN}{after}")

    assert told(measured) <= {("base", False), ("head", True)}, measured
    assert "forged" not in measured.message
    assert "DID IT" not in measured.output
    canary.assert_untouched()
    again = beside_keras.run("print('as if nothing had been')")
    assert (again.status, again.output) == ("finished", "as if nothing had been\n")


ENDS = {
    "aborts": ("stopped", "it was ended by signal"),
    "at_exit": ("finished", ""),
    "builtins_replaced": ("tampered", "was changed while the program ran"),
    "disk_filler": ("raised", ""),
    "endless_loop": ("stopped", "processor time"),
    "endless_sleep": ("stopped", "ran longer than 6 s"),
    "fork_bomb": ("stopped", "processor time"),
    "huge_output": ("stopped", "printed more than"),
    "leaves_at_once": ("stopped", "left with exit code 0 without a measurement"),
    "writes_to_pipes": ("tampered", "wrote into the channel of the measurement"),
}


@pytest.mark.slow  # each uses up its limits
@pytest.mark.parametrize("wall", ["namespaces"], indirect=True)
@pytest.mark.parametrize("name", ENDS)
def test_how_a_hostile_program_ends(name: str, unvetted: Runner, canary: Canary) -> None:
    status, message = ENDS[name]

    measured = unvetted.run(canary.text(ZOO / f"{name}.py"))

    assert measured.status == status, measured
    assert message in measured.message


def test_a_wall_is_there_or_the_reason_why_not() -> None:
    found = available()

    assert isinstance(found, Containment) or found.reason


def test_a_contained_program_sees_its_interpreter_and_nobody_s_home(
    wall: Containment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "available", lambda: wall)
    text = f"""
import os
print(os.path.exists({sys.executable!r}), os.getcwd() == os.path.expanduser("~"), os.listdir("."))
try:
    print(os.listdir({str(Path.home())!r}))
except OSError as error:
    print(type(error).__name__)
"""
    with Runner(sys.executable, device="cpu", limits=TIGHT) as running:
        measured = running.run(text)

    assert measured.status == "finished", measured
    lines = measured.output.splitlines()
    assert lines[0] == "True True ['witness.py']"
    hidden = {"FileNotFoundError", "PermissionError"}
    assert lines[1] in hidden or not {".ssh", ".bashrc", ".profile", ".gitconfig", ".netrc"} & set(eval(lines[1]))


def test_without_a_sandbox_nothing_runs_unless_asked_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runner, "available", lambda: NoSandbox("this is a test"))
    text = f"open({str(tmp_path / 'ran')!r}, 'w').close()"

    with Runner(sys.executable, device="cpu") as refusing:
        refused = refusing.run(text)
    assert refused.status == "unusable"
    assert "no sandbox can be built here (this is a test)" in refused.message
    assert not (tmp_path / "ran").exists()

    with Runner(sys.executable, device="cpu", sandbox=False) as running:
        assert running.run(text).status == "finished"
    assert (tmp_path / "ran").exists()


WITHOUT_NAMESPACES = """
import os
from pathlib import Path
from keras_freeze_lint.verify.sandbox import available, kernel

user, group = os.getuid(), os.getgid()
kernel.unshare(kernel.CLONE_NEWUSER)
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"0 {user} 1")
Path("/proc/self/gid_map").write_text(f"0 {group} 1")
Path("/proc/sys/user/max_user_namespaces").write_text("0")
print(available())
"""


def test_where_namespaces_are_forbidden_landlock_is_the_wall() -> None:
    if available() != Containment("namespaces"):
        pytest.skip("namespaces are forbidden here anyway")

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES], capture_output=True, text=True, check=True, cwd=ROOT
    )

    if landlock.usable():
        assert done.stdout == "Containment(kind='landlock')\n"
    else:
        assert done.stdout.startswith("NoSandbox(")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_only_linux_has_walls(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    found = proving.available.__wrapped__()

    assert found == NoSandbox("programs can be contained on Linux only")


def test_a_wall_with_a_hole_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Containment, "filter", lambda *_, **__: None)
    monkeypatch.setattr(Containment, "command", lambda _, command, *__, **___: list(command))
    monkeypatch.setattr(Containment, "namespaces", False)

    problem = proving._escapes(Containment("landlock"))

    assert problem is not None
    for what in ("write a file", "read a file", "open a connection", "start a process", "signal a process"):
        assert what in problem


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_has_a_wall_too() -> None:
    done = next(filter(None, map(_wall_of_nobody, (sys.executable, "/usr/bin/python3"))), None)

    if done is None:
        pytest.skip("an ordinary user may not read any interpreter here, or not this package")
    assert "Containment(kind=" in done


def _wall_of_nobody(python: str) -> str | None:
    """What an ordinary user is told; None if this interpreter does not run for one."""
    become = "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); assert sys.version_info >= (3, 10);"
    for code in (
        "import keras_freeze_lint.verify.connection",
        "from keras_freeze_lint.verify.sandbox import available; print(available())",
    ):
        done = subprocess.run(
            [python, "-c", become + code],
            capture_output=True,
            text=True,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            check=False,
        )
        if done.returncode:
            return None
    return done.stdout
