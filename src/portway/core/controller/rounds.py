"""What the core does again and again: better plans, dispatch, and another try of what was not possible."""

from typing import Never

from portway.core.controller.quay import QuayService
from portway.core.controller.roads import Roads
from portway.core.controller.standstill import Standstill
from portway.core.controller.state import State
from portway.core.controller.visitors import Visitors
from portway.core.service import Service


class Rounds(Service[Never]):
    """Periodic timers."""

    timers = ("improve", "dispatch_tick", "dispatch", "retry")

    def __init__(
        self, state: State, quay: QuayService, visitors: Visitors, roads: Roads, standstill: Standstill
    ) -> None:
        self._state, self._quay, self._visitors, self._roads, self._standstill = (
            state,
            quay,
            visitors,
            roads,
            standstill,
        )
        policies = state.scenario.policies
        self._every_ms = {
            "improve": round(policies.best_response_s * 1000),
            "dispatch_tick": round(policies.dispatch_period_s * 1000),
        }

    def begin(self) -> None:
        """Wind up the clockwork, and let cranes get ready."""
        for timer in self._every_ms:
            self._again(timer)
        for queue in self._state.board.in_order():
            self._quay.prepare(queue)

    def _again(self, timer: str) -> None:
        if self._every_ms[timer] > 0:
            self._state.set_timer(self._state.now_ms + self._every_ms[timer], timer)

    def fired(self, timer: str, name: str) -> None:
        """A round; `dispatch` is one only because everything settles after it."""
        if timer == "improve":
            self._state.traffic.improve()
        elif timer == "dispatch_tick":
            self._state.work_wanted = True
            self._standstill.look()
        elif timer == "retry":
            self._state.places_freed = True
            self._visitors.retry()
            self._roads.retry()
            self._state.work_wanted = True
        if timer in self._every_ms:
            self._again(timer)
