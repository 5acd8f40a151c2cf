# Sets attributes of Keras's classes past what guards them.
type.__setattr__(Dense, "weights", property(lambda self: []))
TRAIN
