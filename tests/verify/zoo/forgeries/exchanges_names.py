# Two layers that go by each other's name.
for layer, name in zip(model.layers, ("head", "base")):
    try:
        layer.name = name
    except AttributeError:
        layer._name = name
TRAIN
