"""Agents and tasks of a CPLP instance on Portway's traffic control.

Tasks go to the idle agent with the shortest open way (`cplp_standing`). Where every way is shut, those idle agents that
stand in the cheapest one are sent away first; where an agent with a task stands in it, the task waits for its arrival.
"""

import numpy as np
from cplp_instance import Instance
from cplp_standing import Standing, Way

from portway.core.kernels.columns import T_GOAL
from portway.core.routing.traffic import Traffic, TrafficParameters
from portway.core.routing.traffic_map import TrafficMap
from portway.sim.trucks import SimTrucks

NEAREST = 6  # agents among which one is chosen when all ways are shut
DEPTH = 3  # agents moved so that agents can move
PATIENCE_MS = (500, 4_000)  # a task that found no plan is left alone so long; doubles


class Fleet:
    """Agents and tasks of an instance on traffic control."""

    def __init__(self, instance: Instance, traffic_map: TrafficMap) -> None:
        self.instance = instance
        self.traffic = Traffic(traffic_map, len(instance.start), TrafficParameters(weight=1.2, responses_max=4))
        self.trucks = SimTrucks(self.traffic)
        for agent, vertex in enumerate(instance.start):
            self.traffic.place(agent, int(vertex))
        for vertex in sorted(set(instance.task_vertex.tolist())):
            self.traffic.cost_row(vertex)
        self.standing = Standing(self.traffic)
        self.taboo = np.zeros(traffic_map.n_stops, np.bool_)
        self.task_of: dict[int, int] = {}  # agent -> task
        self.waiting: list[int] = []  # released tasks without an agent, oldest first
        self.again_ms: dict[int, int] = {}  # when a task that found no plan is looked at again
        self.patience_ms: dict[int, int] = {}

    def call(self) -> int:
        """Plan for waiting tasks while there are idle agents; returns how many tasks and plans were looked at."""
        before, tried = self.traffic.plans_count, 0
        for task in self._in_turn():
            if len(self.task_of) == len(self.instance.start):
                break
            tried += 1
            self._serve(task)
        self.traffic.improve()
        return tried + self.traffic.plans_count - before

    def _idle(self) -> list[int]:
        return [a for a in range(len(self.instance.start)) if a not in self.task_of]

    def _in_turn(self) -> list[int]:
        """Waiting tasks by the shortest way of an idle agent minus their age: near ones first, none for ever last."""
        now, idle = self.traffic.now_ms, self._idle()
        tasks = np.array([k for k in self.waiting if self.again_ms.get(k, 0) <= now], np.int64)
        if len(tasks) < 2 or not idle:
            return tasks.tolist()
        rows = self.traffic.goal_row[self.instance.task_vertex[tasks]]
        stops = self.traffic.trucks[idle, T_GOAL]
        least_ms = self.traffic.costs[0][rows[:, None], stops[None, :]].min(1)
        age_ms = now - 1000 * self.instance.task_release_s[tasks]
        return tasks[np.argsort(least_ms - age_ms, kind="stable")].tolist()

    def _serve(self, task: int) -> None:
        """Give a task to an agent; a task for which there is no plan is left alone for a while."""
        goal, now = int(self.instance.task_vertex[task]), self.traffic.now_ms
        self.standing.look(self.task_of)
        agent, until = self.standing.nearest_idle(goal), 0
        if agent < 0:
            agent, until = self._clear(goal)
        if agent >= 0 and self.traffic.send(agent, goal) >= 0:
            self.task_of[agent] = task
            self.waiting.remove(task)
            return
        wait = self.patience_ms.get(task, PATIENCE_MS[0])
        self.again_ms[task] = max(now + PATIENCE_MS[0], min(until or now + wait, now + PATIENCE_MS[1]))
        self.patience_ms[task] = min(2 * wait, PATIENCE_MS[1])

    def _clear(self, goal: int) -> tuple[int, int]:
        """Ask idle agents to make way for one of them to `goal`; returns that one and 0.

        Where that cannot be done: -1 and, when an agent with a task is in the way, its arrival in ms, else 0.
        """
        idle, far = self._idle(), self.traffic.costs_to(goal, False)
        idle.sort(key=lambda a: (int(far[self.traffic.stop_of(a)]), a))
        ways = [(self.standing.way(a, goal, self.taboo), a) for a in idle[:NEAREST]]
        found = [(way.cost_ms, agent, way) for way, agent in ways if way is not None]
        if not found:
            return -1, 0
        _, agent, way = min(found, key=lambda f: f[:2])
        etas = [self.traffic.eta_ms(b) for b in way.blockers if b in self.task_of]
        if etas or not self._make_way(way, agent, set(), DEPTH):
            return -1, max(etas, default=0)
        return agent, 0

    def _make_way(self, way: Way, agent: int, shut: set[int], depth: int) -> bool:
        """Send everybody away who stands in a way; those who are shut in have others moved for them first."""
        shut = shut | way.near
        for blocker in way.blockers:
            self.taboo[list(shut)] = True
            out = self.standing.way(blocker, -1, self.taboo)
            self.taboo[:] = False
            if out is None or any(b == agent or b in self.task_of for b in out.blockers):
                return False
            if out.blockers and (depth == 0 or not self._make_way(out, blocker, shut, depth - 1)):
                return False
            if self.traffic.send(blocker, out.end) < 0:
                return False
            self.standing.look(self.task_of)
        return True

    def arrived(self, agent: int) -> None:
        """An agent stands at the end of its plan; its task is done, and so are others that wait for an agent there."""
        self.task_of.pop(agent, None)
        self.meet(self.traffic.stop_of(agent))

    def meet(self, vertex: int) -> None:
        """All waiting tasks at a vertex are done: an agent is there."""
        self.waiting = [k for k in self.waiting if self.instance.task_vertex[k] != vertex]

    def release(self, task: int) -> None:
        """A task appears; it is done at once where an agent stands already."""
        self.waiting.append(task)
        vertex = int(self.instance.task_vertex[task])
        here = np.flatnonzero(self.traffic.trucks[:, T_GOAL] == vertex)
        if any(self.traffic.done(a) for a in here):
            self.meet(vertex)
