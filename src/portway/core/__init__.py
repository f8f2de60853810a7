"""core decides: pure and deterministic, no clock, no input or output."""
