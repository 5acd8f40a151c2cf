"""Following the paths of a program without running it: what it builds, freezes, compiles, trains and copies."""
