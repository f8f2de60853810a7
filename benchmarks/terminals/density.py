"""Moves an hour over the number of trucks: our order of passage against first come, first served.

Every truck drives for ever between a random free quay place and a random free yard place (seeded, one stream a truck);
at each it stands 30 s. A move is an arrival. Lateness: each movement is delayed by 20 s with probability 1 %.
"""

import time
from typing import NamedTuple

import numpy as np
from grid import grid_terminal

from portway.core.kernels.columns import FOREVER, T_GOAL
from portway.core.model import PlaceKind, TruckType
from portway.core.routing.traffic import Traffic, TrafficParameters
from portway.core.routing.traffic_map import TrafficMap, compile_map
from portway.sim.trucks import Lateness, SimTrucks

DWELL_MS = 30_000
TICK_MS = 4_000


class Outcome(NamedTuple):
    """What one run gave."""

    moves_per_hour: float
    dead: int
    cpu_s: float
    plans: int


def grid_map(columns: int = 26, rows: int = 8) -> tuple[TrafficMap, dict[str, list[int]]]:
    """The compiled grid and its stops by kind."""
    terminal = grid_terminal(columns, rows)
    traffic_map = compile_map(terminal, TruckType())
    stops: dict[str, list[int]] = {"quay": [], "yard": []}
    for place in terminal.places:
        side = "quay" if place.kind == PlaceKind.QUAY_TRANSFER else "yard"
        stops[side].append(traffic_map.stop_of_place[place.id])
    return traffic_map, stops


def drive(
    traffic_map: TrafficMap, stops: dict[str, list[int]], trucks: int, hours: float, mode: str, late: bool, seed: int,
    tick_ms: int = TICK_MS,
) -> tuple[Traffic, Outcome]:  # fmt: skip
    """Run random quay-yard trips; the count starts after a tenth of the time."""
    traffic = Traffic(traffic_map, trucks, TrafficParameters(mode=mode))
    fleet = SimTrucks(traffic, Lateness(0.01 if late else 0.0, seed=seed))
    rng = [np.random.default_rng((seed, n)) for n in range(trucks)]
    every = stops["yard"]
    start = np.random.default_rng(seed).permutation(len(every))[:trucks]
    taken = set()
    for n in range(trucks):
        traffic.place(n, every[start[n]])
        taken.add(every[start[n]])
    quay = set(stops["quay"])
    wake = [(int(rng[n].integers(0, 60_000)), n) for n in range(trucks)]
    end, warm, moves, tick = int(hours * 3_600_000), int(hours * 360_000), 0, tick_ms
    at = [int(traffic.trucks[n, T_GOAL]) for n in range(trucks)]
    began = time.process_time()
    while traffic.now_ms < end:
        wake.sort()
        until = min(end, wake[0][0] if wake else end, tick if tick_ms else end)
        for arrival in traffic.advance(until, fleet.drive):
            moves += arrival.at_ms >= warm
            wake.append((arrival.at_ms + DWELL_MS, arrival.truck))
        if tick_ms and traffic.now_ms >= tick:
            tick += tick_ms
            traffic.improve()
        due = sorted(w for w in wake if w[0] <= traffic.now_ms)
        wake = [w for w in wake if w[0] > traffic.now_ms]
        for when, n in due:
            side = "yard" if at[n] in quay else "quay"
            free = [s for s in stops[side] if s not in taken]
            if not free:
                wake.append((when + DWELL_MS, n))
                continue
            goal = free[int(rng[n].integers(len(free)))]
            if traffic.send(n, goal) < 0:
                wake.append((traffic.now_ms + DWELL_MS, n))
                continue
            taken.discard(at[n])
            taken.add(goal)
            at[n] = goal
        if mode == "first_come" and fleet.next_ms() == FOREVER and not wake:
            break
    cpu = time.process_time() - began
    return traffic, Outcome(moves / (hours * 0.9), len(fleet.stuck()), cpu, traffic.plans_count)
