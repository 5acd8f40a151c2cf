"""The answers to the questions of ``facts.py`` in words: what is so on a Keras that gives this answer."""

from __future__ import annotations

from collections.abc import Mapping

ANSWERS: Mapping[str, Mapping[str | bool, str]] = {
    "flags_read": {
        "compile": "flags are read at compile()",
        "trace": "flags are read at the first step",
        "step": "flags are read at every step",
        "optimizer": "flags may not change once the optimizer is built",
    },
    "callbacks_before_trace": {
        True: "flags count that a callback sets before the first step",
        False: "flags do not count that a callback sets before the first step",
    },
    "setter_reaches_children": {
        True: "setting a model's flag sets those of its layers",
        False: "setting a model's flag leaves those of its layers",
    },
    "same_value_skipped": {
        True: "assigning the value that a flag already has is skipped",
        False: "assigning the value that a flag already has reaches the layers",
    },
    "trains_by": {
        "ancestors": "a layer trains only if the models around it are trainable",
        "variables": "a layer trains by its own flag, whatever the models around it",
    },
    "frozen_bn_statistics": {
        "move": "a frozen BatchNormalization moves its statistics",
        "stay": "a frozen BatchNormalization keeps its statistics",
    },
    "bn_statistics_read": {
        "first step": "statistics follow the flags of the first step",
        "with the flags": "statistics follow the flags that the weights follow",
    },
    "bn_under_frozen_parent": {
        "stay": "BatchNormalization in a frozen model keeps its statistics",
        "move": "trainable BatchNormalization in a frozen model moves its statistics",
    },
    "nested_bn_updates_fixed_at_call": {
        True: "the statistics of a nested model follow the flags at its call",
        False: "the statistics of a nested model follow its flags, not those at its call",
    },
    "training_false_holds": {
        True: "training=False holds statistics under fit",
        False: "training=False does not hold statistics",
    },
    "training_true_at_inference": {
        True: "training=True moves statistics in predict, too",
        False: "training=True moves no statistics in predict",
    },
    "inner_calls_train": {
        True: "layers in a model's call() train as the model does",
        False: "layers in a model's call() train only if they are told training=training",
    },
    "sequential_add_resets_flag": {
        True: "add() makes a frozen Sequential trainable again",
        False: "add() leaves the flag of a Sequential",
    },
    "sequential_lists_input": {
        True: "the layers of a Sequential begin with its InputLayer",
        False: "the layers of a Sequential are without its InputLayer",
    },
    "sequential_merges_first": {
        True: "the flag of the model that begins a Sequential does not count",
        False: "the flag of the model that begins a Sequential counts",
    },
    "sequential_rebuilt_by_compile": {
        True: "compiling a Sequential stops its statistics in the models that hold it",
        False: "compiling a Sequential leaves its statistics in the models that hold it",
    },
    "wrapper_flag": {
        "ignored": "the flag of a wrapper does nothing",
        "alias": "the flag of a wrapper is the flag of its layer",
        "container": "a wrapper has a flag of its own beside its layer's",
    },
    "wrapper_resets_inner": {
        True: "wrapping a frozen layer loses its flag",
        False: "wrapping a frozen layer keeps its flag",
    },
    "constructor_flag": {
        "works": "trainable=False in a layer's constructor freezes it",
        "ignored": "trainable=False in a layer's constructor freezes nothing",
    },
    "bidirectional_constructor": {
        "works": "trainable=False in the constructor of Bidirectional freezes it",
        "ignored": "trainable=False in the constructor of Bidirectional freezes nothing",
        "unknown": "trainable=False in the constructor of Bidirectional is not measured",
    },
    "model_constructor_flag": {
        "raises": "a model's constructor does not take trainable",
        "nested": "trainable in a model's constructor counts inside other models",
        "itself": "trainable in a model's constructor does not count inside other models",
    },
    "optimizer_refuses_new": {
        True: "a used optimizer refuses variables that are new to it",
        False: "a used optimizer takes variables that are new to it",
    },
    "optimizer_built": {
        "first step": "an optimizer is built by the first step that trains something",
        "start": "an optimizer is built for what is trainable when training starts",
    },
    "copies_keep_model_flag": {
        "lost": "a copy loses the flag of the whole model",
        "in layers": "a copy keeps a model's flag in its layers",
        "variables lost": "a copy trains whatever its flags say",
    },
    "savedmodel_keeps_flags": {
        True: "a SavedModel keeps the flags",
        False: "a SavedModel loses the flags",
    },
    "sublayers_tracked": {
        True: "layers inside a custom layer train with it",
        False: "layers inside a custom layer do not train with it",
    },
    "weights_order": {
        "nested": "freezing a part reorders the weights of nested models",
        "composite": "freezing a part reorders the weights of wrappers and custom layers",
        "never": "freezing never reorders weights",
    },
    "functional_prefix": {
        "model": "a functional model is named model",
        "functional": "a functional model is named functional",
    },
    "trace_serves": {
        "its own": "another batch shape traces a step of its own",
        "any shape": "a step traced for varying batch shapes serves all",
        "unknown": "which batch shapes a traced step serves is not known",
    },
    "compiles_late": {
        True: "a subclassed model is compiled by its first training call",
        False: "a subclassed model takes the flags at compile()",
    },
    "own_train_step": {
        True: "fit() runs the model's own train_step()",
        False: "fit() does not know the model's train_step()",
    },
    "compile_inside_fit": {
        "ignored": "compile() inside fit does nothing until the next fit",
        "raises": "compile() inside fit makes its next step raise",
    },
    "class_flag_reaches": {
        "none": "a flag on a class freezes no layer",
        "all": "a flag on a class freezes all its layers",
        "built later": "a flag on a class freezes the layers built after",
    },
    "variable_flag": {
        "nothing": "the flag of a single variable does nothing",
        "raises": "the flag of a single variable cannot be set",
        "works": "the flag of a single variable counts",
    },
    "zero_based_names": {
        True: "the first Dense without a name is dense",
        False: "the first Dense without a name is dense_1",
    },
}  # fmt: skip
