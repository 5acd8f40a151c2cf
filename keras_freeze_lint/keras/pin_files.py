"""Readers of the files in which a project pins its packages: each finds the requirements on Keras and TensorFlow.

Nothing of the project is run: ``setup.py`` is read as a tree, and YAML line by line, as far as it lists dependencies.
"""

from __future__ import annotations

import ast
import codecs
import contextlib
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from keras_freeze_lint.keras.versions import release_line


class PinError(Exception):
    """A file with pins that cannot be read: ``file``, and why, in one line."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(f"{file}: {message}")
        self.file = file
        self.message = message


@dataclass(frozen=True)
class Pin:
    """A requirement on Keras or TensorFlow in a file of the project.

    ``package`` is the release line that it is about, ``specifier`` its range (empty: any version). ``usual`` says that
    its environment marker lets it in on the usual machine (Linux, Python 3.11). ``evidence`` is file and text.
    """

    package: str
    specifier: str
    usual: bool
    locked: bool
    file: Path
    evidence: str

    @property
    def requirement(self) -> str:
        return f"{self.package}{self.specifier}"

    @property
    def exact(self) -> bool:
        return self.locked or "==" in self.specifier


class _Found(NamedTuple):
    """A requirement, how the file writes it, and the file if it is another one that the file includes."""

    requirement: str
    written: str
    file: Path | None = None


# A marker is judged for the machine that most people train on, wherever the linter runs.
_USUAL_MACHINE = {
    "extra": "",
    "implementation_name": "cpython",
    "implementation_version": "3.11.0",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_LOCK_FILES = ("uv.lock", "poetry.lock", "Pipfile.lock")
_REQUIREMENTS = re.compile(r"([\w.-]*[-_.])?requirements([-_.][\w.-]*)?\.(txt|in)")
_ENVIRONMENT = re.compile(r"(conda[-_.]?)?env(ironment)?([-_.][\w.-]*)?\.ya?ml")


def is_pin_file(name: str) -> bool:
    """Whether a file of this name may pin packages."""
    return name in _READERS or bool(_REQUIREMENTS.fullmatch(name) or _ENVIRONMENT.fullmatch(name))


def read_pins(file: Path, directory: Path) -> list[Pin]:
    """Return the pins of Keras and TensorFlow in a file, which evidence names as seen from ``directory``.

    Raises PinError if the file cannot be read as what it is.
    """
    try:
        return [_pin(found, file, directory) for found in _reader(file)(file) if _line(found.requirement)]
    except OSError as error:
        raise PinError(shown(file), f"cannot be read: {error.strerror or error}") from error
    except UnicodeError as error:
        raise PinError(shown(file), "not a UTF-8 text") from error
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PinError(shown(file), f"not readable as {file.name}: {reason}") from error


def shown(file: Path) -> str:
    """The path as a user wants to see it: relative if it is below the working directory."""
    try:
        return str(file.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(file)


def _reader(file: Path) -> Callable[[Path], Iterable[_Found]]:
    if _ENVIRONMENT.fullmatch(file.name):
        return _conda_environment
    return _READERS.get(file.name, _requirements)


def _line(requirement: str) -> str | None:
    name = _NAME.match(requirement)
    return release_line(name[0]) if name else None


def _pin(found: _Found, file: Path, directory: Path) -> Pin:
    source = found.file or file
    try:
        requirement = Requirement(found.requirement)
    except ValueError:
        raise PinError(shown(source), f"not a requirement: {found.written}") from None
    name = source.relative_to(directory).as_posix() if source.is_relative_to(directory) else source.name
    return Pin(
        package=_line(found.requirement) or "",
        specifier=str(requirement.specifier),
        usual=requirement.marker is None or requirement.marker.evaluate(_USUAL_MACHINE),
        locked=file.name in _LOCK_FILES,
        file=source,
        evidence=f"{name}: {found.written}",
    )


def _text(file: Path) -> str:
    content = file.read_bytes()
    # Windows shells write UTF-16 when they redirect the output of pip freeze.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if wide else "utf-8-sig")


def _plain(requirement: str) -> _Found:
    return _Found(requirement, requirement)


def _requirements(file: Path) -> Iterator[_Found]:
    """The format of pip, with the files that it includes."""
    queue, read = [file], {file}
    for current in queue:
        for line in re.sub(r"\\\r?\n", " ", _text(current)).splitlines():
            requirement = re.sub(r"(^|\s)#.*", "", line).strip()
            include = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(.+)", requirement)
            if include:
                other = Path(os.path.normpath(current.parent / include[1].strip()))
                if other not in read and other.is_file():
                    read.add(other)
                    queue.append(other)
            else:
                requirement = re.sub(r"\s+--\w.*", "", requirement)
                yield _Found(_from_conda_export(requirement), requirement, current)


def _from_conda_export(requirement: str) -> str:
    """``keras=2.2.4=py36_0`` is no requirement, yet ``conda list --export`` fills many a requirements.txt so."""
    return re.sub(r"^([\w.-]+)=([\w.]+)(=\w+)?$", r"\1==\2", requirement)


def _pyproject(file: Path) -> Iterator[_Found]:
    document = _toml(_text(file))
    project = _table(document.get("project"))
    tool = _table(document.get("tool"))
    lists = [
        project.get("dependencies"),
        *_table(project.get("optional-dependencies")).values(),
        *_table(document.get("dependency-groups")).values(),
        _table(tool.get("uv")).get("dev-dependencies"),
        *_table(_table(tool.get("pdm")).get("dev-dependencies")).values(),
    ]
    for requirements in lists:
        yield from map(_plain, _strings(requirements))
    poetry = _table(tool.get("poetry"))
    groups = [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    for table in (poetry.get("dependencies"), poetry.get("dev-dependencies"), *groups):
        yield from _named(_table(table))


def _pipfile(file: Path) -> Iterator[_Found]:
    document = _toml(_text(file))
    for table in document.values():
        yield from _named(_table(table))


def _named(table: Mapping[str, object]) -> Iterator[_Found]:
    """Poetry and pipenv: the name is the key, the version a text, part of a table, or of several."""
    for name, value in table.items():
        if release_line(name) is None:
            continue
        for each in value if isinstance(value, list) else [value]:
            version = each.get("version", "*") if isinstance(each, dict) else each
            if isinstance(version, str):
                written = "" if version == "*" else version if re.match(r"[=<>~^!]", version) else f" {version}"
                yield _Found(f"{name}{_specifier(version)}", f"{name}{written}")


def _specifier(version: str) -> str:
    """Poetry's range as a specifier; of several alternatives the first."""
    bounds = re.findall(r"[=<>~^!]*\s*[\w.*+-]+", version.partition("|")[0])
    return ",".join(_bound(bound.strip()) for bound in bounds if bound.strip() != "*")


def _bound(bound: str) -> str:
    parts = [int(part) for part in re.findall(r"\d+", bound)]
    if bound[:1].isdigit():
        return f"=={bound}"
    if bound[:1] not in {"^", "~"} or bound.startswith("~=") or not parts:
        return bound
    kept = 1 if (bound[0] == "^" and parts[0] > 0) or len(parts) == 1 else 2
    upper = ".".join(map(str, [*parts[: kept - 1], parts[kept - 1] + 1]))
    return f">={bound[1:].strip()},<{upper}"


def _toml_lock(file: Path) -> Iterator[_Found]:
    """uv.lock and poetry.lock: long files, of which only the blocks about Keras and TensorFlow are parsed."""
    blocks = re.split(r"^\[\[package\]\]\s*$", _text(file), flags=re.MULTILINE)
    for block in blocks[1:]:
        name = re.match(r'\s*name\s*=\s*"([^"]+)"', block)
        if name and release_line(name[1]):
            package = _toml(f"[[package]]\n{block}")["package"][0]
            if "version" in package:
                yield _plain(f"{name[1]}=={package['version']}")


def _pipfile_lock(file: Path) -> Iterator[_Found]:
    import json

    document = json.loads(_text(file))
    for section in _table(document).values():
        yield from _named(_table(section))


def _setup_cfg(file: Path) -> Iterator[_Found]:
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(file), source=file.name)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    lists = [parser.get("options", key, fallback="") for key in ("install_requires", "setup_requires", "tests_require")]
    if parser.has_section("options.extras_require"):
        lists += [value for _, value in parser.items("options.extras_require")]
    for requirements in lists:
        yield from map(_plain, (line.partition("#")[0].strip() for line in requirements.splitlines()))


_SETUP_ARGUMENTS = frozenset({"install_requires", "extras_require", "setup_requires", "tests_require", "requires"})


def _setup_py(file: Path) -> Iterator[_Found]:
    """The string constants of the requirement arguments, also by way of a variable that is assigned in the file."""
    text = _text(file)
    if not re.search(r"keras|tensorflow", text, re.IGNORECASE):
        # An old setup.py is often Python 2: no reason to complain unless there is something to read.
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = list(ast.walk(ast.parse(text)))
    variables = {
        node.targets[0].id: node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for value in _setup_values(nodes):
        for requirement in _setup_strings(value, variables):
            with contextlib.suppress(InvalidRequirement):
                # Others are templates, such as "tensorflow==%s".
                yield _plain(str(Requirement(requirement)))


def _setup_strings(value: ast.expr, variables: Mapping[str, ast.expr]) -> Iterator[str]:
    stack: list[ast.AST] = [value]
    entered: set[str] = set()
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from node.value.split("\n")
        elif isinstance(node, ast.Name) and node.id in variables and node.id not in entered:
            entered.add(node.id)
            stack.append(variables[node.id])
        elif isinstance(node, ast.Dict):
            # The keys are the names of the extras.
            stack += node.values
        else:
            stack += ast.iter_child_nodes(node)


def _setup_values(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg in _SETUP_ARGUMENTS:
            yield node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _SETUP_ARGUMENTS:
                    yield value


def _conda_environment(file: Path) -> Iterator[_Found]:
    """The list entries of a conda environment, of conda's and of pip's spelling."""
    for line in _text(file).splitlines():
        entry = re.match(r"\s*-\s*(.+)", re.sub(r"(^|\s)#.*", "", line))
        inline = re.match(r"\s*dependencies\s*:\s*\[(.*)\]", line)
        for item in [entry[1]] if entry else inline[1].split(",") if inline else []:
            written = re.sub(r"^(['\"])(.*)\1$", r"\2", item.strip()).strip()
            yield _Found(_from_conda(written), written)


def _from_conda(written: str) -> str:
    parsed = re.match(r"(?:[\w./-]+::)?([\w.-]+)\s*(.*)", written)
    if not parsed or ";" in written or "@" in written:
        return written
    name, rest = parsed[1], parsed[2].split("|")[0].strip()
    version = re.match(r"=?(\d[\w.]*?)(\.?\*)?([=\s].*)?$", rest)
    if version is None:
        return f"{name}{rest}"
    fuzzy = rest.startswith("=") or bool(version[2])
    return f"{name}=={version[1]}{'.*' if fuzzy else ''}"


def _toml(text: str) -> dict[str, Any]:
    # The parsers take longer to load than most projects to read: only who needs one waits for it.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


# In the order in which they are looked at.
_READERS: dict[str, Callable[[Path], Iterable[_Found]]] = {
    "uv.lock": _toml_lock,
    "poetry.lock": _toml_lock,
    "Pipfile.lock": _pipfile_lock,
    "pyproject.toml": _pyproject,
    "requirements.txt": _requirements,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "Pipfile": _pipfile,
}
PRECEDENCE = tuple(_READERS)
