"""Random freezing programs: the parts that `tests.conformance.generate` puts together."""
