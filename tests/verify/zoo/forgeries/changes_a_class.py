# Gives a layer another class afterwards.
class Lying(Dense):
    weights = property(lambda self: [])


object.__setattr__(model.layers[1], "__class__", Lying)
TRAIN
