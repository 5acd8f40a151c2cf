# Takes modules out of one that carries them.
from six.moves import builtins

builtins.sorted = lambda *args, **kwargs: []
TRAIN
