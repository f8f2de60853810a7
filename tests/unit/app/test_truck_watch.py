"""What trucks say becomes one event each; what changes for a whole fleet at once becomes one event."""

from portway.adapters.vda5050.facts import Condition
from portway.app.live.truck_watch import TruckWatch
from portway.core.events import FleetCondition, TruckCondition


def _unheard(truck: str) -> Condition:
    return Condition(truck, ("unheard",), "unknown", True, None, None, "")


def _watch():
    made = []
    return made, TruckWatch(made.append)


def test_a_fleet_nobody_has_heard_of_is_one_event():
    made, watch = _watch()
    watch.fleet([(_unheard(name), True) for name in ("T1", "T2", "T3")])
    assert [make(7) for make in made] == [
        FleetCondition(
            7, tuple(TruckCondition(7, n, ("unheard",), "unknown", True, None, None) for n in ("T1", "T2", "T3"))
        )
    ]


def test_only_trucks_with_news_are_in_it_and_nothing_is_said_without_any():
    made, watch = _watch()
    watch.condition(_unheard("T1"), True)
    watch.fleet([(_unheard(name), True) for name in ("T1", "T2")])
    watch.fleet([(_unheard(name), True) for name in ("T1", "T2")])
    assert len(made) == 2
    assert [c.truck for c in made[1](0).trucks] == ["T2"]


def test_a_truck_that_is_fit_again_after_it_is_news():
    made, watch = _watch()
    watch.fleet([(_unheard("T1"), True)])
    watch.condition(Condition("T1", (), "none", True, False, (1.0, 2.0, 0.0), ""), True)
    watch.fleet([(_unheard("T1"), False)])
    assert [type(make(0)).__name__ for make in made] == ["FleetCondition", "TruckCondition", "FleetCondition"]
