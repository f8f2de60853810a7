"""Look of the plots: a calm grey base, colour only where something waits or goes wrong (after ISA-101)."""

from typing import Any

import numpy as np

from portway.app.report.words import word
from portway.sim.cranes import CraneState
from portway.sim.record import TruckState

INK, QUIET, GRID, PAPER = "#2b3137", "#6b747c", "#dde1e4", "#f8f9f9"
STEEL, PALE, DEEP, AMBER, ALARM = "#3f6c86", "#8fb3c7", "#2c4f64", "#d8982f", "#b5533c"
IDLE = "#d9dde0"
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
HEAT_SCALE = [(0.0, PAPER), (0.02, "#dfe9ee"), (0.2, "#9dbfce"), (0.45, "#4d83a0"), (0.7, "#c98f3a"), (1.0, "#9b2f1f")]
WAIT_SCALE = [(0.0, "#e3eaee"), (0.3, "#edd9b0"), (0.65, AMBER), (1.0, ALARM)]
BAR = {"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 10}}
FONT = "system-ui, 'Segoe UI', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """A quiet axis; `title` names a word."""
    look = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "tickfont": {"color": QUIET, "size": 11}, **more}
    return {**look, "title": {"text": word(title), "font": {"size": 12, "color": QUIET}}} if title else look


def layout(legend_rows: int = 0, **more: Any) -> dict[str, Any]:
    """Layout of a plot on a card, with room for so many rows of legend below it."""
    return {
        "font": {"family": FONT, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 20, "t": 12, "b": 46 + 24 * legend_rows},
        "legend": {
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "x": 0,
            "traceorder": "normal",
            "font": {"size": 11},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#b5bcc2", "activecolor": STEEL},
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"color": INK}},
        "height": 340,
        **more,
    }


def shades(count: int) -> list[str]:
    """Steps from light to dark steel."""
    low, high = np.array([0xB9, 0xCD, 0xD9]), np.array([0x2C, 0x4F, 0x64])
    steps = np.linspace(0, 1, count) if count > 1 else [0.6]
    return ["#" + "".join(f"{int(c):02x}" for c in low + (high - low) * s) for s in steps]
