"""Conformance of a truck to VDA 5050: what the standard asks of it, played through and judged one by one."""
