"""The cards of the page: a figure or a table with its title and a sentence on how to read it."""

from typing import Any

from portway.app.report import figures, road_figures
from portway.app.report.kinds import Figure
from portway.app.report.markup import said, tag
from portway.app.report.occupancy import SpaceTime, heat_of, space_time
from portway.app.report.plot import draw
from portway.app.report.tiles import crane_table
from portway.app.report.truck_time import split_held
from portway.app.report.words import word
from portway.core.model.layout import Terminal
from portway.core.units import MS_PER_MIN
from portway.sim.record import RunRecord


def card(name: str, inside: str, note: str = "", wide: bool = True) -> str:
    """A card; what is wider than a small screen is moved inside it."""
    content = said("h2", word(name)) + note + tag("div", inside, class_="scroll")
    return tag("section", content, class_="card wide" if wide else "card", data_card=name)


def _figure(name: str, figure: Figure, wide: bool = True, **note: Any) -> str:
    return card(name, draw(figure, wide), said("p", word(name + "_note", **note)), wide)


def _window(tracks: SpaceTime) -> dict[str, Any]:
    low, high = round(tracks.from_ms / MS_PER_MIN), round(tracks.to_ms / MS_PER_MIN)
    return {"offset": tracks.offset_m, "low": low, "high": high}


def cards(record: RunRecord, terminal: Terminal, r: dict[str, Any]) -> str:
    """All cards of a run; those of quay cranes only where there are some."""
    states, held = split_held(record)
    tracks = space_time(record, terminal)
    of_trucks = [
        _figure("truck_time", figures.truck_time(record, states, r)),
        _figure("waits", figures.waits(r)),
        _figure("heat", road_figures.road_heat(heat_of(record, held), terminal)),
        _figure("space_time", road_figures.lane_tracks(tracks), **_window(tracks)),
    ]
    if not r["quay_cranes"]:
        return "".join(of_trucks)
    of_cranes = [
        _figure("by_hour", figures.moves_by_hour(r), wide=False),
        _figure("crane_time", figures.crane_time(r), wide=False),
        _figure("crane_waits", figures.crane_waits(record)),
    ]
    return "".join([*of_cranes, *of_trucks, card("cranes", crane_table(r))])
