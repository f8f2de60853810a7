"""What a running server tells of its work, and what it answers to cranes that say things twice or wrongly."""

import asyncio

import msgspec
from live_site import at_work, slot, yard

from portway.core.events import HandoverDone
from portway.core.model import Container, JobOrder, MoveKind


def work(count: int) -> list[JobOrder]:
    """Discharges at QC01 and loads at QC02."""
    quay = {D: ("QC01", 4), L: ("QC02", 12)}
    return [
        JobOrder(f"{kind[0].upper()}{i}", kind, Container(f"B{kind}{i}"), quay_crane=quay[kind][0],
                 quay_bay=quay[kind][1], sequence=i, slot=slot(i, block=block))
        for kind, block in ((D, "A1"), (L, "B1"))
        for i in range(count)
    ]  # fmt: skip


D, L = MoveKind.DISCHARGE, MoveKind.LOAD


async def happened(condition, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def alerts(site) -> list[tuple[str, str]]:
    return [(a.code, a.subject) for a in site.server.progress.alerts]


def kinds(site, kind: str) -> list:
    return [e for e in site.desk.progress(0) if e.kind == kind]


def test_assignments_are_told_and_told_the_same_after_a_restart(tmp_path):
    told = []

    async def act(site):
        await happened(lambda: kinds(site, "assigned"))
        for event in kinds(site, "assigned"):
            assert event.truck == site.core.state.board.unit_of_job[event.job_order].truck
        told.extend(site.desk.progress(0))

    async def again(site):
        assert site.desk.progress(0)[: len(told)] == told
        assert all(e.at is not None for e in told)

    at_work(tmp_path, yard(*work(4)), act)
    at_work(tmp_path, yard(*work(4)), again)


def test_a_job_order_that_goes_to_another_truck_is_told_again(tmp_path):
    async def act(site):
        await happened(lambda: kinds(site, "assigned"))
        first = kinds(site, "assigned")[-1]
        free = next(t for t, m in site.core.state.missions.items() if m.unit is None)
        assert await site.desk.move_job(first.job_order, free, "all", "nearer") == []
        assert [e.truck for e in kinds(site, "assigned")] == [first.truck, free]

    at_work(tmp_path, yard(*work(1)[1:]), act)


def test_a_new_sequence_and_a_halted_queue_are_told(tmp_path):
    async def act(site):
        queue = [f"L{i}" for i in (0, 1, 2, 3, 5, 4)]
        assert (await site.call("PUT", "/work-queues/QC02/sequence", {"job_orders": queue})).status_code == 200
        (event,) = kinds(site, "resequenced")
        assert (event.crane, event.job_orders) == ("QC02", queue)
        for active, kind in ((False, "suspended"), (True, "activated")):
            body = {"active": active, "reason": "wind"}
            assert (await site.call("PUT", "/work-queues/QC02/activation", body)).status_code == 200
            assert [e.crane for e in kinds(site, kind)] == ["QC02"]
        assert (await site.call("PUT", "/work-queues/QC02/sequence", {"job_orders": ["L9"]})).status_code == 422
        assert len(kinds(site, "resequenced")) == 1

    at_work(tmp_path, yard(*work(6)), act)


def test_a_crane_that_says_twice_that_it_is_ready_hears_so(tmp_path):
    async def act(site):
        wrong = await site.call("POST", "/cranes/QC01/ready", {"job_order": "D3"})
        assert (wrong.status_code, wrong.json()["problems"][0]["code"]) == (409, "not_prepared")
        said = [site.call("POST", "/cranes/QC01/ready", {"job_order": "D0"}) for _ in range(3)]
        answers = await asyncio.gather(*said)
        assert sorted(a.status_code for a in answers) == [204, 409, 409]
        assert {a.json()["problems"][0]["code"] for a in answers if a.status_code == 409} == {"already_ready"}
        assert alerts(site) == [("crane_unexpected", "QC01")] * 2, "the same wrong report is told once"
        (await site.call("GET", "/work-queues")).raise_for_status()

    at_work(tmp_path, yard(*work(4)), act)


def test_a_handover_that_is_not_under_way_is_answered_by_name_and_changes_nothing(tmp_path):
    async def act(site):
        for truck, jobs in (("T001", ["D0"]), ("T999", ["D0"]), ("T001", ["D0", "D1"])):
            answer = await site.call("POST", "/cranes/QC01/handovers", {"truck": truck, "job_orders": jobs})
            assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "no_handover")
        assert alerts(site) == [("handover_unexpected", "QC01")] * 3
        kept = [e.event for e in site.durable.journal.tail() if isinstance(e.event, HandoverDone)]
        assert [(e.truck, e.job_orders) for e in kept] == [
            ("T001", ("D0",)), ("T999", ("D0",)), ("T001", ("D0", "D1")),
        ]  # fmt: skip
        assert kinds(site, "collected") == kinds(site, "completed") == []
        assert site.server.loop.failed is None

    at_work(tmp_path, yard(*work(4)), act)


def test_one_crane_is_linked_and_the_other_simulated(tmp_path):
    async def act(site):
        refused = await site.call("POST", "/cranes/QC01/ready", {"job_order": "D0"})
        assert (refused.status_code, refused.json()["problems"][0]["code"]) == (409, "crane_simulated")
        board = site.core.state.board
        await happened(lambda: board.queues["QC01"].ready)
        assert not board.queues["QC02"].ready, "nobody has reported for it"
        first = board.queues["QC02"].next_unit().jobs[0].id
        assert (await site.call("POST", "/cranes/QC02/ready", {"job_order": first})).status_code == 204
        assert board.queues["QC02"].ready or board.queues["QC02"].serving
        assert alerts(site) == []

    two = [
        JobOrder(f"D{i}", D, Container(f"BD{i}"), quay_crane=crane, quay_bay=bay, sequence=i, slot=slot(i))
        for i, (crane, bay) in enumerate((("QC01", 4), ("QC02", 12)))
    ]
    at_work(tmp_path, yard(*two), act, speed=60.0, linked_cranes=["QC02"])


def test_a_gate_job_order_of_the_tos_is_done_by_its_road_truck(tmp_path):
    async def act(site):
        body = {"id": "R1", "kind": "receive", "container": {"id": "PWTU0000010"}, "slot": msgspec.to_builtins(slot(3))}
        answer = await site.call("POST", "/job-orders", body)
        assert answer.status_code == 201, answer.text
        await happened(lambda: [e for e in kinds(site, "completed") if e.job_order == "R1"], 30)
        assert alerts(site) == []

    at_work(tmp_path, yard(), act, speed=60.0, linked_cranes=[])


def test_a_vehicle_for_a_truck_that_never_spoke_needs_no_person(tmp_path):
    async def act(site):
        vehicle = {"manufacturer": "acme", "serial_number": "B7", "version": "2.1", "reason": "first"}
        answer = await site.call("PUT", "/operations/trucks/T001/enrolment", vehicle)
        assert answer.status_code == 204, answer.text
        assert site.server.master.trucks["T001"].serial == "B7"
        assert "exchanged" not in {code for code, _ in alerts(site)}

    at_work(tmp_path, yard(*work(4)), act)
