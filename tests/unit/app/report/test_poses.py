"""Where trucks are, against the motion that the small run describes."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from portway.app.report.tables import MOVES_SCHEMA, POSES_SCHEMA, write_moves, write_poses
from portway.sim.poses import pose_chunks
from unit.app.report.small_run import END_MS, empty_run, small_run


@pytest.fixture(scope="module")
def poses(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "poses.parquet"
    write_poses(small_run(), path, 5.0)
    return pq.read_table(path)


def rows_at(table, at_ms):
    return {r["truck_id"]: r for r in table.to_pylist() if r["at_ms"] == at_ms}


def test_schema_is_the_documented_one(poses):
    assert poses.schema.equals(POSES_SCHEMA, check_metadata=False)


def test_our_trucks_are_on_every_instant_of_the_grid(poses):
    at = np.array(poses["at_ms"])
    truck = np.array(poses["truck_id"])
    for name in ("T1", "T2"):
        assert np.array_equal(at[truck == name], np.arange(0, END_MS + 1, 200))
    assert np.all(np.diff(at) >= 0)


def test_road_trucks_are_there_while_they_are_inside(poses):
    at = np.array(poses["at_ms"])[np.array(poses["truck_id"]) == "R-1"]
    assert (at[0], at[-1]) == (250_000, 329_800)


def test_truck_accelerates_evenly_from_standing(poses):
    for seconds in (0.2, 1.0, 3.4, 7.0, 9.8):
        row = rows_at(poses, 60_000 + round(1000 * seconds))["T1"]
        assert row["x_m"] == pytest.approx(seconds**2 / 2, abs=0.02)
        assert row["speed_mps"] == pytest.approx(seconds, abs=0.02)
        assert row["container_id"] is None


def test_a_slower_movement_is_stretched(poses):
    row = rows_at(poses, 150_000)["T1"]  # 10 of 40 s are 5 of the profile's 20 s
    assert row["y_m"] == pytest.approx(12.5, abs=0.02)
    assert row["speed_mps"] == pytest.approx(2.5, abs=0.02)
    assert row["heading_rad"] == pytest.approx(np.pi / 2, abs=1e-5)
    assert row["container_id"] == "MSKU0000001"


def test_a_standing_truck_stays_where_its_movement_ended(poses):
    row = rows_at(poses, 500_000)["T1"]
    assert (row["x_m"], row["y_m"], row["speed_mps"], row["container_id"]) == (100.0, 100.0, 0.0, None)
    assert rows_at(poses, 500_000)["T2"]["heading_rad"] == 1.0


def test_a_window_holds_the_same_poses_as_the_whole_run():
    whole = [np.concatenate(c) for c in zip(*pose_chunks(small_run(), 500), strict=True)]
    part = [np.concatenate(c) for c in zip(*pose_chunks(small_run(), 500, from_ms=145_000, to_ms=170_000), strict=True)]
    keep = (whole[0] >= 145_000) & (whole[0] <= 170_000)
    for a, b in zip(whole, part, strict=True):
        assert np.array_equal(a[keep], b)


def test_chunks_of_any_size_give_the_same_poses():
    big, small = (
        [np.concatenate(c) for c in zip(*pose_chunks(small_run(), 1000, rows), strict=True)] for rows in (10**6, 7)
    )
    assert all(np.array_equal(a, b) for a, b in zip(big, small, strict=True))


def test_an_impossible_rate_is_refused(tmp_path):
    with pytest.raises(ValueError, match="more than 0"):
        write_poses(small_run(), tmp_path / "poses.parquet", 0.0)


@pytest.mark.parametrize("run", [small_run(), empty_run()])
def test_moves_have_the_documented_schema_even_when_empty(run, tmp_path):
    write_moves(run, tmp_path / "moves.parquet")
    table = pq.read_table(tmp_path / "moves.parquet")
    assert table.schema.equals(MOVES_SCHEMA, check_metadata=False)
    assert table.num_rows == len(run.moves)


def test_the_kind_of_a_move_is_a_plain_word(tmp_path):
    write_moves(small_run(), tmp_path / "moves.parquet")
    assert pq.read_table(tmp_path / "moves.parquet").to_pylist()[0]["kind"] == "discharge"
