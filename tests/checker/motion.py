"""Trucks move as trucks do: one time grid, no jumps, no sideways slip, no speed above what lane and truck allow."""

from collections.abc import Iterator

import numpy as np
import shapely

from checker.roads import paint
from checker.tracks import Tracks
from checker.violation import Violation
from portway.core.model import Terminal

SLACK = 1.1  # times the speed limit ...
SLACK_M = 0.1  # ... and this much, for the rounding of instants and coordinates
RADIUS_M_MIN = 4.0  # no truck turns tighter than this
TURN_RAD = 0.05
SLIP_RAD = 0.25  # between the way a truck went and its axis, judged when it went SLIP_M or more
SLIP_M = 0.5
PACE_MPS = 1.0  # between the speed column and the way made
ACCEL_SLACK = 1.5
ACCEL_SLACK_MPS = 0.5  # levels are passed at rounded instants
LANE_REACH_M = 8.0  # rounded corners leave the lane by less
ROAD_REACH_M = 20.0
SPEED_SLACK = 1.02
SPEED_SLACK_MPS = 0.1


def _wrap(angle_rad: np.ndarray) -> np.ndarray:
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


def _each(tracks: Tracks, rule: str, rows: np.ndarray, text) -> Iterator[Violation]:
    """One violation per truck and unbroken run of rows; `text` makes the words from the first row."""
    if not len(rows):
        return
    starts = np.flatnonzero(np.concatenate(([True], (np.diff(rows) > 1) | (np.diff(tracks.truck[rows]) != 0))))
    for row in rows[starts]:
        name = tracks.truck_ids[tracks.truck[row]]
        yield Violation(rule, int(tracks.at_ms[row]), (name,), f"{name} {text(row)}")


def check_grid(tracks: Tracks, trucks: list[str]) -> Iterator[Violation]:
    """Every truck of the fleet has exactly one pose at every instant; visitors have no gaps; numbers are finite."""
    instants = np.unique(tracks.at_ms)
    if len(instants) > 1 and np.ptp(np.diff(instants)):
        odd = int(instants[1:][np.diff(instants) != tracks.step_ms][0])
        yield Violation("grid", odd, (), f"the instants are not {tracks.step_ms} ms apart everywhere")
    for name in sorted(set(trucks) - set(tracks.truck_ids)):
        yield Violation("grid", 0, (name,), f"{name} is in the fleet and has no pose")
    for t, name in enumerate(tracks.truck_ids):
        at = tracks.at_ms[tracks.rows_of(t)]
        if np.any(np.diff(at) == 0):
            yield Violation("grid", int(at[1:][np.diff(at) == 0][0]), (name,), f"{name} has two poses at one instant")
        expected = len(instants) if tracks.is_ours[t] else (at[-1] - at[0]) // max(1, tracks.step_ms) + 1
        if len(np.unique(at)) != expected:
            yield Violation("grid", int(at[0]), (name,), f"{name} has {len(np.unique(at))} poses, expected {expected}")
    columns = np.stack((tracks.x_m, tracks.y_m, tracks.heading_rad, tracks.speed_mps))
    broken = np.flatnonzero(~np.isfinite(columns).all(axis=0))
    yield from _each(tracks, "grid", broken, lambda row: "has a pose that is not a number")


def check_steps(tracks: Tracks) -> Iterator[Violation]:
    """No teleport, no spin, no slip, and a speed that fits the way made."""
    same = np.diff(tracks.truck) == 0
    same &= np.diff(tracks.at_ms) > 0
    dt_s = np.where(same, np.diff(tracks.at_ms) / 1000.0, np.inf)
    dx, dy = np.diff(tracks.x_m), np.diff(tracks.y_m)
    way_m = np.where(same, np.hypot(dx, dy), 0.0)
    turn = np.where(same, _wrap(np.diff(tracks.heading_rad)), 0.0)
    v_max = tracks.speed_mps_max[tracks.truck[1:]]
    jump = way_m > np.where(same, v_max * dt_s * SLACK + SLACK_M, np.inf)
    yield from _each(
        tracks, "teleport", np.flatnonzero(jump) + 1, lambda r: f"jumps {way_m[r - 1]:.1f} m in {dt_s[r - 1]:.1f} s"
    )
    spin = np.abs(turn) > way_m / RADIUS_M_MIN + TURN_RAD
    yield from _each(
        tracks, "spin", np.flatnonzero(spin) + 1, lambda r: f"turns {turn[r - 1]:.2f} rad over {way_m[r - 1]:.1f} m"
    )
    middle = tracks.heading_rad[:-1] + turn / 2
    slip = (np.abs(_wrap(np.arctan2(dy, dx) - middle)) > SLIP_RAD) & (way_m > SLIP_M) & ~jump
    yield from _each(tracks, "slip", np.flatnonzero(slip) + 1, lambda r: "does not move along its axis")
    low = np.minimum(tracks.speed_mps[1:], tracks.speed_mps[:-1]) - PACE_MPS
    high = np.maximum(tracks.speed_mps[1:], tracks.speed_mps[:-1]) + PACE_MPS
    pace = same & ((way_m / dt_s < low) | (way_m / dt_s > high)) & ~jump
    yield from _each(
        tracks, "pace", np.flatnonzero(pace) + 1,
        lambda r: f"goes {way_m[r - 1] / dt_s[r - 1]:.1f} m/s and says {tracks.speed_mps[r]:.1f} m/s",
    )  # fmt: skip


def check_acceleration(tracks: Tracks) -> Iterator[Violation]:
    """Our trucks speed up and slow down no harder than their type can (road trucks drive as they like)."""
    same = (np.diff(tracks.truck) == 0) & tracks.is_ours[tracks.truck[1:]]
    change = np.where(same, np.diff(tracks.speed_mps), 0.0)
    allowed = tracks.accel_mps2_max[tracks.truck[1:]] * np.diff(tracks.at_ms) / 1000.0 * ACCEL_SLACK + ACCEL_SLACK_MPS
    hard = np.flatnonzero(np.abs(change) > np.where(same, allowed, np.inf)) + 1
    yield from _each(tracks, "acceleration", hard, lambda r: f"changes its speed by {change[r - 1]:.1f} m/s at once")


def check_speed(tracks: Tracks, terminal: Terminal) -> Iterator[Violation]:
    """Speeds stay within what the truck, the lanes near it and the zone it is in allow."""
    rows = np.flatnonzero(tracks.speed_mps != 0.0)
    x, y, v = tracks.x_m[rows], tracks.y_m[rows], tracks.speed_mps[rows]
    lane = paint(terminal, LANE_REACH_M).at(x, y)
    limit = np.minimum(tracks.speed_mps_max[tracks.truck[rows]], np.where(lane > 0, lane, np.inf))
    for zone in sorted(terminal.zones, key=lambda z: z.id):
        if zone.speed_mps_max is not None:
            inside = shapely.contains_xy(shapely.Polygon(zone.polygon), x, y)
            limit = np.where(inside, np.minimum(limit, zone.speed_mps_max), limit)
    allowed = limit * SPEED_SLACK + SPEED_SLACK_MPS
    fast = rows[(v > allowed) | (v < -SPEED_SLACK_MPS)]
    yield from _each(
        tracks, "speed", fast, lambda r: f"drives {tracks.speed_mps[r]:.2f} m/s, more than is allowed there"
    )


def check_where(tracks: Tracks, terminal: Terminal) -> Iterator[Violation]:
    """Trucks keep to the roads and out of closed zones."""
    road = paint(terminal, ROAD_REACH_M).at(tracks.x_m, tracks.y_m)
    yield from _each(
        tracks, "off_road", np.flatnonzero(road == 0),
        lambda r: f"is at ({tracks.x_m[r]:.1f}, {tracks.y_m[r]:.1f}), where no lane is",
    )  # fmt: skip
    for zone in sorted(terminal.zones, key=lambda z: z.id):
        if zone.closed:
            inside = shapely.contains_xy(shapely.Polygon(zone.polygon), tracks.x_m, tracks.y_m)
            rows = np.flatnonzero(inside & tracks.is_ours[tracks.truck])
            yield from _each(tracks, "closed_zone", rows, lambda r, z=zone.id: f"is in the closed zone {z}")
