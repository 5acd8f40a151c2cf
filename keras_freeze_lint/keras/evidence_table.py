"""API that exists only in a range of releases: data, read off the released wheels themselves.

A fact gives the range of the package ``keras`` and of ``tensorflow`` (for ``tf.keras``, in TensorFlow's numbers) in
which a program that uses it can run. None means that it says nothing about that package by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """What the use of one piece of API tells."""

    keras: str | None
    tensorflow: str | None
    why: str


def _all(names: str, fact: Fact, prefixes: Iterable[str] = ("",)) -> dict[str, Fact]:
    return {f"{prefix}{name}": fact for prefix in prefixes for name in names.split()}


_BOTH = ("keras.", "tensorflow.keras.")
_BACKENDS = ("keras.backend.", "tensorflow.keras.backend.")

_KERAS_1 = Fact("<2", None, "gone with Keras 2.0")
_LEGACY_MERGE = Fact("<2.2", None, "the Keras 1 API that 2.0 still converted was removed in 2.2")
_MULTI_BACKEND = Fact("<2.4", None, "last in 2.3.1, the last multi-backend Keras; later ones are tf.keras")
_OLD_MODULES = Fact("<2.6", None, "last in 2.4.3; 2.6 moved the code and left no such name")
_UNTIL_2_8 = Fact("<2.9", None, "a module of the package up to 2.8; 2.9 split it up")
_PRIVATE_MODULES = Fact("<2.13", None, "a module of the package up to 2.12; 2.13 hid the code in keras.src")
_GONE_IN_3 = Fact("<3", "<2.16", "not in Keras 3, nor in the tf.keras that is Keras 3")
_GONE_IN_KERAS_3_PROPER = Fact("<3", None, "not in Keras 3; only its tf.keras disguise still has it")
_NEW_IN_3 = Fact(">=3", ">=2.16", "new in Keras 3")
_TF1 = Fact(None, "<2", "TensorFlow 1 only; TensorFlow 2 has it under tf.compat.v1")
_TF2 = Fact(None, ">=2", "new in TensorFlow 2")

# Dotted names, by the longest spelling that a program can import. Every prefix of a used name counts.
PATHS: Mapping[str, Fact] = {
    # Keras 1
    **_all("MaxoutDense Highway TimeDistributedDense Merge", _KERAS_1, ("keras.layers.core.",)),
    **_all(
        "keras.engine.merge keras.initializations keras.utils.visualize_util keras.regularizers.WeightRegularizer "
        "keras.regularizers.activity_l2 keras.layers.TimeDistributedDense keras.applications.music_tagger_crnn",
        _KERAS_1,
    ),
    # Keras 2.0 and 2.1
    **_all("keras.layers.Merge keras.legacy.layers.Merge keras.engine.topology.Container", _LEGACY_MERGE),
    **_all("relu6 DepthwiseConv2D", _LEGACY_MERGE, ("keras.applications.mobilenet.",)),
    "keras.preprocessing.image.list_pictures": _LEGACY_MERGE,
    **_all(
        "image_dim_ordering set_image_dim_ordering",
        Fact("<2.2.5", None, "up to 2.2.4"),
        ("keras.backend.",),
    ),
    # multi-backend Keras
    **_all("tensorflow_backend theano_backend cntk_backend load_backend", _MULTI_BACKEND, ("keras.backend.",)),
    **_all("layers interfaces", _MULTI_BACKEND, ("keras.legacy.",)),
    **_all("AtrousConvolution2D MaxoutDense Highway", _MULTI_BACKEND, ("keras.layers.",)),
    **_all("sgd adam rmsprop adagrad adadelta adamax nadam", _MULTI_BACKEND, ("keras.optimizers.",)),
    **_all("keras_contrib keras.utils.HDF5Matrix keras.utils.print_summary", _MULTI_BACKEND),
    "keras.utils.training_utils": Fact(">=2.0.9,<2.2.5", None, "from 2.0.9 to 2.2.4"),
    "keras.utils.multi_gpu_model": Fact(">=2.0.9,<2.4", None, "from 2.0.9 to 2.3.1"),
    "tensorflow.keras.utils.multi_gpu_model": Fact(None, ">=1.5,<2.4", "from TensorFlow 1.5 to 2.3"),
    # Keras 2 by its modules
    **_all("topology network Layer InputSpec Model", _OLD_MODULES, ("keras.engine.",)),
    **_all("keras.objectives keras.layers.normalization.BatchNormalization", _OLD_MODULES),
    **_all(
        "merge embeddings recurrent wrappers local advanced_activations convolutional_recurrent cudnn_recurrent",
        _UNTIL_2_8,
        ("keras.layers.",),
    ),
    **_all("core convolutional normalization pooling noise CuDNNLSTM CuDNNGRU", _PRIVATE_MODULES, ("keras.layers.",)),
    **_all(
        "np_utils vis_utils generic_utils layer_utils data_utils conv_utils io_utils",
        _PRIVATE_MODULES,
        ("keras.utils.",),
    ),
    **_all(
        "keras.engine keras.wrappers.scikit_learn keras.constraints.maxnorm keras.constraints.unitnorm",
        _PRIVATE_MODULES,
    ),
    **_all("get_session set_session", _PRIVATE_MODULES, ("keras.backend.",)),
    "tensorflow.keras.wrappers.scikit_learn": Fact(None, "<2.13", "up to TensorFlow 2.12"),
    # gone in Keras 3
    **_all(
        """function in_test_phase in_train_phase learning_phase learning_phase_scope local_conv1d local_conv2d
        manual_variable_initialization normalize_batch_in_training placeholder print_tensor random_binomial reset_uids
        set_learning_phase""",
        _GONE_IN_3,
        _BACKENDS,
    ),
    **_all(
        """abs all any arange argmax argmin batch_dot batch_flatten batch_get_value batch_normalization batch_set_value
        bias_add binary_crossentropy binary_focal_crossentropy cast cast_to_floatx categorical_crossentropy
        categorical_focal_crossentropy clip concatenate constant conv1d conv2d conv2d_transpose conv3d cos count_params
        ctc_batch_cost ctc_decode ctc_label_dense_to_sparse cumprod cumsum depthwise_conv2d dot dropout dtype elu equal
        eval exp expand_dims eye flatten foldl foldr gather get_value gradients greater greater_equal hard_sigmoid
        in_top_k int_shape is_sparse l2_normalize less less_equal log map_fn max maximum mean min minimum
        moving_average_update name_scope ndim not_equal one_hot ones ones_like permute_dimensions pool2d pool3d pow prod
        random_bernoulli random_normal random_normal_variable random_uniform random_uniform_variable relu repeat
        repeat_elements reshape resize_images resize_volumes reverse rnn round separable_conv2d set_value shape sigmoid
        sign sin softmax softplus softsign sparse_categorical_crossentropy spatial_2d_padding spatial_3d_padding sqrt
        square squeeze stack std stop_gradient sum switch tanh temporal_padding tile to_dense transpose truncated_normal
        update update_add update_sub var variable zeros zeros_like""",
        _GONE_IN_KERAS_3_PROPER,
        ("keras.backend.",),
    ),
    **_all(
        "LocallyConnected1D LocallyConnected2D DenseFeatures", _GONE_IN_3, tuple(f"{root}layers." for root in _BOTH)
    ),
    **_all("OrderedEnqueuer GeneratorEnqueuer SequenceEnqueuer", _GONE_IN_3, tuple(f"{root}utils." for root in _BOTH)),
    **_all("model_from_yaml model_from_config experimental", _GONE_IN_3, tuple(f"{root}models." for root in _BOTH)),
    **_all("callbacks.BaseLogger estimator dtensor constraints.RadialConstraint", _GONE_IN_3, _BOTH),
    **_all("ThresholdedReLU RandomHeight RandomWidth", _GONE_IN_KERAS_3_PROPER, ("keras.layers.",)),
    **_all("mse mae mape msle MSE MAE MAPE MSLE", _GONE_IN_KERAS_3_PROPER, ("keras.losses.", "keras.metrics.")),
    **_all("ImageDataGenerator Iterator NumpyArrayIterator", _GONE_IN_KERAS_3_PROPER, ("keras.preprocessing.image.",)),
    **_all("text sequence.TimeseriesGenerator", _GONE_IN_KERAS_3_PROPER, ("keras.preprocessing.",)),
    "keras.layers.experimental": Fact(">=2.4,<3", None, "from 2.4 to 2.15"),
    "keras.api._v2": Fact(">=2.6,<3", None, "from 2.6 to 2.15"),
    "tensorflow.keras.layers.experimental": Fact(None, ">=1.14,<2.16", "from TensorFlow 1.14 to 2.15"),
    "tensorflow.keras.layers.experimental.preprocessing": Fact(None, ">=2.1,<2.16", "from TensorFlow 2.1 to 2.15"),
    "keras.experimental": _GONE_IN_3,
    "tensorflow.keras.experimental": Fact(None, ">=1.13,<2.16", "from TensorFlow 1.13 to 2.15"),
    "tensorflow.keras.mixed_precision.experimental": Fact(None, ">=1.14,<2.9", "from TensorFlow 1.14 to 2.8"),
    **_all(
        "legacy experimental",
        Fact(">=2.9,<3", ">=2.9,<2.16", "from 2.9 to 2.15; Keras 3 keeps the name and raises ImportError"),
        tuple(f"{root}optimizers." for root in _BOTH),
    ),
    **_all("CuDNNLSTM CuDNNGRU", Fact(None, ">=1.9,<2", "TensorFlow 1.9 to 1.15"), ("tensorflow.keras.layers.",)),
    # the old code that TensorFlow carries along: Keras 2 in every release
    "tensorflow.python.keras": Fact(None, "<2.16", "Keras 2, also where a later TensorFlow still carries the code"),
    **_all("applications preprocessing datasets", Fact(None, "<2.8", "up to 2.7"), ("tensorflow.python.keras.",)),
    "tensorflow.python.keras._impl": Fact(None, "<1.9", "up to TensorFlow 1.8"),
    "tensorflow.estimator": Fact(None, "<2.16", "up to TensorFlow 2.15"),
    "tensorflow_addons": Fact(None, ">=2,<2.16", "needs TensorFlow 2 and the internals of Keras 2"),
    # TensorFlow 1
    **_all(
        """Session InteractiveSession ConfigProto GPUOptions OptimizerOptions placeholder placeholder_with_default
        global_variables_initializer initialize_all_variables local_variables_initializer get_default_graph
        get_default_session reset_default_graph set_random_seed logging app flags contrib gfile layers variable_scope
        get_variable get_collection trainable_variables global_variables GraphKeys log to_float to_int32 div
        random_normal random_uniform truncated_normal py_func Print assign mod is_nan multinomial read_file decode_raw
        parse_single_example FixedLenFeature extract_image_patches enable_eager_execution enable_v2_behavior
        disable_v2_behavior python_io losses.mean_squared_error train.AdamOptimizer train.GradientDescentOptimizer
        train.RMSPropOptimizer train.Saver summary.FileWriter summary.merge_all image.resize_images
        image.resize_bilinear saved_model.simple_save saved_model.builder keras.backend.get_session
        keras.backend.set_session""",
        _TF1,
        ("tensorflow.",),
    ),
    # TensorFlow by its age
    "tensorflow.compat.v1": Fact(None, ">=1.13", "new in TensorFlow 1.13"),
    # TensorFlow 1 has it as well, but only after enable_eager_execution().
    "tensorflow.GradientTape": _TF2,
    **_all("random.set_seed summary.create_file_writer", _TF2, ("tensorflow.",)),
    "tensorflow.function": Fact(None, ">=1.14", "new in TensorFlow 1.14"),
    "tensorflow.config.list_physical_devices": Fact(None, ">=2.1", "new in TensorFlow 2.1"),
    "tensorflow.data.AUTOTUNE": Fact(None, ">=2.4", "new in TensorFlow 2.4"),
    **_all("RandomFlip Rescaling", Fact(">=2.6", ">=2.6", "new in 2.6"), tuple(f"{root}layers." for root in _BOTH)),
    "tensorflow.keras.preprocessing.image_dataset_from_directory": Fact(None, ">=2.3", "new in TensorFlow 2.3"),
    **_all(
        "EfficientNetB0 efficientnet",
        Fact(">=2.4", ">=2.3", "new in 2.3"),
        tuple(f"{root}applications." for root in _BOTH),
    ),
    **_all("AdamW", Fact(">=2.13", ">=2.12", "new in TensorFlow 2.12"), tuple(f"{root}optimizers." for root in _BOTH)),
    **_all("Lion", Fact(">=2.13", ">=2.13", "new in 2.13"), tuple(f"{root}optimizers." for root in _BOTH)),
    # Keras 3
    "keras_core": Fact(">=3", None, "the preview of Keras 3"),
    **_all(
        """ops random config distribution dtype_policies Variable KerasTensor Operation Function StatelessScope device
        name_scope Layer Loss Metric Optimizer Initializer Regularizer DTypePolicy layers.TFSMLayer utils.PyDataset
        callbacks.SwapEMAWeights""",
        _NEW_IN_3,
        _BOTH,
    ),
    **_all("tree quantizers", Fact(">=3.1", ">=2.16", "new in Keras 3.1"), _BOTH),
    "keras.visualization": Fact(">=3.8", None, "new in Keras 3.8"),
    **_all("remat RematScope", Fact(">=3.9", None, "new in Keras 3.9"), ("keras.",)),
    "keras.saving.register_keras_serializable": Fact(">=2.13", None, "new in 2.13"),
    "tensorflow.keras.saving": Fact(None, ">=2.12", "new in TensorFlow 2.12"),
}

# Methods of models, by name alone: no other common library has them.
METHODS: Mapping[str, Fact] = {
    **_all("fit_generator evaluate_generator predict_generator", _GONE_IN_3),
    "predict_classes": Fact("<2.6", "<2.6", "a method of Sequential up to 2.5"),
    "_make_train_function": Fact("<2.4", "<2.2", "the private name that TensorFlow 2.2 replaced"),
}

_CONVERTED = Fact("<2.4", None, "an argument of Keras 1, converted up to 2.3.1")
_SINCE_2 = Fact(">=2", None, "an argument that Keras 2.0 renamed")
_LOADING = Fact(">=2.2.5,<3", ">=1.12,<2.16", "an argument of fit() from 2.2.5 to 2.15")

# (method, keyword) -> what it tells
METHOD_KEYWORDS: Mapping[tuple[str, str], Fact] = {
    ("fit", "nb_epoch"): Fact("<2.4", ">=1.7,<2.2", "a Keras 1 argument, accepted up to 2.3.1"),
    **{
        ("fit_generator", keyword): _CONVERTED
        for keyword in ("samples_per_epoch", "nb_epoch", "nb_val_samples", "nb_worker", "max_q_size")
    },
    **{("fit", keyword): _LOADING for keyword in ("workers", "use_multiprocessing", "max_queue_size")},
    ("fit", "epochs"): _SINCE_2,
    **{("fit_generator", keyword): _SINCE_2 for keyword in ("epochs", "steps_per_epoch", "validation_steps")},
}

# Keywords of anything that is called by a name from keras.layers; "merge.mode" is the keyword of that name alone.
LAYER_KEYWORDS: Mapping[str, Fact] = {
    **_all(
        """border_mode nb_filter nb_row nb_col subsample subsample_length filter_length dim_ordering init inner_init
        inner_activation W_regularizer b_regularizer U_regularizer W_constraint b_constraint dropout_W dropout_U
        consume_less pool_length gamma_init beta_init""",
        _CONVERTED,
    ),
    **_all("merge.mode Merge.mode", _LEGACY_MERGE),
    "BatchNormalization.mode": _CONVERTED,
    **_all("padding kernel_size kernel_initializer kernel_regularizer use_bias filters units data_format", _SINCE_2),
}
MODEL_KEYWORDS: Mapping[str, Fact] = {"input": _CONVERTED, "output": _CONVERTED}
OPTIMIZER_KEYWORDS: Mapping[str, Fact] = {
    "lr": Fact("<3", "<2.16", "renamed learning_rate; Keras 3 raises ValueError"),
    "decay": Fact("<2.13", "<2.11", "the new optimizers of 2.11 raise ValueError, Keras 3 ignores it with a warning"),
    "learning_rate": Fact(">=2.3", ">=1.14", "lr before"),
}

# Convolution2D(filters, rows, columns): to 2.3.1; later the third argument would be the strides.
POSITIONAL_KERNEL = Fact("<2.4", None, "kernel rows and columns as two arguments: Keras 1, converted up to 2.3.1")
POSITIONAL_KERNEL_CLASSES = frozenset({"Convolution2D"})

# (variable, value) that a program sets before it imports Keras
ENVIRONMENT: Mapping[tuple[str, str], Fact] = {
    **{("KERAS_BACKEND", name): _MULTI_BACKEND for name in ("theano", "cntk", "mxnet")},
    **{("KERAS_BACKEND", name): Fact(">=3", None, "a backend of Keras 3") for name in ("jax", "torch")},
}
# With this variable set to 1, tf.keras is tf_keras from TensorFlow 2.16 on.
LEGACY_KERAS_SWITCH = "TF_USE_LEGACY_KERAS"
