"""7xx: flags that do not survive a copy."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """\
import keras
from keras.layers import Dense, Input
from keras.models import Model, Sequential, clone_model, load_model, model_from_json
"""

COPIES = """
## KFL701 flag of a model lost by clone_model
## [keras==2.2.4, keras==2.3.1, tensorflow==1.13; silent: keras==2.15, keras 3]
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
base.trainable = False
twin = clone_model(base)  # error: KFL701
twin.set_weights(base.get_weights())
j = Input((4,))
model = Model(j, Dense(1, name="q")(twin(j)))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL701 flags of layers survive clone_model [everywhere]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = False
twin = clone_model(model)
twin.set_weights(model.get_weights())
twin.compile("sgd", "mse")
twin.fit(x, y)

## KFL701 flag of a model lost by json [keras==2.2.4; silent: keras==2.15, keras==3.15]
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
base.trainable = False
twin = model_from_json(base.to_json())  # error: KFL701
j = Input((4,))
model = Model(j, Dense(1, name="q")(twin(j)))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL701 frozen again after the copy [keras==2.2.4, tensorflow==1.13, keras==2.15, keras==3.15]
i = Input((4,))
base = Model(i, Dense(4, name="p")(i), name="base")
base.trainable = False
twin = model_from_json(base.to_json())
twin.set_weights(base.get_weights())
twin.trainable = False
j = Input((4,))
model = Model(j, Dense(1, name="q")(twin(j)))
model.compile("sgd", "mse")
model.fit(x, y)

## KFL701 flags lost by a SavedModel
## [tensorflow==2.2, tensorflow==2.4; silent: tensorflow==2.1, tensorflow==2.5, tensorflow==2.15]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
model.save("saved_model", save_format="tf")
again = load_model("saved_model")  # error: KFL701
again.compile("sgd", "mse")
again.fit(x, y)

## KFL701 saved and loaded from a file that keeps the flags of layers [keras==2.2.4, tensorflow==2.4, keras==2.15]
model = Sequential([Dense(4, input_shape=(4,), name="p"), Dense(1, name="q")])
model.layers[0].trainable = False
model.compile("sgd", "mse")
model.fit(x, y)
model.save("model.h5")
again = load_model("model.h5")
again.compile("sgd", "mse")
again.fit(x, y)
"""

FAMILY = programs(COPIES, PRELUDE)


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_flags_that_do_not_survive_a_copy(program: Program) -> None:
    assert found(program) == program.marked
