"""The decision hooks of the WSC 2025 challenge, answered by Portway's strategies.

The challenge asks a decision maker three questions: a berth and a vessel, a truck for a box, a block for a box on a
truck. `Bridge` builds the view that the strategy of that question wants, from what a terminal's control knows: places,
boxes in the yard, work lists, and its own earlier answers. It never looks at coming events or at the random numbers,
and it changes nothing in the simulator.

How the challenge hands out trucks decides what can be won. Boxes wait for trucks in one list, first come, first served,
whatever is answered; a vessel that begins to load puts all its boxes into it at once. An answer chooses the truck, not
the box. Two answers mean "wait": a truck that is still busy (the box goes to the next truck that gets free), and a
vessel without a berth.
"""

from typing import Any, NamedTuple

import numpy as np

from portway.core.dispatch.berth import BerthStrategy, BerthView
from portway.core.dispatch.strategy import DispatchStrategy, DispatchView
from portway.core.dispatch.yard import BlockStrategy, YardView

YARD_CRANE_MS = 90_000  # a box, in the yard
QUAY_CRANE_MS = 110_000  # a box, at the quay: 75 s + 35 s
SET_UP_MS = 1_500_000  # of the cranes, for each vessel


class Strategies(NamedTuple):
    """Who answers; where None, the organisers' heuristic does."""

    truck: DispatchStrategy | None = None
    block: BlockStrategy | None = None
    berth: BerthStrategy | None = None


class Bridge:
    """A decision maker of the challenge. `port` is its model; `heuristic` the organisers' decision maker for it."""

    def __init__(self, port: Any, heuristic: Any, strategies: Strategies) -> None:
        self._port, self._heuristic, self._by = port, heuristic, strategies
        self._way_ms: dict[tuple[Any, Any], int] = {}
        self._crane_free_ms: dict[Any, int] = {}  # by block: when its crane will have done what is on the way to it
        self._truck_free_ms: dict[Any, int] = {}
        self._leaving: dict[tuple[Any, str], int] = {}  # boxes by block and vessel
        self._berth_of: dict[str, Any] = {}  # where a vessel was last
        self._newest: Any = None  # the box that joined the list last

    def customeized_allocated_berth(self, waiting: list[Any]) -> tuple[Any, Any]:
        """(berth, vessel); (None, a vessel) lets all wait."""
        if self._by.berth is None:
            berth, vessel = self._heuristic.customeized_allocated_berth(waiting)
        else:
            free = [b for b in self._port.berths if b in self._port.berth_being_idle.completed_list]
            pair = self._by.berth.choose(self._berth_view(free, waiting))
            if pair is None:
                return None, waiting[0]
            berth, vessel = free[pair[0]], waiting[pair[1]]
        if berth is not None:
            self._berth_of[vessel.id] = berth
            self._count_leaving(vessel)
        return berth, vessel

    def customeized_allocated_agvs(self, container: Any) -> Any:
        """The truck that comes for the box at the head of the list; None when no truck is free."""
        trucks = self._port.agv_being_idle
        pending, idle = trucks.containers_pending, trucks.completed_list
        joined = container is pending[-1] and container is not self._newest
        if container is pending[-1]:
            self._newest = container
        if not idle:
            return None
        head = pending[0]
        if self._by.truck is None:
            truck = self._heuristic.customeized_allocated_agvs(head)
        else:  # a busy truck may be answered only when a box has joined the list; loads come in crowds that need all
            busy = self._returning() if joined and head.in_discharging else []
            truck = self._choose_truck(head, list(idle), busy)
        if truck in idle and not head.in_discharging:
            block = head.block_stacked
            begin_ms = max(self._now_ms(), self._crane_free_ms.get(block, 0))
            there_ms = self._now_ms() + self._drive_ms(truck.current_location, block.cp)
            self._crane_free_ms[block] = max(
                begin_ms + YARD_CRANE_MS, there_ms
            )  # holds the box until the truck is there
        return truck

    def customeized_determine_yard_block(self, agv: Any) -> Any:
        """The block for the box on a truck; None when the yard is full."""
        if self._by.block is None:
            block = self._heuristic.customeized_determine_yard_block(agv)
        else:
            row = self._by.block.choose(self._yard_view(agv))
            block = None if row is None else self._port.yard_blocks[row]
        if block is not None:
            there_ms = self._now_ms() + self._drive_ms(agv.current_location, block.cp)
            begin_ms = max(there_ms, self._crane_free_ms.get(block, 0))
            self._crane_free_ms[block] = begin_ms + YARD_CRANE_MS
            self._truck_free_ms[agv] = begin_ms  # the crane takes the box off before it stacks
            key = (block, agv.loaded_container.loading_vessel_id)
            self._leaving[key] = self._leaving.get(key, 0) + 1
        return block

    def _choose_truck(self, box: Any, idle: list[Any], busy: list[Any]) -> Any:
        now_ms = self._now_ms()
        place = box.current_location if box.in_discharging else box.block_stacked.cp
        rows = sorted(idle + busy, key=lambda t: t.id)
        free_ms = [now_ms if t in idle else max(now_ms, self._truck_free_ms.get(t, now_ms)) for t in rows]
        at = [t.current_location if t in idle else t.targeted_yb.cp for t in rows]
        none = np.full(len(rows), -1, np.int32)
        view = DispatchView(
            now_ms=now_ms,
            truck_ids=[str(t.id) for t in rows],
            free_ms=np.array(free_ms, np.int64),
            truck_crane=none,
            job_ids=[str(box.id)],
            due_ms=np.array([now_ms], np.int64),
            lead_ms=np.zeros(1, np.int64),
            crane=np.full(1, -1, np.int32),
            rank=np.zeros(1, np.int32),
            travel_ms=np.array([[self._drive_ms(p, place)] for p in at], np.int64),
        )
        assert self._by.truck is not None
        pairs = self._by.truck.assign(view)
        return rows[pairs[0][0]] if pairs else rows[rows.index(idle[0])]

    def _yard_view(self, agv: Any) -> YardView:
        blocks, now_ms, vessel = self._port.yard_blocks, self._now_ms(), agv.loaded_container.loading_vessel_id
        drive = [self._drive_ms(agv.current_location, b.cp) for b in blocks]
        wait = [self._crane_free_ms.get(b, 0) - now_ms - d for b, d in zip(blocks, drive, strict=True)]
        berth = self._berth_of.get(vessel)
        later = [0 if berth is None else self._to_berth_ms(b, berth) for b in blocks]
        return YardView(
            block_ids=[str(b.id) for b in blocks],
            free_slots=np.array([b.capacity - b.reserved_slots - len(b.stacked_containers) for b in blocks], np.int64),
            slots=np.array([b.capacity for b in blocks], np.int64),
            drive_ms=np.array(drive, np.int64),
            crane_wait_ms=np.maximum(np.array(wait, np.int64), 0),
            same_vessel=np.array([self._leaving.get((b, vessel), 0) for b in blocks], np.int64),
            load_drive_ms=np.array(later, np.int64),
        )

    def _berth_view(self, free: list[Any], waiting: list[Any]) -> BerthView:
        start = self._port.start_time
        work = []
        for v in waiting:
            boxes = sum(v.discharging_containers_information.values())
            boxes += sum((v.loading_containers_information or {}).values())
            work.append(SET_UP_MS + boxes * QUAY_CRANE_MS // v.required_qc_count)
        load = np.zeros((len(free), len(waiting)), np.int64)
        discharge = np.zeros_like(load)
        for col, vessel in enumerate(waiting):
            comes = sum(vessel.discharging_containers_information.values())
            discharge[:, col] = [self._to_slots_ms(comes, berth) for berth in free]
            for block in self._port.yard_blocks:
                boxes = sum(c.loading_vessel_id == vessel.id and c.week < vessel.week for c in block.stacked_containers)
                load[:, col] += [boxes * self._to_berth_ms(block, berth) for berth in free]
        return BerthView(
            now_ms=self._now_ms(),
            berth_ids=[str(b.id) for b in free],
            vessel_ids=[f"{v.id}, week {v.week}" for v in waiting],
            arrived_ms=np.array([int(1000 * (v.arrival_time - start).total_seconds()) for v in waiting], np.int64),
            work_ms=np.array(work, np.int64),
            discharge_ms=discharge,
            load_ms=load,
        )

    def _count_leaving(self, vessel: Any) -> None:
        """Counts the boxes that stay for the vessel's later calls: what it loads now leaves, the oldest first."""
        wanted = dict(vessel.loading_containers_information or {})
        for block in self._port.yard_blocks:
            self._leaving[block, vessel.id] = 0
        for box in self._port.container_dwelling.completed_list:
            if box.loading_vessel_id == vessel.id:
                if wanted.get(box.discharging_vessel_id, 0) > 0 and box.week < vessel.week:
                    wanted[box.discharging_vessel_id] -= 1
                else:
                    self._leaving[box.block_stacked, vessel.id] += 1

    def _returning(self) -> list[Any]:
        """Trucks on their way to a block, or waiting there for its crane: about to be free."""
        port = self._port
        trucks = port.agv_delivering_to_yard.processing_list + port.agv_holding_at_yard.completed_list
        return [t for t in trucks if t.targeted_yb is not None]

    def _now_ms(self) -> int:
        return int(1000 * (self._port.clock_time - self._port.start_time).total_seconds())

    def _to_berth_ms(self, block: Any, berth: Any) -> int:
        cranes = berth.equipped_qcs
        return self._drive_ms(block.cp, cranes[len(cranes) // 2].cp)

    def _to_slots_ms(self, boxes: int, berth: Any) -> int:
        """All drives of so many boxes from a berth to the nearest slots that are free now."""
        total_ms = 0
        for block in sorted(self._port.yard_blocks, key=lambda b: self._to_berth_ms(b, berth)):
            here = min(boxes, max(0, block.capacity - block.reserved_slots - len(block.stacked_containers)))
            total_ms += here * self._to_berth_ms(block, berth)
            boxes -= here
        return total_ms

    def _drive_ms(self, a: Any, b: Any) -> int:
        """Drive between two control points, by the challenge's own distances."""
        found = self._way_ms.get((a, b))
        if found is None:
            agv = type(self._port.agvs[0])
            found = self._way_ms[a, b] = int(1000 * agv.calculate_distance(a, b) / agv.speed)
        return found
