"""The language: loops, branches, guards that are known and unknown, exceptions, contexts, patterns."""

from __future__ import annotations

import pytest

from tests.interpreter.marked import THREE, Program, chapters, each_version, expected, predicted

LOOPS = """
## for over all layers
for layer in model.layers:
    layer.trainable = False
c.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## for with else
for layer in model.layers:
    if layer.name == "no such":
        break
else:
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## for with else that is skipped
for layer in model.layers:
    if layer.name == "b":
        break
    layer.trainable = False
else:
    c.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## break
for layer in model.layers:
    if layer is b:
        break
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## continue
for layer in model.layers:
    if layer.name in ("a", "c"):
        continue
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## while with a counter
i = 0
while i < 2:
    model.layers[i].trainable = False
    i += 1
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## while true with a break
i = 0
while True:
    if i == 1:
        break
    model.layers[i].trainable = False
    i += 1
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## while over a list that shrinks
queue = [a, b]
while queue:
    queue.pop().trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## range of a constant
for i in range(2):
    model.layers[i].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## range with start and step
for i in range(0, 3, 2):
    model.layers[i].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a c, moves b

## enumerate with a start
for number, layer in enumerate(model.layers, start=1):
    layer.trainable = number > 1
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## nested loops
for net in [model]:
    for layer in net.layers:
        for name in ("a", "b"):
            if layer.name == name:
                layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## gradual unfreezing in a loop that compiles
for layer in model.layers[:2]:
    layer.trainable = False
for i in range(2):
    model.layers[1 - i].trainable = True
    model.compile("sgd", "mse")
    model.fit(x, y)  # varies a, moves b c

## phases with flags from a list
for flag in [False, True]:
    a.trainable = flag
    model.compile("sgd", "mse")
    model.fit(x, y)  # varies a, moves b c

## the second turn sees what the first left behind
for epoch in range(2):
    model.compile("sgd", "mse")
    model.fit(x, y)  # varies a, moves b c
    a.trainable = False

## loop over names and flags
for name, flag in [("a", False), ("b", True)]:
    model.get_layer(name).trainable = flag
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## a loop whose count nobody knows is taken to turn [not measured]
import sys
for number in range(int(sys.argv[1])):
    model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## a training loop over data that nobody knows is taken to turn [not measured]
import sys
a.trainable = False
model.compile("sgd", "mse")
for path in sys.argv[1:]:
    model.fit(x, y)  # still a, moves b c
"""

BRANCHES = """
## if with a constant
FREEZE = True
if FREEZE:
    a.trainable = False
else:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## elif
MODE = "top"
if MODE == "all":
    a.trainable = True
elif MODE == "top":
    a.trainable = False
else:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## comparison of numbers
STAGE = 2
a.trainable = STAGE >= 3
b.trainable = 1 < STAGE < 3
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## and, or, not
EARLY, LATE = True, False
a.trainable = EARLY and LATE
b.trainable = EARLY or LATE
c.trainable = not (LATE or False)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## length of a list
if len(model.layers) == 3:
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## flag of a layer as the condition
a.trainable = False
if not a.trainable:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## is None
layer = None
if layer is None:
    layer = a
layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## either order of two guarded writes
FREEZE = False
if FREEZE:
    a.trainable = False
if not FREEZE:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## guard that nobody knows [not measured]
import os
if os.environ.get("FREEZE"):
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # unknown a, moves b c

## flag that nobody knows [not measured]
import os
a.trainable = bool(os.environ.get("FREEZE"))
model.compile("sgd", "mse")
model.fit(x, y)  # unknown a, moves b c

## training behind a guard that nobody knows [not measured]
import os
a.trainable = False
model.compile("sgd", "mse")
if os.environ.get("TRAIN"):
    model.fit(x, y)  # maybe: still a, moves b c

## the same unknown guard twice: the second compile belongs to the first change [not measured]
import os
FINE_TUNE = bool(os.environ.get("FINE_TUNE"))
a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c
if FINE_TUNE:
    a.trainable = True
if FINE_TUNE:
    model.compile("sgd", "mse")
if FINE_TUNE:
    model.fit(x, y)  # maybe: moves a b c

## both arms of an unknown guard do the same [not measured]
import os
if os.environ.get("FAST"):
    a.trainable = False
    model.compile("sgd", "mse")
else:
    a.trainable = False
    model.compile("adam", "mse")
model.fit(x, y)  # still a, moves b c

## function that returns early for an unknown reason [not measured]
import os
def freeze(layer):
    if os.environ.get("KEEP"):
        return
    layer.trainable = False
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # unknown a, moves b c

## a path that leaves the program does not count [not measured]
import os, sys
if os.environ.get("FREEZE"):
    a.trainable = False
else:
    sys.exit("nothing to do")
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## argument of the command line [not measured]
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--freeze", action="store_true")
arguments = parser.parse_args()
if arguments.freeze:
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # unknown a, moves b c

## parameter of a function that nobody calls [not measured]
def train(freeze):
    a.trainable = not freeze
    model.compile("sgd", "mse")
    model.fit(x, y)  # unknown a, moves b c

## match on a constant
MODE = "freeze"
match MODE:
    case "train":
        b.trainable = False
    case "freeze":
        a.trainable = False
    case _:
        c.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## match with a capture and a guard
PHASE = ("head", 2)
match PHASE:
    case ("head", count) if count > 5:
        b.trainable = False
    case ("head", count):
        for layer in model.layers[:count]:
            layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## match with alternatives
match 3:
    case 1 | 2:
        b.trainable = False
    case 3 | 4:
        a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## assert
assert model.layers
a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c
"""

EXCEPTIONS = """
## try that goes well
try:
    a.trainable = False
except ValueError:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## try with else and finally
try:
    first = model.layers[0]
except IndexError:
    first = None
else:
    first.trainable = False
finally:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## exception that is raised and caught
try:
    raise ValueError("no")
except ValueError:
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## exception of a function
def check(flag):
    if flag:
        raise RuntimeError("stop")
try:
    check(True)
    b.trainable = False
except RuntimeError:
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## finally after a return
def freeze(layer):
    try:
        return layer
    finally:
        layer.trainable = False
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## training inside a try
a.trainable = False
model.compile("sgd", "mse")
try:
    model.fit(x, y)  # still a, moves b c
except KeyboardInterrupt:
    pass

## import that may fail
try:
    import json
    a.trainable = False
except ImportError:
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## with a file
import tempfile
with tempfile.TemporaryFile() as stream:
    a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## with two contexts
import contextlib
with contextlib.suppress(ValueError), contextlib.ExitStack() as stack:
    a.trainable = False
    model.compile("sgd", "mse")
    model.fit(x, y)  # still a, moves b c

## contextlib suppress ends its block
import contextlib
with contextlib.suppress(ValueError):
    a.trainable = False
    raise ValueError("enough")
    b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c
"""

PROGRAMS = [
    *chapters(LOOPS, THREE),
    *chapters(BRANCHES, THREE),
    *chapters(EXCEPTIONS, THREE),
]


@pytest.mark.parametrize(("program", "major"), each_version(PROGRAMS))
def test_every_path_is_followed(program: Program, major: int) -> None:
    assert predicted(program, major) == expected(program, major)
