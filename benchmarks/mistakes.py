"""Programs with freezing mistakes that a run can show: small enough to train at once, written as people write them."""

from __future__ import annotations

from textwrap import dedent, indent

_IMPORTS = """\
import keras
import numpy as np
import tensorflow as tf
from keras import layers
"""

# Each is the body of a function, holds one mistake, and trains what its neighbours do not.
_MISTAKES = (
    """
    # The second phase was to fine-tune the backbone: it was never compiled again.
    backbone = keras.Sequential(
        [layers.Input((24, 24, 3)), layers.Conv2D({width}, 3, activation="relu"), layers.GlobalAveragePooling2D()],
        name="backbone",
    )
    backbone.trainable = False
    model = keras.Sequential([backbone, layers.Dense({classes}, activation="softmax", name="head")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = np.random.rand({rows}, 24, 24, 3), np.random.randint({classes}, size={rows})
    model.fit(images, labels, batch_size=16, epochs=2)
    backbone.trainable = True
    model.fit(images, labels, batch_size=16, epochs=2)
    """,
    """
    # The discriminator is frozen for the generator's sake, and for its own training, too.
    generator = keras.Sequential(
        [layers.Input(({latent},)), layers.Dense({width}, activation="relu"), layers.Dense(2)], name="generator"
    )
    judge = keras.Sequential(
        [layers.Input((2,)), layers.Dense({width}, activation="relu"), layers.Dense(1, activation="sigmoid")],
        name="judge",
    )
    judge.compile("adam", "binary_crossentropy")
    judge.trainable = False
    noise = keras.Input(({latent},))
    combined = keras.Model(noise, judge(generator(noise)))
    combined.compile("adam", "binary_crossentropy")
    for step in range(3):
        made = generator.predict(np.random.normal(size=(16, {latent})), verbose=0)
        judge.train_on_batch(np.random.normal(size=(16, 2)), np.ones((16, 1)))
        judge.train_on_batch(made, np.zeros((16, 1)))
        combined.train_on_batch(np.random.normal(size=(16, {latent})), np.ones((16, 1)))
    """,
    """
    # The parent was frozen first: what is opened below it stays shut.
    encoder = keras.Sequential(
        [
            layers.Input((32,)),
            layers.Dense({width}, activation="relu", name="block1"),
            layers.Dense({width}, activation="relu", name="block2"),
        ],
        name="encoder",
    )
    inputs = keras.Input((32,))
    outputs = layers.Dense(1, name="score")(encoder(inputs))
    model = keras.Model(inputs, outputs)
    encoder.trainable = False
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    rows, targets = np.random.rand({rows}, 32), np.random.rand({rows}, 1)
    model.fit(rows, targets, batch_size=16, epochs=1, verbose=0)
    encoder.get_layer("block2").trainable = True
    model.fit(rows, targets, batch_size=16, epochs=1, verbose=0)
    """,
    """
    # The gradients are taken of all weights, frozen ones among them.
    encoder = keras.Sequential([layers.Input((16,)), layers.Dense({width}, activation="tanh")], name="encoder")
    encoder.trainable = False
    model = keras.Sequential([encoder, layers.Dense(1, name="head")])
    optimizer = keras.optimizers.Adam(1e-2)
    rows, targets = np.random.rand({rows}, 16).astype("float32"), np.random.rand({rows}, 1).astype("float32")
    for step in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(rows, training=True) - targets) ** 2)
        gradients = tape.gradient(loss, model.weights)
        optimizer.apply_gradients(zip(gradients, model.weights))
    """,
    """
    # The whole model is frozen, its new head included.
    inputs = keras.Input((12,), dtype="int32")
    words = layers.Embedding({vocabulary}, {width}, name="words")(inputs)
    pooled = layers.GlobalAveragePooling1D()(words)
    outputs = layers.Dense(1, activation="sigmoid", name="sentiment")(pooled)
    model = keras.Model(inputs, outputs)
    model.trainable = False
    model.compile("rmsprop", "binary_crossentropy")
    tokens, labels = np.random.randint({vocabulary}, size=({rows}, 12)), np.random.randint(2, size=({rows}, 1))
    model.fit(tokens, labels, batch_size=16, epochs=2, verbose=0)
    """,
)


def _body(number: int) -> str:
    sizes = {
        "width": 8 + 4 * (number % 4),
        "classes": 3 + number % 5,
        "latent": 4 + number % 3,
        "rows": 64 + 16 * (number % 3),
        "vocabulary": 200 + 50 * (number % 4),
    }
    return dedent(_MISTAKES[number % len(_MISTAKES)]).strip().format(**sizes)


def separate(number: int) -> str:
    """Return a script with one mistake."""
    return f"{_IMPORTS}\n{_body(number)}\n"


def together(count: int) -> str:
    """Return a script with many mistakes, each in a function of its own."""
    functions = [f"def experiment{number}():\n{indent(_body(number), '    ')}\n" for number in range(count)]
    calls = "\n".join(f"    experiment{number}()" for number in range(count))
    return "\n\n".join([_IMPORTS, *functions, f'if __name__ == "__main__":\n{calls}\n'])
