"""The desk of a running server: what it takes is in the journal as a whole, what it refuses leaves no trace."""

import asyncio

import msgspec
from live_site import at_work, slot, yard

from portway.core.events import JobOrderReceived, JobOrdersReceived
from portway.core.model import Container, JobOrder, MoveKind

D, L, Y = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD


def discharge(number: int, **more) -> JobOrder:
    """A job order with a box and a slot of its own."""
    given = {"quay_crane": "QC01", "quay_bay": 4, "sequence": number, "slot": slot(number)} | more
    return JobOrder(f"D{number}", D, Container(f"BD{number}"), **given)


def received(site) -> list:
    """Events by which work came, as the journal keeps them."""
    events = [e.event for e in site.durable.journal.tail()]
    return [e for e in events if isinstance(e, JobOrderReceived | JobOrdersReceived)]


def test_a_batch_is_one_event(tmp_path):
    async def act(site):
        assert await site.desk.submit([discharge(i) for i in range(29)]) == []
        (event,) = received(site)
        assert len(event.jobs) == site.core.state.board.jobs_total == 29

    at_work(tmp_path, yard(), act)


def test_of_a_batch_that_comes_too_late_by_one_job_order_nothing_stays(tmp_path):
    """Both are right when they are asked for; the second is not any more when its turn comes."""

    async def act(site):
        batch = [*(discharge(i) for i in range(1, 29)), discharge(29, slot=slot(0))]
        first, second = await asyncio.gather(site.desk.submit([discharge(0)]), site.desk.submit(batch))
        assert (first, [(p.job_order, p.code, p.key) for p in second]) == ([], [("D29", "slot_taken", "slot")])
        assert sorted(site.core.state.board.unit_of_job) == ["D0"]
        states = {v.job_order.id: (v.state, v.reason) for v in site.desk.job_orders()}
        assert states["D5"] == ("aborted", "batch_refused")
        assert states["D29"] == ("aborted", "slot_taken")
        assert await site.desk.submit([discharge(i) for i in range(1, 29)]) == []
        told = [e.kind for e in site.desk.progress(0) if e.job_order == "D5"]
        assert told == ["aborted", "accepted"]

    at_work(tmp_path, yard(), act)


def test_a_refused_batch_is_refused_after_a_restart_too(tmp_path):
    async def act(site):
        batch = [discharge(1), discharge(2, slot=slot(0))]
        await asyncio.gather(site.desk.submit([discharge(0)]), site.desk.submit(batch))

    async def again(site):
        assert sorted(site.core.state.board.unit_of_job) == ["D0"]
        assert site.desk.job_order("D1").state == "aborted"

    at_work(tmp_path, yard(), act)
    at_work(tmp_path, yard(), again)


def test_what_is_known_already_is_not_told_again(tmp_path):
    async def act(site):
        batch = [discharge(i) for i in range(5)]
        await site.desk.submit(batch)
        assert await site.desk.submit(batch) == []
        assert await site.desk.submit(batch[:1]) == []
        assert len(received(site)) == 1
        other = msgspec.structs.replace(batch[4], due_ms=900_000)
        assert await site.desk.submit([*batch[:4], other]) == []
        told = [(e.kind, e.job_order) for e in site.desk.progress(0) if e.kind in ("accepted", "updated")]
        assert told == [*(("accepted", f"D{i}") for i in range(5)), ("updated", "D4")]

    at_work(tmp_path, yard(), act)


def test_two_who_cancel_the_same_are_answered_alike(tmp_path):
    async def act(site):
        await site.desk.submit([discharge(i) for i in range(4)])
        answers = await asyncio.gather(*(site.desk.cancel("D3", "tos", "no more") for _ in range(3)))
        assert [*answers, await site.desk.cancel("D3", "tos", "no more")] == [[], [], [], []]
        assert [e.kind for e in site.desk.progress(0) if e.job_order == "D3"] == ["accepted", "aborted"]

    at_work(tmp_path, yard(), act)


def test_a_wish_that_comes_too_late_is_refused_and_not_called_done(tmp_path):
    """Both sequences name every job order when they are asked for; one of them is cancelled between."""

    async def act(site):
        await site.desk.submit([discharge(i) for i in range(6)])
        wished = [f"D{i}" for i in (0, 5, 4, 3, 2, 1)]
        gone, found = await asyncio.gather(
            site.desk.cancel("D3", "tos", "no more"), site.desk.resequence("QC01", wished, "tos", "later")
        )
        assert (gone, [p.code for p in found]) == ([], ["not_in_queue"])

    at_work(tmp_path, yard(), act)
