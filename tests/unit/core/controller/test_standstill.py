"""Who waits for a crane that serves others waits in its queue; a crane that serves nobody is silent."""

from types import SimpleNamespace

from portway.core.controller.standstill import Standstill
from portway.core.controller.waiting import Why

PATIENCE_S = 300.0


def test_a_crane_is_silent_when_it_has_served_nobody_for_too_long():
    scenario = SimpleNamespace(policies=SimpleNamespace(standstill_s=PATIENCE_S), terminal=SimpleNamespace(gates=()))
    state = SimpleNamespace(now_ms=400_000, scenario=scenario)
    standstill, whys = Standstill(state, None), {"T1": Why("handover", "RTG-A1")}
    assert standstill._truck("T1", whys) == "crane_silent: T1 > RTG-A1"
    standstill.served("RTG-A1")
    assert standstill._truck("T1", whys) == ""
    state.now_ms += round(PATIENCE_S * 1000) - 1
    assert standstill._truck("T1", whys) == ""
    state.now_ms += 1
    assert standstill._truck("T1", whys) == "crane_silent: T1 > RTG-A1"
    standstill.served("RTG-B1")
    assert standstill._truck("T1", whys) == "crane_silent: T1 > RTG-A1"


def test_a_ring_of_those_who_wait_is_told_once_all_of_them_have_stood_for_too_long():
    scenario = SimpleNamespace(policies=SimpleNamespace(standstill_s=PATIENCE_S), terminal=SimpleNamespace(gates=()))
    standstill = Standstill(SimpleNamespace(now_ms=400_000, scenario=scenario), None)
    whys = {"T1": Why("place", "T2"), "T2": Why("traffic", "T3"), "T3": Why("place", "T2"), "T4": Why("place", "T1")}
    standstill._marks = {"T1": ("", 0), "T2": ("", 0), "T3": ("", 200_000), "T4": ("", 0)}
    assert standstill._endless("T4", whys) == "", "one of them has just moved"
    standstill._marks["T3"] = ("", 50_000)
    assert standstill._endless("T4", whys) == "ring: T4 > T1 > T2 > T3 > T2"
    assert standstill._endless("T2", whys) == "ring: T2 > T3 > T2 > T3"
