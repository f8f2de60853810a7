"""Steel stays where it is when its process ends."""

import pytest

from portway.app.live import truck_memory
from portway.app.live.truck_memory import TruckMemory


def test_poses_are_known_to_the_next_process_and_to_nobody_half(tmp_path):
    file = tmp_path / "deep" / "trucks.json"
    memory = TruckMemory(file)
    assert memory.poses == {}
    memory.keep({"T001": (1.0, 2.0, 0.5)})
    memory.keep({"T002": (3.0, 4.0, -0.5)})
    assert TruckMemory(file).poses == {"T001": (1.0, 2.0, 0.5), "T002": (3.0, 4.0, -0.5)}
    assert [p.name for p in file.parent.iterdir()] == ["trucks.json"]


@pytest.mark.parametrize("rubbish", ["", "[]", '{"T1": 3}', '{"T1": [1, 2]}', '{"T1": [1, 2, NaN]}', "{"])
def test_a_file_that_holds_something_else_is_refused_with_the_cure(tmp_path, rubbish):
    file = tmp_path / "trucks.json"
    file.write_text(rubbish)
    with pytest.raises(ValueError, match=r"trucks\.json.*remove"):
        TruckMemory(file)


def test_a_disk_that_takes_nothing_is_told_once_and_the_trucks_drive_on(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(truck_memory, "log", lambda event, **values: told.append((event, values["file"])))
    file = tmp_path / "trucks.json"
    memory = TruckMemory(file)
    file.with_suffix(".new").mkdir()  # whatever is written there fails
    for x in range(3):
        memory.keep({"T001": (float(x), 0.0, 0.0)})
    assert told == [("poses_not_kept", str(file))]
    file.with_suffix(".new").rmdir()
    memory.keep({"T001": (2.0, 0.0, 0.0)})
    assert TruckMemory(file).poses == {"T001": (2.0, 0.0, 0.0)}
