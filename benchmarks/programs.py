"""Training scripts as people write them, made up from a seed: the same seed gives the same text on every machine."""

from __future__ import annotations

import random
from textwrap import dedent

_IMPORTS = (
    """
    import argparse
    import os

    import numpy as np
    from keras import backend as K
    from keras.applications import {base}
    from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
    from keras.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten
    from keras.layers import GlobalAveragePooling2D, Input, MaxPooling2D
    from keras.models import Model, Sequential, load_model
    from keras.optimizers import Adam, SGD, RMSprop
    from keras.preprocessing.image import ImageDataGenerator
    """,
    """
    import argparse
    import os

    import numpy as np
    import tensorflow as tf
    from tensorflow.keras import backend as K
    from tensorflow.keras.applications import {base}
    from tensorflow.keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
    from tensorflow.keras.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten
    from tensorflow.keras.layers import GlobalAveragePooling2D, Input, MaxPooling2D
    from tensorflow.keras.models import Model, Sequential, load_model
    from tensorflow.keras.optimizers import Adam, SGD, RMSprop
    from tensorflow.keras.preprocessing.image import ImageDataGenerator
    """,
)

# What surrounds the model in a real script, and has nothing to do with freezing.
_SURROUNDINGS = (
    '''
    def generators(train_dir, valid_dir, batch_size={batch}):
        """Augmented training images and plain validation images."""
        train = ImageDataGenerator(
            rescale=1.0 / 255,
            rotation_range={angle},
            width_shift_range=0.2,
            height_shift_range=0.2,
            shear_range=0.2,
            zoom_range=0.2,
            horizontal_flip=True,
            fill_mode="nearest",
        )
        valid = ImageDataGenerator(rescale=1.0 / 255)
        return (
            train.flow_from_directory(train_dir, target_size=SIZE, batch_size=batch_size, class_mode="categorical"),
            valid.flow_from_directory(valid_dir, target_size=SIZE, batch_size=batch_size, class_mode="categorical"),
        )
    ''',
    '''
    def load_images(folder, limit=None):
        """Images and labels of a folder with one subfolder a class."""
        images, labels = [], []
        for label, name in enumerate(sorted(os.listdir(folder))):
            for file in sorted(os.listdir(os.path.join(folder, name)))[:limit]:
                if not file.lower().endswith((".jpg", ".png")):
                    continue
                image = np.fromfile(os.path.join(folder, name, file), dtype=np.uint8)
                images.append(image.astype("float32") / 255.0)
                labels.append(label)
        order = np.random.permutation(len(images))
        return np.array(images)[order], np.array(labels)[order]
    ''',
    """
    def callbacks_for(run):
        checkpoint = ModelCheckpoint(
            os.path.join(run, "weights.{{epoch:02d}}-{{val_loss:.2f}}.h5"), monitor="val_loss", save_best_only=True
        )
        stop = EarlyStopping(monitor="val_loss", patience={patience}, verbose=1)
        plateau = ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=3, min_lr=1e-6)
        return [checkpoint, stop, plateau]
    """,
    '''
    def smooth(values, factor={factor}):
        """Exponential moving average of a curve."""
        smoothed = []
        for value in values:
            if smoothed:
                smoothed.append(smoothed[-1] * factor + value * (1 - factor))
            else:
                smoothed.append(value)
        return smoothed
    ''',
    """
    def confusion(model, generator, steps):
        matrix = np.zeros((CLASSES, CLASSES), dtype=int)
        for _ in range(steps):
            batch, truth = next(generator)
            guesses = np.argmax(model.predict(batch), axis=1)
            for true, guess in zip(np.argmax(truth, axis=1), guesses):
                matrix[true, guess] += 1
        print("accuracy %.3f" % (np.trace(matrix) / max(matrix.sum(), 1)))
        return matrix
    """,
    """
    class History:
        def __init__(self, run):
            self.run = run
            self.rows = []

        def add(self, epoch, **values):
            row = dict(values, epoch=epoch)
            self.rows.append(row)
            if len(self.rows) % {patience} == 0:
                self.save()

        def save(self):
            with open(os.path.join(self.run, "history.csv"), "w") as file:
                for row in self.rows:
                    file.write(",".join(str(row[key]) for key in sorted(row)) + "\\n")
    """,
)

_BUILD_ONLY = (
    """
    def build():
        model = Sequential()
        for width in ({width}, {width} * 2, {width} * 4):
            model.add(Conv2D(width, (3, 3), padding="same", input_shape=SIZE + (3,)))
            model.add(BatchNormalization())
            model.add(Activation("relu"))
            model.add(MaxPooling2D((2, 2)))
        model.add(Flatten())
        model.add(Dense({units}, activation="relu"))
        model.add(Dropout(0.5))
        model.add(Dense(CLASSES, activation="softmax"))
        model.compile(optimizer=Adam(1e-4), loss="categorical_crossentropy", metrics=["accuracy"])
        return model


    def train(arguments):
        model = build()
        model.fit(arguments.x, arguments.y, epochs={epochs}, batch_size={batch}, callbacks=callbacks)
        model.save(os.path.join(arguments.run, "final.h5"))
        return model
    """,
)

_FREEZING = (
    """
    def build():
        base = {base}(weights="imagenet", include_top=False, input_shape=SIZE + (3,))
        x = GlobalAveragePooling2D()(base.output)
        x = Dense({units}, activation="relu")(x)
        x = Dropout(0.5)(x)
        outputs = Dense(CLASSES, activation="softmax")(x)
        return base, Model(inputs=base.input, outputs=outputs)


    def train(arguments):
        base, model = build()
        for layer in base.layers:
            layer.trainable = False
        model.compile(optimizer=Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
        model.fit(arguments.x, arguments.y, epochs={epochs}, batch_size={batch})
        for layer in model.layers[:{cut}]:
            layer.trainable = False
        for layer in model.layers[{cut}:]:
            layer.trainable = True
        model.compile(optimizer=SGD(1e-4, momentum=0.9), loss="categorical_crossentropy", metrics=["accuracy"])
        model.fit(arguments.x, arguments.y, epochs={epochs} * 2, batch_size={batch})
        return model
    """,
    """
    class Trainer:
        def __init__(self, classes, fine_tune=False):
            self.base = {base}(weights="imagenet", include_top=False, pooling="avg")
            self.fine_tune = fine_tune
            self.model = Sequential([self.base, Dense({units}, activation="relu"), Dense(classes)])

        def freeze(self, frozen=True):
            for layer in self.base.layers:
                if not isinstance(layer, BatchNormalization):
                    layer.trainable = not frozen

        def compile(self, rate):
            self.model.compile(optimizer=RMSprop(rate), loss="categorical_crossentropy", metrics=["accuracy"])

        def fit(self, x, y, epochs):
            return self.model.fit(x, y, epochs=epochs, batch_size={batch}, validation_split=0.1)

        def run(self, x, y):
            self.freeze()
            self.compile(1e-3)
            self.fit(x, y, {epochs})
            if self.fine_tune:
                self.freeze(False)
                self.compile(1e-5)
                self.fit(x, y, {epochs})
            return self.model


    def train(arguments):
        return Trainer(CLASSES, arguments.fine_tune).run(arguments.x, arguments.y)
    """,
    """
    def build_generator(latent):
        noise = Input(shape=(latent,))
        x = Dense({units}, activation="relu")(noise)
        x = BatchNormalization(momentum=0.8)(x)
        x = Dense({units} * 2, activation="relu")(x)
        return Model(noise, Dense(784, activation="tanh")(x))


    def build_discriminator():
        image = Input(shape=(784,))
        x = Dense({units}, activation="relu")(image)
        x = Dropout(0.3)(x)
        return Model(image, Dense(1, activation="sigmoid")(x))


    def train(arguments):
        discriminator = build_discriminator()
        discriminator.compile(loss="binary_crossentropy", optimizer=Adam(2e-4, 0.5), metrics=["accuracy"])
        generator = build_generator({width})
        discriminator.trainable = False
        noise = Input(shape=({width},))
        combined = Model(noise, discriminator(generator(noise)))
        combined.compile(loss="binary_crossentropy", optimizer=Adam(2e-4, 0.5))
        for epoch in range({epochs} * 1000):
            batch = arguments.x[np.random.randint(0, len(arguments.x), {batch})]
            seed = np.random.normal(0, 1, ({batch}, {width}))
            discriminator.train_on_batch(batch, np.ones(({batch}, 1)))
            discriminator.train_on_batch(generator.predict(seed), np.zeros(({batch}, 1)))
            loss = combined.train_on_batch(seed, np.ones(({batch}, 1)))
            if epoch % 100 == 0:
                print(epoch, loss)
        return generator
    """,
)

_MAIN = """
def main():
    parser = argparse.ArgumentParser(description="Train a classifier")
    parser.add_argument("--train-dir", default="data/train")
    parser.add_argument("--valid-dir", default="data/valid")
    parser.add_argument("--epochs", type=int, default={epochs})
    parser.add_argument("--batch-size", type=int, default={batch})
    parser.add_argument("--fine-tune", action="store_true")
    parser.add_argument("--run", default="runs/latest")
    arguments = parser.parse_args()
    os.makedirs(arguments.run, exist_ok=True)
    arguments.x = np.random.rand(64, *SIZE, 3)
    arguments.y = np.eye(CLASSES)[np.random.randint(0, CLASSES, 64)]
    model = train(arguments)
    print(model.count_params())


if __name__ == "__main__":
    main()
"""


def program(seed: int, *, freezes: bool) -> str:
    """Return the text of a training script that freezes layers, or of one that just trains a model."""
    chance = random.Random(seed)
    values = {
        "base": chance.choice(["VGG16", "ResNet50", "InceptionV3", "MobileNet", "Xception"]),
        "batch": chance.choice([16, 32, 64]),
        "angle": chance.choice([15, 20, 40]),
        "patience": chance.randint(3, 9),
        "factor": chance.choice([0.6, 0.8, 0.9]),
        "width": chance.choice([16, 32, 64]),
        "units": chance.choice([128, 256, 512]),
        "epochs": chance.randint(5, 40),
        "cut": chance.randint(10, 25),
    }
    surroundings = chance.sample(_SURROUNDINGS, chance.randint(2, len(_SURROUNDINGS)))
    parts = [
        chance.choice(_IMPORTS),
        f"SIZE = ({chance.choice([96, 150, 224])},) * 2\nCLASSES = {chance.randint(2, 100)}",
    ]
    parts += [*surroundings, chance.choice(_FREEZING if freezes else _BUILD_ONLY), _MAIN]
    return "\n\n\n".join(dedent(part).strip("\n").format(**values) for part in parts) + "\n"
