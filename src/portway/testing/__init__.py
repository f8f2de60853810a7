"""Terminals that misbehave: yards of steel around the real core, for tests, benchmarks and storms."""
