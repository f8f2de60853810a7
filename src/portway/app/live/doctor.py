"""`portway doctor`: whether everything a live server needs is there, and what to do where it is not."""

import asyncio
import ctypes
import datetime
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from portway.adapters.broker.mosquitto import ECHO_TOPIC
from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_store import Store, database_url
from portway.adapters.tos.api.keys import KeyFileError, load_keys
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import Broker, MqttLink
from portway.app.live.tos_links import TosLinksError, load_tos_links

ECHO_S = 5.0
ECHO_MS_MAX = 18.0  # the whole way from a truck to its answer may take so long
COMMIT_MS_MAX = 10.0
DAYS_MIN = 30
UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)


class Finding(NamedTuple):
    """What was looked at: `ok`, `warning` or `error`, and the cure."""

    part: str
    state: str
    detail: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.state:8}{self.part}: {self.detail}" + (f"; {self.cure}" if self.cure else "")


class Asked(NamedTuple):
    """What a server would be started with; None: not used."""

    database: str
    broker: Broker | None = None
    keys: Path | None = None
    tos: Path | None = None


def examine(asked: Asked) -> list[Finding]:
    """Look at everything; changes nothing that lasts."""
    found = [check_database(asked.database), check_clock()]
    if asked.broker is not None:
        found += check_certificates(asked.broker, datetime.datetime.now(datetime.UTC))
        found.append(asyncio.run(check_broker(asked.broker)))
    if asked.keys is not None:
        found.append(_readable("API keys", asked.keys, load_keys))
    if asked.tos is not None:
        found.append(_readable("TOS links", asked.tos, lambda path: load_tos_links(path).token_rule()))
    return found


def _readable(part: str, path: Path, read: Callable[[Path], object]) -> Finding:
    try:
        read(path)
    except (KeyFileError, TosLinksError) as error:
        return Finding(part, "error", " | ".join(str(error).splitlines()), "correct the file")
    return Finding(part, "ok", path.name)


# -- broker -----------------------------------------------------------------------------------------------------


async def check_broker(broker: Broker) -> Finding:
    """Connect, subscribe, publish, and wait for the echo."""
    where, came, up = f"{broker.host}:{broker.port}", asyncio.Event(), asyncio.Event()
    link = MqttLink(broker, f"portway-doctor-{os.getpid()}", [ECHO_TOPIC], lambda *_: came.set(),
                    lambda is_up: up.set() if is_up else None)  # fmt: skip
    link.start()
    try:
        async with asyncio.timeout(ECHO_S):
            await up.wait()
            await asyncio.sleep(0.2)  # the subscription has to be there first
            began = time.perf_counter()
            link.publish([Outgoing(ECHO_TOPIC, b"echo", 0)])
            await came.wait()
    except TimeoutError:
        if not up.is_set():
            cure = "start it, or correct --broker, --ca, --certificate and --key"
            return Finding("broker", "error", f"{where} takes no connection", cure)
        cure = f"let this client write and read {ECHO_TOPIC} if you want the way measured"
        return Finding("broker", "warning", f"{where} takes the connection, but an echo does not come back", cure)
    finally:
        await link.stop()
    took_ms = 1000 * (time.perf_counter() - began)
    if took_ms > ECHO_MS_MAX:
        return Finding(
            "broker", "warning", f"{where}: an echo takes {took_ms:.1f} ms", "look at its load and the network"
        )
    return Finding("broker", "ok", f"{where}: an echo takes {took_ms:.1f} ms")


# -- database ---------------------------------------------------------------------------------------------------


def check_database(where: str) -> Finding:
    """Whether a server could open it now, and how long a commit takes beside it."""
    path = database_url(where).database if database_url(where).get_backend_name() == "sqlite" else None
    if path is not None and not Path(path).exists():
        return _check_folder(Path(path).resolve().parent)
    try:
        Store(where).close()
    except StorageError as error:
        return Finding("database", "error", str(error))
    return Finding("database", "ok", where) if path is None else _check_folder(Path(path).resolve().parent)


def _check_folder(folder: Path) -> Finding:
    while not folder.exists():
        folder = folder.parent
    try:
        took_ms = _commit_ms(folder)
    except (OSError, sqlite3.Error) as error:
        return Finding("database", "error", f"{folder} cannot be written: {error}", "give another --db, or free space")
    if took_ms > COMMIT_MS_MAX:
        return Finding("database", "warning", f"a commit takes {took_ms:.1f} ms", "use a local SSD for --db")
    return Finding("database", "ok", f"a commit takes {took_ms:.1f} ms")


def _commit_ms(folder: Path) -> float:
    """The median of some commits into a database of its own."""
    with NamedTemporaryFile(dir=folder, suffix=".doctor") as file:
        connection = sqlite3.connect(file.name, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (n)")
        took = []
        for n in range(11):
            began = time.perf_counter()
            connection.execute("INSERT INTO t VALUES (?)", (n,))
            took.append(1000 * (time.perf_counter() - began))
        connection.close()
    return sorted(took)[len(took) // 2]


# -- clock ------------------------------------------------------------------------------------------------------


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


# -- certificates -----------------------------------------------------------------------------------------------


def check_certificates(broker: Broker, now: datetime.datetime) -> list[Finding]:
    """Whether they can be read, fit their key and are still good for a while."""
    found = [
        _certificate(part, path, now)
        for part, path in (("authority", broker.ca), ("certificate", broker.certificate))
        if path is not None
    ]
    if any(f.state == "error" for f in found):
        return found
    try:
        broker.tls()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        found.append(Finding("key", "error", f"does not fit the certificate: {error}", "give the key made with it"))
    return found


def _certificate(part: str, path: Path, now: datetime.datetime) -> Finding:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        certificate = load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        return Finding(part, "error", f"{path}: {error}", "give a certificate in PEM")
    days = (certificate.not_valid_after_utc - now).days
    if certificate.not_valid_before_utc > now:
        return Finding(part, "error", f"{path.name} is not valid yet", "set the clock right, or make a new one")
    if days < 0:
        return Finding(part, "error", f"{path.name} ran out {-days} days ago", "make a new one")
    return Finding(part, "ok" if days >= DAYS_MIN else "warning", f"{path.name} is good for {days} days",
                   "" if days >= DAYS_MIN else "renew it")  # fmt: skip
