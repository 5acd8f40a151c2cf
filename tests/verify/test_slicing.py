"""What is cut from a user's program: what a witness keeps, leaves out, makes up, and takes for granted.

Each program marks the line that a finding is on with ``#!`` and the training calls that show it with ``#>``.
"""

from __future__ import annotations

import ast
import re
from textwrap import dedent

import pytest

from keras_freeze_lint.sources.notebooks import read_notebook
from keras_freeze_lint.verify.slicing import slice_program
from keras_freeze_lint.verify.witness import Unsliceable, Witness

RANDOM = "random data of the shapes that the model and its loss ask for"
TWO_LAYERS = """
from keras import layers, models

model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
model.compile("sgd", "mse")
"""


def cut(marked: str, *, modern: bool = False) -> Witness:
    """The witness of a marked program."""
    witness = attempt(marked, modern=modern)
    assert isinstance(witness, Witness), witness
    ast.parse(witness.text)
    assert len(witness.origins) == len(witness.text.splitlines())
    return witness


def attempt(marked: str, *, modern: bool = False) -> Witness | Unsliceable:
    marked = dedent(marked).strip() + "\n"
    lines = marked.splitlines()
    findings = [number for number, line in enumerate(lines, 1) if line.endswith("#!")]
    trained = [number for number, line in enumerate(lines, 1) if line.endswith("#>")]
    return slice_program(
        re.sub(r"  #[!>]$", "", marked, flags=re.MULTILINE), "train.py", findings, trained, modern=modern
    )


def program(witness: Witness) -> str:
    """The user's part of a witness, without what is made up in front of it."""
    return witness.text.rpartition("# -- the user's program\n")[2].strip()


def same(witness: Witness, expected: str) -> bool:
    """Whether the user's part reads like that; blank lines are the business of another test."""
    wanted, found = (
        [line for line in text.splitlines() if line.strip()] for text in (dedent(expected), program(witness))
    )
    assert found == wanted
    return True


def assumed(witness: Witness) -> dict[str, str]:
    return {one.written: one.assumed for one in witness.assumptions}


# -- what is left out
def test_loading_plotting_logging_and_saving_have_no_place_in_a_witness() -> None:
    witness = cut(
        """
        import logging
        import cv2
        import numpy as np
        import matplotlib.pyplot as plt
        from glob import glob
        from keras import layers, models

        logging.basicConfig(level="INFO")
        paths = glob("data/*.png")
        x = np.array([cv2.imread(path) for path in paths]) / 255.0
        y = np.load("labels.npy")
        print("loaded", len(x))

        # The part that is reused.
        base = models.Sequential([layers.Input((8,)), layers.Dense(4, name="features")])
        model = models.Sequential([base, layers.Dense(1, name="head")])
        model.compile("sgd", "mse")
        model.summary()
        base.trainable = False  #!
        history = model.fit(x, y, epochs=50, batch_size=64)  #>
        plt.plot(history.history["loss"])
        plt.savefig("loss.png")
        model.save("model.h5")
        logging.info("done")
        """
    )
    assert same(
        witness,
        """
        from keras import layers, models
        # The part that is reused.
        base = models.Sequential([layers.Input((8,)), layers.Dense(4, name="features")])
        model = models.Sequential([base, layers.Dense(1, name="head")])
        model.compile("sgd", "mse")
        base.trainable = False
        history = model.fit(*synthetic_batch(model), epochs=2, batch_size=4)
        """,
    )
    assert assumed(witness) == {"x, y": RANDOM}


def test_another_model_of_the_file_is_left_out() -> None:
    witness = cut(
        """
        from keras import layers, models

        teacher = models.Sequential([layers.Dense(4, input_shape=(8,))])
        teacher.compile("sgd", "mse")
        teacher.fit(x, y)
        student = models.Sequential([layers.Dense(4, input_shape=(8,))])
        student.compile("sgd", "mse")
        student.trainable = False  #!
        student.fit(x, y)  #>
        """
    )
    assert "teacher" not in witness.text
    assert "student.trainable = False" in witness.text


def test_a_witness_knows_where_each_line_came_from() -> None:
    witness = cut("import os\n" + TWO_LAYERS + "print(model)\nmodel.trainable = False  #!\nmodel.fit(x, y)  #>\n")
    lines = witness.text.splitlines()
    where = {line: origin for line, origin in zip(lines, witness.origins, strict=True) if line}
    assert where["from keras import layers, models"] == 3
    assert where["model.trainable = False"] == 8
    assert where["model.fit(*synthetic_batch(model))"] == 9
    assert where["def synthetic_batch(model, rows=None, loss=None, shape=None):"] == 0
    assert witness.training_calls == (9,)


def test_the_user_s_formatting_stays() -> None:
    witness = cut(
        """
        from keras import layers, models

        model = models.Sequential(
            [
                layers.Dense(4, input_shape=(8,)),  # reused
                layers.Dense(1),
            ]
        )

        # Compiled
        # too early.
        model.compile('sgd',
                      loss='mse')
        model.trainable = False  #!
        model.fit(x,
                  y)  #>
        """
    )
    assert program(witness).splitlines() == [
        "from keras import layers, models",
        "",
        "model = models.Sequential(",
        "    [",
        "        layers.Dense(4, input_shape=(8,)),  # reused",
        "        layers.Dense(1),",
        "    ]",
        ")",
        "",
        "# Compiled",
        "# too early.",
        "model.compile('sgd',",
        "              loss='mse')",
        "model.trainable = False",
        "model.fit(*synthetic_batch(model))",
    ]


def test_only_keras_and_numpy_are_imported() -> None:
    witness = cut(
        """
        import os, sys, json
        import pandas as pd
        from PIL import Image
        from sklearn.model_selection import train_test_split
        import numpy as np
        from keras import layers, models, optimizers

        data = pd.read_csv("data.csv")
        x_train, x_test, y_train, y_test = train_test_split(data.values, data["label"].values)
        units = int(np.sqrt(64))
        model = models.Sequential([layers.Dense(units, input_shape=(x_train.shape[1],)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.layers[0].trainable = False  #!
        model.fit(x_train, y_train, validation_data=(x_test, y_test))  #>
        """
    )
    tops = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").partition(".")[0]
        for node in ast.walk(ast.parse(witness.text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert tops == {"numpy", "keras"}
    assert "layers.Dense(units, input_shape=(8,))" in witness.text


# -- data
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("model.fit(x, y)", "model.fit(*synthetic_batch(model))"),
        ("model.fit(x=x, y=y, verbose=2)", "model.fit(*synthetic_batch(model), verbose=0)"),
        ("model.fit(x, y, 128, 100)", "model.fit(*synthetic_batch(model), 4, 2)"),
        ("model.fit(*load())", "model.fit(*synthetic_batch(model))"),
        ("model.fit(x, y, validation_split=0.1, shuffle=True)", "model.fit(*synthetic_batch(model))"),
        ("model.fit(train_ds, epochs=30)", "model.fit(*synthetic_data(model), epochs=2)"),
        ("model.fit_generator(train, 500, 30)", "model.fit_generator(synthetic_batches(model), 1, 2)"),
        (
            "model.fit_generator(train, steps_per_epoch=len(train), validation_data=test, workers=4, epochs=9)",
            "model.fit_generator(synthetic_batches(model), steps_per_epoch=1, epochs=2)",
        ),
        ("model.train_on_batch(x, y)", "model.train_on_batch(*synthetic_batch(model))"),
        ("model.fit(train_ds, steps_per_epoch=len(train_ds))", "model.fit(*synthetic_data(model))"),
        ("model.fit(x=train_ds, workers=4)", "model.fit(*synthetic_data(model))"),
        ("model.train_on_batch(*next(batches))", "model.train_on_batch(*synthetic_batch(model))"),
        ("model.fit(x, y, callbacks=[ModelCheckpoint('best.h5')])", "model.fit(*synthetic_batch(model))"),
        ("model.fit({'a': a}, {'b': b}, epochs=3)", "model.fit(*synthetic_batch(model), epochs=3)"),
    ],
)
def test_data_is_made_up_and_training_is_short(call: str, expected: str) -> None:
    witness = cut(TWO_LAYERS + f"model.layers[0].trainable = False  #!\n{call}  #>\n")
    assert program(witness).splitlines()[-1] == expected


@pytest.mark.parametrize(
    ("data", "call", "expected"),
    [
        ("np.random.rand(64, 8), np.random.rand(64, 1)", "x, y, epochs=9", "x, y, epochs=1"),
        ("np.random.rand(63, 8), np.random.rand(63, 1)", "x, y, epochs=9", "x, y, epochs=1"),
        ("np.random.rand(45, 8), np.random.rand(45, 1)", "x, y, epochs=9", "x, y, epochs=2"),
        (
            "np.random.rand(63, 8), np.random.rand(63, 1)",
            "x, y, epochs=2, batch_size=16",
            "x, y, epochs=1, batch_size=32",
        ),
        ("np.zeros((96, 8)), np.ones((96, 1))", "x, y, epochs=9, batch_size=512", "x, y, epochs=1, batch_size=48"),
        ("np.zeros((96, 8)), np.ones((96, 1))", "x, y, 16, 9", "x, y, 48, 1"),
        ("np.zeros((96, 8)), np.ones((96, 1))", "x, y, epochs=9, batch_size=64", "x, y, epochs=1, batch_size=64"),
        ("np.zeros((9000, 8)), np.ones((9000, 1))", "x, y, epochs=9, batch_size=6", "x, y, epochs=1, batch_size=256"),
        ("np.zeros((1, 8)), np.ones((1, 1))", "x, y, epochs=9, batch_size=8", "x, y, epochs=2, batch_size=8"),
        (
            "np.zeros((64, 8)), np.ones((64, 1)); few = np.random.normal(size=(4, 8))",
            "x, y, epochs=9, batch_size=4",
            "x, y, epochs=1, batch_size=32",
        ),
        # The name may stand in the model, too, and so may the number.
        (
            "np.zeros((64, 8)), np.ones((64, 1)); few = 4",
            "x, y, epochs=9, batch_size=few",
            "x, y, epochs=1, batch_size=4",
        ),
        ("np.zeros((64, 8)), np.ones((64, 1))", "x, y, epochs=9, batch_size=8", "x, y, epochs=1, batch_size=8"),
        ("np.random.normal(size=(10, 8)).astype('float32'), np.ones((10, 1))", "x, y, 5, 9", "x, y, 5, 1"),
        (
            "np.random.rand(64, 8), np.random.rand(64, 1)",
            "x, y, epochs=9, callbacks=[Unfreeze()]",
            "x, y, epochs=2, callbacks=[Unfreeze()]",
        ),
        (
            "np.random.rand(64, 8), np.random.rand(64, 1)",
            "x, y, epochs=9, steps_per_epoch=1",
            "x, y, epochs=2, steps_per_epoch=1",
        ),
    ],
)
def test_one_epoch_is_enough_where_it_has_two_steps(data: str, call: str, expected: str) -> None:
    witness = cut(
        f"""
        import keras
        import numpy as np
        from keras import layers, models

        class Unfreeze(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.trainable = True

        x, y = {data}
        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.trainable = False  #!
        model.compile("sgd", "mse")
        model.fit({call})  #>
        """
    )
    assert program(witness).splitlines()[-1] == f"model.fit({expected})"


def test_a_short_training_stays_short() -> None:
    witness = cut(TWO_LAYERS + "little = 3\nmodel.trainable = False  #!\nmodel.fit(x, y, epochs=little)  #>\n")
    assert program(witness).splitlines()[-1] == "model.fit(*synthetic_batch(model), epochs=3)"
    assert "little" not in program(witness)


def test_one_batch_size_is_one_size_wherever_it_stands() -> None:
    witness = cut(
        """
        import numpy as np
        import tensorflow as tf
        from keras import layers, models

        def train(model, batches, batch_size):
            for batch in batches:
                model.train_on_batch(batch, np.zeros((batch_size, 1)))  #>

        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.layers[0].trainable = False  #!
        train(model, tf.data.Dataset.from_tensor_slices(np.random.rand(128, 8)).batch(32), 32)
        """
    )
    assert ".batch(8), 8)" in witness.text


def test_data_that_needs_no_file_stays() -> None:
    witness = cut(
        """
        import numpy as np
        from keras import layers, models

        def batches():
            while True:
                yield np.ones((4, 8)), np.zeros((4, 1))

        x, y = np.random.rand(64, 8), np.random.rand(64, 1)
        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, y, epochs=5)  #>
        model.layers[0].trainable = False  #!
        model.fit_generator(batches(), steps_per_epoch=100, epochs=5)  #>
        """
    )
    assert "synthetic" not in witness.text
    assert "model.fit(x, y, epochs=1)" in witness.text
    assert "model.fit_generator(batches(), steps_per_epoch=1, epochs=2)" in witness.text
    assert witness.assumptions == ()


@pytest.mark.parametrize(
    "source",
    [
        'ImageDataGenerator(rescale=1 / 255).flow_from_directory("data/train", target_size=(64, 64))',
        'keras.utils.image_dataset_from_directory("data/train", image_size=(64, 64))',
        'tf.data.TFRecordDataset(["a.tfrecord"]).map(parse).batch(32)',
        'read_batches("data/train")',
        "FilesOnDisk(files, 32)",
    ],
)
def test_batches_from_files(source: str) -> None:
    witness = cut(
        f"""
        import keras
        import tensorflow as tf
        from keras.preprocessing.image import ImageDataGenerator

        class FilesOnDisk(keras.utils.Sequence):
            def __init__(self, files, size):
                self.files = files
                self.size = size

            def __len__(self):
                return len(self.files) // self.size

            def __getitem__(self, number):
                return read_images(self.files[number]), read_labels(self.files[number])

        def read_batches(folder):
            while True:
                yield read_images(folder)

        train = {source}
        model = keras.Sequential([keras.layers.Dense(4, input_shape=(8,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.layers[0].trainable = False  #!
        model.fit(train, epochs=10)  #>
        """
    )
    assert same(
        witness,
        """
        import keras
        model = keras.Sequential([keras.layers.Dense(4, input_shape=(8,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.layers[0].trainable = False
        model.fit(*synthetic_data(model), epochs=2)
        """,
    )


def test_a_data_set_of_keras_is_replaced_by_random_data_of_its_shape() -> None:
    witness = cut(
        """
        from keras.datasets import mnist
        from keras import layers, models
        from keras.utils import to_categorical

        (x_train, y_train), (x_test, y_test) = mnist.load_data()
        x_train = x_train.reshape(-1, 784).astype("float32") / 255
        y_train = to_categorical(y_train, 10)
        model = models.Sequential([layers.Dense(4, input_shape=(784,)), layers.Dense(10, activation="softmax")])
        model.compile("sgd", "categorical_crossentropy")
        model.layers[0].trainable = False  #!
        model.fit(x_train, y_train, epochs=5, validation_data=(x_test, y_test))  #>
        """
    )
    assert "(x_train, y_train), (x_test, y_test) = synthetic_dataset((28, 28), 10)" in witness.text
    assert "y_train = to_categorical(y_train, 10)" in witness.text
    assert assumed(witness) == {"mnist.load_data()": "random data of the same shape"}


# -- weights
def test_no_weights_are_downloaded() -> None:
    witness = cut(
        """
        from keras import layers, models
        from keras.applications import ResNet50, VGG16

        base = VGG16(weights="imagenet", include_top=False, input_shape=(64, 64, 3))
        other = ResNet50()
        model = models.Model(base.input, layers.Flatten()(base.output))
        model.compile("sgd", "mse")
        other.trainable = False
        base.trainable = False  #!
        model.fit(x, y)  #>
        other.compile("sgd", "mse")
        other.fit(x, y)  #>
        """
    )
    assert "VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))" in witness.text
    assert "ResNet50(weights=None)" in witness.text
    assert assumed(witness)["weights='imagenet'"] == "random weights, weights=None"
    assert assumed(witness)["ResNet50()"] == "random weights, weights=None"


def test_weights_from_a_file_that_is_not_there_stay_random() -> None:
    witness = cut(TWO_LAYERS + 'model.load_weights("w.h5")\nmodel.trainable = False  #!\nmodel.fit(x, y)  #>\n')
    assert "load_weights" not in witness.text
    assert assumed(witness)["model.load_weights('w.h5')"] == "random weights"


def test_what_the_program_saved_itself_is_loaded() -> None:
    witness = cut(
        """
        from keras import layers, models

        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, y)
        model.save("out/model.h5")
        model = models.load_model("out/model.h5")
        model.layers[0].trainable = False  #!
        model.fit(x, y)  #>
        """
    )
    assert same(
        witness,
        """
        from keras import layers, models
        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(*synthetic_batch(model))
        model.save('model.h5')
        model = models.load_model('model.h5')
        model.layers[0].trainable = False
        model.fit(*synthetic_batch(model))
        """,
    )


def test_a_model_from_a_file_that_is_not_there_gives_way_to_a_small_one() -> None:
    witness = cut(
        """
        from keras.models import load_model

        model = load_model("model.h5")
        model.layers[0].trainable = False  #!
        model.fit(x, y)  #>
        """
    )
    assert "model = synthetic_model(8)" in witness.text
    assert assumed(witness)["load_model('model.h5')"] == "a small model of four Dense layers"


def test_a_layer_of_another_package_that_normalizes_is_left_out() -> None:
    witness = cut(
        """
        from keras import layers, models
        from keras_contrib.layers.normalization import InstanceNormalization

        inputs = layers.Input((8, 8, 3))
        h = layers.Conv2D(4, 3)(inputs)
        h = InstanceNormalization(axis=-1)(h)
        model = models.Model(inputs, layers.Conv2D(1, 3)(h))
        model.compile("sgd", "mse")
        model.layers[1].trainable = False  #!
        model.fit(x, y)  #>
        """
    )
    assert "InstanceNormalization = synthetic_normalization" in witness.text
    assert "h = InstanceNormalization(axis=-1)(h)" in witness.text
    assert assumed(witness)["InstanceNormalization from another module"] == "synthetic_normalization"


# -- what the file does not say
def test_options_of_the_command_line_have_their_defaults() -> None:
    witness = cut(
        """
        import argparse
        from keras import layers, models, optimizers

        parser = argparse.ArgumentParser()
        parser.add_argument("--learning-rate", type=float, default=0.25)
        parser.add_argument("--units", type=int, required=True)
        parser.add_argument("--epochs", type=int, default=100)
        args = parser.parse_args()
        model = models.Sequential([layers.Dense(args.units, input_shape=(8,)), layers.Dense(1)])
        model.compile(optimizers.SGD(args.learning_rate), "mse")
        model.layers[0].trainable = False  #!
        model.fit(x, y, epochs=args.epochs)  #>
        """
    )
    assert "optimizers.SGD(0.25)" in witness.text
    assert "layers.Dense(8, input_shape=(8,))" in witness.text
    assert assumed(witness) == {"args.learning_rate": "0.25", "args.units": "8", "x, y": RANDOM}


def test_unknown_values_are_told_by_their_use_and_name() -> None:
    witness = cut(
        """
        import os
        import yaml
        from keras import layers, models, optimizers
        from keras.applications import VGG16
        from settings import IMAGE_SIZE

        config = yaml.safe_load(open("config.yml"))
        classes = os.listdir("data/train")
        base = VGG16(weights=None, include_top=False, input_shape=(IMAGE_SIZE, IMAGE_SIZE, 3), pooling="avg")
        h = layers.Dropout(config["dropout"])(base.output)
        model = models.Model(base.input, layers.Dense(len(classes), activation="softmax")(h))
        model.compile(optimizers.SGD(config["lr"]), "categorical_crossentropy")
        base.trainable = False  #!
        model.fit(x, y, epochs=config["epochs"])  #>
        """
    )
    assert assumed(witness) == {
        "(IMAGE_SIZE, IMAGE_SIZE, 3)": "(96, 96, 3)",
        "config['dropout']": "0.5",
        "config['lr']": "0.001",
        "len(classes)": "4",
        "x, y": RANDOM,
    }


def test_the_way_to_the_finding_is_taken() -> None:
    witness = cut(
        """
        import os, sys
        from keras import layers, models

        if len(sys.argv) < 2:
            sys.exit("usage: train.py FOLDER")
        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        if os.environ.get("RESUME"):
            model.load_weights("last.h5")
        model.fit(x, y)
        if sys.argv[1] == "fine-tune":
            model.layers[0].trainable = False  #!
            model.fit(x, y)  #>
        """
    )
    assert same(
        witness,
        """
        from keras import layers, models
        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(*synthetic_batch(model))
        if True:
            model.layers[0].trainable = False
            model.fit(*synthetic_batch(model))
        """,
    )
    assert assumed(witness)["sys.argv[1] == 'fine-tune'"] == "True"


def test_names_from_an_import_of_everything() -> None:
    witness = cut(
        """
        from keras.layers import *
        from keras.models import *
        from my_project import *

        inputs = Input((8,))
        model = Model(inputs, Dense(1)(Dense(WIDTH)(inputs)))
        model.compile("sgd", my_loss)
        model.layers[1].trainable = False  #!
        model.fit(X, Y)  #>
        """
    )
    assert "my_project" not in witness.text
    assert "model = Model(inputs, Dense(1)(Dense(8)(inputs)))" in witness.text
    assert assumed(witness) == {"WIDTH": "8", "my_loss": "'mse'", "X, Y": RANDOM}


# -- loops
def test_a_loop_takes_the_turns_on_which_something_changes() -> None:
    witness = cut(
        """
        from keras import layers, models

        model = models.Sequential([layers.Dense(1, input_shape=(8,))])
        model.compile("sgd", "mse")
        for epoch in range(10000):
            if epoch == 500:
                model.trainable = False  #!
            loss = model.train_on_batch(*next(batches))  #>
            if epoch % 100 == 0:
                model.save_weights("w%d.h5" % epoch)
                plot(loss)
        """
    )
    assert same(
        witness,
        """
        from keras import layers, models
        model = models.Sequential([layers.Dense(1, input_shape=(8,))])
        model.compile("sgd", "mse")
        for epoch in (0, 1, 2, 499, 500, 501):
            if epoch == 500:
                model.trainable = False
            loss = model.train_on_batch(*synthetic_batch(model))
        """,
    )


def test_epochs_reach_what_a_callback_does() -> None:
    witness = cut(
        """
        from keras import layers, models
        from keras.callbacks import Callback, EarlyStopping, ModelCheckpoint

        class Unfreeze(Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 5:
                    self.model.layers[0].trainable = True  #!

        model = models.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(1)])
        model.layers[0].trainable = False
        model.compile("sgd", "mse")
        model.fit(x, y, epochs=20, callbacks=[ModelCheckpoint("best.h5"), Unfreeze(), EarlyStopping(patience=3)])  #>
        """
    )
    assert program(witness).splitlines()[-1] == "model.fit(*synthetic_batch(model), epochs=7, callbacks=[Unfreeze()])"


def test_a_loop_that_waits_for_something_ends() -> None:
    witness = cut(TWO_LAYERS + "model.trainable = False  #!\nwhile not good_enough():\n    model.fit(x, y)  #>\n")
    assert program(witness).splitlines()[-2:] == [
        "for synthetic_turn in range(3):",
        "    model.fit(*synthetic_batch(model))",
    ]


def test_a_hand_written_loop() -> None:
    witness = cut(
        """
        import tensorflow as tf
        from tensorflow import keras
        from tensorflow.keras import layers

        model = keras.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(3)])
        optimizer = keras.optimizers.Adam()
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        train_dataset = load_dataset("train")
        writer = tf.summary.create_file_writer("logs")
        model.layers[0].trainable = False  #!
        for epoch in range(100):
            for step, (images, labels) in enumerate(train_dataset):
                with tf.GradientTape() as tape:
                    logits = model(images, training=True)
                    loss = loss_fn(labels, logits)
                grads = tape.gradient(loss, model.trainable_weights)
                optimizer.apply_gradients(zip(grads, model.trainable_weights))  #>
                with writer.as_default():
                    tf.summary.scalar("loss", loss, step=step)
                if step % 100 == 0:
                    print(step, float(loss))
        """
    )
    assert same(
        witness,
        """
        import tensorflow as tf
        from tensorflow import keras
        from tensorflow.keras import layers
        model = keras.Sequential([layers.Dense(4, input_shape=(8,)), layers.Dense(3)])
        optimizer = keras.optimizers.Adam()
        loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.layers[0].trainable = False
        for epoch in range(2):
            for step, (images, labels) in enumerate(synthetic_batches(model, turns=2, loss='SparseCategoricalCrossentropy')):
                with tf.GradientTape() as tape:
                    logits = model(images, training=True)
                    loss = loss_fn(labels, logits)
                grads = tape.gradient(loss, model.trainable_weights)
                optimizer.apply_gradients(zip(grads, model.trainable_weights))
        """,
    )


# -- functions and classes
def test_functions_that_nobody_calls_are_called() -> None:
    witness = cut(
        """
        from keras import layers, models

        def build(classes):
            base = models.Sequential([layers.Dense(4, input_shape=(8,))], name="base")
            model = models.Sequential([base, layers.Dense(classes, activation="softmax")])
            model.compile("sgd", "categorical_crossentropy")
            return base, model

        def evaluate(model, data):
            return model.evaluate(data)

        def train(data, labels, classes, fine_tune=False, epochs=10):
            base, model = build(classes)
            model.fit(data, labels, epochs=epochs)
            if fine_tune:
                base.trainable = False  #!
                model.fit(data, labels, epochs=epochs)  #>
            print(evaluate(model, data))
            return model
        """
    )
    assert same(
        witness,
        """
        from keras import layers, models
        def build(classes):
            base = models.Sequential([layers.Dense(4, input_shape=(8,))], name="base")
            model = models.Sequential([base, layers.Dense(classes, activation="softmax")])
            model.compile("sgd", "categorical_crossentropy")
            return base, model
        def train(data, labels, classes, fine_tune=False, epochs=10):
            base, model = build(classes)
            model.fit(*synthetic_batch(model), epochs=2)
            if fine_tune:
                base.trainable = False
                model.fit(*synthetic_batch(model), epochs=2)
        # -- nothing in the file calls what follows
        train(data=None, labels=None, classes=4, fine_tune=True)
        """,
    )
    assert assumed(witness)["train(fine_tune)"] == "True"
    assert assumed(witness)["train(classes)"] == "4"


def test_methods_of_a_trainer() -> None:
    witness = cut(
        """
        from keras import layers, models

        class Trainer:
            def __init__(self, config, directory="runs"):
                self.config = config
                self.directory = directory
                self.model = self.build()

            def build(self):
                model = models.Sequential([layers.Dense(self.config.units, input_shape=(8,)), layers.Dense(1)])
                model.compile("sgd", "mse")
                return model

            def freeze(self):
                for layer in self.model.layers[:-1]:
                    layer.trainable = False  #!

            def train(self, x, y):
                self.freeze()
                self.history = self.model.fit(x, y, epochs=10)  #>

            def report(self):
                print(self.history)
        """
    )
    assert same(
        witness,
        """
        from keras import layers, models
        class Trainer:
            def __init__(self, config, directory="runs"):
                self.model = self.build()
            def build(self):
                model = models.Sequential([layers.Dense(8, input_shape=(8,)), layers.Dense(1)])
                model.compile("sgd", "mse")
                return model
            def freeze(self):
                for layer in self.model.layers[:-1]:
                    layer.trainable = False
            def train(self, x, y):
                self.freeze()
                self.history = self.model.fit(*synthetic_batch(self.model), epochs=2)
        # -- nothing in the file calls what follows
        synthetic_trainer = Trainer(config=None)
        synthetic_trainer.train(x=None, y=None)
        """,
    )


def test_a_gan_makes_its_own_noise_and_labels() -> None:
    witness = cut(
        """
        import numpy as np
        from keras import layers, models
        from tqdm import tqdm

        class GAN:
            def __init__(self):
                self.latent_dim = 10
                self.discriminator = models.Sequential([layers.Dense(1, input_shape=(8,))])
                self.discriminator.compile("sgd", "binary_crossentropy")
                self.generator = models.Sequential([layers.Dense(8, input_shape=(self.latent_dim,))])
                self.discriminator.trainable = False  #!
                self.combined = models.Sequential([self.generator, self.discriminator])
                self.combined.compile("sgd", "binary_crossentropy")

            def train(self, epochs, batch_size=128):
                images = np.load("images.npy")
                valid = np.ones((batch_size, 1))
                for epoch in tqdm(range(epochs)):
                    noise = np.random.normal(0, 1, (batch_size, self.latent_dim))
                    fakes = self.generator.predict(noise)
                    real = self.discriminator.train_on_batch(images[:batch_size], valid)  #>
                    fake = self.discriminator.train_on_batch(fakes, 1 - valid)
                    both = self.combined.train_on_batch(noise, valid)
                    print(epoch, real, fake, both)

        if __name__ == "__main__":
            GAN().train(epochs=30000, batch_size=32)
        """
    )
    text = program(witness)
    assert "train_on_batch(synthetic_inputs(self.discriminator, len(valid)), valid)" in text
    assert "self.discriminator.train_on_batch(fakes, 1 - valid)" in text
    assert "self.combined.train_on_batch(noise, valid)" in text
    assert "for epoch in range(" in text
    assert "GAN().train(epochs=30000, batch_size=8)" in text
    assert "tqdm" not in text
    assert "print" not in text


def test_a_model_class_keeps_its_methods() -> None:
    witness = cut(
        """
        import keras
        import numpy as np

        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.base = keras.layers.Dense(4)
                self.head = keras.layers.Dense(1)

            def call(self, inputs):
                return self.head(self.base(inputs))

        net = Net()
        net.compile("sgd", "mse")
        net.fit(x, y, epochs=10)  #>
        net.base.trainable = False  #!
        net.fit(x, y, epochs=10)  #>
        """
    )
    assert "        return self.head(self.base(inputs))" in witness.text
    assert witness.training_calls == (15, 17)


# -- notebooks, newer Kerases
def test_the_cells_of_a_notebook_are_one_program() -> None:
    notebook = read_notebook(
        """{"cells": [
          {"cell_type": "markdown", "metadata": {}, "source": ["# Training"]},
          {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1,
           "source": ["%matplotlib inline\\n", "!pip install keras\\n", "from keras import layers, models\\n"]},
          {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 2,
           "source": ["model = models.Sequential([layers.Dense(1, input_shape=(8,))])\\n", "model.compile('sgd', 'mse')\\n", "model.summary()"]},
          {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 3,
           "source": ["model.trainable = False\\n", "model.fit(x, y)"]}
        ], "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}, "nbformat": 4, "nbformat_minor": 5}"""
    )
    lines = notebook.text.splitlines()
    frozen, trained = (
        number for number, line in enumerate(lines, 1) if line in {"model.trainable = False", "model.fit(x, y)"}
    )
    witness = slice_program(notebook.text, "train.ipynb", [frozen], [trained])
    assert isinstance(witness, Witness)
    assert same(
        witness,
        """
        from keras import layers, models
        model = models.Sequential([layers.Dense(1, input_shape=(8,))])
        model.compile('sgd', 'mse')
        model.trainable = False
        model.fit(*synthetic_batch(model))
        """,
    )


OLD = """
from keras.layers.advanced_activations import LeakyReLU
from keras.layers.core import Dense
from keras.models import Sequential
from keras.optimizers import Adam

model = Sequential([Dense(4, input_shape=(8,)), LeakyReLU(0.2), Dense(1)])
model.compile(Adam(beta_1=0.5, lr=0.01, decay=1e-6), "mse")
model.layers[0].trainable = False  #!
model.fit_generator(batches, 100, nb_epoch=20)  #>
"""


def test_an_old_program_runs_where_it_was_written_for() -> None:
    assert same(
        cut(OLD),
        """
        from keras.layers.advanced_activations import LeakyReLU
        from keras.layers.core import Dense
        from keras.models import Sequential
        from keras.optimizers import Adam
        model = Sequential([Dense(4, input_shape=(8,)), LeakyReLU(0.2), Dense(1)])
        model.compile(Adam(beta_1=0.5, lr=0.01, decay=1e-6), "mse")
        model.layers[0].trainable = False
        model.fit_generator(synthetic_batches(model), 1, nb_epoch=2)
        """,
    )


def test_a_newer_keras_is_given_the_names_that_it_knows() -> None:
    witness = cut(OLD, modern=True)
    assert same(
        witness,
        """
        from keras.layers import LeakyReLU
        from keras.layers import Dense
        from keras.models import Sequential
        from keras.optimizers import Adam
        model = Sequential([Dense(4, input_shape=(8,)), LeakyReLU(0.2), Dense(1)])
        model.compile(Adam(beta_1=0.5, learning_rate=0.01), "mse")
        model.layers[0].trainable = False
        model.fit(synthetic_batches(model), steps_per_epoch=1, epochs=2)
        """,
    )
    assert assumed(witness) == {
        "batches": RANDOM,
        "decay=1e-06": "left out",
        "fit_generator": "fit",
        "from keras.layers.advanced_activations": "from keras.layers, where it is now",
        "from keras.layers.core": "from keras.layers, where it is now",
    }


def test_a_newer_keras_is_given_sizes_that_numpy_computes_as_numbers_of_python() -> None:
    witness = cut(
        """
        import numpy as np
        from keras import layers, models

        model = models.Sequential([layers.Dense(np.prod((2, 4)), input_shape=(8,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.trainable = False  #!
        model.fit(x, y)  #>
        """,
        modern=True,
    )
    assert "layers.Dense(int(np.prod((2, 4))), input_shape=(8,))" in witness.text


def test_a_newer_keras_wants_other_metrics_of_several_outputs() -> None:
    witness = cut(
        """
        from keras import layers, models

        inputs = layers.Input((8,))
        model = models.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(2)(inputs)])
        model.compile("sgd", loss=["mse", "mae"], metrics=["accuracy"])
        model.trainable = False  #!
        model.fit(x, y)  #>
        """,
        modern=True,
    )
    assert 'model.compile("sgd", loss=["mse", "mae"])' in witness.text
    assert assumed(witness)["metrics=['accuracy']"] == "left out"


# -- what cannot be cut
@pytest.mark.parametrize(
    ("marked", "reason", "line"),
    [
        ("model.trainable = False  #!\nmodel.fit(", "line 2: syntax error: '(' was never closed", 2),
        (
            "from keras import layers, models\nmodel = models.Sequential([layers.Dense(1)])\nmodel.trainable = False  #!",
            "nothing in this file trains the model",
            3,
        ),
        (
            "from zoo import unet\nfrom keras.layers import Input\nmodel = unet(Input((8, 8, 3)))\nmodel.trainable = False  #!\nmodel.fit(x, y)  #>",
            "the model comes from elsewhere: unet(Input((8, 8, 3)))",
            3,
        ),
        (
            "from zoo import unet\nmodel = unet()\nmodel.get_layer('stem').trainable = False  #!\nmodel.fit(x, y)  #>",
            "model comes from elsewhere and its layers matter",
            2,
        ),
        ("", "no statement on the lines in question", 0),
    ],
)
def test_what_stands_in_the_way_is_said(marked: str, reason: str, line: int) -> None:
    assert attempt(marked) == Unsliceable(reason, line)
