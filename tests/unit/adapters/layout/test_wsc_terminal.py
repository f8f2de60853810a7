"""The WSC 2025 terminal: one crane or block a control point, everything reachable, bad files refused."""

import pytest

from portway.adapters.layout.wsc_terminal import WscError, terminal_from_wsc
from portway.app.check import check_terminal
from portway.core.model import Fleet, PlaceKind, Truck, TruckType


def test_the_challenge_terminal_is_sound(portway_data):
    terminal = terminal_from_wsc(portway_data / "wsc2025")
    rest = [p.id for p in terminal.places if p.kind == PlaceKind.PARKING]
    assert (len(terminal.quay_cranes), len(terminal.blocks)) == (12, 16)
    assert len(rest) >= 16
    assert {b.capacity_boxes for b in terminal.blocks} == {1000}
    trucks = tuple(Truck(f"T{i}", home) for i, home in enumerate(rest))
    assert check_terminal(terminal, Fleet((TruckType(),), trucks)) == []


def test_other_control_points_give_another_sound_terminal(tmp_path):
    (tmp_path / "QC_controlpoint.csv").write_text("60,0\n200,0\n")
    (tmp_path / "YC_controlpoint.csv").write_text("130,100\n")
    terminal = terminal_from_wsc(tmp_path)
    trucks = tuple(Truck(p.id, p.id) for p in terminal.places if p.kind == PlaceKind.PARKING)
    assert [f for f in check_terminal(terminal, Fleet((TruckType(),), trucks)) if f.severity == "error"] == []


def test_every_bad_line_is_named(tmp_path):
    (tmp_path / "QC_controlpoint.csv").write_text("60,0\nsixty,0\n200,5\n")
    with pytest.raises(WscError) as error:
        terminal_from_wsc(tmp_path)
    assert [p.split(":")[0] for p in error.value.problems] == [
        "QC_controlpoint.csv", "YC_controlpoint.csv", "QC_controlpoint.csv",
    ]  # fmt: skip
