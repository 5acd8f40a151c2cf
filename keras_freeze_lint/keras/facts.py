"""What differs between versions of Keras, as data: one fact a name, one row a range, with the experiments that show it.

Experiments are named by their section and name; ``docs/semantics.md`` is made from this table. A line is a history of
releases with one behaviour: ``standalone`` (package keras to 2.3.1), ``tf.keras`` (TensorFlow 1.4 to 2.15, package keras
2.4 to 2.15, tf_keras), ``keras3`` (package keras 3, TensorFlow 2.16 and later).
"""

from __future__ import annotations

from dataclasses import dataclass

STANDALONE, TF_KERAS, KERAS3 = "standalone", "tf.keras", "keras3"


@dataclass(frozen=True)
class Row:
    """``value`` holds on these releases of a line; ``backend`` None means all backends."""

    line: str
    versions: str
    value: str | bool
    experiments: tuple[str, ...]
    backend: str | None = None


@dataclass(frozen=True)
class Fact:
    """One question about Keras, and its measured answers; the first row that fits is the answer."""

    name: str
    question: str
    rows: tuple[Row, ...]


def _row(line: str, versions: str, value: str | bool, *experiments: str, backend: str | None = None) -> Row:
    return Row(line, versions, value, experiments, backend)


FACTS: tuple[Fact, ...] = (
    Fact(
        "flags_read",
        "When does a training call read the flags: at compile, when its function is traced, at every step, "
        "or when the optimizer is built?",
        (
            _row(STANDALONE, "", "compile", "02_freeze_after_compile_fit", "03_freeze_after_fit_fit_fit", "04_unfreeze_after_fit_fit_fit"),
            _row(TF_KERAS, "", "compile", "02_freeze_after_compile_fit", "02_freeze_after_compile_fit_eager", "03b_freeze_after_fit_other_batch_size"),
            _row(KERAS3, "", "trace", "02_freeze_after_compile_fit", "03_freeze_after_fit_fit_fit", "03_freeze_after_fit_fit_tob", backend="tensorflow"),
            _row(KERAS3, "", "step", "03_freeze_after_fit_fit_fit", "04_unfreeze_after_fit_fit_fit", backend="torch"),
            _row(KERAS3, "", "optimizer", "02_freeze_after_compile_fit", "03_freeze_after_fit_fit_fit", backend="jax"),
        ),
    ),
    Fact(
        "callbacks_before_trace",
        "Do flags that a callback changes before the first step of the first fit still count?",
        (
            _row(STANDALONE, "", False, "19_callback_freeze_train_begin"),
            _row(TF_KERAS, "<2.2", False, "19_callback_freeze_train_begin"),
            _row(TF_KERAS, ">=2.2", True, "19_callback_freeze_train_begin", "19_callback_freeze_epoch_begin_0"),
            _row(KERAS3, "", True, "19_callback_freeze_train_begin"),
        ),
    ),
    Fact(
        "setter_reaches_children",
        "Does setting a model's flag set the flags of its layers?",
        (
            _row(STANDALONE, "", False, "08_setter_recursion"),
            _row(TF_KERAS, "<1.14", False, "08_setter_recursion"),
            _row(TF_KERAS, ">=1.14", True, "08_setter_recursion"),
            _row(KERAS3, "", True, "08_setter_recursion"),
        ),
    ),
    Fact(
        "same_value_skipped",
        "Is an assignment skipped when the attribute already has that value?",
        (
            _row(STANDALONE, "", False, "08_false_again_after_inner_true"),
            _row(TF_KERAS, "", False, "08_false_again_after_inner_true", "08_true_again_after_inner_false"),
            _row(KERAS3, "", True, "08_false_again_after_inner_true", "08_true_again_after_inner_false", backend="tensorflow"),
            _row(KERAS3, "", False, "08_false_again_after_inner_true"),
        ),
    ),
    Fact(
        "trains_by",
        "What decides whether a nested layer trains: the flags of all models around it, or its variables' own?",
        (
            _row(STANDALONE, "", "ancestors", "08_inner_true_under_false_model_fit_outer"),
            _row(TF_KERAS, "", "ancestors", "08_inner_true_under_false_model_fit_outer"),
            _row(KERAS3, "", "variables", "08_inner_true_under_false_model_fit_outer"),
        ),
    ),
    Fact(
        "frozen_bn_statistics",
        "Do the moving statistics of a frozen BatchNormalization move in training?",
        (
            _row(STANDALONE, "<2.1.3", "move", "07_bn_frozen_layer", "07_drift_table_bn"),
            _row(STANDALONE, ">=2.1.3", "stay", "07_bn_frozen_layer", "07_drift_table_bn"),
            _row(TF_KERAS, "<1.10", "move", "07_bn_frozen_layer_fit"),
            _row(TF_KERAS, ">=1.10", "stay", "07_bn_frozen_layer"),
            _row(KERAS3, "", "stay", "07_bn_frozen_layer"),
        ),
    ),
    Fact(
        "bn_statistics_read",
        "When are the flags read that stop the moving statistics?",
        (
            _row(STANDALONE, "", "first step", "07_bn_frozen_after_compile_before_fit", "06_gan_bn_in_D"),
            _row(TF_KERAS, "<1.14", "first step", "07_bn_frozen_after_compile_before_fit"),
            _row(TF_KERAS, ">=1.14", "with the flags", "07_bn_frozen_after_compile_before_fit", "06_gan_bn_in_D"),
            _row(KERAS3, "", "with the flags", "07_bn_frozen_after_compile_before_fit"),
        ),
    ),
    Fact(
        "bn_under_frozen_parent",
        "Do the statistics of a trainable BatchNormalization inside a frozen model move?",
        (
            _row(STANDALONE, "", "stay", "07_bn_base_false_inner_bn_true"),
            _row(TF_KERAS, "<2.3", "stay", "07_bn_base_false_inner_bn_true"),
            _row(TF_KERAS, ">=2.3", "move", "07_bn_base_false_inner_bn_true"),
            _row(KERAS3, "", "move", "07_bn_base_false_inner_bn_true"),
        ),
    ),
    Fact(
        "nested_bn_updates_fixed_at_call",
        "Is it fixed when a nested model is called whether its BatchNormalization updates run?",
        (
            _row(STANDALONE, "", True, "07_bn_frozen_by_base_layers_loop", "07_bn_base_true_inner_bn_false"),
            _row(TF_KERAS, "", False, "07_bn_frozen_by_base_layers_loop"),
            _row(KERAS3, "", False, "07_bn_frozen_by_base_layers_loop"),
        ),
    ),
    Fact(
        "training_false_holds",
        "Does training=False at the symbolic call keep BatchNormalization still under fit?",
        (
            _row(STANDALONE, "", True, "07_bn_call_training_False_trainable"),
            _row(TF_KERAS, "", True, "07_bn_call_training_False_trainable", "07_bn_base_called_training_False_unfrozen"),
            _row(KERAS3, "", False, "07_bn_call_training_False_trainable", "07_bn_base_called_training_False_unfrozen"),
        ),
    ),
    Fact(
        "training_true_at_inference",
        "Does training=True at the symbolic call move the moving statistics in predict and evaluate, too?",
        (
            _row(STANDALONE, "", False, "07_bn_trainable_call_training_True_predict"),
            _row(TF_KERAS, "<2.0", False, "07_bn_trainable_call_training_True_predict"),
            _row(TF_KERAS, ">=2.0", True, "07_bn_trainable_call_training_True_predict", "tests/conformance on 2.1, 2.4, 2.8, 2.11, 2.15"),
            _row(KERAS3, "", False, "07_bn_trainable_call_training_True_predict"),
        ),
    ),
    Fact(
        "inner_calls_train",
        "Does a layer run in training mode under fit that a subclassed model's call() calls without training=?",
        (
            _row(STANDALONE, "", True, "generated programs: the learning phase is global"),
            _row(TF_KERAS, "", True, "generated programs on 2.1, 2.4, 2.15"),
            _row(KERAS3, "", False, "generated programs on 3.15, tests/conformance", backend="jax"),
            _row(KERAS3, "", True, "generated programs on 3.15, tests/conformance"),
        ),
    ),
    Fact(
        "sequential_add_resets_flag",
        "Is a Sequential's own flag set back to True by add()?",
        (
            _row(STANDALONE, "<2.2", False, "14_freeze_model_then_add"),
            _row(STANDALONE, ">=2.2", True, "14_freeze_model_then_add"),
            _row(TF_KERAS, "<1.10", False, "14_freeze_model_then_add"),
            _row(TF_KERAS, ">=1.10,<2.3", True, "14_freeze_model_then_add"),
            _row(TF_KERAS, ">=2.3", False, "14_freeze_model_then_add"),
            _row(KERAS3, "", False, "14_freeze_model_then_add"),
        ),
    ),
    Fact(
        "sequential_lists_input",
        "Does a Sequential list an explicit InputLayer among its layers?",
        (
            _row(STANDALONE, "<2.2", True, "source of keras 2.1.6: Sequential.add"),
            _row(STANDALONE, ">=2.2", False, "source of keras 2.2.4: Sequential.layers"),
            _row(TF_KERAS, "", False, "source of tf.keras 2.1: Sequential.layers"),
            _row(KERAS3, "", False, "source of keras 3: Sequential.layers"),
        ),
    ),
    Fact(
        "sequential_merges_first",
        "Does a Sequential that begins with a model work on that model's layers directly, past its flag?",
        (
            _row(STANDALONE, "<2.1", True, "source of keras 2.0.9: Sequential.add uses inbound_nodes[0]", "generated programs on 2.0.8"),
            _row(STANDALONE, ">=2.1", False, "source of keras 2.1.0: Sequential.add uses inbound_nodes[-1]", "generated programs on 2.1.3"),
            _row(TF_KERAS, "", False, "generated programs on 2.1, 2.4, 2.15"),
            _row(KERAS3, "", False, "generated programs on 3.15"),
        ),
    ),
    Fact(
        "sequential_rebuilt_by_compile",
        "Does compiling a Sequential drop the BatchNormalization updates of the models that hold it already?",
        (
            _row(STANDALONE, "<2.2", True, "source of keras 2.1.6: Sequential.compile calls build()", "generated programs on 2.0.8, 2.1.3"),
            _row(STANDALONE, ">=2.2", False, "generated programs on 2.2.4"),
            _row(TF_KERAS, "", False, "generated programs on 2.1, 2.4, 2.15"),
            _row(KERAS3, "", False, "generated programs on 3.15"),
        ),
    ),
    Fact(
        "wrapper_flag",
        "What does the flag of TimeDistributed and Bidirectional do: nothing, stand for the inner flag, or act as a model's?",
        (
            _row(STANDALONE, "<2.0.3", "alias", "23_timedistributed_outer_False"),
            _row(STANDALONE, "<2.1.4", "ignored", "23_timedistributed_outer_False", "23_bidirectional_outer_False"),
            _row(STANDALONE, ">=2.1.4", "alias", "23_timedistributed_outer_False", "23_timedistributed_inner_False"),
            _row(TF_KERAS, "<1.10", "ignored", "23_timedistributed_outer_False"),
            _row(TF_KERAS, "<1.14", "alias", "23_timedistributed_inner_False"),
            _row(TF_KERAS, ">=1.14", "container", "23_timedistributed_outer_False_inner_True"),
            _row(KERAS3, "", "container", "23_timedistributed_outer_False_inner_True"),
        ),
    ),
    Fact(
        "wrapper_resets_inner",
        "Does wrapping a frozen layer lose its flag?",
        (
            _row(STANDALONE, "<2.1.4", False, "23_timedistributed_built_from_frozen_inner"),
            _row(STANDALONE, ">=2.1.4", True, "23_timedistributed_built_from_frozen_inner", "23_bidirectional_built_from_frozen_layer"),
            _row(TF_KERAS, "<1.14", True, "23_timedistributed_built_from_frozen_inner"),
            _row(TF_KERAS, ">=1.14", False, "23_timedistributed_built_from_frozen_inner"),
            _row(KERAS3, "<3.2", True, "23_timedistributed_built_from_frozen_inner"),
            _row(KERAS3, ">=3.2", False, "23_timedistributed_built_from_frozen_inner"),
        ),
    ),
    Fact(
        "constructor_flag",
        "Does Dense(..., trainable=False) freeze the layer?",
        (
            _row(STANDALONE, "", "works", "21_constructor_dense_trainable_False"),
            _row(TF_KERAS, "", "works", "21_constructor_dense_trainable_False"),
            _row(KERAS3, "<3.2", "ignored", "21_constructor_dense_trainable_False"),
            _row(KERAS3, ">=3.2", "works", "21_constructor_dense_trainable_False"),
        ),
    ),
    Fact(
        "bidirectional_constructor",
        "Does Bidirectional(..., trainable=False) freeze the layers inside?",
        (
            _row(STANDALONE, "<2.1.4", "ignored", "tests/conformance on 2.0.8, 2.1.3"),
            _row(STANDALONE, ">=2.1.4", "works", "tests/conformance on 2.2.4"),
            _row(TF_KERAS, "<2.2", "works", "tests/conformance on 1.15, 2.1"),
            _row(TF_KERAS, ">=2.4,<2.12", "ignored", "tests/conformance on 2.4, 2.8, 2.11", "source of keras 2.6, 2.9: Bidirectional sets _trainable last"),
            _row(TF_KERAS, ">=2.12", "works", "tests/conformance on 2.15", "source of keras 2.12, 2.13, 2.14"),
            _row(TF_KERAS, "", "unknown", "not measured on 2.2 and 2.3"),
            _row(KERAS3, "", "ignored", "tests/conformance on 3.15"),
        ),
    ),
    Fact(
        "model_constructor_flag",
        "How far does Model(..., trainable=False) reach: an error, the model itself, or also when it is nested?",
        (
            _row(STANDALONE, "<2.3", "raises", "21_constructor_model_trainable_False"),
            _row(STANDALONE, ">=2.3", "nested", "21_constructor_model_trainable_False_nested"),
            _row(TF_KERAS, "<1.14", "raises", "21_constructor_model_trainable_False"),
            _row(TF_KERAS, ">=1.14", "nested", "21_constructor_model_trainable_False_nested"),
            _row(KERAS3, "<3.4", "nested", "21_constructor_model_trainable_False_nested"),
            _row(KERAS3, ">=3.4", "itself", "21_constructor_model_trainable_False_nested"),
        ),
    ),
    Fact(
        "optimizer_refuses_new",
        "Does an optimizer that has been used refuse variables it was not built with?",
        (
            _row(STANDALONE, "", False, "13_same_optimizer_unfreeze_recompile_sgd"),
            _row(TF_KERAS, "<2.11", False, "16_eager_loop_unfreeze_sgd"),
            _row(TF_KERAS, ">=2.11", True, "16_eager_loop_unfreeze_sgd"),
            _row(KERAS3, "", True, "16_eager_loop_unfreeze_sgd", "04_unfreeze_after_fit_fit_tob"),
        ),
    ),
    Fact(
        "optimizer_built",
        "When is a compiled model's optimizer built: by the first step that trains something, or at the start of the first "
        "training call or evaluation, whatever is trainable then?",
        (
            _row(STANDALONE, "", "first step", "n/a: optimizers take any variables"),
            _row(TF_KERAS, "", "first step", "generated programs on 2.15"),
            _row(KERAS3, "", "first step", "generated programs on 3.15", backend="tensorflow"),
            _row(KERAS3, "", "start", "generated programs on 3.15 with torch and jax"),
        ),
    ),
    Fact(
        "copies_keep_model_flag",
        "Does a copy (clone, JSON, file) keep a flag that was set on the whole model?",
        (
            _row(STANDALONE, "", "lost", "18_clone_model_model_flag", "18_json_roundtrip_model_flag"),
            _row(TF_KERAS, "<1.14", "lost", "18_clone_model_model_flag"),
            _row(TF_KERAS, ">=1.14", "in layers", "18_clone_model_model_flag", "18_json_roundtrip_model_flag"),
            _row(KERAS3, "<3.2", "variables lost", "18_json_roundtrip_model_flag", "18_clone_model_nested_flag"),
            _row(KERAS3, ">=3.2", "in layers", "18_json_roundtrip_model_flag"),
        ),
    ),
    Fact(
        "savedmodel_keeps_flags",
        "Does a SavedModel keep the flags?",
        (
            _row(STANDALONE, "", True, "n/a: no SavedModel by save()"),
            _row(TF_KERAS, ">=2.2,<2.5", False, "18_save_load_savedmodel_layer", "18_save_load_savedmodel_model"),
            _row(TF_KERAS, "", True, "18_save_load_savedmodel_model"),
            _row(KERAS3, "", True, "n/a: no SavedModel by save()"),
        ),
    ),
    Fact(
        "sublayers_tracked",
        "Are layers that a custom layer stores on itself part of the model?",
        (
            _row(STANDALONE, "<2.3", False, "08_custom_layer_with_sublayers"),
            _row(STANDALONE, ">=2.3", True, "tests/conformance on 2.3.1"),
            _row(TF_KERAS, "<1.14", False, "08_custom_layer_with_sublayers"),
            _row(TF_KERAS, ">=1.14", True, "08_custom_layer_with_sublayers"),
            _row(KERAS3, "", True, "08_custom_layer_with_sublayers"),
        ),
    ),
    Fact(
        "class_flag_reaches",
        "Which layers does a flag on their class freeze: none, all, or those built later?",
        (
            _row(STANDALONE, "", "none", "15_assign_on_class_after_build"),
            _row(TF_KERAS, "<1.14", "none", "15_assign_on_class_after_build"),
            _row(TF_KERAS, ">=1.14", "all", "15_assign_on_class_after_build"),
            _row(KERAS3, "<3.2", "none", "15_assign_on_class", "15_assign_on_class_after_build"),
            _row(KERAS3, ">=3.2", "built later", "15_assign_on_class", "15_assign_on_class_after_build"),
        ),
    ),
    Fact(
        "variable_flag",
        "What does the flag of a single variable do: nothing, raise AttributeError, or stop that variable?",
        (
            _row(STANDALONE, "<2.1.4", "nothing", "15_assign_variable_kernel", "15_assign_variables_all"),
            _row(STANDALONE, ">=2.1.4", "raises", "15_assign_variable_kernel", "15_assign_variables_all"),
            _row(TF_KERAS, "<1.13", "nothing", "15_assign_variable_kernel"),
            _row(TF_KERAS, ">=1.13", "raises", "15_assign_variable_kernel", "15_assign_variables_all"),
            _row(KERAS3, "", "works", "15_assign_variable_kernel", "15_assign_variables_all"),
        ),
    ),
    Fact(
        "weights_order",
        "Where does freezing a part change the order of get_weights(): in nested models, in composite layers, never?",
        (
            _row(STANDALONE, "", "nested", "11_order_nested_freeze_inner_dense", "11_order_nested_nobn_freeze_inner_first"),
            _row(TF_KERAS, "<1.14", "nested", "11_order_nested_freeze_inner_dense"),
            _row(TF_KERAS, ">=1.14", "composite", "11_order_custom_layer_freeze_sub_dense", "11_order_timedistributed_freeze_wrapper"),
            _row(KERAS3, "", "never", "11_order_nested_freeze_inner_dense", "11_order_custom_layer_freeze_sub_dense"),
        ),
    ),
    Fact(
        "functional_prefix",
        "What does Keras name a functional model without a name?",
        (
            _row(STANDALONE, "", "model", "generated programs"),
            _row(TF_KERAS, "", "model", "generated programs"),
            _row(KERAS3, "", "functional", "generated programs"),
        ),
    ),
    Fact(
        "trace_serves",
        "Which batch shapes does a train function serve that was traced for any number of rows?",
        (
            _row(STANDALONE, "", "its own", "n/a: one graph for all shapes"),
            _row(TF_KERAS, "<2.9", "its own", "generated programs on 2.4", "tests/conformance on 2.8"),
            _row(TF_KERAS, ">=2.11", "any shape", "generated programs on 2.15", "tests/conformance on 2.11"),
            _row(TF_KERAS, "", "unknown", "not measured on 2.9 and 2.10"),
            _row(KERAS3, "", "any shape", "03b_freeze_after_fit_other_batch_size", "generated programs on 3.15"),
        ),
    ),
    Fact(
        "compiles_late",
        "Is a model whose inputs are not known yet (a subclassed one) really compiled by its first training call?",
        (
            _row(STANDALONE, "", True, "source of keras 2.2.4: Training.compile returns when not built"),
            _row(TF_KERAS, "<2.2", True, "generated programs on 2.1"),
            _row(TF_KERAS, ">=2.2", False, "generated programs on 2.4, 2.15"),
            _row(KERAS3, "", False, "generated programs on 3.15"),
        ),
    ),
    Fact(
        "own_train_step",
        "Does fit() run the train_step() that a model's class defines?",
        (
            _row(STANDALONE, "", False, "n/a: nothing calls a method of this name"),
            _row(TF_KERAS, "<2.2", False, "generated programs on 2.1"),
            _row(TF_KERAS, ">=2.2", True, "generated programs on 2.4, 2.15"),
            _row(KERAS3, "", True, "generated programs on 3.15"),
        ),
    ),
    Fact(
        "compile_inside_fit",
        "What does compile() inside a running fit do: nothing until the next fit, or make the next step raise?",
        (
            _row(STANDALONE, "", "ignored", "19_callback_unfreeze_and_recompile_in_callback"),
            _row(TF_KERAS, "<2.0", "ignored", "19_callback_unfreeze_and_recompile_in_callback"),
            _row(TF_KERAS, ">=2.0", "raises", "19_callback_unfreeze_and_recompile_in_callback"),
            _row(KERAS3, "", "raises", "19_callback_unfreeze_and_recompile_in_callback"),
        ),
    ),
    Fact(
        "zero_based_names",
        "Does Keras name the first Dense `dense` (yes) or `dense_1` (no)?",
        (
            _row(STANDALONE, "", False, "source: K.get_uid counts from 1"),
            _row(TF_KERAS, "<1.5", False, "source: unique_object_name"),
            _row(TF_KERAS, "", True, "source: unique_object_name(zero_based=True)"),
            _row(KERAS3, "", True, "source: auto_name"),
        ),
    ),
)  # fmt: skip
