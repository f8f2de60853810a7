"""sim pretends: a whole terminal behind the ports, on a clock that jumps."""
