"""The only mutable state of the core, and what its parts share: time, missions, claims, traffic and the outbox."""

from portway.core.commands import Command, DriveTo, JobOrderDone, SetTimer
from portway.core.controller.experience import Experience
from portway.core.controller.place_book import PlaceBook
from portway.core.model.phases import Phase
from portway.core.model.scenario import Scenario
from portway.core.routing.claims import PlaceClaims
from portway.core.routing.traffic import Traffic
from portway.core.work.board import Board
from portway.core.work.units import Leg, Unit, UnitState

RETRY_MS = 2_000


class Mission:
    """A truck and its unit; `leg` counts the handovers done."""

    __slots__ = (
        "_paused_by_person",
        "_unfit",
        "ahead",
        "ahead_is_leg",
        "at_place",
        "held",
        "idle_since",
        "is_visitor",
        "leg",
        "off_road",
        "paused",
        "phase",
        "served_by",
        "serving",
        "stopped",
        "truck",
        "unit",
        "wanting_since",
        "withdrawn",
    )

    def __init__(self, truck: str, is_visitor: bool = False) -> None:
        self.truck = truck
        self.unit: Unit | None = None
        self.leg = 0
        self.phase = Phase.PARKED
        self.at_place: str | None = None  # where it stands, None while driving
        self.serving = False  # a handover is under way
        self.idle_since = 0  # the end of its last unit
        self.served_by = ""  # crane of the last handover
        self.wanting_since = -1  # waiting for a place of its leg since, -1 when it has one
        self.held = False  # stands in a handover whose end is in sight: its way on may be planned
        self.ahead_is_leg = False
        self.ahead: str | None = None  # place to which it goes on when its handover ends
        self.is_visitor = is_visitor
        self.paused = False  # sent nowhere and served by nobody: a person wants it so, or it is unfit
        self._paused_by_person = False
        self._unfit = False  # something is wrong with it (`truck_fitness`)
        self.off_road = False  # unfit, and led no longer: it holds and claims nothing
        self.stopped = False  # it was told to stop
        self.withdrawn = False  # by a person: it gets no new work

    @property
    def paused_by_person(self) -> bool:
        """Whether somebody in the control room wants it to stay."""
        return self._paused_by_person

    @paused_by_person.setter
    def paused_by_person(self, wanted: bool) -> None:
        self._paused_by_person, self.paused = wanted, wanted or self._unfit

    @property
    def unfit(self) -> bool:
        """Whether something is wrong with it."""
        return self._unfit

    @unfit.setter
    def unfit(self, wrong: bool) -> None:
        self._unfit, self.paused = wrong, wrong or self._paused_by_person

    @property
    def is_at_work(self) -> bool:
        """One of our trucks that is fit and that nobody has paused or withdrawn."""
        return not (self.is_visitor or self.paused or self.withdrawn)

    @property
    def carries(self) -> bool:
        """Whether a box of its unit is on it."""
        return self.unit is not None and self.unit.state == UnitState.COLLECTED

    @property
    def can_leave(self) -> bool:
        """Whether its unit may go to another truck: no box of it is on this one, nor about to be."""
        assigned = self.unit is not None and self.unit.state == UnitState.ASSIGNED
        return assigned and not (self.is_visitor or self.serving or self.held)

    @property
    def only_waits(self) -> bool:
        """Whether it may be sent out of somebody's way: it stands without work, or until it gets a place elsewhere."""
        busy = self.is_visitor or self.paused or self.serving or self.held
        return not busy and (self.unit is None or self.wanting_since >= 0)

    @property
    def leg_ahead(self) -> Leg | None:
        """The handover after the one under way, while the truck is held for that; else the one it drives to."""
        assert self.unit is not None
        if not self.held:
            return self.current_leg
        return self.unit.legs[self.leg + 1] if self.leg + 1 < len(self.unit.legs) else None

    @property
    def current_leg(self) -> Leg:
        """The handover it drives to or stands for."""
        assert self.unit is not None
        return self.unit.legs[self.leg]


class State:
    """Everything the controller knows; its parts change it, nobody else."""

    def __init__(self, scenario: Scenario, traffic: Traffic, visitors: int) -> None:
        self.scenario = scenario
        self.now_ms = 0
        self.traffic = traffic
        self.book = PlaceBook(scenario.terminal, traffic.map.stop_of_place)
        self.board = Board(scenario.work)
        trucks = sorted(scenario.fleet.trucks, key=lambda t: t.id)
        self.homes = {t.id: t.home for t in trucks}
        self.claims = PlaceClaims(traffic.map.excludes, self.homes)
        self.index = {t.id: i for i, t in enumerate(trucks)}
        self.name = [t.id for t in trucks] + [""] * visitors
        self.missions: dict[str, Mission] = {t.id: Mission(t.id) for t in trucks}
        self.phase_log: list[tuple[int, str, int]] = []  # at_ms, truck, phase
        self.outbox: list[Command] = []
        self.experience = Experience()
        self.timers: set[tuple[int, str]] = set()
        self.places_freed = True
        self.deals = 0  # counts how often a unit was given to a truck or taken from one
        self.work_wanted = True  # dispatch shall be asked
        self.astray: set[str] = set()  # trucks whose way was closed and that have no other yet
        self.plans_ahead = scenario.policies.traffic != "first_come"
        for truck in trucks:
            self.traffic.place(self.index[truck.id], self.book.stop(truck.home))
            self.claims.claim(truck.id, truck.home)
            self.missions[truck.id].at_place = truck.home
            self.phase_log.append((0, truck.id, Phase.PARKED))

    def set_phase(self, mission: Mission, phase: Phase) -> None:
        """Change what a truck is doing and note it."""
        if mission.phase != phase:
            mission.phase = phase
            self.phase_log.append((self.now_ms, mission.truck, phase))

    def set_timer(self, at_ms: int, name: str) -> None:
        """Ask to be woken, once per (instant, name)."""
        if (at_ms, name) not in self.timers:
            self.timers.add((at_ms, name))
            self.outbox.append(SetTimer(at_ms, name))

    def stands(self, mission: Mission) -> None:
        """A truck that only waits where it stands can be sent out of the way from now on: those who want that ask."""
        if mission.at_place is not None and mission.only_waits:
            self.places_freed = True

    def cranes_wanted(self) -> list[str]:
        """Quay cranes under which some truck wants a place, now or after the handover that it is held for."""
        legs = [m.leg_ahead for m in self.missions.values() if m.unit is not None and not m.paused and (
            m.wanting_since >= 0 or (m.held and not m.ahead_is_leg)
        )]  # fmt: skip
        return sorted({leg.crane for leg in legs if leg is not None and leg.crane is not None})

    def wanting(self) -> list[Mission]:
        """Missions whose truck waits for a place of its leg and may drive there."""
        return [m for m in self.missions.values() if m.wanting_since >= 0 and m.unit is not None and not m.paused]

    def wanting_in(self, block: str | None) -> list[Mission]:
        """Missions whose truck waits for a place at a yard block."""
        return [m for m in self.wanting() if m.current_leg.block == block]

    def try_again(self) -> None:
        """Ask to be woken at the next full retry period; many failures share one timer."""
        self.set_timer((self.now_ms // RETRY_MS + 2) * RETRY_MS, "retry")

    def stop_of(self, truck: str) -> int:
        """The stop from which a truck's next way begins."""
        return self.traffic.stop_of(self.index[truck])

    def finish_job(self, unit: Unit, job: str, truck: str, place: str) -> None:
        """A box has arrived: tell the board and the TOS."""
        self.board.deliver(job)
        collected_ms, from_place = unit.collected[job]
        self.outbox.append(
            JobOrderDone(job, truck, from_place, place, unit.assigned_ms, collected_ms, self.now_ms)
        )  # fmt: skip

    def drive(self, mission: Mission, place: str) -> bool:
        """Claim a place and send the truck there, at once or when its handover ends; False (and nothing changed) when
        there is no claim or no plan."""
        if mission.paused or not self.claims.grantable(mission.truck, place):
            return False
        stop, row = self.book.stop(place), self.index[mission.truck]
        alone = self.traffic.drive_ms(self.traffic.stop_of(row), stop, self.traffic.is_loaded(row))
        eta = self.traffic.send(row, stop)
        if eta < 0:
            self.try_again()
            return False
        self.claims.claim(mission.truck, place)
        self.astray.discard(mission.truck)
        self.places_freed = True
        self.experience.drove(eta - self.traffic.earliest_ms(row) - alone)
        if mission.held:
            mission.ahead = place
            return True
        mission.at_place = None
        self.outbox.append(DriveTo(mission.truck, place, eta))
        return True
