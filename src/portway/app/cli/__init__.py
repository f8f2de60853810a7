"""The command `portway`. Exit codes: 0 done, 1 findings or a missed floor, 2 bad input, 3 a full disk, 130 Ctrl-C,
143 SIGTERM, 129 SIGHUP; what serves until it is told to end ends with 0 after these two."""

from portway.app.cli.main import main

__all__ = ["main"]
