"""What a name can hold while the interpreter follows a program.

Python constants, tuples, lists, dicts and sets stand for themselves. Everything else is one of the classes here. An
``Unknown`` carries a structural key, so that two tests of the same unknown thing are decided alike on one path.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

Value = Any


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be followed; equal keys mean the same run-time value.

    ``foreign`` marks what comes out of a library that is not Keras: it is never taken for a model.
    """

    key: Hashable
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A truth that is not known: decided once a path, by its key; ``negated`` flips the decision."""

    key: Hashable
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """A name of an imported library, by its dotted path with every spelling of Keras reduced to ``keras``.

    ``flavour`` tells which package the spelling named: ``keras``, ``tf.keras`` or ``tf_keras``.
    """

    path: str
    flavour: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def is_keras(self) -> bool:
        return self.path == "keras" or self.path.startswith("keras.")


@dataclass(eq=False, slots=True)
class Scope:
    """The variables of one function call (or of the module), with the scope it was defined in."""

    variables: dict[str, Value]
    parent: Scope | None = None
    outer_names: dict[str, Scope] = field(default_factory=dict)

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


@dataclass(eq=False, slots=True)
class Function:
    """A function or lambda of the file, with its closure; ``traced`` when ``tf.function`` compiles it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    defaults: list[Value]
    keyword_defaults: dict[str, Value]
    owner: Class | None = None
    decorators: tuple[str, ...] = ()
    traced: bool = False

    @property
    def name(self) -> str:
        return getattr(self.node, "name", "<lambda>")


@dataclass(eq=False, slots=True)
class Bound:
    """A method taken from an instance, a model or a layer."""

    function: Value
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A method of a Keras object or of a container, named and not yet called."""

    receiver: Value
    name: str


@dataclass(eq=False, slots=True)
class Partial:
    """``functools.partial``: a callable with some arguments already given."""

    function: Value
    args: list[Value]
    keywords: dict[str, Value]


@dataclass(eq=False, slots=True)
class Class:
    """A class of the file."""

    node: ast.ClassDef
    bases: list[Value]
    attributes: dict[str, Value]
    scope: Scope

    @property
    def name(self) -> str:
        return self.node.name

    def ancestry(self) -> Iterator[Class]:
        """This class and its base classes of the file, nearest first."""
        yield self
        for base in self.bases:
            if isinstance(base, Class):
                yield from base.ancestry()

    def keras_base(self) -> Api | None:
        """The Keras class that this one finally derives from, if any."""
        for cls in self.ancestry():
            for base in cls.bases:
                if isinstance(base, Api) and base.is_keras:
                    return base
        return None

    def lookup(self, name: str) -> Value | None:
        for cls in self.ancestry():
            if name in cls.attributes:
                return cls.attributes[name]
        return None


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the file that is no Keras layer."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Hooks:
    """``LambdaCallback(on_epoch_end=...)``: functions by the name of the moment at which training calls them."""

    functions: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Super:
    """``super()`` inside a method of ``cls``."""

    cls: Class
    receiver: Value


@dataclass(eq=False, slots=True)
class Layer:
    """A Keras layer or model, or a run of layers of a model whose source is not in the file.

    ``serial`` counts the layers of one run of the interpreter; ``flag`` is its own flag now,
    ``handed_flag`` the one it has where models hand theirs down,
    ``initial_flag`` the one it began with. ``children`` are the layers that it holds, in order.
    ``config`` are the arguments it was made with. ``is_bn`` None: perhaps.
    """

    serial: int
    cls: str
    node: ast.AST
    name: str | None = None
    auto_name: tuple[str, int] | None = None
    kind: str = "leaf"
    flag: bool | None = True
    handed_flag: bool | None = True
    initial_flag: bool | None = True
    has_weights: bool | None = True
    is_bn: bool | None = False
    children: list[Layer] = field(default_factory=list)
    attributes: dict[str, Value] = field(default_factory=dict)
    config: dict[str, Value] = field(default_factory=dict)
    user_class: Class | None = None
    label: str | None = None
    flavour: str = ""
    pretrained: bool = False
    graph: ModelGraph | None = None
    slots: list[Slot] | None = None
    length: int | None = None
    origin: Hashable = None
    calls: list[Call] = field(default_factory=list)

    @property
    def is_model(self) -> bool:
        return self.kind in MODEL_KINDS

    def __repr__(self) -> str:
        return f"<{self.cls} {self.name or self.label or self.serial}>"


MODEL_KINDS = frozenset({"sequential", "functional", "subclassed", "opaque"})


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One symbolic call of a layer: the node of the layer graph that Keras builds."""

    layer: Layer
    inputs: tuple[Tensor, ...]
    training: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A symbolic tensor: the call that made it (None for data that flows through an eager call)."""

    call: Call | None
    shape: tuple[Value, ...] | None = None


@dataclass(slots=True, eq=False)
class ModelGraph:
    """The ends of a functional model's graph."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """Positions ``low`` to ``high`` (exclusive) of an unseen model's layer list, and the layers that stand for them.

    ``word`` is the layer name, or part of a name, that the program looks for at this place.
    """

    low: int
    high: int
    layers: tuple[Layer, ...]
    word: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OddSlice:
    """A slice of a model's ``count`` layers that covers everything or nothing: ``kind`` is a rule's matter."""

    kind: str
    model: Layer
    node: ast.AST
    cut: str
    count: int


@dataclass(eq=False, slots=True)
class LayerList:
    """What ``model.layers`` gives, whole or sliced: slots in order; ``exact`` when the number of layers is known.

    ``origin`` names the unseen model whose layers are among them, if any: where it can be cut.
    """

    model: Layer
    slots: list[Slot]
    exact: bool
    origin: Hashable = None
    odd: OddSlice | None = None

    @property
    def layers(self) -> list[Layer]:
        return [layer for slot in self.slots for layer in slot.layers]


@dataclass(frozen=True, slots=True)
class Span:
    """An index that stands for every number from ``low`` to ``high`` (exclusive) in the layer list of ``origin``.

    ``part`` says which of the layers of that slot is meant (plain layers, or its BatchNormalization).
    """

    low: int
    high: int
    origin: Hashable
    part: int = 0


class Length(int):
    """The length of a layer list whose real length is not known; keeps its ``layers`` through sums and differences."""

    layers: LayerList

    def __new__(cls, value: int, layers: LayerList) -> Self:
        made = super().__new__(cls, value)
        made.layers = layers
        return made

    def __add__(self, other: int) -> Length:
        return Length(int(self) + int(other), self.layers)

    def __sub__(self, other: int) -> Length:
        return Length(int(self) - int(other), self.layers)


@dataclass(frozen=True, slots=True, eq=False)
class SpanRange:
    """``range`` over positions in a list of layers that are not all seen."""

    low: int
    high: int
    layers: LayerList


@dataclass(frozen=True, slots=True, eq=False)
class LayerName:
    """The name of a layer that stands for unseen layers."""

    layer: Layer


@dataclass(eq=False, slots=True)
class Optimizer:
    """An optimizer object; ``family`` is ``keras``, ``tf1`` (``tf.train``) or ``legacy``."""

    serial: int
    cls: str
    node: ast.AST
    family: str = "keras"
    flavour: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """A list of variables, as it was when the program read it: ``reads`` are serials of ReadVariables events."""

    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """Gradients with respect to a list of variables, or the pairs of both."""

    variables: Value


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weight arrays taken by ``get_weights``: of which layer, at which event of the timeline."""

    layer: Layer
    read: int


@dataclass(frozen=True, slots=True)
class WeightIndex:
    """A number that counts weights: an index into, or the length of, a list of weights.

    ``whole`` is the list whose length it is, if it is one.
    """

    whole: Weights | Variables | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One variable of a layer, such as its kernel."""

    layer: Layer
    name: str


@dataclass(frozen=True, slots=True)
class Data:
    """An array or data set as far as its number of rows is known (None: not known; ``key`` tells apart what is not)."""

    rows: int | None
    key: Hashable
    dataset: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """A model's architecture as JSON, YAML or config, to be rebuilt later; ``format`` names which."""

    layer: Layer
    format: str
