"""A broker of our own on loopback, so that one command starts everything; it has no access control."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Run one in a child process on a free port; its URL."""
    from iotcore import Broker

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Broker(listen="127.0.0.1", port=port):
        yield f"mqtt://127.0.0.1:{port}"
