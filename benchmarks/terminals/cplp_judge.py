"""Judges a run of a CPLP instance from its drives alone: discs never overlap, agents move as they may, tasks are done.

Between two breakpoints of a pair of agents both move evenly, so the smallest gap has a closed form; nothing is sampled.
"""

from typing import NamedTuple

import numpy as np
from cplp_instance import RADIUS_M, Instance

TIME_SLACK_S = 2e-3  # instants may be rounded to milliseconds
GAP_SLACK_M = 5e-3


class Verdict(NamedTuple):
    """What a run gave. `problems` is empty for a good one."""

    problems: list[str]
    gap_m_min: float  # between centres; two radii and more is free
    tasks_done: int
    makespan_s: float
    service_s_mean: float  # completion minus release of the tasks done


def track(instance: Instance, agent: int, drives: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Breakpoints (n,) s and positions (n, 2) m of one agent, with what is wrong; `drives` rows: edge, start, end."""
    at, times, points, problems = int(instance.start[agent]), [0.0], [], []
    points.append(instance.xy_m[at])
    for edge, start_s, end_s in drives:
        edge = int(edge)
        if instance.edge_from[edge] != at:
            problems.append(
                f"agent {agent} enters edge {edge}, which does not begin at its vertex {at}, at {start_s:.3f} s"
            )
        if start_s < times[-1] - TIME_SLACK_S:
            problems.append(f"agent {agent} enters edge {edge} at {start_s:.3f} s, before it has arrived")
        if abs(end_s - start_s - instance.duration_s[edge]) > TIME_SLACK_S:
            problems.append(f"agent {agent} takes {end_s - start_s:.3f} s for edge {edge}")
        at = int(instance.edge_to[edge])
        times += [max(start_s, times[-1]), max(end_s, times[-1])]
        points += [instance.xy_m[instance.edge_from[edge]], instance.xy_m[at]]
    return np.array(times), np.array(points), problems


def gap_m(one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Smallest distance between two agents, and when; both stand for ever behind their last breakpoint."""
    times = np.union1d(one[0], two[0])
    a, b = (np.column_stack([np.interp(times, t, p[:, k]) for k in (0, 1)]) for t, p in (one, two))
    apart = a - b
    if len(times) == 1:
        return float(np.hypot(*apart[0])), float(times[0])
    d = np.diff(apart, axis=0)
    square = (d * d).sum(1)
    share = np.clip(-(apart[:-1] * d).sum(1) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    gaps = np.hypot(*(apart[:-1] + share[:, None] * d).T)
    k = int(np.argmin(gaps))
    return float(gaps[k]), float(times[k] + share[k] * (times[k + 1] - times[k]))


def completions_s(instance: Instance, drives: list[np.ndarray]) -> np.ndarray:
    """When each task was done: the first instant from its release on at which any agent is at its vertex; nan if never.

    Passing through counts, and one presence can complete several tasks, as in the published planner.
    """
    stays: dict[int, list[tuple[float, float]]] = {}
    for agent, own in enumerate(drives):
        at, since = int(instance.start[agent]), 0.0
        for edge, start_s, end_s in own:
            stays.setdefault(at, []).append((since, start_s))
            at, since = int(instance.edge_to[int(edge)]), end_s
        stays.setdefault(at, []).append((since, np.inf))
    done = np.full(len(instance.task_vertex), np.nan)
    for k, (vertex, release_s) in enumerate(zip(instance.task_vertex, instance.task_release_s, strict=True)):
        after = [max(release_s, since) for since, until in stays.get(int(vertex), []) if until >= release_s]
        done[k] = min(after, default=np.nan)
    return done


def judge(instance: Instance, drives: np.ndarray) -> Verdict:
    """Judge drives, rows (agent, edge, start_s, end_s) in any order."""
    drives = np.asarray(drives, float).reshape(-1, 4)
    drives = drives[np.lexsort((drives[:, 2], drives[:, 0]))]
    own = [drives[drives[:, 0] == n, 1:] for n in range(len(instance.start))]
    found = [track(instance, n, rows) for n, rows in enumerate(own)]
    problems = [text for _, _, texts in found for text in texts]
    tracks = [(t, p) for t, p, _ in found]
    smallest = np.inf
    for n in range(len(tracks)):
        for k in range(n):
            gap, when = gap_m(tracks[k], tracks[n])
            smallest = min(smallest, gap)
            if gap < 2 * RADIUS_M - GAP_SLACK_M:
                problems.append(f"agents {k} and {n} are {gap:.3f} m apart at {when:.3f} s")
    done = completions_s(instance, own)
    missing = int(np.isnan(done).sum())
    if missing:
        problems.append(f"{missing} tasks are not done")
    late = done - instance.task_release_s
    whole = missing < len(done)
    return Verdict(
        problems, float(smallest), len(done) - missing,
        float(np.nanmax(done)) if whole else 0.0, float(np.nanmean(late)) if whole else 0.0,
    )  # fmt: skip
