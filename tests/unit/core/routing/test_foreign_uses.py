"""Ground that somebody else holds, and where a truck may be believed to be."""

import math

import numpy as np
import pytest

from checker.footprints import penetration_m
from portway.app.compose import truck_type
from portway.app.config import load_scenario
from portway.app.map_cache import cached_map
from portway.core.kernels import columns as c
from portway.core.routing.foreign_uses import Ground, touched
from portway.core.routing.traffic import Traffic, TrafficParameters
from portway.core.routing.whereabouts import off_way_m, spots

LIVE = TrafficParameters(ahead_steps=3, announces=True)


@pytest.fixture(scope="module")
def terminal():
    scenario = load_scenario("huashan")
    return cached_map(scenario.terminal, truck_type(scenario))


@pytest.mark.parametrize("seed", range(20))
def test_every_way_that_sweeps_over_held_ground_is_shut_and_no_other_by_much(terminal, seed):
    rng = np.random.default_rng(seed)
    i = int(rng.integers(len(terminal.paths.x)))
    ground = Ground(
        float(terminal.paths.x[i] + rng.normal(0, 6)), float(terminal.paths.y[i] + rng.normal(0, 6)),
        float(rng.uniform(-math.pi, math.pi)), 8.5, 2.0,
    )  # fmt: skip
    shut = touched(terminal, [ground], 15.0, 3.0)
    x, y, h = terminal.paths.x, terminal.paths.y, terminal.paths.heading
    n = len(x)
    there = np.full(n, ground.x), np.full(n, ground.y), np.full(n, ground.heading)
    ours, theirs = (np.full(n, 7.5), np.full(n, 1.5)), (np.full(n, 8.5), np.full(n, 2.0))
    depth = penetration_m((x, y, h), there, ours, theirs)
    per_way = np.maximum.reduceat(depth, terminal.paths.ptr[:-1])
    assert shut[per_way > 0.0].all()
    assert not shut[per_way < -1.2].any()


def test_locked_ground_is_given_to_nobody_and_given_again_when_free(terminal):
    traffic = Traffic(terminal, 2, LIVE)
    places = sorted(terminal.stop_of_place.values())
    traffic.place(0, places[0])
    eta = traffic.what_if(0, places[-1])
    assert eta > 0
    x, y, h = terminal.stop_pose[places[-1]]
    traffic.lock("T9", [Ground(float(x), float(y), float(h), 8.5, 2.0)], (15.0, 3.0))
    assert traffic.send(0, places[-1]) < 0
    assert traffic.lock("T9", [Ground(float(x), float(y), float(h), 8.5, 2.0)], (15.0, 3.0)) is None, "nothing new"
    traffic.lock("T9", [], (15.0, 3.0))
    assert traffic.send(0, places[-1]) > 0


def test_a_truck_that_leaves_holds_nothing_and_comes_back_from_where_it_stands(terminal):
    traffic = Traffic(terminal, 2, LIVE)
    places = sorted(terminal.stop_of_place.values())
    traffic.place(0, places[0])
    traffic.send(0, places[-1])
    traffic.extensions()
    movement = int(traffic.plan_mv[0, 1])
    traffic.report(0, 0, 5.0, False, 1_000)
    traffic.leave(0)
    used = np.arange(traffic.uses.shape[1]) < traffic.count[:, None]
    assert not (traffic.uses[used][:, c.WHO] == 0).any()
    middle = int(terminal.paths.ptr[movement]) + 6
    pose = tuple(float(a[middle]) for a in (terminal.paths.x, terminal.paths.y, terminal.paths.heading))
    found = spots(terminal, pose)
    assert any(spot.movement == movement for spot in found)
    assert any(traffic.enter(0, spot, places[-1]) for spot in found)
    way = traffic.extensions()[0]
    assert way.base, "it is led again"
    assert traffic.off_way_m(0, int(traffic.trucks[0, c.T_PASSED]), pose, 1.0) < 1.0


def test_a_truck_does_not_come_back_where_somebody_else_is_let_in(terminal):
    traffic = Traffic(terminal, 2, LIVE)
    places = sorted(terminal.stop_of_place.values())
    traffic.place(0, places[0])
    before = [a.copy() for a in (traffic.uses, traffic.count, traffic.trucks)]
    pose = tuple(float(v) for v in terminal.stop_pose[places[0]])
    assert not any(traffic.enter(1, spot, places[-1]) for spot in spots(terminal, pose)[:1])
    assert all((a == b).all() for a, b in zip(before, (traffic.uses, traffic.count, traffic.trucks), strict=True))


def test_who_stands_across_a_way_is_not_on_it(terminal):
    stop = next(iter(terminal.stop_of_place.values()))
    x, y, h = (float(v) for v in terminal.stop_pose[stop])
    assert off_way_m(terminal, [], stop, (x, y, h), 1.0) < 0.01
    assert off_way_m(terminal, [], stop, (x + 2.0, y, h), 1.0) == pytest.approx(2.0)
    assert math.isinf(off_way_m(terminal, [], stop, (x, y, h + math.pi / 2), 1.0))
