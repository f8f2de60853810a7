"""What the poses say about boxes agrees with the moves: the same box at the same time, handed over in place."""

from collections.abc import Iterator

import numpy as np

from checker.boxes import BY_ROAD
from checker.roads import place_points
from checker.tracks import Tracks
from checker.trips import NEVER, Trip
from checker.violation import Violation
from portway.core.model import Terminal

AT_PLACE_M = 1.0
STANDING_MPS = 0.1


def _aboard(tracks: Tracks, rows: slice, own: list[Trip], code: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Which boxes a truck carries at its rows, (n, 2) with -1 for none, and at which rows that is beyond doubt."""
    at = tracks.at_ms[rows]
    load = np.full((len(at), 2), -1, np.int64)
    sure = np.ones(len(at), np.bool_)
    for trip in own:
        end_ms = trip.delivered_ms if trip.is_done else int(at[-1]) + 1
        low, high = np.searchsorted(at, (trip.collected_ms, end_ms))
        part = load[low:high]
        part[:, 1] = np.where(part[:, 0] >= 0, code.get(trip.container, -2), part[:, 1])
        part[:, 0] = np.where(part[:, 0] < 0, code.get(trip.container, -2), part[:, 0])
        for instant in (trip.collected_ms, end_ms):
            low, high = np.searchsorted(at, (instant - tracks.step_ms, instant + tracks.step_ms + 1))
            sure[low:high] = False
    return load, sure


def check_cargo(tracks: Tracks, trips: list[Trip], finished: bool) -> Iterator[Violation]:
    """`container_id` names a box that the truck carries by the moves, and is null when it carries none.

    In a run that was cut short a move under way at the end may have no row; behind the last known handover of a truck
    its box is then taken on trust.
    """
    code = {box: i for i, box in enumerate(tracks.box_ids)}
    by_truck: dict[str, list[Trip]] = {}
    for trip in trips:
        if trip.collected_ms != NEVER and trip.job.kind not in BY_ROAD:
            by_truck.setdefault(trip.truck, []).append(trip)
    for t, name in enumerate(tracks.truck_ids):
        rows, own = tracks.rows_of(t), by_truck.get(name, [])
        if not tracks.is_ours[t]:
            continue
        load, sure = _aboard(tracks, rows, own, code)
        box = tracks.box[rows]
        if not finished:
            last_ms = max((x.delivered_ms if x.is_done else x.collected_ms for x in own), default=-1)
            sure &= (tracks.at_ms[rows] <= last_ms) | (box < 0)
        fits = np.where(load[:, 0] == -1, box == -1, (box != -1) & ((box == load[:, 0]) | (box == load[:, 1])))
        yield from _first_breaches(tracks, rows, np.flatnonzero(sure & ~fits), load)


def _first_breaches(tracks: Tracks, rows: slice, bad: np.ndarray, load: np.ndarray) -> Iterator[Violation]:
    name = tracks.truck_ids[tracks.truck[rows.start]]
    starts = bad[np.concatenate(([True], np.diff(bad) > 1))] if len(bad) else bad
    for i in starts:
        says = tracks.box_ids[tracks.box[rows][i]] if tracks.box[rows][i] >= 0 else "no box"
        has = [tracks.box_ids[b] if b >= 0 else "a box that no pose names" for b in load[i] if b != -1] or ["none"]
        at = int(tracks.at_ms[rows][i])
        yield Violation("cargo", at, (name,), f"{name} shows {says}, by the moves it carries {' and '.join(has)}")


def check_handovers(tracks: Tracks, trips: list[Trip], terminal: Terminal) -> Iterator[Violation]:
    """When a box changes hands its truck stands at the place that the move names."""
    point = place_points(terminal)
    index = {name: t for t, name in enumerate(tracks.truck_ids)}
    for trip in trips:
        if trip.job.kind in BY_ROAD or trip.truck not in index:
            continue
        rows = tracks.rows_of(index[trip.truck])
        for instant, place in ((trip.collected_ms, trip.from_place), (trip.delivered_ms, trip.to_place)):
            n = int(np.searchsorted(tracks.at_ms[rows], instant, side="right")) - 1
            if instant == NEVER or place not in point or n < 0:
                continue
            row = rows.start + n
            away = float(np.hypot(tracks.x_m[row] - point[place][0], tracks.y_m[row] - point[place][1]))
            if away > AT_PLACE_M or abs(tracks.speed_mps[row]) > STANDING_MPS:
                text = f"{trip.words}: {trip.truck} is {away:.1f} m from {place} at {tracks.speed_mps[row]:.1f} m/s"
                yield Violation("handover", instant, (trip.truck, trip.job.id), text)
