"""numba: arrays and scalars in, arrays out; one topic a file, no objects."""
