"""Zones: no way leads through a closed one, and none is driven faster than its zone allows."""

import msgspec
import numpy as np
import pytest
from shapely import MultiPoint, Polygon, contains_xy

from portway.app.config import load_scenario
from portway.core.model import Zone
from portway.core.routing.traffic_map import compile_map

SCENARIO = load_scenario("huashan")
LANE = next(lane for lane in SCENARIO.terminal.lanes if lane.id.startswith("apron"))


def _around(lane, margin_m: float) -> tuple[tuple[float, float], ...]:
    nodes = {n.id: (n.x_m, n.y_m) for n in SCENARIO.terminal.nodes}
    box = MultiPoint([nodes[lane.from_node], nodes[lane.to_node]]).buffer(margin_m).envelope
    return tuple(box.exterior.coords[:-1])


def _compiled(zone: Zone | None, lane_zone: str | None = None):
    lanes = tuple(
        msgspec.structs.replace(lane, zone=lane_zone if lane.id == LANE.id else None)
        for lane in SCENARIO.terminal.lanes
    )
    changed = msgspec.structs.replace(SCENARIO.terminal, lanes=lanes, zones=(zone,) if zone else ())
    return compile_map(changed, SCENARIO.fleet.types[0])


def _inside(traffic_map, zone: Zone) -> np.ndarray:
    return contains_xy(Polygon(zone.polygon), traffic_map.paths.x, traffic_map.paths.y)


@pytest.fixture(scope="module")
def without():
    return _compiled(None)


FAR_AWAY = ((-9e3, -9e3), (-8e3, -9e3), (-8e3, -8e3))


def test_no_way_leads_through_a_closed_zone(without):
    zone = Zone("Z1", _around(LANE, 3.0), closed=True)
    assert _inside(without, zone).any()
    assert not _inside(_compiled(zone), zone).any()


def test_no_truck_is_faster_than_its_zone_allows(without):
    zone = Zone("Z1", _around(LANE, 3.0), speed_mps_max=2.0)
    limited = _compiled(zone)
    inside = _inside(limited, zone)
    assert inside.any()
    for traffic_map, holds in ((limited, True), (without, False)):
        paths, fastest = traffic_map.paths, 0.0
        for m in range(len(paths.step_m)):
            span = slice(paths.ptr[m], paths.ptr[m + 1])
            within = inside[span][1:] & inside[span][:-1]
            step_s = np.diff(paths.times_ms[:, span].astype(float), axis=1) / 1000
            step_s = np.where(step_s > 0, step_s, np.inf)[traffic_map.arrays.dur_ms[:, m] >= 0]
            if within.any() and step_s.size:
                # times are whole milliseconds, so a single step is a little off
                fastest = max(fastest, float((paths.step_m[m] / (step_s[:, within] + 0.001)).max()))
        assert (fastest <= 2.0) == holds


@pytest.mark.parametrize("closed", [True, False])
def test_a_zone_holds_for_the_lanes_that_name_it(without, closed):
    zone = Zone("Z1", FAR_AWAY, None if closed else 2.0, closed)
    changed = _compiled(zone, "Z1")
    on_lane = [m for m, lanes in enumerate(changed.lanes) if LANE.id in lanes]
    if closed:
        assert on_lane == []
    else:
        before = {(lanes, tuple(x)): d for lanes, x, d in _fastest(without)}
        after = {(lanes, tuple(x)): d for lanes, x, d in _fastest(changed)}
        assert before.keys() == after.keys()
        assert all(after[key] >= before[key] for key in before)
        assert any(after[key] > before[key] for key in before if LANE.id in key[0])


def _fastest(traffic_map):
    a, p = traffic_map.arrays, traffic_map.paths
    best = np.where(a.dur_ms >= 0, a.dur_ms, 1 << 30).min(axis=0)
    for m, lanes in enumerate(traffic_map.lanes):
        yield lanes, p.x[[p.ptr[m], p.ptr[m + 1] - 1]], int(best[m])
