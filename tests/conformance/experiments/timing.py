"""When a change of the flags takes effect."""

from lab import (
    DoesNotApply,
    Dense,
    FLAVOUR,
    VERSION,
    Model,
    compiled,
    data,
    experiment,
    fit,
    is_eager,
    is_standalone,
    keras,
    moved,
    named,
    numbers,
    two,
    versions,
)


@experiment
def flags_read():
    """Freeze after compile; where that counts, freeze after the first fit."""
    model = compiled(two())
    named(model, "a").trainable = False
    if moved(model, "a"):
        return "compile"
    model = compiled(two())
    fit(model)
    named(model, "a").trainable = False
    try:
        return "trace" if moved(model, "a") else "step"
    except ValueError:
        return "optimizer"


class Change(keras.callbacks.Callback):
    """Calls a function at one moment of a fit."""

    def __init__(self, hook, change):
        super(Change, self).__init__()
        setattr(self, hook, lambda *_, **__: change())


@experiment
def callbacks_before_trace():
    """Freeze when the first fit begins."""
    model = compiled(two())

    def freeze():
        named(model, "a").trainable = False

    try:
        return not moved(model, "a", lambda m: fit(m, callbacks=[Change("on_train_begin", freeze)]))
    except ValueError:
        return True  # they count: an optimizer that was built before refuses them


@experiment
def compile_inside_fit():
    """Unfreeze and compile when the second of three epochs begins."""
    model = two()
    named(model, "a").trainable = False
    compiled(model)
    epochs = []

    def unfreeze():
        epochs.append(len(epochs))
        if len(epochs) == 2:
            named(model, "a").trainable = True
            compiled(model)

    try:
        moves = moved(model, "a", lambda m: fit(m, epochs=3, callbacks=[Change("on_epoch_begin", unfreeze)]))
    except Exception:
        return "raises"
    return "takes effect" if moves else "ignored"


@experiment
def optimizer_refuses_new():
    """Unfreeze, and train on with the same optimizer."""
    model = two()
    named(model, "a").trainable = False
    optimizer = keras.optimizers.SGD(0.1)
    model.compile(optimizer=optimizer, loss="mse")
    fit(model)
    named(model, "a").trainable = True
    try:
        model.compile(optimizer=optimizer, loss="mse")
        fit(model)
    except (ValueError, KeyError):
        return True
    return False


@experiment
def optimizer_built():
    """Evaluate while a layer is frozen, open it, train: an optimizer that was built by then refuses the layer."""
    model = two()
    named(model, "a").trainable = False
    compiled(model)
    x, y = data()
    model.evaluate(x, y, verbose=0)
    named(model, "a").trainable = True
    try:
        fit(model)
    except (ValueError, KeyError):
        return "start"
    return "first step"


@experiment
def trace_serves():
    """Freeze in a later fit with batches of another size: are they served by a function that was traced before?

    Batches of two sizes come first, for a function is traced for any number of rows when it has seen two numbers.
    The flags change inside the fit, for tf.keras puts those of compile back when a fit begins.
    """
    if is_standalone() or not is_eager():
        raise DoesNotApply("one graph serves all shapes")
    if versions()["backend"] != "tensorflow":
        raise DoesNotApply("nothing is traced for a shape on this backend")
    if not callbacks_before_trace():
        raise DoesNotApply("the flags of a compiled model are those of compile, whatever is traced")
    model = compiled(two())
    fit(model, rows=8)
    fit(model, rows=12)

    def freeze():
        named(model, "a").trainable = False

    moves = moved(model, "a", lambda m: fit(m, rows=10, callbacks=[Change("on_train_begin", freeze)]))
    return "any shape" if moves else "its own"


@experiment
def own_train_step():
    """Whether a method of this name is reached; Keras 3 on JAX gives it other arguments."""
    if is_standalone() and numbers(VERSION) < (2, 2):
        raise DoesNotApply("no subclassed models before Keras 2.2")
    reached = []

    class Net(Model):
        def __init__(self):
            super(Net, self).__init__()
            self.a = Dense(1, name="a")

        def call(self, inputs):
            return self.a(inputs)

        def train_step(self, *arguments):
            reached.append(arguments)
            raise ValueError("reached")

    x, y = data()
    try:
        compiled(Net()).fit(x, y, verbose=0, epochs=1)
    except ValueError:
        if not reached:
            raise
    return bool(reached)


@experiment
def compiles_late():
    """Freeze a layer of a subclassed model after compile, before anything tells the shape of its input."""
    if is_standalone() and numbers(VERSION) < (2, 2):
        raise DoesNotApply("no subclassed models before Keras 2.2")
    if flags_read() != "compile":
        return False

    class Net(Model):
        def __init__(self):
            super(Net, self).__init__()
            self.a, self.b = Dense(3, name="a"), Dense(1, name="b")

        def call(self, inputs):
            return self.b(self.a(inputs))

    model = compiled(Net())
    model.a.trainable = False
    x, y = data()
    model.fit(x, y, verbose=0, epochs=1)
    before = [value.copy() for value in model.a.get_weights()]
    model.fit(x, y, verbose=0, epochs=1)
    after = model.a.get_weights()
    return all((one == other).all() for one, other in zip(before, after))


@experiment
def functional_prefix():
    """The name that a model gets that has none."""
    start = keras.layers.Input(shape=(4,))
    return Model(start, Dense(1)(start)).name.rstrip("0123456789").rstrip("_")


@experiment
def zero_based_names():
    """The name that the first Dense gets."""
    if FLAVOUR == "tf.keras" and not hasattr(keras.backend, "clear_session"):
        raise DoesNotApply("no clear_session")
    keras.backend.clear_session()
    return Dense(1, input_shape=(4,)).name == "dense"
