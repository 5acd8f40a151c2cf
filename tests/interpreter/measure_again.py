"""Run every program of these tests on a real Keras and tell where its marks are wrong.

    python -m tests.interpreter.measure_again PYTHON MAJOR [NAME ...]

``PYTHON`` is an interpreter that has Keras of the major version ``MAJOR`` (2 or 3).
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

import tests.interpreter
from tests.conformance.measuring import Environment, Measurer, read_trace
from tests.interpreter.marked import HEADER, Program, marks, told


def programs() -> list[Program]:
    """The tables of all test modules."""
    found: list[Program] = []
    for module in pkgutil.iter_modules(tests.interpreter.__path__):
        if module.name.startswith("test_"):
            found += getattr(importlib.import_module(f"tests.interpreter.{module.name}"), "PROGRAMS", [])
    return found


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the programs of the interpreter tests on a real Keras.")
    parser.add_argument("python")
    parser.add_argument("major", type=int, choices=(2, 3))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    wrong = 0
    chosen = [
        program
        for program in programs()
        if program.measured
        and options.major in program.majors
        and (not options.names or any(name in program.name for name in options.names))
    ]
    offset = HEADER.count("\n")
    environment = Environment("chosen", options.python)
    with tempfile.TemporaryDirectory() as folder, Measurer(environment) as measurer:
        for program in chosen:
            path, result = Path(folder, "program.py"), Path(folder, "program.json")
            path.write_text(HEADER + program.text, encoding="utf-8")
            result.unlink(missing_ok=True)
            verdict = measurer.run(path, result)
            if verdict != "ok" or not result.exists():
                wrong += 1
                sys.stdout.write(f"FAILED {program.name}: {verdict}\n")
                continue
            trace = read_trace(result)
            for call in trace["training_calls"]:
                call["line"] -= offset
            wanted = marks(program.text, options.major)
            for call in trace["training_calls"]:
                # A run shows one path only.
                call["reached"] = "maybe" if wanted.get(call["line"]) and wanted[call["line"]].maybe else "always"
            measured = told(trace, program.text, options.major)
            if trace.get("error") or measured != wanted:
                wrong += 1
                sys.stdout.write(
                    f"WRONG {program.name}\n  says     {wanted}\n  measured {measured}\n  {trace.get('error', '')}\n"
                )
    sys.stdout.write(f"{len(chosen)} programs measured, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
