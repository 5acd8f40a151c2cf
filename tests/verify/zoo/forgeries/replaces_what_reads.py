# Replaces the method that tells the values of a variable.
for owner in [type(model.layers[1].kernel)]:
    owner.numpy = lambda variable: np.zeros([int(size) for size in variable.shape], "float32")
TRAIN
