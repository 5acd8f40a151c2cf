"""The flags of all layers at one moment, set and read as one version of Keras does."""

from __future__ import annotations

from keras_freeze_lint.effects.records import Truth
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.keras.semantics import Behaviour

_WRAPPERS = ("wrapper", "bidirectional")


class Flags:
    """Own flags of layers and models, the flags of their variables, and who holds whom."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.own: dict[int, Truth] = {}
        self.variables: dict[int, Truth] = {}
        self.single: dict[int, dict[str, Truth]] = {}
        self.children: dict[int, list[Layer]] = {}
        # What a model holds is asked for at every event and changes at few.
        self._below: dict[int, tuple[Layer, ...]] = {}
        self._leaves: dict[int, list[Layer]] = {}
        self._serials: dict[int, frozenset[int]] = {}

    # --- structure ----------------------------------------------------------------------------------------------------

    def children_of(self, layer: Layer) -> list[Layer]:
        known = self.children.get(layer.serial)
        return known if known is not None else layer.children

    def hold(self, model: Layer, children: list[Layer]) -> None:
        """From now on these are the layers that ``model`` holds."""
        self.children[model.serial] = children
        self._below.clear()
        self._leaves.clear()
        self._serials.clear()

    def below(self, layer: Layer) -> tuple[Layer, ...]:
        """The layer and everything it holds, each once."""
        known = self._below.get(layer.serial)
        if known is None:
            seen: dict[int, Layer] = {}
            pending = [layer]
            while pending:
                current = pending.pop()
                if current.serial not in seen:
                    seen[current.serial] = current
                    pending.extend(reversed(self.children_of(current)))
            known = self._below[layer.serial] = tuple(seen.values())
        return known

    def serials(self, layer: Layer) -> frozenset[int]:
        """The serials of all that is below; the same object until the structure changes."""
        known = self._serials.get(layer.serial)
        if known is None:
            known = self._serials[layer.serial] = frozenset(one.serial for one in self.below(layer))
        return known

    def leaves(self, layer: Layer) -> list[Layer]:
        """The layers below that hold no others, without the entries of graphs."""
        known = self._leaves.get(layer.serial)
        if known is None:
            known = self._leaves[layer.serial] = [
                one
                for one in self.below(layer)
                if not self.children_of(one)
                and not one.is_model
                and one.cls != "InputLayer"
                and one.kind != "operation"
            ]
        return known

    # --- setting ------------------------------------------------------------------------------------------------------

    def flag(self, layer: Layer) -> Truth:
        return self.own.get(layer.serial, layer.initial_flag)

    def variable_flag(self, leaf: Layer) -> Truth:
        return self.variables.get(leaf.serial, leaf.initial_flag)

    def set(self, target: Layer, value: Truth, skippable: bool = True) -> None:
        """``target.trainable = value``, handed down as this Keras does; ``skippable`` when the value is a real bool."""
        if self.behaviour.same_value_skipped and skippable and value is not None and self.flag(target) is value:
            return
        alias = target.kind in _WRAPPERS and self.behaviour.wrapper_flag == "alias"
        if not alias:
            self.own[target.serial] = value
        self.variables[target.serial] = value
        self.single.pop(target.serial, None)
        if self.behaviour.setter_reaches_children or alias:
            # The setter hands down bool(value): only the first assignment can differ from the attribute's object.
            for child in self.children_of(target):
                self.set(child, value)

    def set_by_constructor(self, target: Layer, value: Truth) -> None:
        """``Dense(..., trainable=value)``: the flag alone, unless this Keras builds the variables by it."""
        if target.kind in _WRAPPERS and self.behaviour.wrapper_flag == "alias":
            self.set(target, value)
            return
        container = self.behaviour.wrapper_flag == "container" and self.behaviour.trains_by == "ancestors"
        if target.kind == "bidirectional" and container and self.behaviour.bidirectional_constructor != "works":
            if self.behaviour.bidirectional_constructor == "unknown":
                self.own[target.serial] = None
            return
        self.own[target.serial] = value
        if not self.children_of(target):
            self.variables[target.serial] = value if self.behaviour.constructor_flag == "works" else True
        elif self.behaviour.model_constructor_flag == "nested" and target.is_model:
            for leaf in self.leaves(target):
                self.variables[leaf.serial] = value

    # --- reading ------------------------------------------------------------------------------------------------------

    def trained_by(self, model: Layer) -> dict[int, Truth]:
        """Which leaves a training call of ``model`` would train, with the flags as they are now."""
        if self.behaviour.trains_by == "variables":
            top = self.flag(model)
            return {leaf.serial: _both(top, self._any_variable(leaf)) for leaf in self.leaves(model)}
        found: dict[int, Truth] = {}
        self._collect(model, True, found, 0)
        return found

    def _any_variable(self, leaf: Layer) -> Truth:
        single = self.single.get(leaf.serial)
        if single and self.variable_flag(leaf) is not False and leaf.cls == "Dense" and len(single) >= 2:
            return True in single.values()
        if single and True in single.values():
            return True
        return self.variable_flag(leaf)

    def merged(self, layer: Layer, position: int, child: Layer) -> bool:
        """Whether a Sequential works on the layers of its first model directly, past that model's flag."""
        first = position == 0 or all(one.cls == "InputLayer" for one in self.children_of(layer)[:position])
        return self.behaviour.sequential_merges_first and layer.kind == "sequential" and child.is_model and first

    def _collect(self, layer: Layer, path: Truth, found: dict[int, Truth], depth: int, merged: bool = False) -> None:
        """A leaf trains when the flags on some way down to it are all True."""
        through = merged or (layer.kind in _WRAPPERS and self.behaviour.wrapper_flag in ("ignored", "alias"))
        here = path if through else _both(path, self.flag(layer))
        if layer.kind == "custom" and self.children_of(layer) and not self.behaviour.sublayers_tracked:
            return
        children = self.children_of(layer)
        if children or layer.is_model:
            if depth < 30:
                for position, child in enumerate(children):
                    self._collect(child, here, found, depth + 1, self.merged(layer, position, child))
        elif layer.cls != "InputLayer" and layer.kind != "operation":
            found[layer.serial] = _either(found.get(layer.serial, False), here)

    def statistics_of(self, model: Layer) -> dict[int, Truth]:
        """Which BatchNormalization layers would update their statistics, with the flags as they are now."""
        mode = self.behaviour.bn_under_frozen_parent
        if mode == "move":
            return {leaf.serial: self.flag(leaf) for leaf in self.leaves(model) if leaf.is_bn is not False}
        found: dict[int, Truth] = {}
        self._collect(model, True, found, 0)
        return found

    def statistics_inside(self, model: Layer) -> dict[int, Truth]:
        """The same for a model that is being called: its own flag is asked later, by the model that trains."""
        found: dict[int, Truth] = {}
        for position, child in enumerate(self.children_of(model)):
            self._collect(child, True, found, 0, self.merged(model, position, child))
        return found

    def snapshot(self, model: Layer) -> dict[int, Truth]:
        return {layer.serial: self.flag(layer) for layer in self.below(model)}


def _both(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return True if left and right else None


def _either(left: Truth, right: Truth) -> Truth:
    if left or right:
        return True
    return None if left is None or right is None else False
