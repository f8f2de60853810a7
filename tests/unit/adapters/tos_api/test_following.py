"""Server-sent events and webhooks."""

import asyncio
import json

import httpx
import pytest
from test_job_orders import discharge
from tos_desk import NOW_S, DeskInMemory

from portway.adapters.tos.api.events import follow, sse_bytes
from portway.adapters.tos.api.keys import Role
from portway.adapters.tos.api.outbox import OutboxInMemory
from portway.adapters.tos.api.views import ProgressEvent, ProgressKind
from portway.adapters.tos.api.webhooks import RetryRule, Webhooks, WebhookTarget, sign, signature_right

FAST = RetryRule(attempts=3, first_s=0.01, most_s=0.02, timeout_s=0.5)
TARGET = WebhookTarget("navis", "http://tos/hook", b"shared secret")


async def until(condition, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def test_progress_is_listed_from_any_event_on(site):
    site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(i) for i in range(1, 5)]})
    page = site.call("GET", "/v1/progress", role=Role.VIEWER, params={"after": 1, "limit": 2}).json()
    assert [e["id"] for e in page["items"]] == [2, 3]
    assert page["last"] == 3
    assert site.call("GET", "/v1/progress", params={"after": 4}).json() == {"items": [], "last": 4, "run_id": "run"}


@pytest.mark.parametrize("asked", [{"params": {"after": 99}}, {"headers": {"Last-Event-ID": "99"}}])
@pytest.mark.parametrize("path", ["/v1/progress", "/v1/events"])
def test_a_client_that_knows_more_than_there_is_hears_of_the_newest_event(site, path, asked):
    site.call("POST", "/v1/job-orders", discharge(1))
    if path == "/v1/progress" and "headers" in asked:
        return  # it has no such header
    refused = site.call("GET", path, **asked)
    assert (refused.status_code, refused.headers["portway-last-event-id"]) == (410, "1")
    (entry,) = refused.json()["problems"]
    assert (entry["code"], entry["value"], "is 1" in entry["message"]) == ("ahead", "99", True)


def test_a_stream_catches_up_goes_on_and_beats():
    async def run() -> list[bytes]:
        desk = DeskInMemory()
        for name in "abc":
            await desk.tell(ProgressKind.ACCEPTED, job_order=name)
        stream = follow(desk, 1, 0.02)
        chunks = [await anext(stream) for _ in range(3)]
        await desk.tell(ProgressKind.COMPLETED, job_order="a")
        chunks.append(await anext(stream))
        await stream.aclose()
        return chunks

    retry, caught_up, beat, new = asyncio.run(run())
    assert retry.startswith(b"retry:")
    assert [line for line in caught_up.splitlines() if line.startswith(b"id")] == [b"id: 2", b"id: 3"]
    assert beat.startswith(b":")
    assert new.startswith(b"id: 4\nevent: completed\ndata: {")


def test_the_stream_answers_over_http_and_ends_with_the_client(site):
    async def run() -> tuple[dict, bytes]:
        await site.desk.tell(ProgressKind.ACCEPTED, job_order="a")
        seen: dict = {}
        body, asked = bytearray(), [False, False, False, True]
        enough = asyncio.Event()

        async def receive():
            if asked.pop():
                return {"type": "http.request", "body": b"", "more_body": False}
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            seen.update(message)
            body.extend(message.get("body", b""))
            if b"still here" in body:
                enough.set()

        headers = [(b"x-api-key", site.keys[Role.VIEWER].encode()), (b"last-event-id", b"0")]
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
                 "path": "/v1/events", "raw_path": b"/v1/events", "query_string": b"", "root_path": "",
                 "headers": headers, "client": ("c", 1), "server": ("s", 80)}  # fmt: skip
        async with asyncio.timeout(5):
            await site.app(scope, receive, send)
        return seen, bytes(body)

    seen, body = asyncio.run(run())
    assert seen["status"] == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in seen["headers"]
    assert b"id: 1\nevent: accepted" in body


@pytest.mark.parametrize("seen", ["x", "-1", "1" * 17])
def test_a_wrong_last_event_id_is_refused(site, seen):
    assert site.call("GET", "/v1/events", headers={"Last-Event-ID": seen}).status_code == 422


def test_an_event_is_one_line_of_data_whatever_it_says():
    event = ProgressEvent(id=1, at_ms=0, kind=ProgressKind.ALERT, detail="a\nb\r\ndata: x\u2028")
    assert sse_bytes(event).count(b"\n") == 4


def test_a_signature_is_right_only_for_its_body_secret_and_time():
    header = sign(b"s", int(NOW_S), b"body")
    assert signature_right(b"s", header, b"body", NOW_S + 10)
    assert not signature_right(b"s", header, b"body2", NOW_S)
    assert not signature_right(b"t", header, b"body", NOW_S)
    assert not signature_right(b"s", header, b"body", NOW_S + 301)
    assert not any(signature_right(b"s", h, b"body", NOW_S) for h in ("", "t=", "t=x,v1=", "t=\u0663", "v1=00"))


class Hook:
    """A TOS's receiver: fails as told, and checks what it gets."""

    def __init__(self, fails: dict[str, int]) -> None:
        self.fails, self.got, self.keys = dict(fails), [], []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert signature_right(TARGET.secret, request.headers["portway-signature"], request.content, NOW_S)
        event = json.loads(request.content)
        self.keys.append(request.headers["portway-delivery"])
        if self.fails.get(event["job_order"], 0) > 0:
            self.fails[event["job_order"]] -= 1
            return httpx.Response(503)
        self.got.append((event["job_order"], event["id"]))
        return httpx.Response(204)


def carry(hook: Hook, done, outbox: OutboxInMemory | None = None) -> OutboxInMemory:
    """Six events on jobs a and b, carried until `done(outbox)`."""
    box = outbox or OutboxInMemory()

    async def run() -> None:
        desk = DeskInMemory()
        for i in range(6):
            await desk.tell(ProgressKind.ASSIGNED, job_order="ab"[i % 2])
        async with httpx.AsyncClient(transport=httpx.MockTransport(hook)) as client:
            task = asyncio.create_task(
                Webhooks(desk, box, [TARGET], client=client, rule=FAST, now_s=lambda: NOW_S).run()
            )
            await until(lambda: done(box) or task.done())
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    return box


def test_events_of_a_job_order_come_in_sequence_over_failures_and_others_do_not_wait():
    hook = Hook({"a": 2})
    carry(hook, lambda box: len(hook.got) == 6)
    assert [i for job, i in hook.got if job == "a"] == [1, 3, 5]
    assert [i for job, i in hook.got if job == "b"] == [2, 4, 6]
    assert hook.got[0][0] == "b"
    assert hook.keys.count("navis:1") == 3


def test_what_is_given_up_is_shown_and_can_be_sent_again(site):
    hook = Hook({"a": 3})
    box = carry(hook, lambda box: len(hook.got) == 5 and not box.owed(), site.outbox)
    assert [(d.key, d.attempts, d.last_error) for d in box.dead()] == [("navis:1", 3, "status 503")]
    shown = site.call("GET", "/v1/deliveries").json()
    assert (shown["dead_count"], shown["dead"][0]["key"]) == (1, "navis:1")
    assert site.call("POST", "/v1/deliveries/navis:1/retry", role=Role.OPERATOR).status_code == 204
    assert site.call("POST", "/v1/deliveries/navis:1/retry", role=Role.OPERATOR).status_code == 404
    carry(hook, lambda box: not box.owed(), box)
    assert hook.got[-1] == ("a", 1)
    assert len(hook.got) == 6  # the others are not sent twice


def test_a_target_that_cannot_be_reached_costs_attempts_only():
    def gone(request):
        raise httpx.ConnectError("refused")

    box = carry(gone, lambda box: len(box.dead()) == 6)
    assert {d.last_error for d in box.dead()} == {"ConnectError: refused"}


def test_back_off_doubles_up_to_its_limit():
    rule = RetryRule()
    assert [rule.wait_s(n) for n in (1, 2, 3, 20, 2000)] == [1.0, 2.0, 4.0, 3600.0, 3600.0]
