"""The mirror of a run: positions as in the run's own record, models that keep their balances, rows that add up."""

import numpy as np
import pytest
from mirrored_run import mirrored_run

from portway.app.compose import simulate
from portway.app.config import load_scenario
from portway.app.run_record import run_record
from portway.sim.poses import pose_chunks
from portway.twin import crane_model


@pytest.fixture(scope="module")
def run():
    found = mirrored_run()
    found.go_to(1_200_000)
    return found


def test_trucks_stand_where_the_record_of_the_run_says():
    found = mirrored_run()
    seen = []
    for at in range(1_000, 301_000, 1_000):
        found.go_to(at)
        trucks = found.mirror.points["truck"]
        seen.append(
            np.stack([trucks.of(f"position.{axis}") for axis in ("x", "y")] + [trucks.of("drive.speed")], axis=1).copy()
        )
    record = run_record(simulate(load_scenario("huashan", []), 0, 301 / 3600))
    poses = next(pose_chunks(record, 1_000, 1 << 20))
    count = len(record.truck_ids)
    ours = [np.stack((poses.x_m, poses.y_m, poses.speed_mps), axis=1)[poses.track < count].reshape(-1, count, 3)]
    expected = ours[0][1:301]
    assert np.abs(np.array(seen)[:, :, :2] - expected[:, :, :2]).max() < 0.02
    assert expected[:, :, 2].max() > 3.0


def test_there_are_thousands_of_points_and_none_of_a_truck_is_unknown(run):
    points = run.mirror.points
    assert points.count == sum(len(g.devices) * len(g.points) for g in points.groups.values())
    assert np.isfinite(points["truck"].now).all()
    names = [p.name for g in points.groups.values() for p in g.points]
    assert len(set(names)) == len(names)


def test_energy_used_is_what_the_battery_has_lost(run):
    trucks = run.mirror.points["truck"]
    lost = 282.0 * (85.0 - trucks.of("battery.charge")) / 100.0
    net = trucks.of("battery.energy_used") - trucks.of("battery.energy_recovered")
    assert lost.max() > 0.5
    assert np.all(lost >= net - 0.02)  # the inner resistance takes its share
    assert np.all(lost < 1.1 * net + 0.05)


def test_consumption_is_that_of_the_field(run):
    """3.7 kWh/km mean [J. SJTU 58(9) 2024]; a third either way is let pass."""
    trucks = run.mirror.points["truck"]
    driven = trucks.of("drive.odometer") > 1_000.0
    net = (trucks.of("battery.energy_used") - trucks.of("battery.energy_recovered"))[driven].sum()
    assert 2.4 < 1000.0 * net / trucks.of("drive.odometer")[driven].sum() < 5.0


def test_axle_loads_carry_the_truck_and_its_box(run):
    trucks = run.mirror.points["truck"]
    carried = sum(trucks.of(f"axle{n}.load") for n in (1, 2, 3, 4))
    assert carried == pytest.approx(0.00981 * (24_000.0 + trucks.of("load.mass")), rel=1e-6)


def test_boxes_done_and_job_rows_are_the_boards(run):
    board, tables = run.controller.state.board, run.mirror.tables.rows
    assert tables["kpi"]["boxes_done"]["value"] == board.jobs_done > 0
    done = {k for k, row in tables["jobs"].items() if row["state"] == "completed"}
    assert done == board.delivered
    assert {k: (r["b"], r["y"], r["r"], r["t"]) for k, r in tables["boxes"].items()} == {
        k: (s.block, s.bay, s.row, s.tier) for k, s in board.boxes.at.items()
    }


def test_a_truck_that_waits_says_for_whom(run):
    trucks = run.mirror.tables.rows["trucks"]
    known = {*trucks, *run.mirror.tables.rows["cranes"], ""}
    waiting = [row for row in trucks.values() if row["why"]["code"] in ("crane", "traffic", "place", "handover")]
    assert waiting
    assert all(row["why"]["subject"] in known for row in waiting)
    assert all(set(row["chain"]) <= known for row in waiting)


def test_cranes_reach_what_they_were_sent_to(run):
    cranes = run.mirror.points["quay_crane"]
    assert np.all(cranes.of("hoist.position") >= 4.0)
    assert cranes.of("supply.energy").max() > 1.0


def test_same_run_same_values():
    first, second = mirrored_run(), mirrored_run()
    for found in (first, second):
        found.go_to(120_000)
    out = [np.empty(f.mirror.points.count, np.int32) for f in (first, second)]
    for found, values in zip((first, second), out, strict=True):
        found.mirror.points.quantise(values)
    assert (out[0] == out[1]).all()
    assert first.mirror.tables.rows == second.mirror.tables.rows


def test_a_mirror_that_has_been_made_has_nothing_left_to_compile_for_its_cranes():
    run = mirrored_run()
    before = len(crane_model._step.signatures)
    assert before > 0
    run.go_to(5_000)
    assert len(crane_model._step.signatures) == before
