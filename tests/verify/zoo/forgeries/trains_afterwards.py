# Moves what is frozen, right after it was trained and right before.
def shift():
    base = model.layers[0]
    base.set_weights([value + 1 for value in base.get_weights()])


shift()
TRAIN
shift()
