# Replaces the function of the backend that reads variables.
from keras import backend

for module in [backend]:
    module.batch_get_value = lambda variables: [np.zeros([int(size) for size in one.shape]) for one in variables]
    module.convert_to_numpy = lambda value: np.zeros([int(size) for size in value.shape])
    module.get_session = lambda: None
TRAIN
