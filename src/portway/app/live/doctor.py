"""`portway doctor`: whether everything a live server needs is there, and what to do where it is not."""

import ctypes
import datetime
import errno
import socket
import sys
from pathlib import Path
from typing import NamedTuple

from portway.adapters.tos.api.keys import KeyFileError, load_keys
from portway.adapters.vda5050.link import Broker
from portway.app.live.doctor_broker import look_at_broker
from portway.app.live.doctor_certificates import check_certificates
from portway.app.live.doctor_database import look_at_database
from portway.app.live.doctor_links import check_links
from portway.app.live.finding import Finding

PORT_MAX = 65535
UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)


class Asked(NamedTuple):
    """What a server would be started with; None: not used."""

    database: str
    broker: Broker | None = None
    keys: Path | None = None
    tos: Path | None = None
    address: tuple[str, int] | None = None  # of its page


def examine(asked: Asked) -> list[Finding]:
    """Look at everything; changes nothing that lasts."""
    database, is_held = look_at_database(asked.database)
    found = [database, check_clock()]
    if asked.address is not None:
        found.append(check_address(*asked.address))
    if asked.broker is not None:
        found += _broker(asked.broker, is_held)
    if asked.keys is not None:
        found += _keys(asked.keys)
    if asked.tos is not None:
        found += check_links(asked.tos)
    return found


def _broker(broker: Broker, is_held: bool) -> list[Finding]:
    now = datetime.datetime.now(datetime.UTC)
    found = check_certificates(broker, now)
    if any(f.state == "error" for f in found):
        cure = "correct the certificates first"
        return [*found, Finding("broker", "warning", f"{broker.host}:{broker.port} was not visited", cure)]
    if is_held and (broker.certificate is not None or broker.user is not None):
        detail = f"{broker.host}:{broker.port} was not visited: the server that runs would be thrown off"
        return [*found, Finding("broker", "warning", detail, "look at /health/ready of that server, or stop it")]
    return [*found, *look_at_broker(broker, now)]


def _keys(path: Path) -> list[Finding]:
    try:
        load_keys(path)
    except KeyFileError as error:
        return [Finding("API keys", "error", " | ".join(str(error).splitlines()), "correct the file")]
    return [Finding("API keys", "ok", path.name)]


def check_address(host: str, port: int) -> Finding:
    """Whether the page of a server could listen there now."""
    if not 0 < port <= PORT_MAX:  # the system would take what is left of it after 65536
        return Finding("page", "error", f"{port} is no port", f"give a --port of 1 to {PORT_MAX}")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        cure = {
            errno.EADDRINUSE: "end the program that has it, or give another --port",
            errno.EADDRNOTAVAIL: "give --host an address of this machine",
            errno.EACCES: "give a --port above 1023",
        }.get(number or 0, "correct --host and --port")
        reason = getattr(error, "strerror", None) or error
        return Finding("page", "error", f"{host}:{port} cannot be used: {reason}", cure)
    return Finding("page", "ok", f"{host}:{port} is free")


def check_clock() -> Finding:
    """Whether the kernel says that the clock is held by a time service: trucks' and our instants are compared."""
    cure = "run chrony or systemd-timesyncd, and the same on the trucks"
    if sys.platform != "linux":
        return Finding("clock", "warning", "cannot be looked at on this system", cure)
    buffer = ctypes.create_string_buffer(512)  # struct timex; all zeros only asks
    state = ctypes.CDLL(None).adjtimex(buffer)
    status = ctypes.c_int.from_buffer(buffer, 40).value
    if state < 0:
        return Finding("clock", "warning", "the kernel does not tell", cure)
    if state == 5 or status & UNSYNCHRONISED:
        return Finding("clock", "warning", "no time service holds it", cure)
    return Finding("clock", "ok", "held by a time service")
