"""A fleet of truck agents in one process, each its own client of the broker: what stands in for steel."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from portway.adapters.vda5050.agent import AgentOptions, TruckAgent
from portway.adapters.vda5050.facts import Outgoing
from portway.adapters.vda5050.link import Broker, MqttLink
from portway.adapters.vda5050.versions import version_of
from portway.app.compose import truck_type
from portway.app.live.enrolment import MANUFACTURER
from portway.app.live.truck_memory import TruckMemory
from portway.app.map_cache import cached_map
from portway.core.model.scenario import Scenario

STEP_S = 0.1  # each truck drives so long at a time
PHASES = 10  # of that time; trucks are not driven all at once, since steel does not speak in step either
OPENED_S = 0.02  # between two links: a fleet is not switched on all at once


class AgentProcess:
    """Agents of some trucks of a scenario, at their homes."""

    def __init__(
        self, scenario: Scenario, serials: Sequence[str], broker: Broker, versions: Sequence[str],
        options: AgentOptions, certificates: Path | None = None, speed: float = 1.0,
        manufacturer: str = MANUFACTURER, memory: TruckMemory | None = None,
    ) -> None:  # fmt: skip
        """`certificates` holds SERIAL.crt and SERIAL.key of each truck; `speed` is that of their clock; with a
        `memory` trucks stand where they stood when their process ended."""
        self._memory = memory
        self._now_s = time.time()  # the trucks' clock: runs as fast as they do
        self._speed = speed
        kind, homes = truck_type(scenario), {t.id: t.home for t in scenario.fleet.trucks}
        traffic_map = cached_map(scenario.terminal, kind)
        self.agents: dict[str, TruckAgent] = {}
        self.links: dict[str, MqttLink] = {}
        order = sorted(homes)
        for serial in serials:
            x, y, heading = traffic_map.stop_pose[traffic_map.stop_of_place[homes[serial]]]
            version = version_of(versions[order.index(serial) % len(versions)])
            pose = float(x), float(y), float(heading)
            if memory is not None:
                pose = memory.poses.get(serial, pose)
            agent = self.agents[serial] = TruckAgent(manufacturer, serial, version, pose, kind, options)
            own = broker if certificates is None else _own(broker, certificates, serial)
            # With a certificate the client id is its common name, as brokers want it that hold one to the other.
            self.links[serial] = self._link(agent, own, f"truck-{serial}" if certificates is None else serial)

    def _link(self, agent: TruckAgent, broker: Broker, client_id: str) -> MqttLink:
        def received(topic: str, payload: bytes) -> None:
            self.links[agent.serial].publish(agent.received(topic, payload, self._now_s))

        def changed(is_up: bool) -> None:
            if is_up:
                link = self.links[agent.serial]
                link.publish([agent.connection("ONLINE", self._now_s), agent.state(self._now_s)])

        will: Outgoing = agent.connection(agent.version.broken, self._now_s)
        return MqttLink(broker, client_id, agent.subscriptions(), received, changed, will)

    async def run(self, stopping: asyncio.Event) -> None:
        """Drive until told to stop; the links are opened one after the other."""
        opening = asyncio.create_task(self._open())
        agents = list(self.agents.values())
        driven_s = [self._now_s] * PHASES
        last = time.monotonic()
        while not stopping.is_set():
            for phase in range(PHASES):
                began = time.monotonic()
                self._now_s += self._speed * min(began - last, 1.0)
                last = began
                self._drive(agents[phase::PHASES], self._now_s - driven_s[phase])
                driven_s[phase] = self._now_s
                await asyncio.sleep(max(0.0, STEP_S / PHASES - (time.monotonic() - began)))
        opening.cancel()
        for serial, agent in self.agents.items():
            self.links[serial].publish([agent.connection("OFFLINE", self._now_s)])
        await asyncio.sleep(0.2)
        await asyncio.gather(*(link.stop() for link in self.links.values()))

    async def _open(self) -> None:
        for link in self.links.values():
            link.start()
            await asyncio.sleep(OPENED_S)

    def _drive(self, agents: Sequence[TruckAgent], dt_s: float) -> None:
        """Let trucks drive for so long and say what there is to say. With a memory all have driven before one speaks:
        what it keeps is never older than what was said."""
        if self._memory is None:
            for agent in agents:
                self.links[agent.serial].publish(_driven(agent, dt_s, self._now_s))
            return
        said = {agent.serial: _driven(agent, dt_s, self._now_s) for agent in agents}
        self._memory.keep({agent.serial: agent.ground.pose for agent in agents})
        for serial, messages in said.items():
            self.links[serial].publish(messages)


def _driven(agent: TruckAgent, dt_s: float, now_s: float) -> list[Outgoing]:
    """What an agent says while it drives for so long until now, in steps of a tenth of a second."""
    steps = max(1, round(dt_s / STEP_S))
    return [m for i in range(steps) for m in agent.step(dt_s / steps, now_s + (i + 1) * dt_s / steps - dt_s)]


def _own(broker: Broker, certificates: Path, serial: str) -> Broker:
    return broker._replace(certificate=certificates / f"{serial}.crt", key=certificates / f"{serial}.key")
