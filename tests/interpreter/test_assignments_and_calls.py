"""The language: whatever way a flag takes from where it is written to the layer that it is for."""

from __future__ import annotations

import pytest

from tests.interpreter.marked import THREE, Program, chapters, each_version, expected, predicted

ASSIGNMENTS = """
## no flag is set at all
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## plain assignment
a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## chained assignment
a.trainable = b.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## tuple assignment
a.trainable, b.trainable = False, True
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## tuple assignment of swapped names
first, second = b, a
first, second = second, first
first.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## starred assignment
head, *tail = [c, b, a]
for layer in tail:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## nested unpacking
(p, (q, r)) = (a, (b, c))
q.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## annotated assignment with a value
a.trainable: bool = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## annotation without a value
a.trainable: False
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## augmented assignment that freezes
a.trainable &= False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## augmented assignment that changes nothing
a.trainable |= True
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## augmented assignment of a list
frozen = [a]
frozen += [b]
for layer in frozen:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## walrus
if (layer := model.layers[0]).name == "a":
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## alias of a layer
bottom = a
bottom.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## alias of a model
net = model
net.layers[0].trainable = False
net.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## negation of another flag
a.trainable = False
b.trainable = not a.trainable
c.trainable = not b.trainable
model.compile("sgd", "mse")
model.fit(x, y)  # still a c, moves b

## toggled twice
a.trainable = not a.trainable
a.trainable = not a.trainable
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## zero and None freeze
a.trainable = 0
b.trainable = None
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## one and a text do not freeze
a.trainable = 1
b.trainable = "False"
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## bool of an integer constant
FREEZE = 1
a.trainable = not bool(FREEZE)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## conditional expression
FINE_TUNE = False
a.trainable = True if FINE_TUNE else False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## setattr
setattr(a, "trainable", False)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## setattr with a name in a variable
FLAG = "trainable"
setattr(a, FLAG, False)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## getattr of the layer and of the flag
holder = type("Holder", (), {})()
holder.layer = a
getattr(holder, "layer").trainable = False
b.trainable = getattr(a, "trainable")
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## getattr with a default
a.trainable = getattr(a, "no_such_flag", False)
model.compile("sgd", "mse")
model.fit(x, y)  # unknown a, moves b c

## a misspelt flag freezes nothing
a.trainble = False
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c

## a deleted name does not delete the layer
a.trainable = False
del a
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## method kept in a variable
train = model.fit
a.trainable = False
model.compile("sgd", "mse")
train(x, y)  # still a, moves b c

## train_on_batch
a.trainable = False
model.compile("sgd", "mse")
model.train_on_batch(x, y)  # still a, moves b c

## call over several lines
a.trainable = False
model.compile(
    "sgd",
    "mse",
)
model.fit(  # still a, moves b c
    x,
    y,
)

## several statements on one line
a.trainable = False; model.compile("sgd", "mse"); model.fit(x, y)  # still a, moves b c

## arguments by name and from a dictionary
a.trainable = False
options = {"optimizer": "sgd", "loss": "mse"}
model.compile(**options)
model.fit(**dict(x=x, y=y))  # still a, moves b c

## two phases
a.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c
a.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)  # moves a b c
"""

CONTAINERS = """
## list of layers
for layer in [a, b]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## list that is appended to
frozen = []
frozen.append(a)
frozen.extend([b])
for layer in frozen:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## list that is popped from
queue = [a, b, c]
queue.pop()
queue.pop(0).trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## tuple by index
pair = (a, b)
pair[0].trainable = False
pair[-1].trainable = True
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## concatenated lists
for layer in [a] + [b]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## dictionary by key
parts = {"bottom": a, "top": c}
parts["bottom"].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## dictionary values
parts = dict(bottom=a, middle=b)
for layer in parts.values():
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## dictionary items
flags = {"a": False, "c": True}
for name, flag in flags.items():
    model.get_layer(name).trainable = flag
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## dictionary comprehension by name
by_name = {layer.name: layer for layer in model.layers}
by_name["b"].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## dictionary get with a default
flags = {"a": False}
for layer in model.layers:
    layer.trainable = flags.get(layer.name, True)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## set of names
frozen = {"a", "b"}
for layer in model.layers:
    layer.trainable = layer.name not in frozen
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## zip of layers and flags
for layer, flag in zip(model.layers, [False, True, True]):
    layer.trainable = flag
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## list comprehension for its effect
[setattr(layer, "trainable", False) for layer in model.layers[:2]]
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## comprehension with a condition
chosen = [layer for layer in model.layers if layer.name != "c"]
for layer in chosen:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## generator expression
for layer in (one for one in (a, b)):
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## filter and map
for layer in filter(lambda one: one.name == "b", model.layers):
    layer.trainable = False
list(map(lambda one: setattr(one, "trainable", False), [a]))
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## sorted and reversed
for layer in list(reversed(model.layers))[1:]:
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## itertools chain
import itertools
for layer in itertools.chain([a], [b]):
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c
"""

FUNCTIONS = """
## function with the layer as its argument
def freeze(layer):
    layer.trainable = False
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## function with a flag argument
def set_flag(layers, flag):
    for layer in layers:
        layer.trainable = flag
set_flag(model.layers, False)
set_flag(model.layers[2:], True)
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## default and keyword arguments
def set_flag(layer, *, flag=False):
    layer.trainable = flag
set_flag(a)
set_flag(layer=b, flag=True)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## star arguments
def freeze(*layers, **options):
    for layer in layers:
        layer.trainable = options["flag"]
freeze(a, b, flag=False)
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## arguments from a list
def set_flag(layer, flag):
    layer.trainable = flag
arguments = [a, False]
set_flag(*arguments)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## function that returns a model
def build(frozen):
    first = Dense(4, name="first", trainable=not frozen)
    return Sequential([Input((4,)), first, Dense(1, name="last")])
net = build(frozen=True)
net.compile("sgd", "mse")
net.fit(x, y)  # still first, moves last

## function that returns a tuple
def build():
    first = Dense(4, name="first")
    return Sequential([Input((4,)), first, Dense(1, name="last")]), first
net, first = build()
first.trainable = False
net.compile("sgd", "mse")
net.fit(x, y)  # still first, moves last

## early return
def freeze(layer, wanted):
    if not wanted:
        return layer
    layer.trainable = False
    return layer
freeze(a, True)
freeze(b, False)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## training inside a function called twice
def train():
    model.compile("sgd", "mse")
    model.fit(x, y)  # varies a, moves b c
a.trainable = False
train()
a.trainable = True
train()

## closure
def freezer(layer):
    def freeze():
        layer.trainable = False
    return freeze
freezer(b)()
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c

## nonlocal
def count():
    flag = True
    def switch():
        nonlocal flag
        flag = False
    switch()
    return flag
a.trainable = count()
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## global
FLAG = True
def switch():
    global FLAG
    FLAG = False
switch()
a.trainable = FLAG
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## lambda
freeze = lambda layer: setattr(layer, "trainable", False)
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## functools partial
from functools import partial
def set_flag(flag, layer):
    layer.trainable = flag
freeze = partial(set_flag, False)
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## function as an argument
def apply(action, layer):
    action(layer)
def freeze(layer):
    layer.trainable = False
apply(freeze, a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## recursion
def freeze_first(layers, count):
    if count == 0:
        return
    layers[0].trainable = False
    freeze_first(layers[1:], count - 1)
freeze_first(model.layers, 2)
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## generator function
def bottom(net):
    yield net.layers[0]
    yield net.layers[1]
for layer in bottom(model):
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## generator function that delegates
def first(net):
    yield net.layers[0]
def bottom(net):
    yield from first(net)
    yield net.layers[1]
for layer in bottom(model):
    layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## decorator that calls the function
def twice(function):
    def wrapper(*args):
        function(*args)
        return function(*args)
    return wrapper
@twice
def freeze(layer):
    layer.trainable = False
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## main function behind the guard
def main():
    a.trainable = False
    model.compile("sgd", "mse")
    model.fit(x, y)  # still a, moves b c
if __name__ == "__main__":
    main()

## function that is called before it rebinds a name
def freeze(layer):
    layer.trainable = False
    layer = b
    return layer
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## argument that shadows a global
def freeze(a):
    a.trainable = False
freeze(b)
model.compile("sgd", "mse")
model.fit(x, y)  # still b, moves a c
"""

CLASSES = """
## phases in methods
class Trainer:
    def __init__(self, net):
        self.net = net
    def freeze(self):
        self.net.layers[0].trainable = False
    def train(self):
        self.net.compile("sgd", "mse")
        self.net.fit(x, y)  # still a, moves b c
trainer = Trainer(model)
trainer.freeze()
trainer.train()

## layer kept in self
class Net:
    def __init__(self):
        self.first = Dense(4, name="first")
        self.net = Sequential([Input((4,)), self.first, Dense(1, name="last")])
        self.first.trainable = False
net = Net()
net.net.compile("sgd", "mse")
net.net.fit(x, y)  # still first, moves last

## method that returns self
class Builder:
    def __init__(self):
        self.flag = True
    def frozen(self):
        self.flag = False
        return self
    def build(self):
        a.trainable = self.flag
        return model
net = Builder().frozen().build()
net.compile("sgd", "mse")
net.fit(x, y)  # still a, moves b c

## class attribute
class Config:
    FREEZE = True
a.trainable = not Config.FREEZE
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## inherited method and super
class Base:
    def __init__(self, net):
        self.net = net
    def freeze(self):
        self.net.layers[0].trainable = False
class Derived(Base):
    def __init__(self, net):
        super().__init__(net)
    def freeze(self):
        super().freeze()
        self.net.layers[1].trainable = False
derived = Derived(model)
derived.freeze()
derived.net.compile("sgd", "mse")
derived.net.fit(x, y)  # still a b, moves c

## static and class methods
class Tools:
    @staticmethod
    def freeze(layer):
        layer.trainable = False
    @classmethod
    def freeze_two(cls, one, two):
        cls.freeze(one)
        cls.freeze(two)
Tools.freeze_two(a, b)
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## property with a setter
class Switch:
    def __init__(self, layer):
        self._layer = layer
    @property
    def frozen(self):
        return not self._layer.trainable
    @frozen.setter
    def frozen(self, value):
        self._layer.trainable = not value
Switch(a).frozen = True
b.trainable = not Switch(a).frozen
model.compile("sgd", "mse")
model.fit(x, y)  # still a b, moves c

## dataclass
from dataclasses import dataclass
@dataclass
class Settings:
    freeze: bool = True
    rate: float = 0.1
settings = Settings(rate=0.2)
a.trainable = not settings.freeze
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## named tuple
from collections import namedtuple
Parts = namedtuple("Parts", "bottom top")
parts = Parts(a, c)
parts.bottom.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## object that is called
class Freezer:
    def __call__(self, layer):
        layer.trainable = False
Freezer()(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## attribute set from outside
class Holder:
    pass
holder = Holder()
holder.net = model
holder.net.layers[0].trainable = False
holder.net.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## bound method in a variable
class Trainer:
    def freeze(self, layer):
        layer.trainable = False
freeze = Trainer().freeze
freeze(a)
model.compile("sgd", "mse")
model.fit(x, y)  # still a, moves b c

## context manager of a class
class Frozen:
    def __init__(self, layer):
        self.layer = layer
    def __enter__(self):
        self.layer.trainable = False
        model.compile("sgd", "mse")
    def __exit__(self, *error):
        self.layer.trainable = True
        model.compile("sgd", "mse")
with Frozen(a):
    model.fit(x, y)  # still a, moves b c
model.fit(x, y)  # moves a b c

## contextmanager function
from contextlib import contextmanager
@contextmanager
def frozen(layer):
    layer.trainable = False
    model.compile("sgd", "mse")
    yield layer
    layer.trainable = True
    model.compile("sgd", "mse")
with frozen(a) as layer:
    model.fit(x, y)  # still a, moves b c
model.fit(x, y)  # moves a b c
"""

PROGRAMS = [
    *chapters(ASSIGNMENTS, THREE),
    *chapters(CONTAINERS, THREE),
    *chapters(FUNCTIONS, THREE),
    *chapters(CLASSES, THREE),
]


@pytest.mark.parametrize(("program", "major"), each_version(PROGRAMS))
def test_the_flag_arrives(program: Program, major: int) -> None:
    assert predicted(program, major) == expected(program, major)
