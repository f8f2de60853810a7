"""How many may be connected to a page, and how long each may keep it waiting.

A connection costs a descriptor, and when they are used up nobody gets in, not even to `/health`. So there are fewer
connections than descriptors, and when all are taken the one that has kept us waiting longest has to go: it is not doing
anything, the one at the door may be. A connection is waiting while it has not sent a whole request, and between two
requests; one whose request is being answered is never cut off for another.

A client must send a whole head, then its body, and must take what it is sent, each within a time (slow ones on purpose:
"slowloris"). uvicorn has a limit on connections, too, but it counts waiting ones like others and answers 503 to
whoever comes next, so those who keep it waiting would win.
"""

import asyncio
import time
from typing import Any, NamedTuple

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from portway.app.live.log import log

BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 5\r\nconnection: close\r\n"
    b"content-length: 21\r\n\r\ntoo many connections\n"
)
DESCRIPTORS_KEPT = 96  # for the database, the broker, webhooks and files


class Limits(NamedTuple):
    """Of one port."""

    connections: int = 512
    websockets: int = 128
    head_s: float = 10.0  # from connecting, or from the answer before, to the end of a head
    body_s: float = 30.0  # from there to the end of the body
    take_s: float = 30.0  # for which a client may take nothing of what it is sent


def limits_here(wanted: Limits) -> Limits:
    """Limits that the descriptors of this process allow."""
    try:
        import resource
    except ImportError:  # not on this system
        return wanted
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return wanted
    room = max(8, most - DESCRIPTORS_KEPT if most > 2 * DESCRIPTORS_KEPT else most // 2)
    return wanted._replace(connections=min(wanted.connections, room), websockets=min(wanted.websockets, room // 2))


class PatientHttp(H11Protocol):
    """One connection, with limits. `limits` belongs to the class that a server makes of this one."""

    limits = Limits()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.waiting_since_s = time.monotonic()
        self.blocked_since_s: float | None = None

    @property
    def is_answering(self) -> bool:
        """Whether a whole request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    @property
    def is_reading(self) -> bool:
        """Whether a body is still to come."""
        return self.cycle is not None and not self.cycle.response_complete and self.cycle.more_body

    # -- asyncio ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is at the door."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > self.limits.connections and not self._make_room():
            self._turn_away()

    def pause_writing(self) -> None:
        """The client takes nothing."""
        self.blocked_since_s = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has taken something."""
        self.blocked_since_s = None
        super().resume_writing()

    def handle_events(self) -> None:
        """What has come; a new request begins a new wait for its body."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self.waiting_since_s = time.monotonic()

    def on_response_complete(self) -> None:
        """The wait for the next request begins."""
        self.waiting_since_s = time.monotonic()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """A stream takes the connection over, if there is room for one more."""
        streams = sum(not isinstance(c, PatientHttp) for c in self.connections)
        if streams >= self.limits.websockets:
            log("page_full", websockets=streams, peer=str(self.client))
            self._turn_away()
            return
        super().handle_websocket_upgrade(event)

    # -- who has to go ------------------------------------------------------------------------------------------

    def _make_room(self) -> bool:
        """Cut off the one that has been waiting longest; between two requests before those that send a body."""
        waiting = [
            c
            for c in self.connections
            if isinstance(c, PatientHttp) and c is not self and not c.is_answering and not c.transport.is_closing()
        ]
        if not waiting:
            return False
        min(waiting, key=lambda c: (c.is_reading, c.waiting_since_s)).transport.abort()
        return True

    def _turn_away(self) -> None:
        self.transport.write(BUSY)
        self.transport.close()

    def overdue(self, now_s: float) -> str:
        """Why the client is not waited for any longer; empty while it is."""
        if self.blocked_since_s is not None:
            return "takes nothing" if now_s - self.blocked_since_s > self.limits.take_s else ""
        if self.is_answering:
            return ""
        waited_s = now_s - self.waiting_since_s
        if self.is_reading:
            return "sends no body" if waited_s > self.limits.body_s else ""
        return "sends no request" if waited_s > self.limits.head_s else ""


def cut_off_slow(connections: set[Any], now_s: float) -> int:
    """Abort the connections of clients that are overdue; how many."""
    late = [c for c in list(connections) if isinstance(c, PatientHttp) and c.overdue(now_s)]
    for connection in late:
        connection.transport.abort()
    return len(late)
