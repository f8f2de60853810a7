"""The way to the broker: one MQTT connection that comes back by itself.

Built on gmqtt, whose objects stay in here. After a lost connection it tries again about every second, subscribes
again, and tells whoever asked; what was published meanwhile is lost, since a state or an order that is late is worth
nothing.
"""

import asyncio
import contextlib
import logging
import random
import re
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from gmqtt import Client, Message
from gmqtt.mqtt.constants import MQTTv311

from portway.adapters.vda5050.facts import Outgoing

RETRY_S = 1.0
CONNECT_S = 10.0
SETTLE_S = 0.5  # a connecting under way may come to its end before it is cancelled
STOP_S = 2.0  # each of the two steps of a stop; a broker that hangs must not keep anybody
NEVER = -2  # gmqtt shall not reconnect: it would not subscribe again
KEEPALIVE_S = 15
logging.getLogger("gmqtt").setLevel(logging.CRITICAL)  # it logs every failed attempt with a traceback


class Broker(NamedTuple):
    """Where the broker is, and who we are to it."""

    host: str = "127.0.0.1"
    port: int = 1883
    ca: Path | None = None  # TLS when given
    certificate: Path | None = None
    key: Path | None = None
    user: str | None = None
    password: str | None = None

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context, None for a plain connection."""
        if self.ca is None:
            return None
        context = ssl.create_default_context(cafile=str(self.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


def shown_broker(url: str) -> str:
    """A broker's URL as it may be printed: without its password, however it was written."""
    return re.sub(r"://([^:@]*)(:.*)?@", r"://\1:***@", url, count=1, flags=re.DOTALL)


def broker_of(url: str, ca: Path | None = None, certificate: Path | None = None, key: Path | None = None) -> Broker:
    """`mqtt://host:port` or `mqtts://...`, with `user:password@` before the host, both percent-encoded (RFC 3986,
    section 3.2.1). Raises ValueError with the cure."""
    parts, shown = urlsplit(url), shown_broker(url)
    try:
        wanted, host = parts.port, parts.hostname
    except ValueError:  # its text may show a part of the password
        wanted = host = None
    if parts.scheme not in ("mqtt", "mqtts") or not host:
        raise ValueError(f"{shown}: a broker is given as mqtt://HOST:PORT or mqtts://HOST:PORT")
    if parts.scheme == "mqtts" and ca is None:
        raise ValueError(f"{shown}: mqtts needs the certificate of its authority; give --ca FILE")
    port = wanted or (8883 if parts.scheme == "mqtts" else 1883)
    user, password = (None if said is None else unquote(said) for said in (parts.username, parts.password))
    return Broker(host, port, ca, certificate, key, user, password)


class MqttLink:
    """One client of the broker."""

    def __init__(
        self, broker: Broker, client_id: str, subscriptions: Iterable[str],
        received: Callable[[str, bytes], Any], changed: Callable[[bool], Any] = lambda _up: None,
        will: Outgoing | None = None,
    ) -> None:  # fmt: skip
        self._broker, self._subscriptions, self._received, self._changed = (
            broker,
            list(subscriptions),
            received,
            changed,
        )
        message = None if will is None else Message(will.topic, will.payload, qos=will.qos, retain=will.retain)
        self._client = Client(client_id, clean_session=True, will_message=message)
        self._client.set_config({"reconnect_retries": NEVER})
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect
        self._task: asyncio.Task | None = None
        self._down, self._settled = asyncio.Event(), asyncio.Event()
        self.is_up = False
        self.is_kept = False  # the message under way was kept by the broker for us (retained)
        if broker.user is not None:
            self._client.set_auth_credentials(broker.user, broker.password)

    def start(self) -> None:
        """Connect, and connect again whenever the connection is lost, until `stop`."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Say goodbye and stay away. Takes some seconds at most, whatever the broker does."""
        if self._task is not None:
            with contextlib.suppress(TimeoutError):  # gmqtt leaves something behind that it was cancelled in opening
                async with asyncio.timeout(SETTLE_S):
                    await self._settled.wait()
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=STOP_S)
        await self._part()
        self.is_up = False

    async def _part(self) -> None:
        """Close the connection, if there is one: with a goodbye while the broker takes it, else without."""
        with contextlib.suppress(Exception):  # gmqtt lets through whatever a socket or TLS comes up with
            async with asyncio.timeout(STOP_S):
                await self._client.disconnect()
        connection = self._client._connection
        if connection is not None:
            connection._transport.abort()  # what a broker does not read would keep it open for ever

    def publish(self, messages: Iterable[Outgoing]) -> None:
        """Send messages; while the connection is down they are dropped."""
        if self.is_up:
            for m in messages:
                self._client.publish(m.topic, m.payload, qos=m.qos, retain=m.retain)

    async def _keep(self) -> None:
        while True:
            self._down.clear()
            self._settled.clear()
            try:
                async with asyncio.timeout(CONNECT_S):  # `wait_for` of Python 3.11 can swallow a cancellation
                    await self._client.connect(
                        self._broker.host, self._broker.port, ssl=self._broker.tls() or False, keepalive=KEEPALIVE_S,
                        version=MQTTv311,
                    )  # fmt: skip
                self._settled.set()
                await self._down.wait()
            except Exception:  # gmqtt lets through whatever a socket, TLS or the broker comes up with
                self._settled.set()
                self._lost()
                await self._part()  # what was opened and not answered would stay open
            await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # not all clients at once

    def subscribe(self) -> None:
        """Subscribe, once more if need be: the broker then sends again what it has kept. Nothing while it is away."""
        for name in self._subscriptions if self.is_up else ():
            self._client.subscribe(name, qos=0)

    def _on_connect(self, *_: Any) -> None:
        self.is_up = True
        self.subscribe()
        self._changed(True)

    def _on_message(self, _client: Client, topic: str, payload: bytes, _qos: int, properties: dict) -> int:
        self.is_kept = bool(properties.get("retain"))
        self._received(topic, payload)
        return 0

    def _on_disconnect(self, *_: Any) -> None:
        self._lost()

    def _lost(self) -> None:
        self._down.set()
        if self.is_up:
            self.is_up = False
            self._changed(False)
