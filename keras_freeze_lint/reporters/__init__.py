"""Pure functions from what was found to what is printed, one small file a format."""
