"""3xx: weights and their order."""

from __future__ import annotations

from collections.abc import Iterator

from keras_freeze_lint.effects.order import Places, file_order, list_order
from keras_freeze_lint.effects.progress import Replay
from keras_freeze_lint.interpreter import timeline as events
from keras_freeze_lint.interpreter.values import Layer
from keras_freeze_lint.rules.base import Defect, Rule, line_of, named, shown, stations
from keras_freeze_lint.rules.history import reaches, takes_part


def _order(replay: Replay) -> Iterator[Defect]:
    """Weights written in another order than they were read, because flags in between have reordered the list."""
    taken: dict[object, tuple[Places, events.ReadWeights]] = {}
    for event, flags in replay.weight_events:
        if isinstance(event, events.ReadWeights):
            places = _places(event.layer, event.file, flags, replay)
            taken[event.serial if event.file is None else ("file", event.file)] = (places, event)
        else:
            source = taken.get(event.source if event.file is None else ("file", event.file))
            if source is None or event.by_name:
                continue
            places = _places(event.layer, event.file, flags, replay)
            if places != source[0] and len(places) == len(source[0]):
                yield Defect(
                    "KFL301",
                    event.node,
                    "file" if event.file is not None else "",
                    {"target": shown(event.layer), "line": str(line_of(source[1].node))},
                    stations((source[1].node, "read here"), (event.node, "written here")),
                )


def _places(layer: Layer, file: object, flags: dict[int, bool | None], replay: Replay) -> Places:
    if file is None:
        return list_order(layer, flags, replay.flags)
    kind = file[0] if isinstance(file, tuple) else "unknown"
    return file_order(layer, flags, replay.flags) if kind == "h5" else ()


def _too_late(replay: Replay) -> Iterator[Defect]:
    """Weights that arrive after the training that relied on them."""
    given: set[int] = set()
    trained = {id(record.start): record for record in replay.records}
    frozen_random: dict[int, object] = {}
    for event in replay.events:
        if isinstance(event, events.WroteWeights):
            leaves = [leaf for leaf in replay.flags.leaves(event.layer) if leaf.has_weights is not False]
            late = [leaf for leaf in leaves if leaf.serial in frozen_random]
            if late and len(late) == len(leaves) and event.source is None:
                record = frozen_random[late[0].serial]
                yield Defect(
                    "KFL302",
                    event.node,
                    "",
                    {"target": shown(event.layer), "line": str(line_of(getattr(record, "node", event.node)))},
                    stations((getattr(record, "node", None), "trained here"), (event.node, "written here")),
                )
            given.update(leaf.serial for leaf in leaves)
        elif isinstance(event, events.HandedOut):
            given.update(leaf.serial for leaf in replay.flags.leaves(event.layer))
        elif isinstance(event, events.Built | events.Copied):
            layer = event.layer if isinstance(event, events.Built) else event.copy
            filled = layer.kind == "opaque" or (layer.cls == "Embedding" and not _is_bare_embedding(layer))
            if layer.attributes.get("weights argument", filled) not in (None, False):
                given.update(leaf.serial for leaf in replay.flags.leaves(layer))
        elif id(event) in trained:
            for effect in trained[id(event)].effects.values():
                if effect.weights is not False:
                    given.add(effect.layer.serial)
                elif (
                    effect.intended is False
                    and effect.layer.serial not in given
                    and effect.layer.has_weights
                    and takes_part(replay, trained[id(event)], effect.layer)
                ):
                    frozen_random.setdefault(effect.layer.serial, trained[id(event)])


# Layers that are made anew with their weights, as those of TensorFlow Hub, or of which nobody knows.
_OF_THEIR_OWN = ("KerasLayer", "Model")


def _frozen_random(replay: Replay) -> Iterator[Defect]:
    """Frozen layers that were never given any weights: a pretrained architecture without them, an Embedding."""
    written: set[int] = set()
    bare: dict[int, Layer] = {}
    trained = {id(record.start): record for record in replay.records}
    # An Embedding that learns at another time is part of a critic, or has to wait for its turn.
    learns = {
        one.layer.serial for record in replay.records for one in record.effects.values() if one.weights or one.intended
    }
    for event in replay.events:
        if isinstance(event, events.WroteWeights | events.HandedOut):
            written.update(leaf.serial for leaf in replay.flags.leaves(event.layer))
        elif isinstance(event, events.Built):
            layer = event.layer
            if "weights argument" in layer.attributes and layer.attributes["weights argument"] is None:
                bare.update({leaf.serial: layer for leaf in replay.flags.leaves(layer)})
            elif _is_bare_embedding(layer) and layer.serial not in learns:
                bare[layer.serial] = layer
        elif isinstance(event, events.Copied) and event.how == "clone_model":
            bare.update({leaf.serial: event.copy for leaf in replay.flags.leaves(event.copy)})
            for part in replay.flags.below(event.copy):
                if part.kind == "opaque" and part.cls in _OF_THEIR_OWN and part.label != "load_model":
                    written.update(leaf.serial for leaf in replay.flags.leaves(part))
        elif id(event) in trained:
            record = trained[id(event)]
            effects = [effect for effect in record.effects.values() if effect.weights is not False]
            written.update(effect.layer.serial for effect in effects)
            random = [
                effect
                for effect in record.effects.values()
                if effect.layer.serial in bare and effect.layer.serial not in written
                and effect.intended is False and effect.weights is False and effect.write is not None
                and takes_part(replay, record, effect.layer)
            ]  # fmt: skip
            if random and effects and not _filled_later(replay, random[0].layer, record.index):
                owner = bare[random[0].layer.serial]
                yield Defect(
                    "KFL303",
                    random[0].write.event.node if random[0].write else record.node,
                    "",
                    {"layers": shown(owner) if owner.is_model else named(one.layer for one in random)},
                    stations((owner.node, "built without weights"), (record.node, "trained here")),
                )


def _filled_later(replay: Replay, layer: Layer, after: int) -> bool:
    """Whether its weights come later, and so too late: that is another mistake."""
    return any(
        isinstance(event, events.WroteWeights) and event.source is None and reaches(replay, event.layer, layer)
        for event in replay.events[after:]
    )


def _is_bare_embedding(layer: Layer) -> bool:
    return layer.cls == "Embedding" and layer.user_class is None and not layer.pretrained


def _index(replay: Replay) -> Iterator[Defect]:
    for event in replay.events:
        if isinstance(event, events.Mistake) and event.kind == "weight index":
            yield Defect("KFL304", event.node, "", {}, stations((event.node, "index of a weight used here")))


WEIGHT_RULES = (
    Rule(
        "KFL301",
        "weights-order",
        "freezing a part changes the order of the weight list between reading and writing it",
        {
            "": "freezing changed the order of {target}'s weights since line {line} {where}: arrays go to wrong layers; restore the flags first",
            "file": "freezing changed the order of {target}'s weights in the h5 file of line {line} {where}; load with the flags it was saved with",
        },
        _order,
    ),
    Rule(
        "KFL302",
        "weights-after-freeze",
        "weights that arrive after the training that relied on them",
        {
            "": "{target} was frozen with random weights during training on line {line}; load its weights before that training"
        },
        _too_late,
    ),
    Rule(
        "KFL303",
        "frozen-random",
        "frozen layers that were never given any weights stay random",
        {"": "{layers} is frozen with random weights: nothing was loaded into it; load weights first or let it train"},
        _frozen_random,
    ),
    Rule(
        "KFL304",
        "weight-index-as-layer-index",
        "the index of a weight is not the index of its layer",
        {"": "this index counts weights (several a layer), not layers: it names the wrong layer; go layer by layer"},
        _index,
    ),
)
