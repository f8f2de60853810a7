"""Colours of the figures: a calm grey base, colour only where something waits or goes wrong (after ISA-101)."""

import numpy as np

from portway.app.report.kinds import Ramp
from portway.sim.cranes import CraneState
from portway.sim.record import TruckState

PAPER = "#f8f9f9"
STEEL, PALE, DEEP, AMBER, ALARM = "#3f6c86", "#8fb3c7", "#2c4f64", "#d8982f", "#b5533c"
IDLE, ROUGH = "#d9dde0", "#c98f80"
TRUCK_COLOURS = {  # in the order in which the areas are stacked
    TruckState.TO_DELIVER: STEEL,
    TruckState.TO_COLLECT: PALE,
    TruckState.HANDOVER: "#6d8f7c",
    TruckState.TO_REST: "#b3c3cd",
    TruckState.LEAVING: "#c3cbd1",
    TruckState.PARKED: IDLE,
    TruckState.WAIT_PLACE: "#ecd3a2",
    TruckState.WAIT_COLLECT: "#e3b45c",
    TruckState.WAIT_DELIVER: AMBER,
    TruckState.HELD_BY_TRAFFIC: ALARM,
}
CRANE_COLOURS = {
    CraneState.WORKING: STEEL,
    CraneState.GANTRY: PALE,
    CraneState.WAITING_TRUCK: AMBER,
    CraneState.IDLE: IDLE,
}
HEAT_RAMP: Ramp = [
    (0.0, PAPER), (0.02, "#dfe9ee"), (0.2, "#9dbfce"), (0.45, "#4d83a0"), (0.7, "#c98f3a"), (1.0, "#9b2f1f"),
]  # fmt: skip
WAIT_RAMP: Ramp = [(0.0, "#e3eaee"), (0.3, "#edd9b0"), (0.65, AMBER), (1.0, ALARM)]


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def ramp_rgb(ramp: Ramp, shares: np.ndarray) -> np.ndarray:
    """Red, green and blue (0..255) at each share of a ramp, shape (n, 3)."""
    at, colours = [a for a, _ in ramp], np.array([_rgb(c) for _, c in ramp])
    return np.column_stack([np.interp(shares, at, colours[:, k]) for k in range(3)]).round().astype(np.uint8)


def hex_of(rgb: np.ndarray) -> list[str]:
    """Colours as the page writes them."""
    return ["#" + bytes(row.tolist()).hex() for row in rgb]


def shades(count: int) -> list[str]:
    """Steps from light to dark steel."""
    return hex_of(ramp_rgb([(0.0, "#b9cdd9"), (1.0, DEEP)], np.linspace(0, 1, count) if count > 1 else np.array([0.6])))
