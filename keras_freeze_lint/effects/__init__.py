"""What each training call moves: a path's events replayed under the measured behaviour of one Keras."""
