"""Runs the flagged model and measures which weights move: the only part that ever executes the user's code."""
