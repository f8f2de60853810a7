"""Cranes that say what they were not asked, gates that nobody enters, rings of those who wait: a person is called."""

from running_core import Core, codes, job

from portway.core.commands import Alert
from portway.core.events import CraneReady, JobOrderReceived, RoadTruckCame, TruckPaused
from portway.core.model import MoveKind
from portway.core.routing.foreign_uses import Ground

D, Y = MoveKind.DISCHARGE, MoveKind.YARD


def told(core: Core, code: str) -> list[tuple[str, str]]:
    return [(c.subject, c.detail) for c in core.said if isinstance(c, Alert) and c.code == code]


def test_a_crane_is_ready_once_for_what_it_was_told():
    core = Core(job("D1", D), job("D2", D, 1))
    core.until(lambda: core.board.queues["QC01"].ready)
    ready_ms, unit = core.board.queues["QC01"].ready_ms, core.unit("D1").id
    core.minutes(0.1)
    for name in (unit, "X9", core.unit("D2").id):
        assert codes(core.tell(CraneReady, "QC01", name)) == [("QC01", "crane_unexpected")]
    assert core.board.queues["QC01"].ready_ms == ready_ms
    assert sorted(core.to_the_end()) == ["D1", "D2"]


def test_an_answer_for_what_was_taken_back_meanwhile_is_no_alarm():
    core = Core(job("L1"), job("L2", MoveKind.LOAD, 1))
    core.tell(JobOrderReceived, job("L1", quay_bay=5))
    core.to_the_end()
    assert told(core, "crane_unexpected") == []


def at_the_gate() -> tuple[Core, object]:
    """A road truck that could come in, with somebody on the ground behind the barrier."""
    core = Core(job("L1"))
    core.tell(JobOrderReceived, job("R2", MoveKind.RECEIVE))
    return core, core.state.scenario.terminal.gates[0]


def test_nobody_is_let_in_onto_ground_that_somebody_holds_and_a_person_is_called():
    core, gate = at_the_gate()
    x, y, heading = (float(v) for v in core.state.traffic.map.stop_pose[core.state.book.stop(gate.place_in)])
    core.controller.roads.lock("crane lorry", [Ground(x, y, heading, 6.0, 2.0)])
    core.tell(RoadTruckCame, "road-R2", "", "R2")
    core.minutes(12)
    assert not core.controller.visitors.inside
    assert told(core, "work_waits") == [(gate.id, f"closed_road: {gate.place_in} (ground held by crane lorry)")]
    assert core.controller.persists("work_waits", gate.id)
    core.controller.roads.lock("crane lorry", [])
    core.minutes(2)
    assert not core.controller.persists("work_waits", gate.id)
    assert "R2" in core.to_the_end()


def test_a_paused_truck_that_keeps_all_others_is_named_in_simulation_too():
    core = Core(*(job(f"D{i}", D, i) for i in range(6)), trucks=1)
    core.until(lambda: core.collected("D0"))
    core.tell(TruckPaused, "T001", True, "operator", "looks at it")
    core.minutes(12)
    (subject, detail), *_ = told(core, "work_waits")
    assert subject == "QC01"
    assert "no_truck" in detail or "paused" in detail
    assert told(core, "standstill")
