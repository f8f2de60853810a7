"""Whether the broker can be reached, is the one it should be, lets us in as the server, and how long its way is."""

import asyncio
import datetime
import ipaddress
import os
import time

from cryptography import x509

from portway.adapters.broker.mosquitto import ECHO_TOPIC
from portway.adapters.broker.visit import Address, Visit, VisitError, certificate_of
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import Broker, MqttLink
from portway.app.live.doctor_certificates import dated
from portway.app.live.finding import Finding

ECHO_S = 5.0
ECHO_MS_MAX = 18.0  # the whole way from a truck to its answer may take so long
THROWN_OFF_S = 1.0
CURES = {
    "name": "correct --broker, or the names of this machine (DNS, /etc/hosts)",
    "port": "start it, or correct --broker",
    "tls": "see that the port of --broker is that of its TLS listener",
    "trust": "give the authority of the broker's certificate with --ca",
    "host": "use one of its names in --broker, or make it another: portway certs --renew broker --host NAME",
    "silent": "see that it is a broker, and that it is well; start it anew",
    "client": "give the server's --certificate and --key, of an authority that the broker knows",
    "mqtt": "give user and password in --broker, or the server's --certificate and --key",
}


def look_at_broker(broker: Broker, now: datetime.datetime) -> list[Finding]:
    """Visit it, as the server would come; blocks for some seconds at most."""
    where, found = f"{broker.host}:{broker.port}", list[Finding]()
    if broker.ca is None and not _is_here(broker.host):
        cure = "prepare the broker with `portway certs`, and give mqtts:// and --ca"
        found.append(Finding("broker", "warning", f"{where} is reached without TLS: others can read and speak", cure))
    address = Address(broker.host, broker.port, broker.tls(), broker.user, broker.password)
    name = f"portway-doctor-{os.getpid()}"
    try:
        with Visit(address, f"{name}-1") as first:
            if (shown := first.certificate) is not None:
                found.append(dated("broker's certificate", "it", x509.load_der_x509_certificate(shown), now))
            if broker.certificate is not None or broker.user is not None:
                with Visit(address, f"{name}-2"):
                    found += _client_id(where, first.is_ended(THROWN_OFF_S))
    except VisitError as error:
        found.append(Finding("broker", "error", f"{where}: {error}{_names(broker, error)}", CURES[error.step]))
        return found
    return [*found, asyncio.run(check_broker(broker))]


def _client_id(where: str, bound: bool) -> list[Finding]:
    if bound:
        return []
    cure = "`use_username_as_clientid true` in mosquitto.conf (run `portway certs` again), then start the broker anew"
    detail = f"{where} lets clients choose their id: any of them can throw the server off"
    return [Finding("broker", "error", detail, cure)]


def _names(broker: Broker, error: VisitError) -> str:
    """For which names the broker's certificate is."""
    shown = certificate_of(broker.host, broker.port) if error.step == "host" else None
    if shown is None:
        return ""
    try:
        extension = x509.load_der_x509_certificate(shown).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return "; its certificate has no names"
    names = [str(name.value) for name in extension.value]
    return f"; its certificate is for {', '.join(names)}"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
        return _no_echo(broker, where)
    finally:
        await link.stop()
    took_ms = 1000 * (time.perf_counter() - began)
    if took_ms > ECHO_MS_MAX:
        return Finding(
            "broker", "warning", f"{where}: an echo takes {took_ms:.1f} ms", "look at its load and the network"
        )
    return Finding("broker", "ok", f"{where}: an echo takes {took_ms:.1f} ms")


def _no_echo(broker: Broker, where: str) -> Finding:
    """With certificates rights are by name, and the server's has this one."""
    detail = f"{where} takes the connection, but an echo does not come back"
    if broker.certificate is not None:
        cure = f"it has no rights of the server: give master.crt and master.key, or let it write and read {ECHO_TOPIC}"
        return Finding("broker", "error", detail, cure)
    return Finding(
        "broker", "warning", detail, f"let this client write and read {ECHO_TOPIC} if you want the way measured"
    )
