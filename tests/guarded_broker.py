"""A real Mosquitto with the certificates and rights that `portway certs` writes."""

import datetime
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from live_processes import MOSQUITTO, free_port, need
from portway.adapters.broker.certificates import Authority
from portway.adapters.broker.mosquitto import MASTER, access_list, configuration
from portway.adapters.vda5050.link import Broker

AsUser = Callable[..., Broker]


@contextmanager
def guarded_broker(
    folder: Path, hosts: Sequence[str] = ("localhost", "127.0.0.1"), change: Callable[[str], str] = lambda text: text
) -> Iterator[AsUser]:
    """Run one of the terminal `test` with trucks T1 and T2; gives the broker as seen by a user. `change` alters its
    configuration."""
    port = free_port()
    authority = Authority(folder, "test", datetime.datetime.now(datetime.UTC))
    authority.server("broker", hosts, 100)
    for name in (MASTER, "T1", "T2", "stranger"):
        authority.client(name, name, 100)
    (folder / "mosquitto.conf").write_text(change(configuration(folder, authority.certificate, port)))
    (folder / "acl").write_text(access_list("uagv", "portway", ["T1", "T2"]))
    if os.getuid() == 0:  # Mosquitto gives up root before it reads its key
        shutil.chown(folder / "broker.key", "mosquitto")
        shutil.chown(folder / "acl", "mosquitto")
        for part in (folder, *folder.parents[:3]):
            part.chmod(part.stat().st_mode | 0o011)
    command = [need(MOSQUITTO, "Mosquitto"), "-c", str(folder / "mosquitto.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(50):
        time.sleep(0.05)
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break

    def as_user(name: str | None, certificates: Path = folder, ca: Path = folder) -> Broker:
        own = (certificates / f"{name}.crt", certificates / f"{name}.key") if name else (None, None)
        return Broker("127.0.0.1", port, ca / "authority.crt", *own)

    try:
        yield as_user
    finally:
        process.terminate()
        process.wait(10)
