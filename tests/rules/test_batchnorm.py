"""2xx: BatchNormalization."""

from __future__ import annotations

import pytest

from keras_freeze_lint.findings import Prediction
from keras_freeze_lint.linter import lint_source
from keras_freeze_lint.settings import Settings
from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import BatchNormalization, Dense, Input
from keras.models import Model, Sequential
"""

# KFL201. Up to 2.1.2 the moving statistics of a frozen BatchNormalization move; tf.keras stopped that by 1.10.
OLD_KERAS = """
## frozen by its flag
## [keras==2.0.8, keras==2.1.2, tensorflow==1.4; silent: keras==2.1.3, tensorflow==1.10, keras==2.15, keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
model.layers[1].trainable = False  # error: KFL201
model.compile("sgd", "mse")
model.fit(x, y)

## frozen in a loop over all but the head [keras==2.0.8, keras==2.1.2; silent: keras==2.1.3, keras==2.15, keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
for layer in model.layers[:-1]:
    layer.trainable = False  # error: KFL201
model.compile("sgd", "mse")
model.fit(x, y)

## frozen in a helper with a flag argument [keras==2.1.2; silent: keras==2.1.3, keras 3]
def set_trainable(layers, flag):
    for layer in layers:
        layer.trainable = flag  # error: KFL201
i = Input((4,))
h = BatchNormalization(name="bn")(Dense(4, name="p")(i))
model = Model(i, Dense(1, name="q")(h))
set_trainable(model.layers[:-1], False)
model.compile("sgd", "mse")
model.fit(x, y)

## frozen ResNet50 [keras==2.0.8, keras==2.1.2; silent: keras==2.1.3, keras==2.15, keras==3.15]
from keras.applications import ResNet50
base = ResNet50(include_top=False, weights="imagenet", input_shape=(224, 224, 3), pooling="avg")
for layer in base.layers:
    layer.trainable = False  # error: KFL201
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)

## frozen VGG16 has no BatchNormalization [keras==2.0.8, keras==2.1.2, keras==2.15, keras==3.15]
from keras.applications import VGG16
base = VGG16(include_top=False, weights="imagenet", input_shape=(224, 224, 3), pooling="avg")
for layer in base.layers:
    layer.trainable = False
model = Model(base.input, Dense(1, name="q")(base.output))
model.compile("sgd", "mse")
model.fit(x, y)

## frozen, and called with training=False [keras==2.0.8, keras==2.1.2, keras==2.1.3, keras==2.15]
i = Input((4,))
bn = BatchNormalization(name="bn")
h = bn(Dense(4, name="p")(i), training=False)
model = Model(i, Dense(1, name="q")(h))
bn.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## not frozen at all [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
"""

# KFL202. On Keras 3 fit() overrides the training=False of the symbolic call; freezing is what protects the statistics.
FINE_TUNING = """
## base called with training=False and opened for fine tuning [keras 3; silent: tensorflow==2.4, keras==2.15]
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")], name="base")
i = Input((4,))
model = Model(i, Dense(1, name="q")(base(i, training=False)))
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True  # error: KFL202
model.compile("sgd", "mse")
model.fit(x, y)

## BatchNormalization stays frozen in the opened base [tensorflow==2.4, keras==2.15, keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")], name="base")
i = Input((4,))
model = Model(i, Dense(1, name="q")(base(i, training=False)))
base.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True
for layer in base.layers:
    if isinstance(layer, BatchNormalization):
        layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## base called with training=False that stays frozen [tensorflow==2.4, keras==2.15, keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")], name="base")
base.trainable = False
i = Input((4,))
model = Model(i, Dense(1, name="q")(base(i, training=False)))
model.compile("sgd", "mse")
model.fit(x, y)

## application called with training=False and opened [keras==3.15; silent: keras==2.15]
from keras.applications import MobileNetV2
base = MobileNetV2(include_top=False, weights="imagenet", pooling="avg", input_shape=(96, 96, 3))
base.trainable = False
i = Input((96, 96, 3))
model = Model(i, Dense(1, name="q")(base(i, training=False)))
model.compile("sgd", "mse")
model.fit(x, y)
base.trainable = True  # error: KFL202
model.compile(keras.optimizers.SGD(1e-5), "mse")
model.fit(x, y)
"""

# KFL204.
NOT_REACHED = """
## reopened by a later loop [keras==2.15, keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
for layer in model.layers:
    if isinstance(layer, BatchNormalization):
        layer.trainable = False  # error: KFL204
for layer in model.layers:
    layer.trainable = True
model.compile("sgd", "mse")
model.fit(x, y)

## frozen after the loop that opens all [keras==2.15, keras 3]
model = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"), Dense(1, name="q")])
for layer in model.layers:
    layer.trainable = True
for layer in model.layers:
    if isinstance(layer, BatchNormalization):
        layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## out of reach in a nested model [keras==2.15, keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")], name="base")
model = Sequential([base, Dense(1, name="q")])
for layer in model.layers:  # error: KFL204
    if isinstance(layer, BatchNormalization):
        layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)

## reached in the nested model [keras==2.15, keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")], name="base")
model = Sequential([base, Dense(1, name="q")])
for layer in base.layers:
    if isinstance(layer, BatchNormalization):
        layer.trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
"""

# KFL203 and KFL205.
MODES = """
## training=True stays in the graph [keras==2.15, tensorflow==2.4; silent: keras 3]
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")], name="base")
i = Input((4,))
model = Model(i, Dense(1, name="q")(base(i, training=True)))  # error: KFL203
model.compile("sgd", "mse")
model.fit(x, y)
model.predict(x)

## no mode at the call [everywhere]
i = Input((4,))
h = BatchNormalization(name="bn")(Dense(4, name="p")(i))
model = Model(i, Dense(1, name="q")(h))
model.compile("sgd", "mse")
model.fit(x, y)
model.predict(x)

## learning phase instead of the flag [keras==2.2.4, tensorflow==2.4]
from keras import backend as K
K.set_learning_phase(0)  # error: KFL205
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn")])
model = Sequential([base, Dense(1, name="q")])
model.compile("sgd", "mse")
model.fit(x, y)

## learning phase for prediction only [keras==2.2.4, tensorflow==2.4]
from keras import backend as K
K.set_learning_phase(0)
model = keras.models.load_model("trained.h5")
model.predict(x)
"""

FAMILY = [program for text in (OLD_KERAS, FINE_TUNING, NOT_REACHED, MODES) for program in programs(text, PRELUDE)]


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_batch_normalization(program: Program) -> None:
    assert found(program) == program.marked


class TestInferencePrediction:
    """What KFL203 predicts for the calls that only use the model."""

    BASE = """\
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import BatchNormalization, Dense, Input
from tensorflow.keras.models import Model, Sequential
{before}
base = Sequential([Dense(4, input_shape=(4,), name="p"), BatchNormalization(name="bn"{option})], name="base")
i = Input((4,))
model = Model(i, Dense(1, name="q")(base(i, training=True)))
{flags}
model.compile("sgd", "mse")
model.fit(x, y)
{after}
"""

    def predicted(
        self,
        after: str,
        flags: str = "",
        before: str = "",
        option: str = "",
        keras: str = "tensorflow==2.15",
    ) -> Prediction | None:
        text = self.BASE.format(before=before, option=option, flags=flags, after=after)
        found = lint_source(text, "train.py", Settings(keras=keras)).findings
        (finding,) = (one for one in found if one.code == "KFL203")
        assert finding.location.line == 9
        return finding.prediction

    @pytest.mark.parametrize("keras", ["tensorflow==2.0", "tensorflow==2.4", "tensorflow==2.15", "tf_keras==2.16"])
    @pytest.mark.parametrize(
        "call",
        [
            "model.predict(x)",
            "loss = model.evaluate(x, y)",
            "model.test_on_batch(x, y)",
            "print(np.argmax(model.predict_on_batch(x), axis=1))",
            "model.predict_generator(batches)",
            "model.evaluate_generator(batches)",
        ],
    )
    def test_the_statistics_move_where_the_model_is_used(self, call: str, keras: str) -> None:
        assert self.predicted(call, keras=keras) == Prediction(13, ("bn",), "frozen", "moves", "statistics")

    def test_they_move_in_a_model_around_it_too(self) -> None:
        around = "deep = Sequential([model, Dense(1)])\ndeep.compile('sgd', 'mse')\ndeep.fit(x, y)\ndeep.predict(x)"

        assert self.predicted(around) == Prediction(16, ("bn",), "frozen", "moves", "statistics")

    def test_they_move_once_it_is_reopened_and_compiled_again(self) -> None:
        again = "base.trainable = True\nmodel.compile('sgd', 'mse')\nmodel.predict(x)"

        assert self.predicted(again, "base.trainable = False") == Prediction(
            15, ("bn",), "frozen", "moves", "statistics"
        )

    @pytest.mark.parametrize(
        "after",
        [
            "",
            "base.predict(x)",
            "model.fit(x, model.predict(x))",
            "Model(i, Dense(1)(base(i))).predict(x)",
            "model.summary()",
        ],
    )
    def test_nothing_is_said_of_other_calls(self, after: str) -> None:
        assert self.predicted(after) is None

    @pytest.mark.parametrize(
        "flags", ["base.trainable = False", "base.layers[1].trainable = False", "model.trainable = False"]
    )
    @pytest.mark.parametrize("after", ["model.predict(x)", "base.trainable = True\nmodel.predict(x)"])
    def test_what_was_frozen_when_it_was_compiled_stays(self, flags: str, after: str) -> None:
        assert self.predicted(after, flags) is None

    @pytest.mark.parametrize(
        "before",
        [
            "tf.compat.v1.disable_eager_execution()",
            "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()",
            "keras.backend.set_learning_phase(1)",
        ],
    )
    def test_graph_mode_and_a_learning_phase_may_change_it(self, before: str) -> None:
        text = self.BASE.format(before=before, option="", flags="", after="model.predict(x)")

        found = lint_source(text, "train.py", Settings(keras="tensorflow==2.15")).findings

        assert [one.prediction for one in found if one.code == "KFL203"] == [None]

    def test_momentum_may_hold_them(self) -> None:
        assert self.predicted("model.predict(x)", option=", momentum=1.0") is None

    def test_in_graph_mode_of_tensorflow_1_predict_moves_nothing(self) -> None:
        assert self.predicted("model.predict(x)", keras="tensorflow==1.15") is None
