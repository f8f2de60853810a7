"""Who waits for a crane that serves others waits in its queue; a crane that serves nobody is silent."""

from types import SimpleNamespace

from portway.core.controller.standstill import Standstill
from portway.core.controller.waiting import Why

PATIENCE_S = 300.0


def test_a_crane_is_silent_when_it_has_served_nobody_for_too_long():
    state = SimpleNamespace(now_ms=400_000, scenario=SimpleNamespace(policies=SimpleNamespace(standstill_s=PATIENCE_S)))
    standstill, whys = Standstill(state), {"T1": Why("handover", "RTG-A1")}
    assert standstill._truck("T1", whys) == "crane_silent: T1 > RTG-A1"
    standstill.served("RTG-A1")
    assert standstill._truck("T1", whys) == ""
    state.now_ms += round(PATIENCE_S * 1000) - 1
    assert standstill._truck("T1", whys) == ""
    state.now_ms += 1
    assert standstill._truck("T1", whys) == "crane_silent: T1 > RTG-A1"
    standstill.served("RTG-B1")
    assert standstill._truck("T1", whys) == "crane_silent: T1 > RTG-A1"
