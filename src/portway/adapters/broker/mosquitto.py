"""The configuration of Mosquitto: TLS for all, and each truck speaks for itself alone.

The user name is the common name of the client's certificate, so nobody can choose it. Rights stand in a list by user
instead of a pattern: a truck that is taken off the list is out, whatever certificate it has.
"""

from collections.abc import Iterable
from pathlib import Path

MASTER = "portway-master"
SAID_BY_TRUCKS = ("state", "visualization", "connection", "factsheet")
SAID_TO_TRUCKS = ("order", "instantActions", "zoneSet", "responses")
ECHO_TOPIC = "portway/doctor"

_CONF = """\
# Written by `portway certs`; Mosquitto 2.0 or newer. Start: mosquitto -c {folder}/mosquitto.conf
per_listener_settings false
listener {port}
cafile {authority}
certfile {folder}/broker.crt
keyfile {folder}/broker.key
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {folder}/acl
persistence false
set_tcp_nodelay true
# an order of a long way takes 100 kB
max_packet_size 2000000
max_queued_messages 1000
log_type error
log_type warning
log_type notice
"""


def configuration(folder: Path, authority: Path, port: int) -> str:
    """The text of `mosquitto.conf` for files in a folder."""
    return _CONF.format(folder=folder.resolve(), authority=authority.resolve(), port=port)


def access_list(interface: str, manufacturer: str, serials: Iterable[str]) -> str:
    """The text of `acl`: the master control reads and commands all, a truck writes and reads its own topics."""
    master = _rights(MASTER, f"{interface}/+/+/+", reads=SAID_BY_TRUCKS, writes=SAID_TO_TRUCKS)
    blocks = [master + f"topic readwrite {ECHO_TOPIC}\n"]
    for serial in serials:
        blocks.append(_rights(serial, f"{interface}/+/{manufacturer}/{serial}", SAID_TO_TRUCKS, SAID_BY_TRUCKS))
    return "\n".join(blocks)


def _rights(user: str, level: str, reads: Iterable[str], writes: Iterable[str]) -> str:
    lines = [f"user {user}"]
    lines += [f"topic read {level}/{message}" for message in reads]
    lines += [f"topic write {level}/{message}" for message in writes]
    return "".join(f"{line}\n" for line in lines)
