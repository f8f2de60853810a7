"""The mirror of a running terminal: told of every entry of the journal, asked for a sample at any instant.

It only reads the core's state. A sample brings all data points up to date (`points`), once a second of the run also the
tables and alarms. What it shows goes to pages and recordings alike (`docs/decisions/0006-twin.md`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from portway.core.commands import AdmitRoadTruck, Command, GantryTo, PrepareMove, StartHandover
from portway.core.events import Event, TimerFired
from portway.core.model.layout import PlaceKind
from portway.core.model.work import JobOrder
from portway.core.routing.positions import Positions
from portway.core.service import TableView
from portway.core.snapshot import Snapshot
from portway.twin import crane_ways, point_list, truck_model
from portway.twin.alarm_rules import AlarmRules
from portway.twin.alarms import Alarms
from portway.twin.crane_model import CraneModel, CraneParameters
from portway.twin.event_rows import EventRows, Persists
from portway.twin.figures import Figures
from portway.twin.link_model import LinkModel
from portway.twin.points import Catalogue
from portway.twin.tables import Tables
from portway.twin.truck_rows import TruckRows
from portway.twin.work_rows import WorkRows

ROWS_MS = 1_000
CHARGE_START_PCT = 85.0
LANE_M = 15.0  # of a quay crane's trolley while no truck is known
STEP_S_MAX = 1.0  # models go on in steps of at most so long
RTG = CraneParameters(
    1.5, trolley_mps=1.2, gantry_kg=180_000.0, trolley_kg=18_000.0, hoist_mps_loaded=0.5, hoist_mps_empty=1.0,
    rolling=0.012, standby_kw=9.0,
)  # fmt: skip


class Mirror:
    """Data points, tables and alarms of one terminal."""

    def __init__(
        self,
        core: Snapshot,
        positions: Positions,
        rows_ms: int = ROWS_MS,
        reported: Callable[[], Mapping[str, Mapping[str, float]]] | None = None,
        persists: Persists | None = None,
    ) -> None:
        """Tables and alarms are brought up to date every `rows_ms` of the run. With `reported`, what trucks tell of
        themselves (by truck and point), no model stands in for what they do not tell. `persists`: whether what an alert
        has told is still so, where more than the core knows that."""
        self._reported = reported
        self._rows_every_ms = rows_ms
        self.core, self._positions = core, positions
        terminal = core.scenario.terminal
        self.link = LinkModel(terminal)
        self._chargers = [p for p in terminal.places if p.kind == PlaceKind.CHARGING]
        self.points = self._catalogue()
        self.tables = Tables()
        self.alarms = Alarms(self.tables)
        self.work = WorkRows(core, self.tables)
        self.events = EventRows(self.tables, self.alarms, persists or core.persists)
        self._trucks = TruckRows(core, self.tables)
        self._figures = Figures(core, self.tables, self.work, self.points)
        self._rules = AlarmRules(self.points, self.alarms)
        self._start_models()
        self.at_ms = -1
        self._rows_ms = -rows_ms
        self._admitted: dict[str, int] = {}
        self._waiting_since: dict[str, int] = {}
        self._aboard: dict[str, tuple[int, float]] = {}

    def _catalogue(self) -> Catalogue:
        terminal, ours = self.core.scenario.terminal, self.core.ours
        rows = [f"R{i + 1:02d}" for i in range(self.core.visitor_rows)]
        return Catalogue([
            ("truck", ours, point_list.TRUCK),
            ("road_truck", rows, point_list.ROAD_TRUCK),
            ("quay_crane", [q.id for q in terminal.quay_cranes], point_list.QUAY_CRANE),
            ("yard_crane", [y.id for y in terminal.yard_cranes], point_list.YARD_CRANE),
            ("charger", [p.id for p in self._chargers], point_list.CHARGER),
            ("gate", [g.id for g in terminal.gates], point_list.GATE),
            ("network_node", [f"N{i + 1:02d}" for i in range(len(self.link.nodes))], point_list.NETWORK_NODE),
        ])  # fmt: skip

    def _start_models(self) -> None:
        terminal, trucks = self.core.scenario.terminal, self.points["truck"]
        self._parameters = truck_model.TruckParameters()
        if self._reported is None:
            truck_model.start(trucks, self._parameters, np.full(len(trucks.devices), CHARGE_START_PCT))
        else:
            trucks.of("job.waiting")[:] = trucks.of("fault.code")[:] = 0.0
        self._truck_rows = truck_model.rows_of(trucks)
        self._last = np.zeros((2, len(trucks.devices)))
        quay, blocks = terminal.quay, {b.id: b for b in terminal.blocks}
        self._bay_m = quay.bay_pitch_m if quay else 14.5
        middle = [(q.bay_start + q.bay_end) // 2 for q in terminal.quay_cranes]
        at = np.array([((b - 1) * self._bay_m, 0.0, crane_ways.QUAY_TRAVEL_M) for b in middle]).reshape(-1, 3)
        gantry = [q.gantry_mps for q in terminal.quay_cranes] or [0.75]
        self._quay = CraneModel(self.points["quay_crane"], CraneParameters(gantry[0]), at)
        self._block_of = {y.id: blocks[y.block] for y in terminal.yard_cranes}
        starts = [(y.bay_start - 1) * self._block_of[y.id].bay_pitch_m for y in terminal.yard_cranes]
        at = np.array([(m, 0.0, crane_ways.YARD_TRAVEL_M) for m in starts]).reshape(-1, 3)
        gantry = [y.gantry_mps for y in terminal.yard_cranes] or [1.5]
        self._yard = CraneModel(self.points["yard_crane"], RTG._replace(gantry_mps=gantry[0]), at)
        for kind in ("charger", "gate", "network_node"):
            self.points[kind].now[:] = 0.0
        for i, axis in enumerate(("position.x", "position.y")):
            self.points["network_node"].of(axis)[:] = self.link.nodes[:, i]
        self.points["charger"].of("cable.temperature")[:] = self._parameters.ambient

    @property
    def views(self) -> list[TableView]:
        """Tables of services that pages show as they are."""
        return self.core.views

    # -- what happens -------------------------------------------------------------------------------------------

    def begin(self, commands: Sequence[Command]) -> None:
        """The first commands of a run, which no event has caused."""
        self.note(TimerFired(0, "start"), commands)

    def note_all(self, entries: Iterable[tuple[Event, Sequence[Command]]]) -> None:
        """Fold entries of the journal."""
        for event, commands in entries:
            self.note(event, commands)

    def note(self, event: Event, commands: Sequence[Command]) -> None:
        """Fold one entry of the journal, after the core has handled it."""
        self.work.note(event, commands)
        self.events.note(event, commands)
        for command in commands:
            if isinstance(command, PrepareMove):
                self._prepare(command)
            elif isinstance(command, StartHandover):
                self._hand_over(command)
            elif isinstance(command, GantryTo):
                pitch = self._block_of[command.crane].bay_pitch_m
                self._yard.send(
                    command.crane, crane_ways.yard_gantry(command, pitch, self._yard.at(command.crane).trolley)
                )
            elif isinstance(command, AdmitRoadTruck):
                self._admitted[command.gate] = self._admitted.get(command.gate, 0) + 1

    def _prepare(self, command: PrepareMove) -> None:
        unit = self.core.board.units.get(command.unit)
        load_kg = _mass_kg(unit.jobs) if unit is not None else 0.0
        bay_m = (command.bay - 1) * self._bay_m if command.bay else self._quay.at(command.crane).gantry
        self._quay.send(command.crane, crane_ways.quay_prepare(command, bay_m, LANE_M, load_kg))

    def _hand_over(self, command: StartHandover) -> None:
        jobs = [self.core.board.job(j) for j in command.job_orders]
        if command.crane in self._block_of:
            block, job = self._block_of[command.crane], jobs[0]
            slot = job.slot_to if job.slot_to is not None and not command.to_truck else job.slot
            way = crane_ways.yard_handover(command, slot, block.bay_pitch_m, block.row_pitch_m, _mass_kg(jobs))
            self._yard.send(command.crane, way)
        else:
            gantry = self._quay.at(command.crane).gantry
            way = crane_ways.quay_handover(command, gantry, self._lane_m(command.truck), _mass_kg(jobs))
            self._quay.send(command.crane, way)

    def _lane_m(self, truck: str) -> float:
        """How far from the waterside rail a truck stands under a quay crane."""
        quay = self.core.scenario.terminal.quay
        if quay is None:
            return LANE_M
        x, y = self.core.stop_xy(truck)
        across = -np.sin(quay.axis_rad) * (x - quay.origin[0]) + np.cos(quay.axis_rad) * (y - quay.origin[1])
        return float(abs(across))

    # -- samples ------------------------------------------------------------------------------------------------

    def sample(self, at_ms: int) -> None:
        """Bring everything up to date; instants do not go back."""
        dt_s = (at_ms - self.at_ms) / 1000.0 if self.at_ms >= 0 else 0.0
        if dt_s <= 0.0 and self.at_ms >= 0:
            return
        self.at_ms = at_ms
        self._place_trucks(at_ms)
        if dt_s > 0.0:
            self._go_on(dt_s)
            self._figures.sample(at_ms, dt_s)
        else:
            trucks = self.points["truck"]
            self._last[:] = trucks.of("drive.speed"), trucks.of("position.heading")
        if at_ms - self._rows_ms >= self._rows_every_ms:
            self._rows_ms = at_ms - at_ms % self._rows_every_ms
            self._refresh(at_ms)

    def _place_trucks(self, at_ms: int) -> None:
        poses, quality = self._positions.at(at_ms), self._positions.quality(at_ms)
        trucks, road = self.points["truck"], self.points["road_truck"]
        ours = len(trucks.devices)
        headings = np.arctan2(np.sin(poses[:, 2]), np.cos(poses[:, 2]))
        for i, name in enumerate(("position.x", "position.y", "position.heading", "drive.speed")):
            column = headings if i == 2 else poses[:, i]
            trucks.of(name)[:] = column[:ours]
            road.of(name)[:] = column[ours:]
        inside = np.array([bool(name) for name in self.core.visitors()], bool)
        road.now[:-1, ~inside] = np.nan
        road.of("quality")[:] = np.where(inside, 0.0, 2.0)
        trucks.of("quality")[:] = quality[:ours]

    def _go_on(self, dt_s: float) -> None:
        """Models, in steps that they bear."""
        self._jobs_of_trucks()
        plug_kw = self._charge()
        if self._reported is not None:
            self._take_reports(self._reported())
        steps = max(1, int(np.ceil(dt_s / STEP_S_MAX)))
        trucks, (speed, heading) = self.points["truck"], self._last
        for _ in range(steps):
            part_s = dt_s / steps
            if self._reported is None:
                truck_model.step(trucks.now, self._truck_rows, speed, heading, plug_kw, self._parameters, part_s)
            self._quay.step(part_s)
            self._yard.step(part_s)
        group = self.points["charger"]
        group.of("energy")[:] += group.of("power") * dt_s / 3600.0
        cable = group.of("cable.temperature")
        heat = 4.0e-3 * group.of("current") ** 2 - 6.0 * (cable - self._parameters.ambient)  # 4 mOhm, 6 W/K, 9 kJ/K
        cable += heat * dt_s / 9_000.0

    def _take_reports(self, reports: Mapping[str, Mapping[str, float]]) -> None:
        """What trucks tell of themselves."""
        trucks = self.points["truck"]
        for n, name in enumerate(trucks.devices):
            for point, value in reports.get(name, {}).items():
                trucks.of(point)[n] = value

    def _jobs_of_trucks(self) -> None:
        """Phase and load of every truck."""
        trucks = self.points["truck"]
        phase, boxes, mass = trucks.of("job.phase"), trucks.of("load.boxes"), trucks.of("load.mass")
        for n, name in enumerate(trucks.devices):
            phase[n], aboard = self.core.load_of(name)
            boxes[n], mass[n] = len(aboard), sum(j.container.mass_kg for j in aboard)

    def _charge(self) -> np.ndarray:
        """Power (trucks,) that chargers give: constant up to 80 % charge, then falling to nothing at 100 %."""
        trucks, group = self.points["truck"], self.points["charger"]
        index = {name: n for n, name in enumerate(trucks.devices)}
        plug_kw = np.zeros(len(trucks.devices))
        for i, place in enumerate(self._chargers):
            holder = self.core.stands_at(place.id)
            there = holder is not None and holder in index
            charge = trucks.of("battery.charge")[index[holder]] if there and holder else 100.0
            power = (place.power_kw or 0.0) * min(1.0, max(0.0, (100.0 - charge) / 20.0)) if there else 0.0
            power = power if power > 0.5 else 0.0
            volt = 540.0 + 0.9 * charge
            group.of("state")[i] = (2 if power else 3) if there else 0
            group.of("power")[i], group.of("voltage")[i] = power, volt if there else 0.0
            group.of("current")[i] = 1000.0 * power / volt
            if there and holder:
                plug_kw[index[holder]] = power
        return plug_kw

    def _refresh(self, at_ms: int) -> None:
        """Links, cranes, gates, alarms and tables."""
        self._links()
        self._cranes(at_ms)
        self._gates()
        self._rules.refresh(at_ms)
        self.events.refresh(at_ms)
        self.points["truck"].of("fault.code")[:] = self._rules.faults()
        self.alarms.refresh(at_ms)
        self.events.alarm_news()
        self._trucks.refresh()
        self._truck_waits(at_ms)
        self.tables.replace("ways", self._trucks.ways())
        self.work.refresh(at_ms)
        self._figures.refresh(at_ms)
        for name, rows in self.core.tables().items():
            self.tables.replace(name, rows)

    def _links(self) -> None:
        if self._reported is not None:
            self.points["network_node"].now[2:-1] = np.nan
            return
        trucks, nodes = self.points["truck"], self.points["network_node"]
        link = self.link.at(np.stack((trucks.of("position.x"), trucks.of("position.y")), axis=1))
        for name, value in (("node", link.node + 1), ("rsrp", link.rsrp_dbm), ("sinr", link.sinr_db),
                            ("latency", link.latency_ms), ("loss", link.loss_pct)):  # fmt: skip
            trucks.of(f"link.{name}")[:] = value
        p = self.link.parameters
        nodes.of("devices")[:] = link.node_devices
        nodes.of("load")[:], nodes.of("latency")[:] = link.node_load_pct, link.node_latency_ms
        nodes.of("throughput_up")[:] = link.node_devices * p.truck_up_mbps
        nodes.of("throughput_down")[:] = link.node_devices * p.truck_down_mbps

    def _cranes(self, at_ms: int) -> None:
        for kind in ("quay_crane", "yard_crane"):
            group = self.points[kind]
            for n, name in enumerate(group.devices):
                group.of("job.state")[n] = point_list.CRANE_STATES.index(self.work.state_of[name])
                group.of("job.done")[n] = self.work.total.get(name, 0)
                queue = self.core.board.queues.get(name)
                group.of("job.waiting")[n] = queue.waited_ms(at_ms) / 1000.0 if queue is not None else 0.0

    def _gates(self) -> None:
        group = self.points["gate"]
        waiting, inside = self.core.waiting_at_gates(), sum(map(bool, self.core.visitors()))
        for n, name in enumerate(group.devices):
            admitted = self._admitted.get(name, 0)
            group.of("barrier")[n] = float(admitted > group.of("admitted")[n])
            group.of("queue")[n], group.of("admitted")[n] = waiting.get(name, 0), admitted
            group.of("inside")[n] = inside

    def _truck_waits(self, at_ms: int) -> None:
        """Seconds since each truck began to wait."""
        trucks, rows = self.points["truck"], self.tables.rows.get("trucks", {})
        for n, name in enumerate(trucks.devices):
            if rows[name]["why"]["code"] in ("none", "handover"):
                self._waiting_since.pop(name, None)
            trucks.of("job.waiting")[n] = (at_ms - self._waiting_since.get(name, at_ms)) / 1000.0
            if rows[name]["why"]["code"] not in ("none", "handover"):
                self._waiting_since.setdefault(name, at_ms)


def _mass_kg(jobs: Sequence[JobOrder]) -> float:
    return sum(job.container.mass_kg for job in jobs)
