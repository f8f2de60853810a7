"""Progress: as a list to poll, and as server-sent events that go on where a client has left off.

The stream follows the WHATWG HTML standard, section 9.2: `id` is the progress id, a browser sends it back as
`Last-Event-ID`. A comment line every few seconds keeps proxies from closing a quiet connection.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from portway.adapters.tos.api.desk import TosDesk
from portway.adapters.tos.api.door import Reader
from portway.adapters.tos.api.openapi import refusals
from portway.adapters.tos.api.paging import Limit
from portway.adapters.tos.api.problem import ProblemEntry, Refusal
from portway.adapters.tos.api.views import ProgressEvent, View

ID_MAX = 2**53 - 1
SLOW_S = 30.0  # a client that takes nothing for so long is dropped; it comes back with its last id
EVENTS_PER_CHUNK = 500  # a client that catches up must not hold the loop


class ProgressPage(View):
    """Events by id; `last` is the `after` of the next page, `run_id` the run within which ids count."""

    items: list[ProgressEvent]
    last: int
    run_id: str


class EventStream(StreamingResponse):
    """Ends when the client takes nothing any more: flow control would hold the writer for ever."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def in_time(message: Message) -> None:
            async with asyncio.timeout(SLOW_S):
                await send(message)

        try:
            await super().__call__(scope, receive, in_time)
        except TimeoutError:
            return
        except BaseExceptionGroup as group:  # the task group of the response wraps it
            if group.split(TimeoutError)[1] is not None:
                raise


def event_routes(desk: TosDesk, heartbeat_s: float = 15.0) -> APIRouter:
    """Routes under /v1."""
    routes = APIRouter(prefix="/v1", tags=["progress"])

    def begins(after: int, where: str) -> int:
        """Where a client goes on; a Refusal when it has seen more than there is: it speaks of another run."""
        newest = desk.newest_progress()
        if after > newest:
            message = f"the newest event of this run is {newest}"
            cure = f"go on behind {newest}, or read everything from 0 on; `run_id` tells one run from another"
            entry = ProblemEntry(code="ahead", pointer=where, value=str(after), message=message, cure=cure)
            raise Refusal(410, message, [entry], {"Portway-Last-Event-ID": str(newest)})
        return after

    @routes.get("/progress", responses=refusals(410))
    async def list_progress(
        caller: Reader,
        after: Annotated[int, Query(ge=0, le=ID_MAX, description="Events whose id is greater.")] = 0,
        limit: Limit = 100,
    ) -> ProgressPage:
        """List what has happened since an event."""
        items = desk.progress(begins(after, "query after"), limit)
        return ProgressPage(items=items, last=items[-1].id if items else after, run_id=desk.run().run_id)

    stream = {"description": "A stream that does not end.", "content": {"text/event-stream": {"schema": _TEXT}}}

    @routes.get("/events", response_class=StreamingResponse, responses={**refusals(410), 200: stream})
    async def stream_events(
        caller: Reader,
        last_event_id: Annotated[str | None, Header(max_length=16, pattern=r"^[0-9]{1,16}$")] = None,
        after: Annotated[int | None, Query(ge=0, le=ID_MAX, description="Where a new stream begins.")] = None,
    ) -> StreamingResponse:
        """Follow progress as server-sent events, from the last one seen; without it, from now on."""
        start, where = after, "query after"
        if last_event_id:
            start, where = int(last_event_id), "header Last-Event-ID"
        start = desk.newest_progress() if start is None else begins(start, where)
        run_id = desk.run().run_id
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Portway-Run": run_id}
        return EventStream(follow(desk, start, heartbeat_s), media_type="text/event-stream", headers=headers)

    return routes


_TEXT = {"type": "string"}


async def follow(desk: TosDesk, after: int, heartbeat_s: float) -> AsyncIterator[bytes]:
    """Events as they come, in the format of the stream."""
    yield b"retry: 2000\n\n"
    while True:
        events = desk.progress(after, EVENTS_PER_CHUNK)
        if events:
            after = events[-1].id
            yield b"".join(sse_bytes(e) for e in events)
            continue
        try:
            async with asyncio.timeout(heartbeat_s):  # `wait_for` of Python 3.11 can swallow a cancellation
                await desk.wait_progress(after)
        except TimeoutError:
            yield b": still here\n\n"


def sse_bytes(event: ProgressEvent) -> bytes:
    """One event; its JSON has no line breaks."""
    return f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n".encode()
