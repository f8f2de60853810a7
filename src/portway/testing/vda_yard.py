"""The live yard with VDA 5050 in between: master control on the core's side, truck agents on the other, messages that
get lost; no broker."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from portway.adapters.vda5050.agent import TruckAgent
from portway.adapters.vda5050.facts import Condition, Fact, Outgoing, Progress
from portway.adapters.vda5050.master import MasterControl
from portway.adapters.vda5050.road_book import RoadBook
from portway.adapters.vda5050.versions import MESSAGES_TO_TRUCK, VERSIONS
from portway.adapters.vda5050.zone_desk import ZoneDesk
from portway.app.compose import truck_type
from portway.app.live.truck_watch import Make, TruckWatch
from portway.core.commands import Alert, CancelOrder, Command, ExtendBase, HoldOrders, PauseTruck
from portway.core.model import Scenario
from portway.testing.live_yard import TICK_MS, LiveYard

EPOCH_S = 1.8e9


class VdaYard(LiveYard):
    """Trucks of the three versions in turn."""

    def __init__(self, scenario: Scenario, seed: int, lost: float = 0.0) -> None:
        self.master: MasterControl | None = None
        self._early: list[Command] = []
        self.sent: list[Outgoing] = []  # to trucks and from them
        self.facts: list[Fact] = []
        self._events: deque[Make] = deque()
        self._told = False  # whether the core is handling an event
        self._post: deque[Outgoing] = deque()
        self._carrying = False
        self._lost, self._luck = lost, np.random.default_rng((seed, 9))
        super().__init__(scenario, seed)
        self.agents: dict[str, TruckAgent] = {}
        for n, name in enumerate(self.controller.state.index):
            version = list(VERSIONS.values())[n % 3]
            pose = tuple(float(v) for v in self.trucks[name].pose())
            self.agents[name] = TruckAgent("steel", name, version, pose, truck_type(scenario))  # type: ignore[arg-type]
        self.restart_master()
        self.tell(self._early)
        self.connect()

    def restart_master(self, run: str = "run") -> None:
        """A master control that knows nothing but who is enrolled; the core learns that nobody has been heard."""
        road, truck = RoadBook(self.map), truck_type(self.scenario)
        self.zones = ZoneDesk(self.scenario.terminal, road, (truck.length_m, truck.width_m))
        size = truck_type(self.scenario)
        self.master = MasterControl(road, "uagv", self.zones, run, (size.length_m, size.width_m))
        self.watch = TruckWatch(self._events.append)
        enrolled = [self.master.enrol(name, "steel", name, agent.version.name) for name, agent in self.agents.items()]
        self.watch.fleet((condition, self.master.trucks[condition.truck].held) for condition in enrolled)
        self.take([])

    def connect(self) -> None:
        """All trucks say that they are online, and how they are."""
        for agent in self.agents.values():
            self.carry([agent.connection("ONLINE", self.now_s), agent.state(self.now_s)])

    def take(self, facts: list[Fact]) -> None:
        """What master control has noticed goes to the core."""
        assert self.master is not None
        for fact in facts:
            if isinstance(fact, Progress):
                self.watch.progress(fact)
            elif isinstance(fact, Condition):
                self.watch.condition(fact, self.master.trucks[fact.truck].held)
            else:
                self.facts.append(fact)
        while self._events and not self._told:
            self._told = True  # what is answered meanwhile comes after
            self.handle(self._events.popleft()(self.now_ms))
            self._told = False

    @property
    def now_s(self) -> float:
        return EPOCH_S + self.now_ms / 1000

    def tell(self, commands: Sequence[Command]) -> None:
        """Carry out commands."""
        if self.master is None:
            self._early += commands
            return
        self.world.apply(commands, self.now_ms)
        messages: list[Outgoing] = []
        for command in commands:
            if isinstance(command, ExtendBase):
                messages += self.master.extend(command, self.now_s)
            elif isinstance(command, PauseTruck):
                messages += self.master.pause(command.truck, command.paused, self.now_s)
            elif isinstance(command, HoldOrders):
                messages += self.master.hold(command, self.now_s)
            elif isinstance(command, CancelOrder):
                messages += self.master.cancel(command, self.now_s)
            elif isinstance(command, Alert):
                self.alerts.append(command)
        self.carry(messages)

    def carry(self, messages: list[Outgoing]) -> None:
        """What the broker does: hand messages over one after the other, now and then not."""
        self._post += messages
        if self._carrying:
            return  # what is said meanwhile comes after what was said before
        self._carrying = True
        while self._post:
            message = self._post.popleft()
            self.sent.append(message)
            if self._luck.random() >= self._lost:
                self._hand_over(message)
        self._carrying = False

    def _hand_over(self, message: Outgoing) -> None:
        assert self.master is not None
        serial, kind = message.topic.split("/")[-2:]
        if kind in MESSAGES_TO_TRUCK:
            self.carry(self.agents[serial].received(message.topic, message.payload, self.now_s))
            return
        facts, answers = self.master.received(message.topic, message.payload, self.now_s)
        self.carry(answers)
        self.take(facts)

    def tick(self) -> None:
        """A tenth of a second."""
        self.now_ms += TICK_MS
        for agent in self.agents.values():
            self.carry(agent.step(TICK_MS / 1000, self.now_s))
        if self.now_ms % 1_000 == 0 and self.master is not None:
            self.take(self.master.tick(self.now_s))
        self.runtime.turn(self.now_ms)

    def poses(self) -> list[tuple[float, float, float]]:
        return [agent.ground.pose for agent in self.agents.values()]
