"""Whatever Python it is given, the analysis comes back: without an exception, and soon."""

from __future__ import annotations

import ast
import copy
import signal
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_freeze_lint.analysis import Analysis, analyse
from keras_freeze_lint.keras.versions import parse_target
from keras_freeze_lint.settings import Settings
from tests.interpreter import test_assignments_and_calls, test_control_flow, test_models
from tests.interpreter.marked import Program

PROGRAMS: list[Program] = []
MATERIAL = [
    ast.parse(program.text)
    for module in (test_assignments_and_calls, test_control_flow, test_models)
    for program in module.PROGRAMS
]
TARGETS = [
    parse_target(keras, backend)
    for keras, backend in [
        ("keras==2.0.8", "tensorflow"),
        ("tensorflow==2.4", "tensorflow"),
        ("keras==3.15", "tensorflow"),
        ("keras==3.15", "jax"),
    ]
]
# Of processor time: far more than any of them takes.
SECONDS = 8.0
LIBRARY = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:200]

unhurried = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck), derandomize=True)


class TooSlow(BaseException):
    """No handler of the analysis may swallow it."""


@contextmanager
def bounded() -> Iterator[None]:
    """End what takes too long, so that one hang does not hold up all tests."""

    def stop(*_: object) -> None:
        raise TooSlow(f"took more than {SECONDS:g} seconds of processor time")

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def analysed(text: str, target: int = 2) -> Analysis:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    try:
        with bounded():
            return analyse(tree, text, "program.py", TARGETS[target], Settings(pedantic=True))
    except TooSlow as error:
        pytest.fail(str(error))


def statements(tree: ast.AST) -> list[ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]


@st.composite
def spliced(draw: st.DrawFn) -> str:
    """A program whose statements come from several others, in any order and depth."""
    parts = draw(st.lists(st.sampled_from(MATERIAL), min_size=1, max_size=3))
    pool = [statement for part in parts for statement in statements(part)]
    whole: bool = draw(st.booleans())
    body: list[ast.stmt] = copy.deepcopy(parts[0].body) if whole else []
    for statement in draw(st.lists(st.sampled_from(pool), max_size=12)):
        where: list[ast.stmt] = body
        holders = [one for one in body if isinstance(one, ast.If | ast.For | ast.While | ast.With | ast.FunctionDef)]
        inside: bool = draw(st.booleans())
        if holders and inside:
            holder = draw(st.sampled_from(holders))
            where = holder.body
        where.insert(draw(st.integers(0, len(where))), draw(wrapped(copy.deepcopy(statement))))
    shorter: bool = draw(st.booleans())
    if body and shorter:
        del body[draw(st.integers(0, len(body) - 1))]
    tree = ast.fix_missing_locations(ast.Module(body or [ast.Pass()], []))
    return ast.unparse(tree)


@st.composite
def wrapped(draw: st.DrawFn, statement: ast.stmt) -> ast.stmt:
    """The statement, or a compound one around it."""
    kind = draw(st.sampled_from(["plain", "plain", "if", "for", "while", "try", "def", "class"]))
    if kind == "plain":
        return statement
    frame = {
        "if": "if unknown:\n    pass\nelse:\n    model = None",
        "for": "for layer in model.layers:\n    pass",
        "while": "while model:\n    pass",
        "try": "try:\n    pass\nexcept Exception as error:\n    raise\nfinally:\n    model = model",
        "def": "def function(model, *layers, flag=False, **options):\n    pass",
        "class": "class Model(Model):\n    pass",
    }[kind]
    around = ast.parse(frame).body[0]
    assert isinstance(around, ast.If | ast.For | ast.While | ast.Try | ast.FunctionDef | ast.ClassDef)
    around.body = [statement]
    return around


@unhurried
@given(spliced(), st.integers(0, len(TARGETS) - 1))
def test_programs_cut_up_and_put_together_again(text: str, target: int) -> None:
    try:
        ast.parse(text)
    except SyntaxError:
        # A `return` at the top, a `break` outside of a loop: only the compiler minds those, but `nonlocal` and friends.
        return
    analysed(text, target)


@unhurried
@given(st.text(max_size=80))
def test_text_that_happens_to_be_python(text: str) -> None:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    analysed("import keras\n" + text)


TROUBLE = [
    "",
    "import keras\n" + "model.fit()\n" * 3000,
    "import keras\nx = " + " + ".join(["1"] * 900),
    "import keras\nx = " + "[" * 60 + "]" * 60,
    "import keras\n" + "if a:\n    x = 1\nel" * 400 + "se:\n    pass\n",
    "import keras\ndef f(n):\n    return f(n + 1) + f(n - 1)\nf(3)",
    "import keras\nf = lambda g: g(g)\nf(f)",
    "import keras\nwhile True:\n    model.fit(x)\n",
    "import keras\ni = 0\nwhile i >= 0:\n    i += 1\nmodel.fit(x)",
    "import keras\nfor i in range(10**12):\n    model.layers[i].trainable = False\n",
    "import keras\nx = [0] * 10**12\ny = 'a' * 10**12\nz = 10 ** 10 ** 10\nw = 1 << 10**12",
    "import keras\nx = []\nx.append(x)\nfor y in x:\n    y.trainable = False\nprint(x == x, x)",
    "import keras\nd = {}\nd['d'] = d\nd.update(d)\nsetattr(d['d'], 'trainable', False)",
    "import keras\nclass A(A): pass\nA().fit(x)",
    "import keras\nclass A:\n    def __getattr__(self, n):\n        return getattr(self, n)\nA().model.fit(x)",
    "import keras\nclass A:\n    @property\n    def a(self):\n        return self.a\nA().a.fit(x)",
    "import keras\nm = keras.Sequential()\nm.add(m)\nm.trainable = False\nm.compile('sgd')\nm.fit(x)",
    "import keras\nm = keras.Sequential([keras.Sequential()] * 3)\nm.compile('sgd')\nm.fit(x)",
    "import keras\nm = keras.Model(keras.Input(()), None)\nm.layers[10**9].trainable = False\nm.fit(x)",
    "import keras\ndef g():\n    yield from g()\nfor x in g():\n    x.trainable = False\n",
    "import keras\n" + "".join(f"if a{n}:\n    m.trainable = False\n" for n in range(60)) + "m.fit(x)",
    "import keras\n" + "".join(f"def f{n}(m):\n    f{n + 1}(m); f{n + 1}(m)\n" for n in range(30)) + "f0(m)",
    "import keras\nasync def f(m):\n    async for x in m:\n        async with x as y:\n            await y.fit()\n",
    "import keras\nmatch x:\n    case {'a': [1, *b], **c} | keras.Model(a=b, c=c):\n        m.fit(x)\n",
    "import keras\ntry:\n    m.fit(x)\nexcept* ValueError as e:\n    m.trainable = False\n",
    "import keras\nm.layers[::0].trainable = False\nm.layers[-1:1:-1][0].trainable = False\n1 / 0\n'%d' % 'a'",
    "import keras\nx = f'{m.fit(x)!r:{m.layers[0]}}'\ndel m.layers[0].trainable, m.layers, m\n",
    "from keras import *\nfrom . import *\nfrom .. import keras\nfrom .a import b as keras\nkeras.Model().fit(x)",
]


@pytest.mark.parametrize("text", TROUBLE)
def test_programs_made_to_trouble(text: str) -> None:
    try:
        ast.parse(text)
    except SyntaxError:
        pytest.skip("newer syntax than this Python")
    analysed(text)


@pytest.mark.parametrize(
    "path",
    # Every tenth file is enough for every day.
    [pytest.param(path, id=path.name, marks=[pytest.mark.slow] if n % 10 else []) for n, path in enumerate(LIBRARY)],
)
def test_the_standard_library(path: Path) -> None:
    analysed(path.read_text(encoding="utf-8"))


@pytest.mark.slow  # the grammar takes its time to think of programs
def test_any_grammatical_python() -> None:
    hypothesmith = pytest.importorskip(
        "hypothesmith", reason="programs from the grammar need hypothesmith, of the dev extra"
    )

    @unhurried
    @given(hypothesmith.from_node())
    def check(text: str) -> None:
        analysed("import keras\n" + text)

    check()
