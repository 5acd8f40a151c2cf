"""Where source text comes from, and what its comments say about the linter."""
