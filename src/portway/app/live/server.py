"""The control server: core loop, master control, broker link, page for operations; one asyncio loop."""

import asyncio
import time
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from portway.adapters.broker.lease import Lease, Phase, topic_of
from portway.adapters.broker.mosquitto import MASTER
from portway.adapters.storage.durable import DurableState
from portway.adapters.vda5050.facts import (
    Condition,
    Fact,
    Link,
    Outgoing,
    Progress,
    RefusedMessage,
    TruckError,
)
from portway.adapters.vda5050.link import Broker, MqttLink
from portway.adapters.vda5050.master import MasterControl
from portway.adapters.vda5050.road_book import RoadBook
from portway.adapters.vda5050.zone_desk import ZoneDesk
from portway.app.compose import truck_type
from portway.app.live.core_loop import CoreLoop
from portway.app.live.desk_views import DeskViews
from portway.app.live.enrolment import Enrolment
from portway.app.live.inbox import Inbox, Letter
from portway.app.live.latencies import Latencies
from portway.app.live.log import log
from portway.app.live.progress import WorkProgress
from portway.app.live.restore import OpenedRun
from portway.app.live.schema_sampler import SchemaSampler
from portway.app.live.tos_troubles import TosTroubles
from portway.app.live.truck_watch import TruckWatch
from portway.app.subsystems import devices
from portway.core.commands import Alert, CancelOrder, Command, ExtendBase, HoldOrders, JobOrderStopped, PauseTruck
from portway.core.controller.outstanding import outstanding
from portway.core.events import Event, JobOrderReceived, JobOrdersReceived, RoadBlocked, TroubleReported
from portway.core.model.work import JobOrder
from portway.sim.world import SimWorld

ALERTS_KEPT = 500
TICK_S = 1.0  # trucks that fall silent are looked for so often
BROKER_S = 5.0  # a person is called when the broker is away for so long
LEASE_S = 0.1  # the lease is looked after so often
ASK_S = 0.005  # trucks that are there again are asked for their state one after the other
QUIET_S = 60.0  # the same trouble with the same truck is told so seldom


class ServerOptions(NamedTuple):
    """How a server runs."""

    broker: Broker
    versions: tuple[str, ...] = ("2.1",)  # of VDA 5050, given to the fleet in turn
    interface: str = "uagv"
    schemas: Path | None = None  # folder of the official schemas, for samples
    alone: bool = False  # on a broker of our own, which no other master control can reach
    linked_cranes: frozenset[str] = frozenset()  # report over the API; all others are simulated


def _new_jobs(event: Event) -> Sequence[JobOrder]:
    if isinstance(event, JobOrdersReceived):
        return event.jobs
    return (event.job,) if isinstance(event, JobOrderReceived) else ()


class OtherMasterError(RuntimeError):
    """Another master control speaks to the same trucks on the broker."""


class LiveServer:
    """Everything of one live terminal but its HTTP side."""

    def __init__(self, run: OpenedRun, durable: DurableState, options: ServerOptions) -> None:
        self.run, self.options, self.durable = run, options, durable
        self.began = time.monotonic()
        self.began_s = run.clock.wall_s()  # the same on the run's clock
        assert durable.journal.run is not None, "the run has been opened"
        self.started_at_s = durable.journal.run.started_at_s
        road, kind = RoadBook(run.map), truck_type(run.scenario)
        self.zones = ZoneDesk(run.scenario.terminal, road, (kind.length_m, kind.width_m))
        self.master = MasterControl(road, options.interface, self.zones, durable.journal.run.run_id[:8],
                                    (kind.length_m, kind.width_m))  # fmt: skip
        self.enrolment = Enrolment(sorted(run.controller.state.homes), options.versions)
        self.progress = WorkProgress(run.scenario.work.job_orders)
        for entry in durable.journal.news():
            told = [(entry.event, entry.commands)]
            self.enrolment.note(told)
            self.progress.note(told)
        for truck, vehicle in self.enrolment.vehicles.items():
            self.master.enrol(truck, *vehicle)
        self._came_s: float | None = None  # when the message under way came
        self.watch = TruckWatch(lambda make: self.loop.post(make, self._came_s))
        self.world = SimWorld(run.scenario, 0, None, options.linked_cranes, run.map, devices())
        for job in run.controller.visitors.expected():
            self.world.expect(job, run.clock.now_ms())
        self.zones.close(self.progress.closed_lanes())
        self.views = DeskViews(run.controller.state, self.master, self.progress, run.controller.fitness.files)
        self.loop = CoreLoop(
            run.controller, durable.journal, run.clock, self.world, self._send,
            lambda name, seconds: self.latencies[name].add(seconds), self._kept, run.due,
        )  # fmt: skip
        run_id = durable.journal.run.run_id
        self._lease_topic = topic_of(options.interface)
        instance = f"{run_id[:8]}-{uuid.uuid4().hex[:8]}"
        self.lease = Lease(instance, run_id, time.time(), only_one=not durable.store.is_file)
        if options.alone:
            self.lease.phase = Phase.HELD
        self._inbox = Inbox(self._received)
        name = f"{MASTER}-{options.interface}-{run.scenario.terminal.id}"
        self.link = MqttLink(
            options.broker, MASTER if options.broker.certificate else name,
            [self._lease_topic, *self.master.subscriptions()],
            lambda topic, payload: self._inbox.put(topic, payload, self.link.is_kept), self._link_changed,
            Outgoing(self._lease_topic, self.lease.will(), 1, True),
        )  # fmt: skip
        self.latencies = {name: Latencies() for name in ("loop", "handle", "commit")}
        self.alerts: deque[Alert] = deque(maxlen=ALERTS_KEPT)
        self.tos_troubles = TosTroubles(self.trouble, durable.outbox.has_given_up)
        self.refused: Counter[str] = Counter()
        self._decided = asyncio.Event()  # whether we lead on the broker is known, or does not matter any more
        self._listens = False
        self._ask_s = 0.0  # when the next truck may be asked how it is
        self._down_s: float | None = time.monotonic()  # the broker has been away since
        self._called: dict[tuple[str, str], float] = {}
        self.messages = 0
        self.sampler = None if options.schemas is None else SchemaSampler(options.schemas, self._off_schema)

    async def serve(self) -> None:
        """Run until `stop`."""
        self._asyncio = asyncio.get_running_loop()
        self.link.start()
        ticking = asyncio.create_task(self._tick())
        ticking.add_done_callback(lambda _: self.loop.stop())  # it never ends by itself
        try:
            await self._lead()
            if self.lease.phase is Phase.HELD and not self.loop.is_stopping:
                self._listens = True
                self._take_fleet([self.master.condition(truck) for truck in self.master.trucks])  # nobody is heard yet
                self.link.subscribe()  # what the broker has kept was not listened to before
                await self.loop.run(self.run.first)
            self._refuse_to_share()
            if ticking.done():
                ticking.result()  # what has ended it, which is our own defect
        finally:
            ticking.cancel()
            if self.lease.phase is Phase.HELD:
                self.link.publish([Outgoing(self._lease_topic, self.lease.goodbye(), 1, True)])
            await self.link.stop()
            if self.sampler is not None:
                self.sampler.close()
            self.durable.close()

    async def _lead(self) -> None:
        """Wait until it is known whether another master control speaks for this terminal on the broker; until then
        nothing is said."""
        if self.lease.phase is Phase.LOOKING and not self.loop.is_stopping:
            await self._decided.wait()

    def _refuse_to_share(self) -> None:
        """Two masters on one broker drive trucks against each other: one of them goes, and says who is there."""
        if self.lease.phase not in (Phase.REFUSED, Phase.LOST):
            return
        other, ours = self.lease.other, f"the trucks of {self.options.interface!r}"
        whose = f"run {other.run[:8]}" if other is not None else "another client with our id"
        if self.lease.phase is Phase.LOST:
            raise OtherMasterError(f"{whose} has taken over {ours} while this server was cut off; it stops")
        raise OtherMasterError(
            f"{whose} already speaks to {ours} on this broker; this server stops and has told no truck anything:"
            " stop the other one, see whether --db names the database that you mean, or give each terminal that"
            " shares a broker its own --interface"
        )

    def _say(self, payload: bytes | None) -> None:
        """Our lease, when it is to be renewed; who has lost it says no more to anybody."""
        if self.lease.phase is not Phase.LOOKING:
            self._decided.set()
        if payload is not None:
            self.link.publish([Outgoing(self._lease_topic, payload, 1, True)])
        if self.lease.phase is Phase.LOST:
            self.loop.stop()

    async def _tick(self) -> None:
        last_s = self.run.clock.wall_s()
        while True:
            await asyncio.sleep(LEASE_S)
            self._say(self.lease.tick(time.monotonic()) if not self.options.alone else None)
            if self._down_s is not None and time.monotonic() - self._down_s >= BROKER_S:
                self._trouble("broker_lost", self.options.broker.host, "no truck can be heard or told anything")
            if self.run.clock.wall_s() - last_s >= TICK_S:
                last_s = self.run.clock.wall_s()
                for fact in self.master.tick(last_s):
                    self._take(fact)

    def stop(self) -> None:
        """End in order: the tick under way is finished and kept."""
        self.loop.stop()
        self._decided.set()

    def _kept(self, entries: Sequence[tuple[Event, Sequence[Command]]]) -> None:
        """What has been kept is known to whoever asks, and closed roads to the trucks."""
        self.progress.note(entries)
        if any(isinstance(event, RoadBlocked) for event, _ in entries):
            self.zones.close(self.progress.closed_lanes())
        for event, _ in entries:
            for job in _new_jobs(event):
                self.world.expect(job, event.at_ms)  # the road truck of one that was refused is turned away at the gate
        for truck in self.enrolment.note(entries):
            self._enrolled(truck)

    def _enrolled(self, truck: str) -> None:
        """Another vehicle speaks for a truck: it is told all that the truck was told, the one before to stop."""
        before, vehicle = self.master.trucks[truck], self.enrolment.vehicles[truck]
        if (before.manufacturer, before.serial) != vehicle[:2] and self.lease.phase is Phase.HELD:
            self.link.publish(self.master.farewell(truck, self.run.clock.wall_s()))
        self._take(self.master.enrol(truck, *self.enrolment.vehicles[truck]))
        self._called.clear()
        told = outstanding(self.run.controller.state)
        self._send([c for c in told if isinstance(c, ExtendBase | PauseTruck) and c.truck == truck], 0)
        self.link.subscribe()  # the broker sends again what it has kept of the vehicle, its connection first

    # -- out ----------------------------------------------------------------------------------------------------

    def _send(self, commands: Sequence[Command], _now_ms: int) -> None:
        now_s, out = self.run.clock.wall_s(), list[Outgoing]()
        for command in commands:
            if isinstance(command, ExtendBase) and command.truck in self.master.trucks:
                out += self.master.extend(command, now_s)
            elif isinstance(command, PauseTruck):
                out += self.master.pause(command.truck, command.paused, now_s)
            elif isinstance(command, HoldOrders):
                out += self.master.hold(command, now_s)
            elif isinstance(command, CancelOrder):
                out += self.master.cancel(command, now_s)
            elif isinstance(command, Alert):
                self.alert(command)
            elif isinstance(command, JobOrderStopped):
                log("job_order_stopped", job_order=command.job_order, code=command.code)
        if self.lease.phase is Phase.HELD:
            self.link.publish(out)

    def alert(self, alert: Alert) -> None:
        """Something that a person has to look at."""
        self.alerts.append(alert)
        log("alert", code=alert.code, subject=alert.subject, detail=alert.detail)

    # -- in -----------------------------------------------------------------------------------------------------

    def _link_changed(self, is_up: bool) -> None:
        log("broker", up=is_up)
        self._inbox.flush()
        if is_up:
            self.lease.connected(time.monotonic())
            self._down_s = None
            return
        self.lease.cut_off()
        self._say(None)
        self._down_s = time.monotonic()
        if self.lease.phase is Phase.HELD:
            self._take_fleet(self.master.cut_off())

    def _received(self, letter: Letter) -> None:
        topic, payload, is_kept, self._came_s = letter
        try:
            self._understood(topic, payload, is_kept)
        finally:
            self._came_s = None  # what is posted next did not come with it

    def _understood(self, topic: str, payload: bytes, is_kept: bool) -> None:
        if topic == self._lease_topic:
            self._say(self.lease.heard(payload, time.monotonic()))
            return
        if not self._listens or self.lease.phase is not Phase.HELD:
            return
        self.messages += 1
        try:
            facts, answers = self.master.received(topic, payload, self.run.clock.wall_s(), is_kept)
        except Exception as error:  # our own defect; one truck's message must not silence all others
            who = self.master.who(topic)
            log("message_broke", topic=topic[:200], error=repr(error)[:300], payload=repr(payload[:500]))
            facts = [RefusedMessage(None if who is None else who.truck, topic[:200], f"defect: {error!r}"[:300])]
            answers = []
        if any(isinstance(fact, Link) for fact in facts):
            now_s = self._asyncio.time()
            self._ask_s = max(now_s, self._ask_s + ASK_S)
            self._asyncio.call_later(self._ask_s - now_s, self.link.publish, answers)
        else:
            self.link.publish(answers)
        if self.sampler is not None and (truck := self.master.who(topic)) is not None:
            self.sampler.take(truck, topic.rpartition("/")[2], payload)
        for fact in facts:
            self._take(fact)

    def _take_fleet(self, facts: Sequence[Condition]) -> None:
        self.watch.fleet((fact, self.master.trucks[fact.truck].held) for fact in facts)

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, Progress):
            self.watch.progress(fact)
        elif isinstance(fact, Condition):
            self.watch.condition(fact, self.master.trucks[fact.truck].held)
        elif isinstance(fact, RefusedMessage):
            self.refused[fact.truck or "unknown"] += 1
            if self.refused[fact.truck or "unknown"] <= 5:
                log("message_refused", truck=fact.truck, topic=fact.topic, reason=fact.reason)
            if fact.truck is not None:
                self._trouble("message_refused", fact.truck, fact.reason)
        elif isinstance(fact, Link):
            log("truck", truck=fact.truck, link=fact.state)
        elif isinstance(fact, TruckError):
            log("truck_error", truck=fact.truck, kind=fact.kind, level=fact.level, description=fact.description)
        else:
            self._trouble("unknown_truck", f"{fact.manufacturer}/{fact.serial}", f"VDA 5050 {fact.version}")

    def _off_schema(self, truck: str, reason: str) -> None:
        """A sampled message does not fit the official schema; called in the sampler's thread."""
        self._asyncio.call_soon_threadsafe(self._trouble, "off_schema", truck, reason)

    def _trouble(self, code: str, subject: str, detail: str) -> None:
        """As `trouble`, for what is noticed again and again."""
        now_s = time.monotonic()
        if now_s - self._called.get((code, subject), -QUIET_S) >= QUIET_S:
            self._called[code, subject] = now_s
            self.trouble(code, subject, detail)

    def trouble(self, code: str, subject: str, detail: str) -> None:
        """The core answers with an alert: so it is in the journal, on the page and at the TOS."""
        self.loop.post(lambda at: TroubleReported(at, code, subject, detail))

    # -- what is shown ------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Figures for health and metrics."""
        state, now_ms = self.run.controller.state, self.run.clock.now_ms()
        return {
            "uptime_s": round(time.monotonic() - self.began, 1),
            "broker_up": self.link.is_up,
            "records": self.loop.records,
            "queue_depth": self.loop.queue_depth,
            **{
                f"{name}_ms_p{percent}": round(1000 * kept.percentile_s(percent), 3)
                for name, kept in self.latencies.items()
                for percent in (50, 99)
            },
            "jobs_late": sum(q.waited_ms(now_ms) > 0 for q in state.board.queues.values()),
            "messages": self.messages,
            "messages_refused": dict(self.refused),
            "messages_sampled": self.sampler.checked if self.sampler else 0,
            "messages_off_schema": dict(self.sampler.faults) if self.sampler else {},
            "trucks_online": sum(t.link == "online" for t in self.master.trucks.values()),
            "trucks_by_state": dict(Counter(m.phase.name.lower() for m in state.missions.values())),
            "jobs_done": state.board.jobs_done,
            "jobs_total": state.board.jobs_total,
            "alerts": len(self.alerts),
            "unknown_trucks": len(self.master.unknown),
            "failed": repr(self.loop.failed) if self.loop.failed else "",
            "leads": self.lease.phase is Phase.HELD,
        }
