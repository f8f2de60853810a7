"""A live core among trucks that are late, and whose reports get lost, come twice or late."""

import pytest

from portway.app.live.snapshot import freeze, thaw
from portway.app.storm_live import small_work
from portway.core.events import RoadBlocked
from portway.runtime import Repeat
from portway.testing.live_yard import LiveYard


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trucks_that_report_badly_never_touch_and_every_box_arrives(seed):
    yard = LiveYard(small_work(24), seed)
    overlaps = 0
    while not yard.done and yard.now_ms < 8 * 3_600_000:
        yard.tick()
        if yard.now_ms % 500 == 0:
            overlaps += yard.overlaps()
    assert yard.done
    assert overlaps == 0
    assert yard.alerts == []


def test_a_closed_road_is_entered_by_nobody_who_was_not_let_in_before():
    yard = LiveYard(small_work(24), 4)
    for _ in range(6_000):
        yard.tick()
    lane = next(  # one that somebody is about to drive on
        lane
        for row in range(len(yard.trucks))
        for m in yard.controller.state.traffic.standing_order(row).horizon
        for lane in yard.map.lanes[m][1:]
    )
    inside = {m for m, lanes in enumerate(yard.map.lanes) if lane in lanes}
    yard.handle(RoadBlocked(yard.now_ms, "oil", (lane,), True, "operator", "oil on the road"))
    let_in = {n: tuple(t.base) for n, t in yard.trucks.items()}
    entered = 0
    for _ in range(3_000):
        yard.tick()
        for name, truck in yard.trucks.items():
            if truck.base and truck.base[0] in inside and truck.base[0] not in let_in[name]:
                entered += yard.map.stops[yard.map.arrays.mv_from[truck.base[0]]].lane != lane
    assert entered == 0
    yard.handle(RoadBlocked(yard.now_ms, "oil", (lane,), False, "operator", "clean"))
    while not yard.done and yard.now_ms < 8 * 3_600_000:
        yard.tick()
    assert yard.done


def test_the_journal_fed_again_gives_every_answer_again_also_from_a_snapshot():
    yard, again = LiveYard(small_work(24), 5), LiveYard(small_work(24), 5)
    snapshots = []
    for n in range(12_000):
        yard.tick()
        if n in (3_000, 6_000, 8_000):
            snapshots.append((freeze(yard.controller), len(yard.journal)))
    repeat = Repeat(again.controller)
    assert all(repeat.answers_alike(event, answer) for event, answer in yard.journal[1:])
    for body, at in snapshots:
        repeat = Repeat(thaw(body, yard.map))
        assert all(repeat.answers_alike(event, answer) for event, answer in yard.journal[at:])
