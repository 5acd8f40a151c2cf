"""The moving statistics of BatchNormalization."""

from lab import (
    BatchNormalization,
    Dense,
    DoesNotApply,
    Input,
    Model,
    VERSION,
    around,
    compiled,
    data,
    experiment,
    fit,
    is_standalone,
    named,
    normalised,
    numbers,
    stack,
    statistics_move,
)


def base():
    """A model of a BatchNormalization alone."""
    return stack(BatchNormalization(input_shape=(4,), name="bn"))


@experiment
def frozen_bn_statistics():
    """Freeze the layer, compile, train."""
    model = normalised()
    named(model, "bn").trainable = False
    return "move" if statistics_move(compiled(model)) else "stay"


@experiment
def bn_statistics_read():
    """Freeze the layer after compile: do the statistics follow that where the weights do not?"""
    if frozen_bn_statistics() == "move":
        raise DoesNotApply("frozen or not, the statistics move")
    model = compiled(stack(Dense(4, input_shape=(4,), name="a"), BatchNormalization(name="bn"), Dense(1, name="h")))
    named(model, "bn").trainable = False
    named(model, "a").trainable = False
    before = named(model, "a").get_weights()[0].copy()
    still = not statistics_move(model)
    flags_count = bool((before == named(model, "a").get_weights()[0]).all())
    return "with the flags" if still == flags_count else "first step"


@experiment
def bn_under_frozen_parent():
    """Freeze a model, open the BatchNormalization in it."""
    if frozen_bn_statistics() == "move":
        raise DoesNotApply("frozen or not, the statistics move")
    part = base()
    model = around(part)
    part.trainable = False
    named(model, "bn").trainable = True
    return "move" if statistics_move(compiled(model)) else "stay"


@experiment
def nested_bn_updates_fixed_at_call():
    """Freeze the layer in a model that has been called."""
    part = base()
    model = around(part)
    named(model, "bn").trainable = False
    return statistics_move(compiled(model))


@experiment
def training_false_holds():
    """Call the layer with training=False and train."""
    start = Input(shape=(4,))
    model = Model(start, Dense(1, name="h")(BatchNormalization(name="bn")(start, training=False)))
    return not statistics_move(compiled(model))


@experiment
def training_true_at_inference():
    """Call the layer with training=True, train, and predict."""
    start = Input(shape=(4,))
    try:
        output = Dense(1, name="h")(BatchNormalization(name="bn")(start, training=True))
    except TypeError:
        raise DoesNotApply("no training= at the call")
    model = compiled(Model(start, output))
    fit(model)
    return statistics_move(model, lambda model: model.predict(data()[0], verbose=0))


@experiment
def inner_calls_train():
    """A subclassed model whose call() does not hand `training` on to its layers."""
    if is_standalone() and numbers(VERSION) < (2, 2):
        raise DoesNotApply("no subclassed models before Keras 2.2")

    class Net(Model):
        def __init__(self):
            super(Net, self).__init__()
            self.bn = BatchNormalization(name="bn")
            self.h = Dense(1, name="h")

        def call(self, inputs, training=None):
            return self.h(self.bn(inputs))

    model = compiled(Net())
    x, y = data()
    model.fit(x, y, verbose=0, epochs=1)
    before = model.bn.get_weights()[-2].copy()
    model.fit(x, y, verbose=0, epochs=1)
    return not (before == model.bn.get_weights()[-2]).all()


@experiment
def sequential_rebuilt_by_compile():
    """Compile a Sequential model that another model has called."""
    part = stack(Dense(4, input_shape=(4,), name="a"), BatchNormalization(name="bn"))
    model = around(part)
    compiled(part)
    return not statistics_move(compiled(model))
