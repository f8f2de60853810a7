"""The stock of the yard over the interface of a running server: read, handed over, and held against job orders."""

import httpx
import msgspec
import pytest
from live_site import at_work, slot, yard

from portway.adapters.tos.iso6346 import check_digit
from portway.app.config import load_scenario
from portway.core.model import Container, JobOrder, MoveKind

D, L, Y = MoveKind.DISCHARGE, MoveKind.LOAD, MoveKind.YARD


def number(i: int) -> str:
    """A container number with its check digit."""
    body = f"PWTU{i:06d}"
    return f"{body}{check_digit(body)}"


def at(i: int, **where) -> dict:
    """A slot as the interface writes it."""
    return {**msgspec.to_builtins(slot(i)), **where}


def stands(i: int, length_ft: int = 40, **where) -> dict:
    """A box of a stock-take."""
    return {"container": {"id": number(i), "length_ft": length_ft}, "slot": at(i, **where)}


def order(i: int, kind: str = "load", length_ft: int = 40, **more) -> dict:
    """A job order about the box of the same number."""
    quay = {"quay_crane": "QC01", "quay_bay": 4} if kind in ("load", "discharge") else {}
    box = {"id": number(i), "length_ft": length_ft}
    return {"id": f"J{i}", "kind": kind, "container": box, **quay, "slot": at(i), **more}


def loads(*numbers: int) -> list[JobOrder]:
    """Work of the scenario's own list."""
    return [
        JobOrder(f"W{i}", L, Container(number(i)), quay_crane="QC01", quay_bay=4, sequence=i, slot=slot(i))
        for i in numbers
    ]


def codes(answer) -> list[tuple[str, str]]:
    return [(p["code"], p["pointer"]) for p in answer.json().get("problems", [])]


def test_the_whole_stock_is_handed_over_read_and_known_after_a_restart(tmp_path):
    boxes = [stands(i) for i in range(1, 6)]

    async def act(site):
        answer = await site.call("PUT", "/stock", {"boxes": boxes, "reason": "begin"})
        assert (answer.status_code, answer.json()) == (200, {"boxes": 5, "unchanged": False})
        again = await site.call("PUT", "/stock", {"boxes": boxes, "reason": "begin"})
        assert again.json() == {"boxes": 5, "unchanged": True}
        assert [e.kind for e in site.desk.progress(0) if e.kind == "stock"] == ["stock"]

    async def later(site):
        page = (await site.call("GET", "/stock", params={"limit": 3})).json()
        rest = (await site.call("GET", "/stock", params={"after": page["next"]})).json()
        listed = {b["container"]["id"]: (b["slot"], b["confirmed"]) for b in [*page["items"], *rest["items"]]}
        assert listed == {b["container"]["id"]: (b["slot"], True) for b in boxes}
        assert (await site.call("GET", "/status")).json()["stock_known"] is True
        assert (await site.call("GET", f"/containers/{number(3)}")).json()["slot"] == at(3)
        assert (await site.call("GET", "/stock", params={"block": "B1"})).json()["items"] == []

    at_work(tmp_path, yard(), act)
    at_work(tmp_path, yard(), later)


def test_a_load_of_a_box_that_nobody_knows_is_refused_until_the_stock_says_where_it_stands(tmp_path):
    async def act(site):
        refused = await site.call("POST", "/job-orders", order(1))
        assert (refused.status_code, codes(refused)) == (422, [("box_nowhere", "/container")])
        assert "stock" in refused.json()["problems"][0]["cure"]
        await site.call("POST", "/stock", {"boxes": [stands(1)], "reason": "found"})
        elsewhere = await site.call("POST", "/job-orders", order(1, slot=at(2)))
        assert codes(elsewhere) == [("box_elsewhere", "/slot")]
        assert (await site.call("POST", "/job-orders", order(1))).status_code == 201

    at_work(tmp_path, yard(), act)


def test_what_the_core_believed_before_it_does_not_believe_with_the_whole_stock(tmp_path):
    async def act(site):
        await site.call("PUT", "/stock", {"boxes": [stands(1)], "reason": "begin"})
        boxes = site.core.state.board.boxes
        assert boxes.is_whole
        assert list(boxes.at) == [number(1)]

    at_work(tmp_path, yard(), act)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (order(9, "discharge", slot=at(9, tier=3)), ("hanging", "/slot/tier")),
        (order(9, "discharge", slot=at(1, tier=3)), ("hanging", "/slot/tier")),
        (order(9, "discharge", 20, slot=at(1, tier=2)), ("stack_mixed", "/slot/tier")),
        (order(9, "discharge", 40, slot=at(2, tier=2)), ("stack_mixed", "/slot/tier")),
        (order(1, "yard", slot_to=at(1, tier=2)), ("hanging", "/slot_to/tier")),
        (order(1, length_ft=20), ("box_differs", "/container/length_ft")),
        (order(9, "discharge", slot=at(1)), ("slot_taken", "/slot")),
    ],
)
def test_a_box_is_not_put_where_it_cannot_stand(tmp_path, asked, found):
    async def act(site):
        await site.call("PUT", "/stock", {"boxes": [stands(1), stands(2, 20)], "reason": "begin"})
        assert codes(await site.call("POST", "/job-orders", asked)) == [found]

    at_work(tmp_path, yard(), act)


def test_what_a_work_list_has_planned_is_not_questioned_when_something_else_changes(tmp_path):
    """The planner of work lists does not model which box stands on which."""
    planned = JobOrder("W1", D, Container("anything", 20, 60_000.0), quay_crane="QC01", quay_bay=4, slot=slot(1, 4))
    first = JobOrder("W0", D, Container("other"), quay_crane="QC01", quay_bay=4, slot=slot(2))

    async def act(site):
        job = (await site.call("GET", "/job-orders/W1")).json()["job_order"]
        later = await site.call("PUT", "/job-orders/W1", {**job, "sequence": 7})
        assert later.status_code == 200, later.text
        moved = await site.call("PUT", "/job-orders/W1", {**job, "slot": at(1, tier=3)})
        assert codes(moved) == [("hanging", "/slot/tier")]

    at_work(tmp_path, yard(first, planned), act)


def test_boxes_of_one_batch_may_stand_on_each_other(tmp_path):
    async def act(site):
        stack = [order(i, "discharge", slot=at(9, tier=t), sequence=t) for i, t in ((1, 3), (2, 1), (3, 2))]
        answer = await site.call("POST", "/job-order-batches", {"job_orders": stack})
        assert answer.status_code == 201, answer.text
        mixed = [order(i, "discharge", ft, slot=at(8, tier=t), sequence=t) for i, t, ft in ((4, 2, 40), (5, 1, 20))]
        answer = await site.call("POST", "/job-order-batches", {"job_orders": mixed})
        assert {code for code, _ in codes(answer)} == {"stack_mixed"}

    at_work(tmp_path, yard(), act)


def test_a_box_is_not_served_before_the_one_that_is_to_bear_it(tmp_path):
    async def act(site):
        hanging = [order(i, "discharge", slot=at(9, tier=t)) for i, t in ((1, 3), (2, 1), (3, 2))]
        answer = await site.call("POST", "/job-order-batches", {"job_orders": hanging})
        assert {code for code, _ in codes(answer)} == {"hanging"}
        assert (
            await site.call("POST", "/job-orders", order(4, "discharge", slot=at(8), sequence=10))
        ).status_code == 201
        late = order(5, "discharge", slot=at(8, tier=2), sequence=1)
        answer = await site.call("POST", "/job-orders", late)
        assert codes(answer) == [("hanging", "/slot/tier")]
        assert answer.json()["problems"][0]["cure"] == "let it come behind J4"
        assert (await site.call("POST", "/job-orders", {**late, "sequence": 11})).status_code == 201
        answer = await site.call("PUT", "/work-queues/QC01/sequence", {"job_orders": ["J5", "J4"]})
        assert codes(answer)[0][0] == "hanging"

    at_work(tmp_path, yard(*loads(20)), act)


def test_who_bears_whom_follows_the_queue_and_not_the_numbers_that_it_had(tmp_path):
    async def act(site):
        for i, tier, number_ in ((1, 1, 10), (2, 1, 20)):
            body = order(i, "discharge", slot=at(7 + i, tier=tier), sequence=number_)
            assert (await site.call("POST", "/job-orders", body)).status_code == 201
        queue = ["J2", "J1", *(u.jobs[0].id for u in site.core.state.board.queues["QC01"].units if u.id[0] == "W")]
        assert (await site.call("PUT", "/work-queues/QC01/sequence", {"job_orders": queue})).status_code == 200
        above = order(1, "discharge", slot=at(9, tier=2), sequence=10)
        assert (await site.call("PUT", "/job-orders/J1", above)).status_code == 200, "J2 is served first now"
        below = order(2, "discharge", slot=at(5), sequence=20)
        answer = await site.call("PUT", "/job-orders/J2", below)
        assert codes(answer)[0][0] == "bears_others"

    at_work(tmp_path, yard(*loads(20)), act)


def test_what_is_to_bear_another_box_is_not_taken_back(tmp_path):
    async def act(site):
        for i, tier in ((1, 1), (2, 2), (3, 3)):
            body = order(i, "discharge", slot=at(9, tier=tier), sequence=30 + tier)
            assert (await site.call("POST", "/job-orders", body)).status_code == 201
        answer = await site.call("DELETE", "/job-orders/J1")
        assert (answer.status_code, codes(answer)[0][0]) == (409, "bears_others")
        assert "J2" in answer.json()["problems"][0]["cure"]
        for i in (3, 2, 1):
            assert (await site.call("DELETE", f"/job-orders/J{i}")).status_code == 204

    at_work(tmp_path, yard(*loads(20)), act)


@pytest.mark.parametrize(
    ("boxes", "found"),
    [
        ([stands(1), stands(1, bay=9)], ("twice", "/boxes/1/container/id")),
        ([stands(1), stands(2) | {"slot": at(1)}], ("slot_taken", "/boxes/1/slot")),
        ([stands(1, block="Z9")], ("unknown_block", "/boxes/0/slot/block")),
        ([stands(1, bay=99)], ("slot_outside", "/boxes/0/slot/bay")),
        ([stands(1), stands(2, tier=2)], ("hanging", "/boxes/1/slot/tier")),
        ([stands(1), stands(2, 20) | {"slot": at(1, tier=2)}], ("stack_mixed", "/boxes/1/slot/tier")),
        ([{"container": {"id": "BOX"}, "slot": at(1)}], ("no_container_number", "/boxes/0/container/id")),
        (
            [{"container": {"id": number(1), "mass_kg": 99_000}, "slot": at(1)}],
            ("mass_outside", "/boxes/0/container/mass_kg"),
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_stock_that_cannot_be_is_refused_with_the_place(tmp_path, boxes, found, method):
    async def act(site):
        answer = await site.call(method, "/stock", {"boxes": boxes, "reason": "look"})
        assert (answer.status_code, codes(answer)) == (422, [found])
        assert (await site.call("GET", "/stock")).json()["items"] == []

    at_work(tmp_path, yard(), act)


def test_a_stock_that_contradicts_a_job_order_names_it_and_changes_nothing(tmp_path):
    async def act(site):
        before = (await site.call("GET", "/stock")).json()
        for boxes, found in (
            ([stands(3)], ("box_missing", "/boxes")),
            ([stands(1), stands(2, bay=9)], ("box_wanted", "/boxes/1/slot")),
            ([stands(1), stands(2, 20)], ("box_differs", "/boxes/1/container/length_ft")),
        ):
            answer = await site.call("PUT", "/stock", {"boxes": boxes, "reason": "look"})
            assert found in codes(answer)
            assert "W2" in answer.text or "W1" in answer.text
        assert (await site.call("GET", "/stock")).json() == before
        await site.call("DELETE", "/job-orders/W2")
        moved = {"boxes": [stands(1), stands(2, bay=9)], "reason": "look"}
        assert (await site.call("PUT", "/stock", moved)).status_code == 200

    at_work(tmp_path, yard(*loads(1, 2)), act)


def test_a_stock_that_says_where_a_box_on_a_truck_stands_is_refused(tmp_path):
    async def act(site):
        unit = site.core.state.board.unit_of_job["W1"]
        unit.collected["W1"] = (5, "somewhere")
        answer = await site.call("POST", "/stock", {"boxes": [stands(1)], "reason": "look"})
        assert (answer.status_code, codes(answer)) == (409, [("box_in_hand", "/boxes/0/container/id")])
        assert "W1" in answer.text

    at_work(tmp_path, yard(*loads(1)), act)


def test_a_stock_with_a_box_that_is_still_on_its_ship_is_refused(tmp_path):
    async def act(site):
        await site.call("POST", "/job-orders", order(1, "discharge"))
        answer = await site.call("POST", "/stock", {"boxes": [stands(1)], "reason": "look"})
        assert (answer.status_code, codes(answer)) == (409, [("box_expected", "/boxes/0/container/id")])
        other = await site.call("POST", "/stock", {"boxes": [stands(2) | {"slot": at(1)}], "reason": "look"})
        assert codes(other) == [("slot_promised", "/boxes/0/slot")]

    at_work(tmp_path, yard(), act)


def test_part_of_the_stock_moves_boxes_and_leaves_others(tmp_path):
    async def act(site):
        await site.call("PUT", "/stock", {"boxes": [stands(1), stands(2)], "reason": "begin"})
        swap = [stands(1) | {"slot": at(2)}, stands(2) | {"slot": at(1)}]
        assert (await site.call("POST", "/stock", {"boxes": swap, "reason": "look"})).json()["boxes"] == 2
        taken = await site.call("POST", "/stock", {"boxes": [stands(3) | {"slot": at(1)}], "reason": "look"})
        assert codes(taken) == [("slot_taken", "/boxes/0/slot")]
        assert (await site.call("GET", f"/containers/{number(1)}")).json()["slot"] == at(2)

    at_work(tmp_path, yard(), act)


def test_a_box_is_not_left_above_nothing(tmp_path):
    async def act(site):
        stack = [stands(1), stands(2) | {"slot": at(1, tier=2)}]
        await site.call("PUT", "/stock", {"boxes": stack, "reason": "begin"})
        lifted = await site.call("POST", "/stock", {"boxes": [stands(1, bay=9)], "reason": "look"})
        assert codes(lifted) == [("hanging", "/boxes")]
        assert number(2) in lifted.text

    at_work(tmp_path, yard(), act)


def test_the_stock_of_a_scenario_can_be_handed_over_as_it_is_read(tmp_path):
    """What stands where it was known to stand is never questioned."""
    scenario = load_scenario("huashan")

    async def act(site):
        boxes = [{k: v.model_dump() for k, v in dict(b).items() if k != "confirmed"} for b in site.desk.stock()]
        assert len(boxes) > 300
        answer = await site.call("PUT", "/stock", {"boxes": boxes, "reason": "begin"})
        assert (answer.status_code, answer.json()["boxes"]) == (200, len(boxes)), answer.text[:2000]
        assert site.core.state.board.boxes.word_of == {}

    at_work(tmp_path, scenario, act)


def test_the_clock_is_told_alike_with_and_without_a_key(tmp_path):
    async def act(site):
        ours = (await site.call("GET", "/status")).json()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(site.page), base_url="http://localhost") as client:
            theirs = (await client.get("/status")).json()
        assert (ours["started_at"], ours["speed"]) == (theirs["started_at"], theirs["speed"])
        assert 0 <= theirs["now_ms"] - ours["now_ms"] < 5_000
        assert theirs["now_at"] >= ours["now_at"] >= ours["started_at"]

    at_work(tmp_path, yard(), act)


def test_the_ground_plan_says_what_is_there_and_what_is_closed(tmp_path):
    async def act(site):
        plan = (await site.call("GET", "/terminal")).json()
        block = next(b for b in plan["blocks"] if b["id"] == "A1")
        assert (block["slots"], block["boxes"]) == (block["bays"] * block["rows"] * block["tiers"], 2)
        assert [c["id"] for c in plan["quay_cranes"]] == ["QC01", "QC02"]
        lane = plan["lanes"][0]["id"]
        assert not plan["lanes"][0]["closed"]
        closing = {"lanes": [lane], "reason": "oil"}
        assert (await site.call("PUT", "/operations/road-blocks/works", closing)).status_code == 204
        (block,) = (await site.call("GET", "/road-blocks")).json()["items"]
        assert (block["name"], block["lanes"], block["reason"], block["by"]) == ("works", [lane], "oil", "all")
        assert block["since"].endswith("Z")
        after = (await site.call("GET", "/terminal")).json()["lanes"][0]
        assert (after["closed"], after["closed_by"]) == (True, ["works"])
        assert (await site.call("GET", "/road-blocks/works")).json() == block
        await site.call("POST", "/operations/road-blocks/works/opening", {"reason": "clean"})
        assert (await site.call("GET", "/road-blocks/works")).status_code == 404
        assert [e.code for e in site.desk.progress(0) if e.kind == "road"] == ["closed", "opened"]

    at_work(tmp_path, yard(*loads(1, 2)), act)
