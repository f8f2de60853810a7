"""Progress: as a list to poll, and as server-sent events that go on where a client has left off.

The stream follows the WHATWG HTML standard, section 9.2: `id` is run and progress id, a browser sends it back as
`Last-Event-ID`. A comment line every few seconds keeps proxies from closing a quiet connection.

Ids of events begin anew with every run, and a client outlives it: one that says which run it knows is refused when this
is another. A number alone tells that only when it is greater than the newest here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, NoReturn

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
RUN = "[A-Za-z0-9._-]{1,64}"
Run = Annotated[
    str | None,
    Query(max_length=64, pattern=f"^{RUN}$", description="The run that the client knows: 410 if it is another."),
]


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

    def refuse(code: str, where: str, value: str) -> NoReturn:
        """The client speaks of another run: it is told this one and its newest event."""
        run_id, newest = desk.run().run_id, desk.newest_progress()
        message = f"the newest event of this run ({run_id}) is {newest}"
        cure = f"go on behind {newest}, or read everything from 0 on; `run_id` tells one run from another"
        entry = ProblemEntry(code=code, pointer=where, value=value, message=message, cure=cure)
        raise Refusal(410, message, [entry], {"Portway-Last-Event-ID": str(newest), "Portway-Run": run_id})

    def check_run(run: str | None, where: str) -> None:
        if run and run != desk.run().run_id:
            refuse("other_run", where, run)

    def begins(after: int, where: str) -> int:
        """Where a client goes on; a Refusal when it has seen more than there is."""
        if after > desk.newest_progress():
            refuse("ahead", where, str(after))
        return after

    @routes.get("/progress", responses=refusals(410))
    async def list_progress(
        caller: Reader,
        after: Annotated[int, Query(ge=0, le=ID_MAX, description="Events whose id is greater.")] = 0,
        run: Run = None,
        limit: Limit = 100,
    ) -> ProgressPage:
        """List what has happened since an event."""
        check_run(run, "query run")
        items = desk.progress(begins(after, "query after"), limit)
        return ProgressPage(items=items, last=items[-1].id if items else after, run_id=desk.run().run_id)

    stream = {"description": "A stream that does not end.", "content": {"text/event-stream": {"schema": _TEXT}}}

    @routes.get("/events", response_class=StreamingResponse, responses={**refusals(410), 200: stream})
    async def stream_events(
        caller: Reader,
        last_event_id: Annotated[str | None, Header(max_length=81, pattern=f"^({RUN}:)?[0-9]{{1,16}}$")] = None,
        after: Annotated[int | None, Query(ge=0, le=ID_MAX, description="Where a new stream begins.")] = None,
        run: Run = None,
    ) -> StreamingResponse:
        """Follow progress as server-sent events, from the last one seen; without it, from now on."""
        check_run(run, "query run")
        start, where = after, "query after"
        if last_event_id:
            where = "header Last-Event-ID"
            seen_run, _, number = last_event_id.rpartition(":")
            check_run(seen_run, where)
            start = int(number)
        start = desk.newest_progress() if start is None else begins(start, where)
        run_id = desk.run().run_id
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Portway-Run": run_id}
        return EventStream(follow(desk, start, heartbeat_s), media_type="text/event-stream", headers=headers)

    return routes


_TEXT = {"type": "string"}


async def follow(desk: TosDesk, after: int, heartbeat_s: float) -> AsyncIterator[bytes]:
    """Events as they come, in the format of the stream."""
    run_id = desk.run().run_id
    yield b"retry: 2000\n\n"
    while True:
        events = desk.progress(after, EVENTS_PER_CHUNK)
        if events:
            after = events[-1].id
            yield b"".join(sse_bytes(e, run_id) for e in events)
            continue
        try:
            async with asyncio.timeout(heartbeat_s):  # `wait_for` of Python 3.11 can swallow a cancellation
                await desk.wait_progress(after)
        except TimeoutError:
            yield b": still here\n\n"


def sse_bytes(event: ProgressEvent, run_id: str) -> bytes:
    """One event; its JSON has no line breaks."""
    return f"id: {run_id}:{event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n".encode()
