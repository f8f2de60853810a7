"""Server-sent events and webhooks."""

import asyncio
import json
from itertools import pairwise

import httpx
import pytest
from test_job_orders import discharge
from tos_desk import NOW_S, DeskInMemory

from portway.adapters.tos.api.events import follow, sse_bytes
from portway.adapters.tos.api.keys import Role
from portway.adapters.tos.api.outbox import Delivery, OutboxInMemory
from portway.adapters.tos.api.views import ProgressEvent, ProgressKind
from portway.adapters.tos.api.webhooks import (
    QUEUED_AT_ONCE,
    RetryRule,
    Webhooks,
    WebhookTarget,
    sign,
    signature_right,
)

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


@pytest.mark.parametrize("asked", [{"params": {"after": 1, "run": "old"}}, {"headers": {"Last-Event-ID": "old:1"}}])
@pytest.mark.parametrize("path", ["/v1/progress", "/v1/events"])
def test_a_client_of_another_run_hears_of_this_one_even_if_its_number_is_small(site, path, asked):
    site.call("POST", "/v1/job-order-batches", {"job_orders": [discharge(i) for i in range(1, 5)]})
    if path == "/v1/progress" and "headers" in asked:
        return  # it has no such header
    refused = site.call("GET", path, **asked)
    told = refused.headers
    assert (refused.status_code, told["portway-last-event-id"], told["portway-run"]) == (410, "4", "run")
    (entry,) = refused.json()["problems"]
    assert (entry["code"], entry["value"]) == ("other_run", "old")
    assert "(run) is 4" in entry["message"]


def test_a_client_of_this_run_goes_on(site):
    site.call("POST", "/v1/job-orders", discharge(1))
    assert site.call("GET", "/v1/progress", params={"after": 1, "run": "run"}).json()["run_id"] == "run"
    assert site.call("GET", "/v1/events", params={"after": 2, "run": "run"}).status_code == 410
    assert site.call("GET", "/v1/events", headers={"Last-Event-ID": "run:2"}).json()["problems"][0]["code"] == "ahead"
    assert site.call("GET", "/v1/progress", params={"run": "a b"}).status_code == 422


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
    assert [line for line in caught_up.splitlines() if line.startswith(b"id")] == [b"id: run:2", b"id: run:3"]
    assert beat.startswith(b":")
    assert new.startswith(b"id: run:4\nevent: completed\ndata: {")


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

        headers = [(b"x-api-key", site.keys[Role.VIEWER].encode()), (b"last-event-id", b"run:0")]
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
                 "path": "/v1/events", "raw_path": b"/v1/events", "query_string": b"", "root_path": "",
                 "headers": headers, "client": ("c", 1), "server": ("s", 80)}  # fmt: skip
        async with asyncio.timeout(5):
            await site.app(scope, receive, send)
        return seen, bytes(body)

    seen, body = asyncio.run(run())
    assert seen["status"] == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in seen["headers"]
    assert b"id: run:1\nevent: accepted" in body
    assert (b"portway-run", b"run") in seen["headers"]


@pytest.mark.parametrize("seen", ["x", "-1", "1" * 17, "run:", ":1", "a:b:1", "a b:1"])
def test_a_wrong_last_event_id_is_refused(site, seen):
    assert site.call("GET", "/v1/events", headers={"Last-Event-ID": seen}).status_code == 422


def test_an_event_is_one_line_of_data_whatever_it_says():
    event = ProgressEvent(id=1, at_ms=0, kind=ProgressKind.ALERT, detail="a\nb\r\ndata: x\u2028")
    assert sse_bytes(event, "run").count(b"\n") == 4


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
        self.fails, self.got, self.keys, self.runs = dict(fails), [], [], []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert signature_right(TARGET.secret, request.headers["portway-signature"], request.content, NOW_S)
        event = json.loads(request.content)
        self.keys.append(request.headers["portway-delivery"])
        self.runs.append(request.headers["portway-run"])
        if self.fails.get(event["job_order"], 0) > 0:
            self.fails[event["job_order"]] -= 1
            return httpx.Response(503)
        self.got.append((event["job_order"], event["id"]))
        return httpx.Response(204)


def carry(hook: Hook, done, outbox: OutboxInMemory | None = None, run_id: str = "run", **more) -> OutboxInMemory:
    """Six events on jobs a and b, carried until `done(outbox)`."""
    box = outbox or OutboxInMemory()

    async def run() -> None:
        desk = DeskInMemory()
        desk.run_id = run_id
        for i in range(6):
            await desk.tell(ProgressKind.ASSIGNED, job_order="ab"[i % 2])
        async with httpx.AsyncClient(transport=httpx.MockTransport(hook)) as client:
            task = asyncio.create_task(
                Webhooks(desk, box, [TARGET], client=client, rule=FAST, now_s=lambda: NOW_S, **more).run()
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
    assert hook.keys.count("navis:run:1") == 3
    assert set(hook.runs) == {"run"}


def test_what_is_given_up_is_shown_and_can_be_sent_again(site):
    hook = Hook({"a": 3})
    box = carry(hook, lambda box: len(hook.got) == 5 and not box.owed(), site.outbox)
    assert [(d.key, d.attempts, d.last_error) for d in box.dead()] == [("navis:run:1", 3, "status 503")]
    shown = site.call("GET", "/v1/deliveries").json()
    assert (shown["dead_count"], shown["dead"][0]["key"]) == (1, "navis:run:1")
    assert site.call("POST", "/v1/deliveries/navis:run:1/retry", role=Role.OPERATOR).status_code == 204
    assert site.call("POST", "/v1/deliveries/navis:run:1/retry", role=Role.OPERATOR).status_code == 404
    carry(hook, lambda box: not box.owed(), box)
    assert hook.got[-1] == ("a", 1)
    assert len(hook.got) == 6  # the others are not sent twice


def test_no_delivery_of_a_new_run_has_the_name_of_one_of_the_old_run():
    hook = Hook({})
    for run_id in ("one", "two"):
        carry(hook, lambda box: not box.owed() and box.newest_event() == 6, run_id=run_id)
    assert len(set(hook.keys)) == len(hook.keys) == 12
    assert {key.split(":")[1] for key in hook.keys} == {"one", "two"}


def test_a_delivery_given_up_is_told_once_until_its_target_takes_one_again():
    told: list[str] = []
    hook = Hook({"a": 99, "b": 99})
    box = carry(hook, lambda box: len(box.dead()) == 6, given_up=lambda d: told.append(d.key))
    assert (len(told), box.has_given_up("navis"), box.has_given_up("other")) == (1, True, False)
    assert box.dead()[0].attempts == FAST.attempts
    hook = Hook({"a": 3})  # the others are taken before and after
    told.clear()
    box = carry(hook, lambda box: len(hook.got) == 5 and len(box.dead()) == 1, given_up=lambda d: told.append(d.key))
    assert told == ["navis:run:1"]


def test_a_delivery_is_signed_when_it_is_sent_however_long_it_has_waited():
    now_s, ages_s = [NOW_S], []

    def slow(request):
        ages_s.append(now_s[0] - int(request.headers["portway-signature"][2:].split(",")[0]))
        now_s[0] += 400.0
        return httpx.Response(204)

    async def run() -> None:
        desk, box = DeskInMemory(), OutboxInMemory()
        for name in "abc":
            await desk.tell(ProgressKind.ASSIGNED, job_order=name)
        async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as client:
            hooks = Webhooks(desk, box, [TARGET], client=client, now_s=lambda: now_s[0], at_once=1)
            task = asyncio.create_task(hooks.run())
            await until(lambda: len(ages_s) == 3)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert ages_s == [0.0, 0.0, 0.0]


def test_thousands_of_deliveries_that_are_owed_begin_in_portions():
    """A receiver was away for hours, and the loop is controlling trucks: all lanes at once took it 0.4 s."""
    box, begun, asked = OutboxInMemory(), [0], [0]
    owed = [Delivery(f"navis:run:{n}", "navis", n, f"J{n}", b"{}") for n in range(1, 3001)]
    asyncio.run(box.owe(owed))

    def away(_request) -> httpx.Response:
        asked[0] += 1
        return httpx.Response(503)

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(away)) as client:
            hooks = Webhooks(DeskInMemory(), box, [TARGET], client=client, rule=RetryRule(first_s=600.0))
            task = asyncio.create_task(hooks.run())
            while begun[-1] < len(owed):
                await asyncio.sleep(0)
                begun.append(len(hooks._lanes))
            await until(lambda: asked[0] == len(owed), 30.0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert max(after - before for before, after in pairwise(begun)) <= QUEUED_AT_ONCE
    assert {d.attempts for d in box.owed()} == {1}


def test_a_lane_that_breaks_ends_the_run_so_that_it_is_told_and_begun_again():
    class Broken(OutboxInMemory):
        async def made(self, key: str) -> None:
            raise OSError("the disk is gone")

    def go():
        return carry(Hook({}), lambda box: False, Broken())

    assert len(go().owed()) == 6


def test_a_url_that_cannot_be_does_not_show_its_password():
    def refuse(request):
        raise httpx.InvalidURL("Invalid port: 'hush'")

    box = carry(refuse, lambda box: len(box.dead()) == 6)
    assert {d.last_error for d in box.dead()} == {"the url cannot be used"}


def test_a_target_that_cannot_be_reached_costs_attempts_only():
    def gone(request):
        raise httpx.ConnectError("refused")

    box = carry(gone, lambda box: len(box.dead()) == 6)
    assert {d.last_error for d in box.dead()} == {"ConnectError: refused"}


def test_back_off_doubles_up_to_its_limit():
    rule = RetryRule()
    assert [rule.wait_s(n) for n in (1, 2, 3, 20, 2000)] == [1.0, 2.0, 4.0, 3600.0, 3600.0]
