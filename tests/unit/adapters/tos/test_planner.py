"""What the planner fills in: no slot is used by two boxes at a time, sequences have no gap, calls get free cranes."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.adapters.tos.planner import DWELL_S, MOVE_S, plan_work
from portway.adapters.tos.rows import WorkError, WorkRow
from portway.adapters.tos.work_file import load_work
from portway.app.config import built_in_folders, load_scenario
from portway.core.model import JobOrder, MoveKind, Terminal, WorkList, YardSlot

COMES, GOES = ("discharge", "receive"), ("load", "deliver")
HUASHAN = load_scenario("huashan").terminal


def with_slots(bays: int, rows: int, tiers: int) -> Terminal:
    """Huashan with smaller blocks; its places at the bays that are left out do no harm here."""
    blocks = [msgspec.structs.replace(b, bays=bays, rows=rows, tiers=tiers) for b in HUASHAN.blocks]
    return msgspec.structs.replace(HUASHAN, blocks=tuple(blocks))


@st.composite
def work_rows(draw):
    """Boxes that come or go or both, in some calls and by road."""
    rows: list[WorkRow] = []
    arrival = {name: 3600.0 * draw(st.integers(0, 30)) for name in ("X", "Y", "Z")}
    for i in range(draw(st.integers(1, 60))):
        came = draw(st.sampled_from(["", *COMES]))
        went = draw(st.sampled_from([*GOES] if not came else ["", *GOES]))
        length = draw(st.sampled_from([20, 40]))
        for kind in filter(None, (came, went)):
            call = draw(st.sampled_from(sorted(arrival))) if kind in ("discharge", "load") else ""
            at = arrival[call] if call else 3600.0 * draw(st.integers(0, 40))
            rows.append(WorkRow(f"{kind[:2].upper()}{i:03d}", kind, f"B{i:03d}", length, release_s=at, call=call))
    return draw(st.permutations(rows))


MANY = settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def stays(work: WorkList) -> dict[YardSlot, list[tuple[float, float, str]]]:
    """(from, to, box) of every box in every slot, in seconds, by the instants that the planner expects."""
    queue_s = {j: q.start_ms / 1000 for q in work.queues for j in q.job_orders}
    by_box: dict[str, dict[bool, JobOrder]] = defaultdict(dict)
    for job in work.job_orders:
        by_box[job.container.id][job.kind in COMES] = job

    def at(job: JobOrder) -> float:
        return queue_s[job.id] + MOVE_S * job.sequence if job.id in queue_s else job.release_ms / 1000

    found = defaultdict(list)
    for box, moves in by_box.items():
        begins = at(moves[True]) if True in moves else 0.0
        ends = at(moves[False]) if False in moves else begins + DWELL_S
        slots = {job.slot for job in moves.values()}
        assert len(slots) == 1, f"{box} comes to another slot than it leaves from"
        found[slots.pop()].append((begins, max(begins, ends), box))  # a load may be wanted too soon
    return found


@MANY
@given(rows=work_rows())
def test_no_slot_holds_two_boxes_at_a_time(rows):
    """The yard has 24 slots, so many lists need some of them twice."""
    try:
        work = plan_work(rows, with_slots(6, 2, 1), "work.csv")
    except WorkError:
        return  # full: nothing is planned
    for slot, boxes in stays(work).items():
        boxes.sort()
        for (_, left, one), (came, _, two) in pairwise(boxes):
            assert left <= came, (slot, one, two)


@MANY
@given(rows=work_rows())
def test_slots_lie_inside_their_blocks(rows):
    blocks = {b.id: b for b in HUASHAN.blocks}
    for job in plan_work(rows, HUASHAN, "work.csv").job_orders:
        block = blocks[job.slot.block]
        assert 1 <= job.slot.bay <= block.bays
        assert 1 <= job.slot.row <= block.rows
        assert 1 <= job.slot.tier <= block.tiers


@MANY
@given(rows=work_rows())
def test_every_quay_move_has_a_crane_a_bay_of_it_and_a_sequence_without_gaps(rows):
    cranes = {c.id: c for c in HUASHAN.quay_cranes}
    work = plan_work(rows, HUASHAN, "work.csv")
    jobs = {j.id: j for j in work.job_orders}
    quay = {j.id for j in work.job_orders if j.kind in (MoveKind.DISCHARGE, MoveKind.LOAD)}
    queued = [name for q in work.queues for name in q.job_orders]
    assert sorted(queued) == sorted(quay)
    for queue in work.queues:
        assert [jobs[name].sequence for name in queue.job_orders] == list(range(1, len(queue.job_orders) + 1))
        for name in queue.job_orders:
            crane = cranes[jobs[name].quay_crane]
            assert crane.id == queue.quay_crane
            assert crane.bay_start <= jobs[name].quay_bay <= crane.bay_end


@MANY
@given(rows=work_rows())
def test_twins_name_each_other_are_20_ft_of_one_kind_and_follow_each_other(rows):
    work = plan_work(rows, HUASHAN, "work.csv")
    jobs = {j.id: j for j in work.job_orders}
    for job in jobs.values():
        if job.twin:
            twin = jobs[job.twin]
            assert twin.twin == job.id != twin.id
            assert (twin.kind, twin.quay_crane, twin.quay_bay) == (job.kind, job.quay_crane, job.quay_bay)
            assert job.container.length_ft == twin.container.length_ft == 20
            assert abs(job.sequence - twin.sequence) == 1


@MANY
@given(rows=work_rows(), seed=st.randoms(use_true_random=False))
def test_a_box_goes_only_after_it_has_come_and_nothing_is_lost(rows, seed):
    work = plan_work(rows, HUASHAN, "work.csv")
    came = {j.container.id: j.id for j in work.job_orders if j.kind in COMES}
    for job in work.job_orders:
        if job.kind in GOES:
            assert job.after == ((came[job.container.id],) if job.container.id in came else ())
    assert sorted(j.id for j in work.job_orders) == sorted(r.job_id for r in rows)
    assert plan_work(rows, HUASHAN, "work.csv") == work


def test_two_calls_at_one_time_get_different_cranes_and_a_third_waits():
    rows = [WorkRow(f"{call}{i}", "discharge", f"B{call}{i}", call=call) for call in "XYZ" for i in range(10)]
    queues = {q.id.split("/")[1]: q for q in plan_work(rows, HUASHAN, "work.csv").queues}
    assert queues["X"].quay_crane != queues["Y"].quay_crane
    assert queues["X"].start_ms == queues["Y"].start_ms == 0
    assert queues["Z"].start_ms > 10 * MOVE_S * 1000


def test_a_long_call_gets_more_cranes_and_each_an_even_share():
    rows = [WorkRow(f"D{i:03d}", "discharge", f"B{i:03d}", call="X") for i in range(141)]
    queues = plan_work(rows, HUASHAN, "work.csv").queues
    assert sorted(len(q.job_orders) for q in queues) == [70, 71]


def test_discharges_come_first_then_both_alternate_then_the_rest_is_loaded():
    rows = [WorkRow(f"D{i}", "discharge", f"B{i}", call="X") for i in range(6)]
    rows += [WorkRow(f"L{i}", "load", f"C{i}", call="X") for i in range(6)]
    (queue,) = plan_work(rows, HUASHAN, "work.csv").queues
    assert "".join(name[0] for name in queue.job_orders) == "DDLDLDLDLDLL"
    assert queue.dual


def test_a_full_yard_is_refused_by_the_names_of_the_boxes_left_over():
    rows = [WorkRow(f"D{i}", "discharge", f"B{i}", call="X") for i in range(6)]
    with pytest.raises(WorkError) as error:
        plan_work(rows, with_slots(2, 1, 1), "work.csv")  # two blocks of two slots
    assert [p.value for p in error.value.problems] == ["D4", "D5"]
    assert all((p.file, p.column) == ("work.csv", "block") and "full" in p.message for p in error.value.problems)
    assert "add blocks" in str(error.value)


def test_a_slot_is_used_again_once_its_box_has_left():
    rows = [WorkRow("D1", "discharge", "B1", call="X"), WorkRow("E1", "deliver", "B1", release_s=7_200.0)]
    one_slot = msgspec.structs.replace(with_slots(1, 1, 1), blocks=with_slots(1, 1, 1).blocks[:1])
    later = WorkRow("D2", "discharge", "B2", release_s=14_400.0, call="Y")
    assert len(plan_work([*rows, later], one_slot, "work.csv").job_orders) == 3
    with pytest.raises(WorkError):
        plan_work([*rows, later._replace(release_s=3_600.0)], one_slot, "work.csv")


def test_a_slot_that_the_source_gives_is_kept_and_nobody_else_gets_it():
    mine = WorkRow("D0", "discharge", "B0", call="X", block="A1", bay=1, row=1, tier=1)
    rows = [mine, *(WorkRow(f"D{i}", "discharge", f"B{i}", call="X") for i in range(1, 4))]
    slots = [j.slot for j in plan_work(rows, with_slots(2, 1, 1), "work.csv").job_orders]
    assert slots[0] == YardSlot("A1", 1, 1, 1)
    assert len(set(slots)) == 4


def test_boxes_that_are_loaded_at_other_times_do_not_push_each_other_to_far_blocks():
    crane = HUASHAN.quay_cranes[0].id
    at = range(40)
    alone = [WorkRow("L0", "load", "B0", quay_crane=crane, sequence=1)]
    near = plan_work(alone, HUASHAN, "work.csv").job_orders[0].slot.block
    spread = [WorkRow(f"L{i}", "load", f"B{i}", release_s=3_600.0 * i, quay_crane=crane, sequence=i) for i in at]
    together = [row._replace(release_s=0.0) for row in spread]
    assert {j.slot.block for j in plan_work(spread, HUASHAN, "work.csv").job_orders} == {near}
    assert len({j.slot.block for j in plan_work(together, HUASHAN, "work.csv").job_orders}) > 1


def test_bad_lines_are_named_by_line_column_and_cure(tmp_path: Path):
    (tmp_path / "work.csv").write_text(
        "job_id,kind,container_id,length_ft,call,quay_crane,block,after,gate\n"
        "1,discharge,B1,40,X,QC77,,,\n2,discharge,B2,40,X,,C9,,\n3,load,B3,40,X,,,9,\n4,deliver,B4,40,,,,,G9\n"
    )
    with pytest.raises(WorkError) as error:
        load_work(tmp_path / "work.csv", HUASHAN)
    found = [(p.line, p.column, p.value) for p in error.value.problems]
    assert found == [(2, "quay_crane", "QC77"), (3, "block", "C9"), (4, "after", "9"), (5, "gate", "G9")]
    assert all(p.cure for p in error.value.problems)


@pytest.mark.parametrize("name", ["huashan", "yangluo"])
def test_the_work_of_the_built_in_terminals_keeps_every_slot_for_one_box(name):
    work = load_work(built_in_folders()[name] / "work.csv", load_scenario(name).terminal)
    for slot, boxes in stays(work).items():
        boxes.sort()
        for (_, left, one), (came, _, two) in pairwise(boxes):
            assert left <= came, (slot, one, two)
