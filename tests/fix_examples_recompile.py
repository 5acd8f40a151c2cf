"""What the fixes that compile again make of a program; ``fix_examples`` says how to read it."""

from __future__ import annotations

LATE = """
## KFL101 the compile call is repeated
model.compile("sgd", "mse")
base.trainable = False  # late
model.fit(x, y)
=>
model.compile("sgd", "mse")
base.trainable = False  # late
model.compile("sgd", "mse")
model.fit(x, y)

## KFL101 below the loop that sets the flags, and the comments in it
def train(g):
    model.compile(loss="mse",
                  optimizer="sgd")
    if g:
        for layer in base.layers:
            if layer.name == "p":
                layer.trainable = False
            # the others may learn
    model.fit(x, y)
train(input())
=>
def train(g):
    model.compile(loss="mse",
                  optimizer="sgd")
    if g:
        for layer in base.layers:
            if layer.name == "p":
                layer.trainable = False
            # the others may learn
        model.compile(loss="mse",
                      optimizer="sgd")
    model.fit(x, y)
train(input())

## KFL101 once for several flags, with a fresh optimizer
optimizer = keras.optimizers.Adam(
    1e-3,  # small
)
model.compile(optimizer, "mse")
base.layers[0].trainable = False
base.layers[1].trainable = False
model.fit(x, y)
=>
optimizer = keras.optimizers.Adam(
    1e-3,  # small
)
model.compile(optimizer, "mse")
base.layers[0].trainable = False
base.layers[1].trainable = False
model.compile(keras.optimizers.Adam(
    1e-3,  # small
), "mse")
model.fit(x, y)

## KFL102 inside the loop that trains
base.trainable = False
model.compile(keras.optimizers.SGD(0.1), "mse")
for epoch in range(5):
    if epoch == 3:
        base.trainable = True
    model.fit(x, y)
=>
base.trainable = False
model.compile(keras.optimizers.SGD(0.1), "mse")
for epoch in range(5):
    if epoch == 3:
        base.trainable = True
        model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x, y)

## KFL102 the arguments stand in a dict
options = dict(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
base.trainable = False
model.compile(**options)
model.fit(x, y)
base.trainable = True
model.fit(x, y)
=>
options = dict(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
base.trainable = False
model.compile(**options)
model.fit(x, y)
base.trainable = True
model.compile(**{**options, "optimizer": keras.optimizers.Adam(1e-3)})
model.fit(x, y)

## KFL102 the optimizer in the dict goes by its name
options = {"optimizer": "adam", "loss": "mse"}
base.trainable = False
model.compile(**options)
model.fit(x, y)
base.trainable = True
model.fit(x, y)
=>
options = {"optimizer": "adam", "loss": "mse"}
base.trainable = False
model.compile(**options)
model.fit(x, y)
base.trainable = True
model.compile(**options)
model.fit(x, y)

## KFL102 a function compiles
def ready(model):
    model.compile(keras.optimizers.Adam(1e-4), "mse")
base.trainable = False
ready(model)
model.fit(x, y)
base.trainable = True
model.fit(x, y)
=>
def ready(model):
    model.compile(keras.optimizers.Adam(1e-4), "mse")
base.trainable = False
ready(model)
model.fit(x, y)
base.trainable = True
ready(model)
model.fit(x, y)

## KFL101 a function sets the flags
def freeze(model):
    for layer in model.layers:
        layer.trainable = False
model.compile("adam", "mse")
freeze(base)
model.fit(x, y)
=>
def freeze(model):
    for layer in model.layers:
        layer.trainable = False
model.compile("adam", "mse")
freeze(base)
model.compile("adam", "mse")
model.fit(x, y)

## KFL102 another method compiles, with an optimizer of the constructor
class Trainer:
    def __init__(self):
        self.model = model
        self.optimizer = keras.optimizers.Adam(1e-3)
    def build(self):
        base.trainable = False
        self.model.compile(self.optimizer, "mse")
    def tune(self):
        base.trainable = True
        self.model.fit(x, y)
trainer = Trainer()
trainer.build()
trainer.model.fit(x, y)
trainer.tune()
=>
class Trainer:
    def __init__(self):
        self.model = model
        self.optimizer = keras.optimizers.Adam(1e-3)
    def build(self):
        base.trainable = False
        self.model.compile(self.optimizer, "mse")
    def tune(self):
        base.trainable = True
        self.model.compile(keras.optimizers.Adam(1e-3), "mse")
        self.model.fit(x, y)
trainer = Trainer()
trainer.build()
trainer.model.fit(x, y)
trainer.tune()

## KFL102 the optimizer is set later
optimizer = keras.optimizers.Adam(1e-3)
base.trainable = False
model.compile(optimizer, "mse")
model.fit(x, y)
base.trainable = True
optimizer.learning_rate = 1e-5
model.fit(x, y)

## KFL102 a model in an attribute
class Trainer:
    def __init__(self):
        self.model = model
    def train(self):
        self.optimizer = keras.optimizers.Adam()
        base.trainable = False
        self.model.compile(self.optimizer, "mse")
        self.model.fit(x, y)
        base.trainable = True
        self.model.fit(x, y)
Trainer().train()
=>
class Trainer:
    def __init__(self):
        self.model = model
    def train(self):
        self.optimizer = keras.optimizers.Adam()
        base.trainable = False
        self.model.compile(self.optimizer, "mse")
        self.model.fit(x, y)
        base.trainable = True
        self.model.compile(keras.optimizers.Adam(), "mse")
        self.model.fit(x, y)
Trainer().train()

## KFL102 at the end of a loop, and of the file
base.trainable = False
model.compile("sgd", "mse")
for epoch in range(5):
    model.fit(x, y)
    base.trainable = True
=>
base.trainable = False
model.compile("sgd", "mse")
for epoch in range(5):
    model.fit(x, y)
    base.trainable = True
    model.compile("sgd", "mse")

## KFL102 the function that compiles trains, too
def warm_up():
    model.compile("sgd", "mse")
    model.fit(x[:2], y[:2])
warm_up()
base.trainable = False
model.fit(x, y)

## KFL101 the arguments of the compile call are elsewhere
def train(options):
    model.compile(**options)
    base.trainable = False
    model.fit(x, y)
train({"optimizer": "sgd", "loss": "mse"})

## KFL101 the optimizer comes from elsewhere
def train(optimizer):
    model.compile(optimizer, "mse")
    base.trainable = False
    model.fit(x, y)
train(keras.optimizers.Adam())

## KFL101 the model comes out of a call
def whole():
    return model
whole().compile("sgd", "mse")
base.trainable = False
model.fit(x, y)

## KFL101 the optimizer has two names
first = second = keras.optimizers.Adam()
model.compile(first, "mse")
base.trainable = False
model.fit(x, y)

## KFL101 the optimizer is bound twice
optimizer = keras.optimizers.Adam()
optimizer = keras.optimizers.SGD()
model.compile(optimizer, "mse")
base.trainable = False
model.fit(x, y)

## KFL101 a fresh optimizer would lose its learning rate
model.compile("sgd", "mse")
model.optimizer.learning_rate = 1e-5
base.trainable = False
model.fit(x, y)

## KFL101 the change shares its line
model.compile("sgd", "mse")
base.trainable = False; model.fit(x, y)
"""

OPTIMIZERS = """
## KFL106 the constructor call again
optimizer = keras.optimizers.Adam(1e-3)
base.trainable = False
model.compile(optimizer=optimizer, loss="mse")
model.fit(x, y)
base.trainable = True
model.compile(optimizer=optimizer, loss="mse")
model.fit(x, y)
=>
optimizer = keras.optimizers.Adam(1e-3)
base.trainable = False
model.compile(optimizer=optimizer, loss="mse")
model.fit(x, y)
base.trainable = True
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
model.fit(x, y)

## KFL106 the optimizer of the model
base.trainable = False
model.compile(keras.optimizers.Adam(1e-3), "mse")
model.fit(x, y)
base.trainable = True
model.compile(model.optimizer, "mse")
model.fit(x, y)
=>
base.trainable = False
model.compile(keras.optimizers.Adam(1e-3), "mse")
model.fit(x, y)
base.trainable = True
model.compile(keras.optimizers.Adam(1e-3), "mse")
model.fit(x, y)

## KFL106 a new optimizer would lose its learning rate
optimizer = keras.optimizers.Adam(1e-3)
base.trainable = False
model.compile(optimizer, "mse")
model.fit(x, y)
base.trainable = True
optimizer.learning_rate = 1e-5
model.compile(optimizer, "mse")
model.fit(x, y)
"""
