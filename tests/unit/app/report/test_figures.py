"""What the figures of the page show, as numbers, of a run that was worked out by hand."""

import numpy as np
import pytest

from portway.app.report import figures, key_figures, style
from portway.app.report.occupancy import Heat, SpaceTime, heat_of, space_time
from portway.app.report.road_figures import lane_tracks, road_heat
from portway.app.report.truck_time import split_held
from portway.app.report.words import WORDS
from portway.sim.cranes import CraneState
from portway.sim.record import TRUCK_STATE_LABELS, TruckState
from unit.app.report.small_run import empty_run, small_run
from unit.app.small_terminal import small_terminal


@pytest.fixture(scope="module")
def report():
    return key_figures(small_run())


def test_moves_of_two_cranes_stand_on_each_other():
    cranes = [{"id": "QC1", "moves_by_hour": [20, 22]}, {"id": "QC2", "moves_by_hour": [18, 30]}]
    figure = figures.moves_by_hour({"quay_cranes": cranes, "hours": 1.5})
    assert [(s.name["en"], s.values) for s in figure.series] == [("QC1", [20, 22]), ("QC2", [18, 30])]
    assert (figure.x.low, figure.x.high, figure.x.every, figure.y.high) == (0, 2, 1, 52)
    assert figure.tips[1] == {"en": "QC2: {0} moves", "zh": "QC2：{0} 箱"}


def test_a_crane_spent_a_fifth_of_the_ten_minutes_at_work(report):
    figure = figures.crane_time(report)
    row = figure.rows[0]
    assert [part.value for part in row.parts] == [20.0, 0.0, 1.67, 78.33]  # working, gantry, waiting, idle
    assert [part.colour for part in row.parts] == list(style.CRANE_COLOURS.values())
    assert row.parts[2].tip["en"] == "QC1, waiting for a truck: 1.7 %"
    assert (row.beside["en"], figure.x.high) == ("27.7/h", 100)


def test_trucks_in_all_states_add_up_to_the_fleet_in_every_bin(report):
    run = small_run()
    figure = figures.truck_time(run, split_held(run)[0], report)
    assert np.allclose(np.sum([s.values for s in figure.series], axis=0), 2, atol=0.005)
    assert figure.edges == pytest.approx(np.arange(11) / 60, abs=1e-4)  # bins of a minute
    shown = {s.colour: s for s in figure.series}
    held = shown[style.TRUCK_COLOURS[TruckState.HELD_BY_TRAFFIC]]
    assert held.values == [0, 0, 0.167, 0, 0, 0, 0, 0, 0, 0]  # 10 s of the third minute
    assert held.name["en"] == f"{TRUCK_STATE_LABELS[TruckState.HELD_BY_TRAFFIC].en} 0.8%"
    assert len(figure.series) == 7


def test_the_tip_of_truck_time_has_a_field_for_the_bin_and_each_state(report):
    run = small_run()
    figure = figures.truck_time(run, split_held(run)[0], report)
    assert figure.tip["en"].split("\n")[:2] == ["hour {0}", "driving loaded to deliver: {1}"]
    assert figure.tip["zh"].endswith(f"{{{len(figure.series)}}}")


def test_waits_begin_with_the_longest_and_tell_the_loss_for_each_move(report):
    figure = figures.waits(report)
    hours = {row.name["en"]: row.parts[0].value for row in figure.rows}
    assert hours == {
        WORDS["disturbed"][0]: 0.006, WORDS["yard_crane"][0]: 0.006, WORDS["quay_crane"][0]: 0.006,
        WORDS["held_by_traffic"][0]: 0.003, WORDS["no_free_place"][0]: 0.0,
    }  # fmt: skip
    assert [r.parts[0].value for r in figure.rows] == sorted(hours.values(), reverse=True)
    assert figure.rows[0].beside == {"en": "20 s a move", "zh": "每箱 20 秒"}


def test_the_crane_waited_ten_seconds_of_its_second_minute():
    figure = figures.crane_waits(small_run())
    assert figure.names == ["QC1"]
    assert figure.values == [[0, 16.7, 0, 0, 0, 0, 0, 0, 0, 0]]


def test_an_hour_of_heat_is_kept_to_three_digits():
    value = np.array([[0.0, 1.23456], [100.0, 0.0]])
    figure = road_heat(Heat(-4.0, 8.0, 4.0, value), small_terminal())
    assert figure.values == [[None, 1.23], [100.0, None]]
    assert (figure.x_m, figure.y_m, figure.cell_m) == (-4.0, 8.0, 4.0)
    assert figure.top == round(float(np.percentile([1.23456, 100.0], 99.5)), 3)


def test_blocks_and_quay_lie_where_the_terminal_has_them():
    figure = road_heat(heat_of(small_run(), split_held(small_run())[1]), small_terminal())
    low, high = np.min(figure.blocks[0], axis=0), np.max(figure.blocks[0], axis=0)
    assert (*low, *high) == pytest.approx((340 - 6.5, 140 - 1.45, 340 + 9.5 * 13, 140 + 5.5 * 2.9))
    assert [y for _, y in figure.quay] == [-12.0, -12.0]


def test_tracks_are_cut_where_they_leave_the_lane_and_where_a_box_comes_aboard():
    nan = np.nan
    at, along = np.array([0.0, 1, 1, 2, 3, 4]), np.array([5.0, 6, nan, 7, 8, 9])
    figure = lane_tracks(SpaceTime(at, along, np.array([0.0, 0, nan, 0, 1, 1]), 3.0, 0, 300_000))
    empty, loaded = figure.tracks
    assert empty.pieces == [[(0.0, 5.0), (1.0, 6.0)], [(2.0, 7.0)]]
    assert loaded.pieces == [[(3.0, 8.0), (4.0, 9.0)]]
    assert (figure.x.low, figure.x.high, figure.y.low, figure.y.high) == (0.0, 5.0, 5.0, 9.0)


def test_figures_of_nothing_are_empty():
    run = empty_run()
    report, (states, held) = key_figures(run), split_held(run)
    assert figures.truck_time(run, states, report).series == []
    assert figures.crane_waits(run).values == [[]]
    assert road_heat(heat_of(run, held), small_terminal()).values == [[None]]
    assert [t.pieces for t in lane_tracks(space_time(run, small_terminal())).tracks] == [[], []]
    assert sum(part.value for part in figures.crane_time(report).rows[0].parts) == 0


def test_every_state_has_a_colour():
    assert set(style.TRUCK_COLOURS) == set(TruckState)
    assert set(style.CRANE_COLOURS) == set(CraneState)


def test_a_ramp_passes_through_its_colours():
    colours = style.hex_of(style.ramp_rgb(style.WAIT_RAMP, np.array([0.0, 0.65, 1.0])))
    assert colours == ["#e3eaee", "#d8982f", "#b5533c"]
    assert style.shades(1) != style.shades(2)
    assert style.shades(3)[-1] == style.DEEP
