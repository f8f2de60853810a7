"""Each rule about poses fires on a planted defect and stays silent on a clean run."""

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from checker import check_run
from checker.tiny_run import Drive, make_fleet, make_job, make_terminal, make_work, move, moves_table, poses_table
from portway.core.model import Lane, MoveKind, YardSlot, Zone

END_MS = 120_000
OVER = Drive(10_000, 90_000, (100.0, 0.0), (300.0, 0.0))  # at most 3.9 m/s
JOBS = (
    make_job("D1", MoveKind.DISCHARGE, "BOX1", sequence=1),
    make_job("L1", MoveKind.LOAD, "BOX2", sequence=2, slot=YardSlot("B1", 1, 1, 1)),
)
MOVES = (
    move("BOX1", "discharge", ("QA4", "YA3"), "T1", 9_000, 95_000),
    move("BOX2", "load", ("YB1", "QB4"), "T2", 8_000, 97_000),
)


def clean_poses() -> pa.Table:
    """T1 brings a discharge along lane a, T2 a load along lane b."""
    other = Drive(10_000, 90_000, (100.0, 20.0), (300.0, 20.0))
    return poses_table(
        END_MS,
        T1=((100.0, 0.0), [OVER], [(9_000, 95_000, "BOX1")]),
        T2=((100.0, 20.0), [other], [(8_000, 97_000, "BOX2")]),
    )


def rules(poses: pa.Table, terminal=None, moves=MOVES, finished=True) -> set[str]:
    """Names of the rules that a run breaks."""
    terminal = terminal or make_terminal()
    found = check_run(poses, moves_table(*moves), terminal, make_fleet("T1", "T2"), make_work(*JOBS), finished=finished)
    return {v.rule for v in found}


def spoiled(column: str, rows: slice | np.ndarray, change) -> pa.Table:
    """The clean poses with a column of T1's rows changed."""
    poses = clean_poses().sort_by([("truck_id", "ascending"), ("at_ms", "ascending")])
    values = poses[column].to_numpy(zero_copy_only=False).copy()
    values[rows] = change(values[rows])
    index = poses.column_names.index(column)
    return poses.set_column(index, column, pa.array(values, poses[column].type))


def test_a_clean_run_passes():
    assert rules(clean_poses()) == set()


def test_shuffled_rows_change_nothing():
    poses = clean_poses()
    order = np.random.default_rng(1).permutation(len(poses))
    assert rules(poses.take(pa.array(order))) == set()


def test_dictionary_columns_are_read_too():
    poses = clean_poses()
    poses = poses.set_column(1, "truck_id", poses["truck_id"].dictionary_encode())
    assert rules(poses.set_column(6, "container_id", poses["container_id"].dictionary_encode())) == set()


def test_trucks_that_drive_through_each_other_overlap():
    through = Drive(10_000, 90_000, (300.0, 0.0), (100.0, 0.0))
    poses = poses_table(END_MS, T1=((100.0, 0.0), [OVER], []), T2=((300.0, 0.0), [through], []))
    found = check_run(poses, moves_table(), make_terminal(), make_fleet("T1", "T2"), make_work())
    overlap = [v for v in found if v.rule == "overlap"]
    assert len(overlap) == 1
    assert overlap[0].subjects == ("T1", "T2")
    assert overlap[0].at_ms == pytest.approx(48_000, abs=2_000)


def test_trucks_that_stand_in_each_other_overlap_once():
    poses = poses_table(END_MS, T1=((100.0, 0.0), [], []), T2=((108.0, 2.9), [], []))
    found = check_run(poses, moves_table(), make_terminal(), make_fleet("T1", "T2"), make_work())
    assert [v.rule for v in found] == ["overlap"]


def test_trucks_side_by_side_and_nose_to_tail_do_not_overlap():
    poses = poses_table(END_MS, T1=((100.0, 0.0), [], []), T2=((100.0, 3.01), [], []), T3=((115.01, 0.0), [], []))
    assert not check_run(poses, moves_table(), make_terminal(), make_fleet("T1", "T2", "T3"), make_work())


def test_a_road_truck_counts_in_overlaps():
    poses = poses_table(END_MS, T1=((100.0, 0.0), [], []), **{"R-1": ((108.0, 2.0), [], [])})
    found = check_run(poses, moves_table(), make_terminal(), make_fleet("T1"), make_work())
    assert {v.rule for v in found} == {"overlap"}


def test_a_jump_is_a_teleport():
    assert "teleport" in rules(spoiled("x_m", slice(250, 601), lambda x: x + 3.0))


def test_a_spin_on_the_spot_is_found():
    assert "spin" in rules(spoiled("heading_rad", slice(580, 601), lambda h: h + 0.3))


def test_sideways_motion_is_found():
    assert "slip" in rules(spoiled("heading_rad", slice(0, 601), lambda h: h + 1.0))


def test_headings_may_wrap_around():
    assert rules(spoiled("heading_rad", slice(250, 601), lambda h: h + 2 * np.pi)) == set()


def test_braking_at_once_is_found_unless_the_run_is_disturbed():
    poses = spoiled("speed_mps", slice(240, 260), lambda v: v - 0.9)
    assert rules(poses) == {"acceleration"}
    work = make_work(*JOBS)
    assert not check_run(poses, moves_table(*MOVES), make_terminal(), make_fleet("T1", "T2"), work, disturbed=True)


def test_a_speed_that_does_not_fit_the_way_is_found():
    assert "pace" in rules(spoiled("speed_mps", slice(240, 260), lambda v: v + 1.5))


def test_speed_above_the_lanes_limit_is_found():
    terminal = make_terminal()
    lanes = (Lane("a", "a0", "a1", speed_mps_max=3.0), terminal.lanes[1])
    assert rules(clean_poses(), msgspec.structs.replace(terminal, lanes=lanes)) == {"speed"}


def test_speed_above_a_zones_limit_is_found():
    square = ((190.0, -10.0), (210.0, -10.0), (210.0, 10.0), (190.0, 10.0))
    assert rules(clean_poses(), make_terminal(zones=(Zone("Z1", square, speed_mps_max=2.0),))) == {"speed"}


def test_a_truck_in_a_closed_zone_is_found():
    square = ((190.0, -10.0), (210.0, -10.0), (210.0, 10.0), (190.0, 10.0))
    assert rules(clean_poses(), make_terminal(zones=(Zone("Z1", square, closed=True),))) == {"closed_zone"}


def test_a_truck_off_the_roads_is_found():
    poses = poses_table(END_MS, T1=((100.0, 60.0), [], []), T2=((100.0, 20.0), [], []))
    found = check_run(poses, moves_table(), make_terminal(), make_fleet("T1", "T2"), make_work())
    assert [(v.rule, v.subjects) for v in found] == [("off_road", ("T1",))]


def test_a_missing_pose_and_a_missing_truck_break_the_grid():
    poses = clean_poses()
    keep = np.ones(len(poses), bool)
    keep[500] = False
    assert "grid" in rules(poses.filter(pa.array(keep)))
    only = poses.filter(pc.equal(poses["truck_id"], "T1"))
    assert "grid" in rules(only)


def test_an_uneven_grid_and_a_double_pose_are_found():
    poses = clean_poses()
    shifted = pa.array(np.where(poses["at_ms"].to_numpy() == 50_000, 50_050, poses["at_ms"].to_numpy()))
    assert "grid" in rules(poses.set_column(0, "at_ms", shifted))
    assert "grid" in rules(pa.concat_tables([poses, poses.slice(100, 1)]))


def test_a_pose_that_is_not_a_number_is_found():
    assert "grid" in rules(spoiled("x_m", slice(300, 301), lambda x: np.nan))


def test_a_wrong_box_in_the_poses_is_found():
    assert "cargo" in rules(spoiled("container_id", slice(200, 220), lambda c: "BOX2"))


def test_a_box_missing_from_the_poses_is_found():
    assert "cargo" in rules(spoiled("container_id", slice(200, 220), lambda c: None))


def test_a_box_shown_on_an_empty_truck_is_found():
    assert "cargo" in rules(spoiled("container_id", slice(550, 560), lambda c: "BOX9"))


def test_a_box_under_way_at_the_end_of_a_cut_run_is_taken_on_trust():
    assert rules(clean_poses(), moves=(), finished=False) == set()
    assert "cargo" in rules(clean_poses(), moves=(), finished=True)


def test_a_handover_away_from_its_place_is_found():
    early = (move("BOX1", "discharge", ("QA4", "YA3"), "T1", 9_000, 60_000), MOVES[1])
    assert "handover" in rules(clean_poses(), moves=early)


def test_a_missing_column_is_named():
    found = check_run(
        clean_poses().drop_columns(["speed_mps"]), moves_table(), make_terminal(), make_fleet("T1"), make_work()
    )
    assert [v.subjects for v in found] == [("poses.parquet", "speed_mps")]
