"""The server's log: one JSON object a line on the error stream, or lines for people at a terminal."""

import sys
from functools import cache
from typing import Any


@cache
def _logger() -> Any:
    import structlog

    people = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return structlog.get_logger()


def log(event: str, **values: Any) -> None:
    """Note something that happened."""
    _logger().msg(event, **values)
