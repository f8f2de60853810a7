"""A live yard in which trucks lie, servers restart and links die, and the books that are held against it.

The steel moves by what its agents do; what the server hears goes through the lies. Kept beside it, by nobody's word:
where the steel is, since when each truck stands, which alarms have come.
"""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from portway.adapters.vda5050.agent import TruckAgent
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.versions import MESSAGES_TO_TRUCK
from portway.app.compose import truck_type
from portway.app.live.snapshot import freeze, thaw
from portway.core.commands import Command, ExtendBase, PauseTruck, StartHandover
from portway.core.controller.outstanding import outstanding
from portway.core.controller.standstill import DOES_NOT_DRIVE
from portway.core.controller.waiting import Why, Whys, chain
from portway.core.events import Event, HandoverDone, TruckPaused
from portway.core.model import Scenario
from portway.core.routing.inspection import has_plan
from portway.sim.overlaps import overlapping_pairs
from portway.testing.lies import Lie
from portway.testing.live_yard import TICK_MS
from portway.testing.vda_yard import VdaYard

STAND_MS = 330_000  # 5 minutes, and the period of the look
TOLD_MS = 60_000  # an alarm of the cause is due so long after
OPERATOR_MS = 90_000  # a person comes after that time
IDLE_MS = 500  # a truck that stands without an order is looked at so often
TRUE_M = 3.0  # a position so near to the steel is true


class LiarYard(VdaYard):
    """Trucks of the three versions, some of which lie."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.lies: dict[str, Lie] = {}
        self.rng = random.Random(seed)
        self.heard: dict[str, tuple[float, float]] = {}  # position last told to the server
        self._stood: dict[str, tuple[Any, int]] = {}
        self.breaches: list[str] = []
        self.marks: Counter[str] = Counter()
        self._served_ms: dict[str, int] = {}
        self._unfit_since: dict[str, int] = {}
        self._overlapping: set[tuple[str, str]] = set()
        super().__init__(scenario, seed)

    # -- lies ---------------------------------------------------------------------------------------------------

    def lie(self, truck: str, lie: Lie) -> None:
        """A truck begins to lie."""
        self.lies[truck] = lie
        self.marks[lie.name] += 1
        if lie.does == "restarts":
            before = self.agents[truck].ground.pose
            self.restart_truck(truck, *lie.moved_m)
            if self.agents[truck].ground.pose == before:  # there was no room: nothing to be told
                self.lies[truck] = lie._replace(calls=())
        elif lie.does == "manual":
            self.agents[truck].nodes, self.agents[truck].edges, self.agents[truck].ground.pieces = [], [], []
            self.agents[truck].ground.mps = self.agents[truck].ground.along_m = 0.0
        elif lie.does == "self_pause":
            self.agents[truck].paused = True

    def honest(self, truck: str) -> None:
        """It lies no longer; what was turned off by hand is on again."""
        lie = self.lies.pop(truck)
        agent = self.agents[truck]
        if lie.does in ("self_pause",):
            agent.paused = False
        if lie.name == "link dead":
            self.carry([agent.connection("ONLINE", self.now_s), agent.state(self.now_s)])

    def restart_truck(self, truck: str, along_m: float = 0.0, aside_m: float = 0.0, with_order: bool = False) -> None:
        """Its on-board unit dies with its link and comes back, perhaps moved, perhaps with its order."""
        old = self.agents[truck]
        x, y, h = old.ground.pose
        moved = (x + along_m * np.cos(h) - aside_m * np.sin(h), y + along_m * np.sin(h) + aside_m * np.cos(h), h)
        pose = tuple(map(float, moved)) if self._is_clear(truck, moved) else (x, y, h)
        self.carry([old.connection(old.version.broken, self.now_s - 300.0)])  # written when it came online
        self._switch_on(truck, pose, with_order)

    def _switch_on(self, truck: str, pose: tuple[float, ...], with_order: bool) -> None:
        old = self.agents[truck]
        agent = TruckAgent("steel", truck, old.version, pose, truck_type(self.scenario))  # type: ignore[arg-type]
        if with_order:
            agent.order_id, agent.update_id, agent.nodes, agent.edges = (
                old.order_id,
                old.update_id,
                old.nodes,
                old.edges,
            )
            agent.last_node, agent.last_sequence = old.last_node, old.last_sequence
        self.agents[truck] = agent
        self.carry([agent.connection("ONLINE", self.now_s), agent.state(self.now_s)])

    def _is_clear(self, truck: str, pose: tuple[float, ...]) -> bool:
        """Whether no other truck stands at a pose or may still drive there: who moves steel by hand looks first."""
        others = [a.ground.pose for n, a in self.agents.items() if n != truck]
        for name, agent in self.agents.items():
            if name != truck:
                others += [p.at(s) for p in agent.ground.pieces for s in np.arange(0.0, p.length_m, 4.0)]
                others += self.controller.state.traffic.undriven(self.controller.state.index[name])
        size = truck_type(self.scenario)
        half = size.length_m / 2 + 0.5, size.width_m / 2 + 0.5
        for other in others:
            x, y, h = np.array([pose, other]).T
            if overlapping_pairs(x, y, h, np.array([0, 2]), *half):
                return False
        return True

    def _hand_over(self, message: Outgoing) -> None:
        truck, kind = message.topic.split("/")[-2:]
        lie = self.lies.get(truck)
        if kind in MESSAGES_TO_TRUCK:
            if lie is not None and lie.hears is not None:
                body = lie.hears(kind, json.loads(message.payload), self.rng)
                if body is None:
                    return
                message = message._replace(payload=json.dumps(body).encode())
        elif lie is not None and lie.says is not None and kind == "state":
            body = lie.says(json.loads(message.payload), self.rng)
            if body is None:
                return
            message = message._replace(payload=json.dumps(body).encode())
        elif lie is not None and lie.name == "link dead" and kind == "connection":
            return
        if kind == "state":
            self._note_heard(truck, None if lie is None else json.loads(message.payload))
        super()._hand_over(message)

    def _note_heard(self, truck: str, body: dict[str, Any] | None) -> None:
        """Where a truck says it is; one that does not lie says where it is."""
        if body is None:
            self.heard[truck] = self.agents[truck].ground.pose[:2]
            return
        p = body.get("agvPosition") or body.get("mobileRobotPosition")
        if p is not None:
            self.heard[truck] = p["x"], p["y"]

    # -- servers and links --------------------------------------------------------------------------------------

    def restart_server(self) -> None:
        """The core comes back from its snapshot, master control with nothing; the broker still has the connections."""
        self.controller = thaw(freeze(self.controller), self.map)
        self.runtime = self.loop()
        self._events.clear()
        self.restart_master()
        self.tell([k for k in outstanding(self.controller.state) if isinstance(k, ExtendBase | PauseTruck)])
        for truck, agent in self.agents.items():
            if truck not in self.lies or self.lies[truck].name != "link dead":
                self.carry([agent.connection("ONLINE", self.now_s)])
        self.marks["server restarted"] += 1

    def foreign_pause(self) -> None:
        """Somebody else on the broker pauses all trucks and goes."""
        assert self.master is not None
        for name, agent in self.agents.items():
            action = self.master.instant_action(name, "startPause", self.now_s)
            agent.received(agent.topic("instantActions"), action.payload, self.now_s)
        self.marks["paused by another master"] += 1

    # -- time ---------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """A tenth of a second, then a look at the books."""
        self.now_ms += TICK_MS
        for name, agent in self.agents.items():
            lie = self.lies.get(name)
            dt_s = TICK_MS / 1000
            if lie is None and not agent.nodes and agent.ground.mps == 0.0:  # it stands and has nothing to do
                if self.now_ms % IDLE_MS:
                    continue
                dt_s = IDLE_MS / 1000
            if lie is not None and lie.does in ("stands", "manual"):
                dt_s = 0.0
                agent.ground.mps = 0.0
            elif lie is not None and lie.does == "slow":
                dt_s *= 0.1
            if lie is not None and lie.does == "manual":
                self._drive_by_hand(name, agent)
            self.carry(agent.step(dt_s, self.now_s))
        if self.now_ms % 1_000 == 0 and self.master is not None:
            self.take(self.master.tick(self.now_s))
        self.runtime.turn(self.now_ms)
        if self.now_ms % 500 == 0:
            self._look_at_overlaps()
        if self.now_ms % 10_000 == 0:
            self._look_at_standing()
            self._operator()

    def _drive_by_hand(self, name: str, agent: TruckAgent) -> None:
        """Somebody steers it out of the lane, where nobody is."""
        x, y, h = agent.ground.pose
        pose = x + 0.2 * np.cos(h + 0.5), y + 0.2 * np.sin(h + 0.5), h
        if self._is_clear(name, pose):
            agent.ground.pose = tuple(map(float, pose))  # type: ignore[assignment]

    # -- books --------------------------------------------------------------------------------------------------

    def _look_at_overlaps(self) -> None:
        names = list(self.agents)
        x, y, h = (np.array(v) for v in zip(*self.poses(), strict=True))
        size = truck_type(self.scenario)
        half = size.length_m / 2, size.width_m / 2
        near = np.argwhere(np.triu(np.hypot(x[:, None] - x, y[:, None] - y) < size.length_m + size.width_m, 1))
        now = set()
        for a, b in near.tolist():
            if overlapping_pairs(x[[a, b]], y[[a, b]], h[[a, b]], np.array([0, 2]), *half):
                now.add((names[a], names[b]))
        for pair in sorted(now - self._overlapping):
            if all(self._could_be_known(n) for n in pair):
                self.breaches.append(f"{self.now_ms // 1000} s: {' and '.join(pair)} overlap {self._lies_of(*pair)}")
        self._overlapping = now

    def _could_be_known(self, truck: str) -> bool:
        """Whether the server had been told where the steel is."""
        x, y, _ = self.agents[truck].ground.pose
        told = self.heard.get(truck)
        return told is not None and abs(told[0] - x) < TRUE_M + 10.0 and abs(told[1] - y) < TRUE_M + 10.0

    def _lies_of(self, *trucks: str) -> str:
        return ", ".join(f"{t}: {self.lies[t].name}" for t in trucks if t in self.lies) or "(nobody lies)"

    def _look_at_standing(self) -> None:
        """A healthy truck with something to do that stands for more than five minutes, and whose cause nobody told."""
        state = self.controller.state
        whys = Whys(state)
        for name, mission in state.missions.items():
            if mission.is_visitor:
                continue
            x, y, _ = self.agents[name].ground.pose
            mark = round(x), round(y), mission.leg, mission.serving, mission.unit.id if mission.unit else "", whys[name]
            before, since = self._stood.get(name, (None, 0))
            if before != mark:
                self._stood[name] = mark, self.now_ms
                continue
            idle = mission.unit is None and not has_plan(state.traffic, state.index[name])
            if name in self.lies or mission.paused or idle or self.now_ms - since < STAND_MS + TOLD_MS:
                continue
            if not self._waits_for_somebody_at_work(name, whys) and not self._is_told(name, whys):
                self._stood[name] = mark, self.now_ms  # once is enough
                self.breaches.append(f"{self.now_ms // 1000} s: {name} stands since {since // 1000} s, nobody was told")

    def _is_told(self, name: str, whys: Mapping[str, Why]) -> bool:
        """Whether an alarm names a truck, or somebody it waits for."""
        links = {name, *chain(name, whys)}
        return any(links & {a.subject, *a.detail.replace(":", " ").split()} for a in self.alerts)

    def _waits_for_somebody_at_work(self, name: str, whys: Mapping[str, Why]) -> bool:
        """Whether the end of the chain of waiting is a crane that was serving or a truck that moved just before."""
        links = [name, *chain(name, whys)]
        last = links[-1]
        if last not in self.agents:
            if self.now_ms - self._served_ms.get(last, -STAND_MS) < STAND_MS:
                return True
            queue = self.controller.state.board.queues.get(last)
            head = queue.next_unit() if queue is not None else None
            if head is not None and head.truck is None:  # for the first truck that comes free
                return any(self.now_ms - since < STAND_MS for _, since in self._stood.values())
            last = "" if head is None or head.truck is None else head.truck
        return self.now_ms - self._stood.get(last, (None, -STAND_MS))[1] < STAND_MS

    def note(self, event: Event, answer: Sequence[Command]) -> None:
        """As in `LiveYard`; when a crane has begun or ended to serve is kept."""
        super().note(event, answer)
        begun = [c.crane for c in answer if isinstance(c, StartHandover)]
        for crane in [event.crane, *begun] if isinstance(event, HandoverDone) else begun:
            self._served_ms[crane] = self.now_ms

    def _operator(self) -> None:
        """A person who comes some time after the alarm: ends what the truck does wrong, puts it where it can go on from
        and lets it go on."""
        state = self.controller.state
        for name in sorted(state.homes):
            mission = state.missions[name]
            if not mission.unfit and not self.agents[name].paused and not self._does_not_drive(name):
                self._unfit_since.pop(name, None)
                continue
            since = self._unfit_since.setdefault(name, self.now_ms)
            if self.now_ms < since + OPERATOR_MS or name in self.lies:
                continue
            self._unfit_since[name] = self.now_ms  # and again, if that did not help
            if mission.off_road and self.now_ms >= since + OPERATOR_MS:
                self._tow(name)
            self.handle(TruckPaused(self.now_ms, name, False, "operator", "looked at it"))
            self.marks["a person came"] += 1

    def _does_not_drive(self, name: str) -> bool:
        """Whether the last alarm about a truck is that it could drive and does not."""
        if not self.controller.persists("truck_waits", name):
            return False
        return [a.detail for a in self.alerts if a.subject == name][-1:] == [f"{DOES_NOT_DRIVE}: {name}"]

    def _tow(self, name: str) -> None:
        """Bring a truck home by hand, and start its on-board unit anew there."""
        state = self.controller.state
        x, y, h = (float(v) for v in self.map.stop_pose[state.book.stop(state.homes[name])])
        if self._is_clear(name, (x, y, h)):
            self._switch_on(name, (x, y, h), with_order=self.rng.random() < 0.5)
            self.marks["towed home"] += 1
