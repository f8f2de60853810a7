"""Plans for trucks, one after the other, against the table of all others.

A plan is a way with times; what binds is its order of passage. Old times cost quality, never safety.
"""

import numpy as np

from portway.core.kernels import allocation, improve, rehearsal, search
from portway.core.kernels import columns as c
from portway.core.kernels.search import FAR
from portway.core.routing.road_table import RoadTable


class DeadlockError(AssertionError):
    """The order of passage has a cycle: a defect of this package, never of the input."""


class Planner(RoadTable):
    """A table on which trucks are sent to stops."""

    def cost_row(self, goal: int) -> int:
        """Row of `costs` that holds the least driving times to a goal, computed on first use."""
        row = int(self.goal_row[goal])
        if row >= 0:
            return row
        row = int(self.goal_row.max()) + 1
        if row >= self.costs.shape[1]:
            grown = np.zeros((2, max(16, 2 * row), self.map.n_stops), np.int32)
            grown[:, :row] = self.costs[:, :row]
            self.costs = grown
        a = self.arrays
        for load in range(2):
            search.shortest_from(a, self._into, load, goal, self.costs[load, row])
        self.goal_row[goal] = row
        return row

    def costs_to(self, goal: int, loaded: bool) -> np.ndarray:
        """Least driving times (S,) from every stop to a goal on an empty road, ms."""
        row = self.cost_row(goal)
        return self.costs[int(loaded), row]

    def drive_ms(self, start: int, goal: int, loaded: bool) -> int:
        """Least driving time between two stops on an empty road; `search.FAR` if there is no way."""
        return int(self.costs_to(goal, loaded)[start])

    def renew(self, at_least_every_ms: int = 0) -> None:
        """Bring the times of the table up to date when trucks ran early or late, unless that was done just before.

        Old times cost quality, never safety: they still rise along every order of passage, so that a plan made
        against them closes no ring.
        """
        stale = self.clock[c.C_DIRTY] and self.now_ms >= self._renewed_ms + at_least_every_ms
        if stale and self.clock[c.C_MODE] != c.FIRST_COME:
            self._renewed_ms = self.now_ms
            self.rehearsals_count += 1
            found = rehearsal.frees_by_profiles(self.table, self.arrays, self.frees)
            stuck = rehearsal.rehearse(self.table, self.arrays, self.frees[:found])
            if stuck:
                raise DeadlockError(f"{stuck} trucks wait for each other at {self.now_ms} ms")

    def send(self, truck: int, goal: int) -> int:
        """Plan a truck to a stop from where it is bound to be next; returns the arrival in ms, or -1 when there is no
        plan (it keeps its old one). A truck already at the goal arrives at once."""
        row = self.cost_row(goal)
        if self.clock[c.C_MODE] == c.FIRST_COME:
            return self._send_by_route(truck, goal, row)
        self.renew(self.parameters.renew_ms)
        steps, eta = self._search(truck, goal, row)
        self.plans_count += 1
        if steps < 0:
            return -1
        improve.adopt(self.table, self.arrays, self.scratch, truck, goal, steps, eta)
        if steps == 0 and not self.trucks[truck, c.T_MOVING]:
            self._stands_at_goal(truck)
        return int(eta)

    def _search(self, truck: int, goal: int, row: int) -> tuple[int, int]:
        """Steps and arrival of the best plan, which is in `scratch.way`; -1 steps when there is none."""
        self.mark += 1
        cost = self.costs[self.trucks[truck, c.T_LOAD], row]
        return search.search(self.table, self.arrays, self.scratch, truck, goal, cost, self.weight, self.mark)

    def _stands_at_goal(self, truck: int) -> None:
        """The truck was called back to where it still stands: it arrives without a movement."""
        self.trucks[truck, c.T_BLOCKED] = -1
        self.trucks[truck, c.T_DONE] = 1
        count = int(self.clock[c.C_ENDED])
        if truck not in self.ended[:count]:
            self.ended[count], self.clock[c.C_ENDED] = truck, count + 1

    def what_if(self, truck: int, goal: int) -> int:
        """Arrival in ms if the truck were sent to a goal now, -1 without a plan; nothing changes but the times that a
        `renew` brings up to date."""
        row = self.cost_row(goal)
        self.renew()
        steps, eta = self._search(truck, goal, row)
        return int(eta) if steps >= 0 else -1

    def _send_by_route(self, truck: int, goal: int, row: int) -> int:
        self.trucks[truck, c.T_END] = self.trucks[truck, c.T_GRANTED] + 1
        cost = self.costs[self.trucks[truck, c.T_LOAD], row]
        length = improve.shortest_route(self.table, self.arrays, truck, goal, cost)
        self.plans_count += 1
        allocation.ask_again(self.table, self.arrays, truck, self.now_ms)
        if length == 0 and not self.trucks[truck, c.T_MOVING]:
            self._stands_at_goal(truck)
        return self.now_ms + int(cost[self.trucks[truck, c.T_STOP]])

    def improve(self) -> int:
        """One round of best responses; returns how many trucks got a better plan."""
        if self.clock[c.C_MODE] == c.FIRST_COME:
            return 0
        p = self.parameters
        self.renew(p.renew_ms)
        goals = self.trucks[:, c.T_GOAL]
        for goal in np.unique(goals[self.goal_row[goals] < 0]).tolist():  # forgotten: a restart, or a closed lane
            self.cost_row(goal)
        searches, adopted, _ = improve.best_responses(
            self.table, self.arrays, self.scratch, self.costs, self.goal_row, self.weight, self.mark, p.slack_ms,
            p.gain_ms, p.responses_max,
        )  # fmt: skip
        self.mark += searches
        self.plans_count += searches
        self.responses_adopted += adopted
        return int(adopted)

    def hold(self, truck: int, until_ms: int) -> None:
        """Keep a standing truck where it is until `release`, expected at `until_ms`; it may get a plan before."""
        if self.trucks[truck, c.T_HELD_UNTIL_MS] != until_ms:
            self.trucks[truck, c.T_HELD_UNTIL_MS] = until_ms
            self.clock[c.C_DIRTY] = 1

    def release(self, truck: int) -> None:
        """Let a held truck follow its plan."""
        self.trucks[truck, c.T_HELD_UNTIL_MS] = 0
        self.clock[c.C_DIRTY] = 1
        self._ask_again(truck)

    def pause(self, truck: int, paused: bool) -> None:
        """Allocate nothing to a truck until it may go on; it keeps what it holds and its plan."""
        self.trucks[truck, c.T_PAUSED] = int(paused)
        self._ask_again(truck)

    def _ask_again(self, truck: int) -> None:
        """Let a truck that has a plan ask for its next step."""
        if self.trucks[truck, c.T_STEP] + 1 < self.trucks[truck, c.T_END]:
            allocation.ask_again(self.table, self.arrays, truck, self.now_ms)


__all__ = ["FAR", "DeadlockError", "Planner"]
