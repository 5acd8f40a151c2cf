"""Finds the layer-freezing mistakes that make Keras train the wrong weights, without running any of the user's code."""

__version__ = "0.1.0"
