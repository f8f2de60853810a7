"""Webhooks: progress posted to targets, signed, again and again until taken or given up.

Each target has its lanes: deliveries about one job order go one after the other, in the sequence of their events, so
that a TOS never hears of an end before a beginning; other job orders do not wait for it. A delivery given up lets its
lane go on: the receiver sees the gap in the event ids and can ask `/v1/progress`.

Signature: `Portway-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. The time is signed so that an old
message cannot be played again; `Portway-Delivery` stays the same over all attempts, so that a receiver can tell. It
names the run: ids of events begin anew with every run, and receivers remember longer than that.
"""

import asyncio
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

import httpx

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.outbox import Delivery, Outbox
from portway.adapters.tos.api.views import ProgressEvent

REASON_CHARS_MAX = 200
OWED_AT_ONCE = 500
QUEUED_AT_ONCE = 50  # so many, then others have their turn
IDLE_S = 0.5  # how soon deliveries are looked for that were revived by hand


class WebhookTarget(NamedTuple):
    """Where progress goes; `kinds` narrows it down, empty for all. `name` stands in delivery keys and never changes."""

    name: str
    url: str
    secret: bytes
    kinds: frozenset[str] = frozenset()


class RetryRule(NamedTuple):
    """Back-off doubles from `first_s` to `most_s`; after `attempts` a delivery is given up (the default: 14 hours)."""

    attempts: int = 20
    first_s: float = 1.0
    most_s: float = 3600.0
    timeout_s: float = 10.0

    def wait_s(self, attempts: int) -> float:
        """Wait after so many failed attempts."""
        return float(min(self.most_s, self.first_s * 2.0 ** min(attempts - 1, 40)))


def sign(secret: bytes, at_s: int, body: bytes) -> str:
    """The signature header of a body."""
    digest = hmac.new(secret, f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def signature_right(secret: bytes, header: str, body: bytes, now_s: float, age_s_max: float = 300.0) -> bool:
    """What a receiver checks: the signature, and that it is fresh."""
    at = dict(part.split("=", 1) for part in header.split(",") if "=" in part).get("t", "")
    if not (at.isascii() and at.isdigit() and len(at) < 16) or abs(now_s - int(at)) > age_s_max:
        return False
    return hmac.compare_digest(sign(secret, int(at), body).encode(), header.encode("utf-8", "replace"))


class Webhooks:
    """Carries progress from a desk over the outbox to the targets; `run` goes on until cancelled."""

    def __init__(
        self,
        desk: TosDesk,
        outbox: Outbox,
        targets: list[WebhookTarget],
        *,
        client: httpx.AsyncClient | None = None,
        rule: RetryRule | None = None,
        now_s: Callable[[], float] = time.time,
        at_once: int = 8,
        given_up: Callable[[Delivery], None] = lambda _delivery: None,
    ) -> None:
        """`given_up` hears of the first delivery that a target has not taken, until the target takes one again."""
        self._desk, self._outbox, self._targets = desk, outbox, {t.name: t for t in targets}
        self._rule, self._now_s = rule or RetryRule(), now_s
        self._client = client or httpx.AsyncClient(follow_redirects=False)
        self._lanes: dict[tuple[str, str], deque[Delivery]] = {}  # what waits, of those that are at work
        self._slots = {t.name: asyncio.Semaphore(at_once) for t in targets}  # a slow one keeps no other waiting
        self._wake = asyncio.Event()
        self._run_id, self._given_up = desk.run().run_id, given_up
        self._gone: set[str] = set()  # targets of which that was told

    async def run(self) -> None:
        """Fill the outbox and empty it."""
        self._lanes.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fill())
            await self._queue(self._outbox.take_owed(again=True), group)
            while True:
                try:
                    async with asyncio.timeout(IDLE_S):  # `wait_for` of Python 3.11 can swallow a cancellation
                        await self._wake.wait()
                except TimeoutError:
                    pass
                self._wake.clear()
                await self._queue(self._outbox.take_owed(), group)

    async def _fill(self) -> None:
        after = self._outbox.newest_event()
        while True:
            events = self._desk.progress(after, OWED_AT_ONCE)
            if not events:
                await self._desk.wait_progress(after)
                continue
            await self._outbox.owe([d for e in events for d in deliveries_of(e, self._targets.values(), self._run_id)])
            after = events[-1].id
            self._wake.set()

    async def _queue(self, deliveries: list[Delivery], group: asyncio.TaskGroup) -> None:
        """Deliveries join their lanes. There may be thousands after a receiver was away: the loop has its turn."""
        for number, delivery in enumerate(deliveries, 1):
            if delivery.target in self._targets:
                lane = delivery.target, delivery.lane
                if lane not in self._lanes:
                    self._lanes[lane] = deque()
                    group.create_task(self._work_off(lane))
                self._lanes[lane].append(delivery)
            if number % QUEUED_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _work_off(self, lane: tuple[str, str]) -> None:
        """One lane, oldest first, until it is empty."""
        queue = self._lanes[lane]
        while queue:
            await self._deliver(queue.popleft())
        del self._lanes[lane]

    async def _deliver(self, delivery: Delivery) -> None:
        """Try until it is taken or given up."""
        while (error := await self._attempt(delivery)) is not None:
            delivery = delivery._replace(attempts=delivery.attempts + 1, last_error=error[:REASON_CHARS_MAX])
            given_up = delivery.attempts >= self._rule.attempts
            await self._outbox.failed(delivery, given_up)
            if given_up:
                self._tell(delivery)
                return
            await asyncio.sleep(self._rule.wait_s(delivery.attempts))
        await self._outbox.made(delivery.key)
        self._gone.discard(delivery.target)

    def _tell(self, delivery: Delivery) -> None:
        if delivery.target not in self._gone:
            self._gone.add(delivery.target)
            self._given_up(delivery)

    async def _attempt(self, delivery: Delivery) -> str | None:
        """Post once; None when taken, else why not."""
        target = self._targets[delivery.target]
        try:
            async with self._slots[target.name], asyncio.timeout(self._rule.timeout_s):
                request = self._request(delivery, target)  # signed now: a signature gets old while it waits for a slot
                answer = await self._client.send(request, stream=True)
                await answer.aclose()  # the status says it all; a body might never end
        except TimeoutError:
            return f"no answer within {self._rule.timeout_s:g} s"
        except httpx.InvalidURL:  # its text may have a part of a password in it
            return "the url cannot be used"
        except (httpx.HTTPError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return None if answer.is_success else f"status {answer.status_code}"

    def _request(self, delivery: Delivery, target: WebhookTarget) -> httpx.Request:
        headers = {
            "Content-Type": "application/json",
            "Portway-Delivery": delivery.key,
            "Portway-Run": self._run_id,
            "Portway-Signature": sign(target.secret, int(self._now_s()), delivery.body),
        }
        return self._client.build_request("POST", target.url, content=delivery.body, headers=headers)


def deliveries_of(event: ProgressEvent, targets: Iterable[WebhookTarget], run_id: str) -> list[Delivery]:
    """One delivery for each target that wants an event."""
    lane = event.job_order or event.crane or event.truck or "terminal"
    body = event.model_dump_json().encode()
    return [
        Delivery(f"{t.name}:{run_id}:{event.id}", t.name, event.id, lane, body)
        for t in targets
        if not t.kinds or event.kind in t.kinds
    ]
