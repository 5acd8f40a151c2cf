"""Models that code in another file builds, compiles or trains."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

PRELUDE = """
import numpy as np
x, y = np.ones((8, 4)), np.ones((8, 1))
"""

ELSEWHERE = """
## built elsewhere, opened between two fits [keras==2.15, keras==3.15/tensorflow; silent: keras==3.15/torch]
import keras
from project.model import build
model = build()
model.fit(x, y, epochs=1)
model.trainable = True  # error: KFL102
model.fit(x, y, epochs=1)

## built elsewhere, compiled again here [keras==2.15, keras==3.15/tensorflow]
import keras
from project.model import build
model = build()
model.fit(x, y, epochs=1)
model.trainable = True
model.compile("sgd", "mse")
model.fit(x, y, epochs=1)

## a GAN that is trained elsewhere [keras==3.15/tensorflow, keras==3.15/torch; silent: keras==2.15, keras==2.2.4]
from keras.layers import Dense, Input
from keras.models import Model, Sequential
from project.training import train
critic = Sequential([Dense(1, input_shape=(4,), name="judge")])
critic.compile("sgd", "mse")
maker = Sequential([Dense(4, input_shape=(2,), name="make")])
noise = Input((2,))
critic.trainable = False  # error: KFL103
both = Model(noise, critic(maker(noise)))
both.compile("sgd", "mse")
train(critic, both)

## a helper that compiles with the model's own optimizer [keras==2.15, keras==3.15/tensorflow; silent: tensorflow==2.4]
import keras
def open_up(model):
    for layer in model.layers:
        layer.trainable = True
    model.compile(model.optimizer, loss="mse")  # error: KFL106
"""


@pytest.mark.parametrize("program", parameters(programs(ELSEWHERE, PRELUDE)))
def test_what_another_file_does(program: Program) -> None:
    assert found(program) == program.marked
