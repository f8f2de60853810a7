"""Heat of the roads and the space-time diagram of the small run."""

import numpy as np
import pytest

from portway.app.report.occupancy import heat_of, space_time
from portway.app.report.truck_time import split_held
from unit.app.report.small_run import empty_run, small_run
from unit.app.small_terminal import small_terminal


def test_heat_adds_up_to_the_time_spent_on_the_roads():
    run = small_run()
    heat = heat_of(run, split_held(run)[1])
    hours = run.end_ms / 3_600_000
    assert heat.value.sum() * heat.cell_m * hours == pytest.approx(20 + 40 + 20 + 10)  # three drives and one hold


def test_heat_of_nothing_is_empty():
    assert heat_of(empty_run(), split_held(empty_run())[1]).value.sum() == 0


def test_space_time_follows_the_lane_and_breaks_between_tracks():
    tracks = space_time(small_run(), small_terminal())
    assert tracks.offset_m == pytest.approx(12.0)  # the road at y = 0, the rail at y = -12
    first = np.flatnonzero(np.isnan(tracks.along_m))[0]
    assert np.all(np.diff(tracks.along_m[:first]) >= 0)
    assert set(np.unique(tracks.loaded[~np.isnan(tracks.loaded)])) <= {0.0, 1.0}
