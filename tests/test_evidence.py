"""Which Keras a program was written for, as its own code tells."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_freeze_lint.keras.evidence import Clue, source_evidence
from keras_freeze_lint.keras.evidence_table import (
    ENVIRONMENT,
    LAYER_KEYWORDS,
    METHOD_KEYWORDS,
    METHODS,
    MODEL_KEYWORDS,
    OPTIMIZER_KEYWORDS,
    PATHS,
    POSITIONAL_KERNEL,
)
from keras_freeze_lint.keras.versions import releases_of


def clue(source: str) -> Clue | None:
    return source_evidence(ast.parse(source)).clue


def requirement(source: str) -> str | None:
    found = clue(source)
    return None if found is None else found.requirement


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # modules of the package
        ("from keras.engine.topology import Layer", "keras<2.6"),
        ("from keras.engine.topology import Container", "keras<2.2"),
        ("import keras.engine.training", "keras<2.13"),
        ("from keras.engine import InputSpec", "keras<2.6"),
        ("from keras.layers.core import Dense", "keras<2.13"),
        ("from keras.layers.convolutional import Conv2D", "keras<2.13"),
        ("from keras.layers.normalization import BatchNormalization", "keras<2.6"),
        ("from keras.layers.advanced_activations import LeakyReLU", "keras<2.9"),
        ("import keras\nkeras.layers.wrappers.TimeDistributed", "keras<2.9"),
        ("from keras.utils import np_utils", "keras<2.13"),
        ("from keras.utils.visualize_util import plot", "keras<2"),
        ("from keras.utils import multi_gpu_model", "keras>=2.0.9,<2.4"),
        ("from tensorflow.keras.utils import multi_gpu_model", "tensorflow>=1.5,<2.4"),
        ("from keras.backend.tensorflow_backend import set_session", "keras<2.4"),
        ("import keras_contrib\nimport keras", "keras<2.4"),
        # arguments of Keras 1
        ("import keras\nmodel.fit(x, y, nb_epoch=3)", "keras<2.4"),
        ("import tensorflow as tf\nmodel.fit(x, y, nb_epoch=3)", "tensorflow>=1.7,<2.2"),
        ("import keras\nmodel.fit_generator(g, samples_per_epoch=9)", "keras<2.4"),
        ("from keras.layers import Conv2D\nConv2D(8, 3, border_mode='same')", "keras<2.4"),
        ("from keras.layers import Convolution2D\nConvolution2D(64, 3, 3)", "keras<2.4"),
        ("from keras.layers import *\nConvolution2D(64, 3, 3)", "keras<2.4"),
        ("from keras.models import Model\nModel(input=a, output=b)", "keras<2.4"),
        ("from keras.layers import merge\nmerge([a, b], mode='concat')", "keras<2.2"),
        ("from keras.layers import Merge", "keras<2.2"),
        # optimizers
        ("from keras.optimizers import SGD\nSGD(lr=0.1)", "keras<3"),
        ("import tensorflow as tf\ntf.keras.optimizers.Adam(lr=0.1)", "tensorflow<2.16"),
        ("from keras import optimizers\noptimizers.SGD(0.1, decay=1e-6)", "keras<2.13"),
        ("from tensorflow.keras.optimizers import SGD\nSGD(0.1, decay=1e-6)", "tensorflow<2.11"),
        ("import tensorflow as tf\ntf.keras.optimizers.legacy.SGD(decay=1e-6)", "tensorflow>=2.9,<2.16"),
        # the backend module
        ("from keras import backend as K\nK.set_image_dim_ordering('th')", "keras<2.2.5"),
        ("from keras import backend as K\nif K.image_dim_ordering() == 'tf': pass", "keras<2.2.5"),
        ("import keras.backend as K\nK.set_learning_phase(0)", "keras<3"),
        ("import tensorflow.keras.backend as K\nK.set_learning_phase(0)", "tensorflow<2.16"),
        ("import keras\nK = keras.backend\nK.mean(x)", "keras<3"),
        # methods
        ("import keras\nmodel.fit_generator(g)", "keras<3"),
        ("import tensorflow as tf\nbuild().fit_generator(g)", "tensorflow<2.16"),
        ("import keras\nmodel.predict_classes(x)", "keras<2.6"),
        ("import keras\nmodel.fit(g, workers=4)", "keras>=2.2.5,<3"),
        # TensorFlow by itself, and the package keras that was used beside it
        ("import tensorflow as tf\ntf.Session()", "tensorflow<2"),
        ("import keras\nimport tensorflow as tf\ntf.Session()", "keras>=1.2,<2.4"),
        ("import tensorflow as tf\ntf.placeholder(tf.float32)", "tensorflow<2"),
        ("from tensorflow.contrib import slim", "tensorflow<2"),
        ("import tensorflow as tf\ntf.app.flags", "tensorflow<2"),
        ("from tensorflow.python.keras.layers import Dense", "tensorflow<2.16"),
        ("from tensorflow.keras.layers.experimental import preprocessing", "tensorflow>=2.1,<2.16"),
        ("import tensorflow_addons as tfa\nimport tensorflow as tf", "tensorflow>=2.0,<2.16"),
        # Keras 3
        ("from keras import ops", "keras>=3.0"),
        ("import keras\nkeras.ops.mean(x)", "keras>=3.0"),
        ("import keras\nkeras.random.normal((2,))", "keras>=3.0"),
        ("import keras\nkeras.config.set_floatx('float16')", "keras>=3.0"),
        ("import keras\nkeras.layers.TFSMLayer('m')", "keras>=3.0"),
        ("import tensorflow as tf\ntf.keras.ops.mean(x)", "keras>=3.0"),
        ("import keras_core as keras\nkeras.Model()", "keras>=3.0"),
        # the environment
        ("import os, keras\nos.environ['KERAS_BACKEND'] = 'theano'", "keras<2.4"),
        ("import os\nos.environ.setdefault('KERAS_BACKEND', 'jax')\nimport keras", "keras>=3.0"),
    ],
)
def test_api_of_a_range_settles_the_range(source: str, expected: str) -> None:
    found = clue(source)
    assert found is not None
    assert (found.requirement, found.settles) == (expected, True)
    assert found.releases == releases_of(found.requirement)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import keras\nmodel.fit(x, y, epochs=3)", "keras>=2.0"),
        ("from keras.optimizers import SGD\nSGD(learning_rate=0.1)", "keras>=2.3"),
        ("from tensorflow.keras.optimizers import SGD\nSGD(learning_rate=0.1)", "tensorflow>=1.14"),
        # TensorFlow 1 has it too, but only after enable_eager_execution()
        ("import tensorflow as tf\nwith tf.GradientTape() as tape: pass", "tensorflow>=2.0"),
        ("import tensorflow.compat.v1 as tf\ntf.Session()", "tensorflow>=1.13"),
    ],
)
def test_what_is_there_ever_since_only_narrows(source: str, expected: str) -> None:
    found = clue(source)
    assert found is not None
    assert (found.requirement, found.settles) == (expected, False)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "import keras\nkeras.layers.Dense(3)",
        "import tensorflow as tf\nmodel.fit(x, y, epochs=3)",
        # comments and strings are no code
        "import keras  # from keras.engine.topology import Layer\nprint('nb_epoch=3')",
        # other people's names
        "from mykeras.engine.topology import Layer",
        "from .keras.engine.topology import Layer",
        "import keras\ntrain(nb_epoch=3)",
        "import keras\ndef fit_generator(g): ...\nself.fit_generator(g)",
        "import keras\nclass Net:\n    def fit(self, **k): ...\nNet().fit(nb_epoch=3)",
        "from keras.models import *\ndef Convolution2D(*a): ...\nConvolution2D(64, 3, 3)",
        "import numpy as K\nK.mean(x)",
        # three integers are filters, kernel and strides for Conv2D
        "from keras.layers import Conv2D\nConv2D(32, 3, 3)",
    ],
)
def test_no_clue(source: str) -> None:
    assert clue(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    from keras import ops\nexcept ImportError:\n    from tensorflow import keras\n",
        "try:\n    from keras import ops\nexcept:\n    ops = None\nimport keras\n",
        "try:\n    model.fit(x, nb_epoch=3)\nexcept (ValueError, TypeError):\n    model.fit(x)\nimport keras\n",
        "import keras\nif keras.__version__ < '3':\n    model.fit_generator(g)\nelse:\n    model.fit(g)\n",
        "import tensorflow as tf\nif LooseVersion(tf.VERSION) < '2':\n    tf.Session()\n",
        "import tensorflow as tf\nif hasattr(tf, 'Session'):\n    tf.Session()\n",
        "import tensorflow as tf\nif new_version:\n    pass\nelif tf2:\n    pass\nelse:\n    tf.Session()\n",
    ],
)
def test_code_with_another_way_out_runs_on_either_side(source: str) -> None:
    assert clue(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "import sys, tensorflow as tf\nif sys.version_info > (3,):\n    tf.Session()\n",
        "import tensorflow as tf\ntry:\n    tf.Session()\nexcept Exception:\n    raise\n",
        "import tensorflow as tf\ntry:\n    x()\nexcept ImportError:\n    pass\nelse:\n    tf.Session()\n",
    ],
)
def test_other_questions_are_no_way_out(source: str) -> None:
    assert requirement(source) == "tensorflow<2"


class TestSeveralPieces:
    def test_intersect(self) -> None:
        source = "from keras.layers import merge\nmerge(x, mode='sum')\nmodel.fit_generator(g, steps_per_epoch=9)\n"
        assert requirement(source) == "keras>=2.0,<2.2"

    def test_the_most_telling_one_is_named_and_its_first_line(self) -> None:
        found = clue("import keras\nmodel.fit_generator(g)\nx.predict_classes(y)\nx.predict_classes(y)\n")
        assert found is not None
        assert (found.line, found.what) == (3, "predict_classes")

    def test_of_contradictory_ones_the_most_specific_counts(self) -> None:
        assert requirement("from keras import ops\nfrom keras.engine.topology import Layer\n") == "keras>=3.0"

    def test_a_contradiction_to_what_only_narrows_does_not_count(self) -> None:
        source = "import tensorflow as tf\ntf.enable_eager_execution()\ntf.GradientTape()\n"
        assert requirement(source) == "tensorflow<2"

    def test_tensorflow_is_written_as_people_write_it(self) -> None:
        found = clue("from tensorflow import ConfigProto")
        assert found is not None
        assert found.what == "tf.ConfigProto"


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("import keras", "keras"),
        ("import keras_core as keras", "keras"),
        ("from tensorflow import keras", "tensorflow"),
        ("import tensorflow as tf\ntf.keras.Model()", "tensorflow"),
        ("import tensorflow as tf\nkeras = tf.keras\nkeras.Model()", "tensorflow"),
        ("from tensorflow.python.keras import layers", "tensorflow"),
        ("import tensorflow as tf\ntf.reduce_mean(x)", "tensorflow"),
        ("import tf_keras as keras", "tf_keras"),
        ("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'\nimport tensorflow as tf\ntf.keras.Model()", "tf_keras"),
        ("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '0'\nimport tensorflow as tf\ntf.keras.Model()", "tensorflow"),
        ("try:\n    from tensorflow import keras\nexcept ImportError:\n    import keras\n", "keras"),
        ("import keras\nfrom tensorflow.keras import layers, models", "tensorflow"),
        ("import torch", None),
    ],
)
def test_the_package_that_a_file_imports(source: str, package: str | None) -> None:
    assert source_evidence(ast.parse(source)).package == package


def test_tf_keras_is_evidence_enough() -> None:
    assert source_evidence(ast.parse("import tf_keras\nmodel.fit_generator(g)")) == ("tf_keras", None)


def test_every_range_of_the_table_means_some_release() -> None:
    tables = (PATHS, METHODS, METHOD_KEYWORDS, LAYER_KEYWORDS, MODEL_KEYWORDS, OPTIMIZER_KEYWORDS, ENVIRONMENT)
    for fact in [POSITIONAL_KERNEL, *(fact for table in tables for fact in table.values())]:
        assert fact.keras or fact.tensorflow
        assert fact.keras is None or releases_of(f"keras{fact.keras}")
        assert fact.tensorflow is None or releases_of(f"tensorflow{fact.tensorflow}")


class TestCost:
    @pytest.mark.parametrize(
        "source",
        [
            "x = " + " + ".join(["a.b"] * 900),
            "".join(f"{'el' * (arm > 0)}if a == {arm}:\n    b({arm})\n" for arm in range(900)),
            "x" + ".a()" * 900,
        ],
        ids=["long sum", "long elif", "long chain"],
    )
    def test_deep_code_is_walked_without_recursion(self, source: str) -> None:
        assert clue(source) is None

    @pytest.mark.slow  # a busy machine falsifies what it measures
    def test_a_thousand_lines_take_a_few_milliseconds(self) -> None:
        block = "from keras.layers import Dense\nadd(Dense(3, kernel_initializer=make(1, 2)))\nx = self.a.b[3] + 2\n\n"
        tree = ast.parse(block * 250)
        best = min(self.seconds(tree) for _ in range(5))
        assert best < 0.025  # a quarter of it on an idle machine

    @staticmethod
    def seconds(tree: ast.Module) -> float:
        start = time.perf_counter()
        source_evidence(tree)
        return time.perf_counter() - start


@given(
    st.from_regex(
        r"([a-z_.= ()*\[\]{}:,'\n]|keras|tensorflow|import |from |fit_generator|try:|except:){0,40}", fullmatch=True
    )
)
def test_no_program_breaks_it(source: str) -> None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    source_evidence(tree)
