"""Figures of a run that was worked out by hand."""

import json

import numpy as np
import pytest

from portway.app.report import key_figures
from portway.app.report.truck_time import split_held
from portway.sim.record import TruckState
from unit.app.report.small_run import END_MS, empty_run, small_run


@pytest.fixture(scope="module")
def figures():
    return key_figures(small_run())


def test_counts_and_rates(figures):
    assert figures["moves_completed"] == 1
    assert figures["moves_by_kind"]["discharge"] == 1
    assert figures["job_orders_open"] == 2
    assert figures["moves_per_hour_per_qc"] == pytest.approx(6.0)  # one in ten minutes
    assert figures["real_time_factor"] == pytest.approx(1200.0)
    assert (figures["plan_us_p50"], figures["plan_us_p99"]) == (25.0, pytest.approx(39.7))


def test_quay_crane_waits_ten_of_its_130_seconds_at_work(figures):
    crane = figures["quay_cranes"][0]
    assert figures["qc_wait_share"] == pytest.approx(10 / 130, abs=1e-4)
    assert crane["seconds"] == {"working": 120.0, "waiting_truck": 10.0, "gantry": 0.0, "idle": 470.0}
    assert crane["moves_per_hour_at_work"] == pytest.approx(3600 / 130, abs=0.01)
    assert crane["moves_by_hour"] == [1]


def test_half_of_the_way_is_empty_and_road_trucks_do_not_count(figures):
    assert figures["distance_m"] == {"empty": 100.0, "loaded": 100.0, "total": 200.0}
    assert figures["empty_travel_ratio"] == 0.5


def test_standing_in_a_driving_state_is_held_by_traffic(figures):
    seconds = figures["truck_states_s"]
    assert seconds["held_by_traffic"] == 10.0
    assert seconds["to_deliver"] == 40.0
    assert seconds["to_collect"] == 20.0
    assert sum(seconds.values()) == pytest.approx(2 * END_MS / 1000)
    assert sum(figures["truck_states"].values()) == pytest.approx(1.0, abs=1e-3)


def test_waits_are_told_apart_by_what_was_waited_for(figures):
    assert figures["waits_s"] == {
        "held_by_traffic": 10.0, "no_free_place": 0.0, "quay_crane": 20.0, "yard_crane": 20.0, "disturbed": 20.0,
    }  # fmt: skip


def test_states_cover_every_truck_without_gap_or_overlap():
    spans, held = split_held(small_run())
    assert held.to_ms.tolist() == [140_000]
    for truck in (0, 1):
        mine = spans.subject == truck
        assert spans.from_ms[mine][0] == 0
        assert spans.to_ms[mine][-1] == END_MS
        assert np.array_equal(spans.to_ms[mine][:-1], spans.from_ms[mine][1:])
    assert TruckState.HELD_BY_TRAFFIC in spans.state


def test_a_movement_cut_off_by_the_end_counts_in_part():
    figures = key_figures(small_run(end_ms=160_000))
    assert figures["distance_m"]["loaded"] == pytest.approx(50.0)


def test_an_empty_run_has_no_ratios_and_no_made_up_numbers():
    figures = key_figures(empty_run())
    nothing = (
        "moves_per_hour_per_qc",
        "qc_wait_share",
        "empty_travel_ratio",
        "plan_us_p50",
        "plan_us_p99",
        "real_time_factor",
    )
    assert [figures[k] for k in nothing] == [None] * len(nothing)
    assert figures["moves_completed"] == 0
    assert not figures["finished"]
    json.dumps(figures, allow_nan=False)


def test_figures_are_the_same_twice():
    assert key_figures(small_run()) == key_figures(small_run())
