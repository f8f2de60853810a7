"""Which trucks are fit: what the server believes of a truck is held against what the truck says, all the time.

Theory of operation. Links report facts: how a truck is (`TruckCondition`), how far it has come and where it says that
it is (`TruckReported`). Everything that is wrong has a code in `safety.fitness`. While anything is, the truck is
*unfit*:

- it is told nothing of its way (`HoldOrders`), gets no work and no allocation, and what it has not begun goes to
others;
- it is told to stop where it might drive on wrongly;
- a person is called, at once or when it lasts.

An unfit truck first keeps its base and its place in the order of passage: a short stop shall not cost a re-planning of
all. It is *off the road* when it holds no order of ours, or is elsewhere, or a person withdraws it, or patience ends:
its claims, its base and its place in the order of passage are given back, its order is cancelled, and the ground where
it really is becomes a foreign use of the roads, with all that it may still drive on. So nobody waits for it who can go
around, and nobody is sent through it. One that is elsewhere while a crane serves it, or while it may still come back,
keeps what it holds and has the ground where it says that it is as well.

It comes back by itself once nothing is wrong any more: from its base if it kept it, else from a stop or a way that it
stands on. What only a person can judge (a jump, a refused order, a position that fits to nothing) stays wrong until a
person has looked, which resuming the truck says, or until it says again that it stands where it was last believed.
"""

import math

from portway.core.commands import Alert, CancelOrder, HoldOrders, PauseTruck
from portway.core.controller.interventions import Interventions
from portway.core.controller.return_to_road import back_on_road
from portway.core.controller.roads import Roads
from portway.core.controller.state import Mission, Phase, State
from portway.core.controller.taking_back import give_to_others
from portway.core.controller.truck_file import PAUSE_MS, TruckFile
from portway.core.controller.yard import YardService
from portway.core.events import TruckCondition, TruckReported
from portway.core.routing.foreign_uses import Ground
from portway.core.routing.whereabouts import Pose, apart_m
from portway.core.safety.fitness import LINK_FAULTS, PATIENCE_MS, TRY_AGAIN_MS, fault

KEEPS_LOST = frozenset({"elsewhere", "exchanged", "not_localised"})  # the steel may be where it was believed
LOAD_MS = 30_000  # so long after a handover a truck may still say of its load what was before
NOT_BEGUN = frozenset({"order_rejected", "no_beginning"})  # of the way that it was to be told
MARGIN_M = 1.0  # around an unfit truck that stands
DRIVEN_M = 8.0  # before and behind one that moves: a second at full speed
SOON_MS = 500  # who is fit again is dealt with at the next full step of this
KEPT_OFF_MS = 60_000  # so long a truck may drive on or keep its order until a person is called
OTHER_PAUSE_MS = 60_000  # a truck that somebody else keeps paused for so long does no work
SAID_AGAIN_MS = 5_000  # what a truck did not follow is said again so often


class TruckFitness:
    """Judges trucks, takes them off the road and brings them back."""

    def __init__(self, state: State, yard: YardService, roads: Roads, interventions: Interventions) -> None:
        self._state, self._yard, self._roads, self._interventions = state, yard, roads, interventions
        self.files: dict[str, TruckFile] = {truck: TruckFile() for truck in state.homes}
        self._off_way_m = state.scenario.policies.off_way_m
        self._off_way_rad = math.radians(state.scenario.policies.off_way_deg)

    def condition(self, event: TruckCondition) -> None:
        """A truck's condition has changed."""
        file, mission = self.files[event.truck], self._state.missions[event.truck]
        if "unheard" in file.said.faults and "unheard" not in event.faults and not mission.off_road:
            file.latched -= NOT_BEGUN  # it has started anew
        file.said = event
        file.latched.update(f for f in event.faults if fault(f).latched)
        file.notes_driving(self._was_driven(file))
        if not mission.off_road and event.pose is not None:
            self._place(file, event.truck, event.pose, 0)
        elif self._is_where_it_was(file):
            file.seen.discard("elsewhere")
        self._judge(mission)

    def reported(self, event: TruckReported) -> None:
        """How far a truck has come: believed when its position agrees, so that no ground is given back too early."""
        file, mission = self.files[event.truck], self._state.missions[event.truck]
        if mission.off_road:
            return
        before = set(file.seen), set(file.latched)
        if event.pose is None or self._place(file, event.truck, event.pose, event.step):
            row = self._state.index[event.truck]
            if not self._state.traffic.report(row, event.step, event.along_m, event.standing, event.at_ms):
                file.latched.add("beyond_base")
                file.details["beyond_base"] = f"step {event.step}"
        if before != (file.seen, file.latched):
            self._judge(mission)

    def looked(self, truck: str, is_stuck: bool = False) -> None:
        """A person has looked at a truck and lets it go on: a position that did not agree is right, and an order that
        was not taken will not be, so it is led anew from where it says that it is. So is one that is stuck although it
        may drive: it does not follow the order that it has."""
        file, mission = self.files.get(truck), self._state.missions[truck]
        if file is None:
            return
        anew = {"elsewhere", "drives_unled", *NOT_BEGUN}.intersection(file.faults())
        if is_stuck and self._state.traffic.may_go_on(self._state.index[truck]):
            anew.add("stuck")
        file.latched.clear()
        file.told.clear()
        if anew and not mission.off_road and not mission.serving:
            file.trusted = None if "elsewhere" in anew else file.trusted
            self._leave(mission, file, file.faults())
        if mission.off_road:
            file.seen.discard("elsewhere")
        self._judge(mission, looked=True)

    def exchanged(self, truck: str) -> None:
        """Another vehicle speaks for a truck. The one before may still drive what was released to it, and stands where
        it was believed: a person has to see where it is. Of one that was never heard nothing is known."""
        file, mission = self.files[truck], self._state.missions[truck]
        pose = file.said.pose or file.trusted
        if pose is None:
            return
        file.latched.add("exchanged")
        file.unled_from = None  # that was the other one
        file.details["exchanged"] = "the vehicle before may still drive, or stand in the way"
        if mission.off_road:
            file.lost = [*file.lost, pose]
        elif not mission.serving:
            self._leave(mission, file, file.faults())
        self._judge(mission)

    def wake(self, truck: str) -> None:
        """Time has passed, or what has to be ended first has ended."""
        file = self.files.get(truck)
        if file is not None:
            file.wakes = {at for at in file.wakes if at > self._state.now_ms}
            self._judge(self._state.missions[truck])

    def persists(self, code: str, truck: str) -> bool:
        """Whether what a person was called for is still wrong with a truck."""
        return truck in self.files and code in self.files[truck].told

    def told(self, truck: str) -> None:
        """A person has paused or withdrawn a truck, or taken that back: it is seen to that this happens."""
        file = self.files.get(truck)
        if file is not None and file.said.paused is not None:
            file.word_ms = self._state.now_ms
            self._judge(self._state.missions[truck])

    def _place(self, file: TruckFile, truck: str, pose: Pose, step: int) -> bool:
        """Whether a pose agrees with where the truck may be."""
        off_m = self._state.traffic.off_way_m(self._state.index[truck], step, pose, self._off_way_rad)
        if off_m <= self._off_way_m:
            file.seen.discard("elsewhere")
            file.trusted = pose
            return True
        file.seen.add("elsewhere")
        return False

    def _is_where_it_was(self, file: TruckFile) -> bool:
        """Whether a truck says again that it stands where it was last believed: what it said between was wrong."""
        pose, trusted = file.said.pose, file.trusted
        if pose is None or trusted is None or not file.said.standing:
            return False
        return apart_m(trusted, pose, self._off_way_rad) <= self._off_way_m

    # -- judgement ----------------------------------------------------------------------------------------------

    def _judge(self, mission: Mission, looked: bool = False) -> None:
        """Draw the conclusions from all that is wrong with a truck."""
        file, now = self.files[mission.truck], self._state.now_ms
        self._see_pause(mission, file)
        faults = file.faults()
        file.begin(faults, now)
        if faults:
            file.kept_off_ms = -1
            self._suspend(mission, file)
            self._stop(mission, any(fault(f).stop for f in faults))
            if any(now >= file.since_ms[f] + fault(f).grace_ms for f in faults):
                give_to_others(self._state, self._yard, mission)  # a restart of the server alone deals nothing anew
            if mission.off_road:
                self._lock(mission, file)
            elif self._shall_leave(mission, file, faults):
                self._leave(mission, file, faults)
            else:
                self._lock_elsewhere(mission, file)
                if file.said.holds == "foreign":
                    self._cancel_again(mission, file, void=False)
        elif mission.off_road:
            self._come_back(mission, file, looked)
        elif mission.unfit:
            self._lock_elsewhere(mission, file)
            self._fit_again(mission)
        self._check_pause(mission, file)
        self._check_load(mission, file)
        self._call(mission, file)

    def _suspend(self, mission: Mission, file: TruckFile) -> None:
        if mission.unfit:
            return
        state = self._state
        mission.unfit, file.unfit_since_ms = True, state.now_ms
        state.traffic.pause(state.index[mission.truck], True)
        state.outbox.append(HoldOrders(mission.truck, True))

    def _stop(self, mission: Mission, stop: bool) -> None:
        if mission.stopped != stop:
            mission.stopped = stop
            self._say_pause(mission)

    def _say_pause(self, mission: Mission) -> None:
        self.files[mission.truck].word_ms = self._state.now_ms
        self._state.outbox.append(PauseTruck(mission.truck, mission.stopped or mission.paused_by_person))

    def _see_pause(self, mission: Mission, file: TruckFile) -> None:
        """A truck that stays paused against our word does no work, until it goes on."""
        wanted = mission.stopped or mission.paused_by_person
        lasts = file.pause_since_ms >= 0 and self._state.now_ms - file.pause_since_ms >= OTHER_PAUSE_MS
        if file.said.paused and not wanted and lasts:
            file.seen.add("paused_by_other")
        elif not file.said.paused or wanted:
            file.seen.discard("paused_by_other")

    def _check_pause(self, mission: Mission, file: TruckFile) -> None:
        """A truck that is paused without a word of ours, or drives on against it, is told again."""
        wanted, said, now = mission.stopped or mission.paused_by_person, file.said.paused, self._state.now_ms
        if said is None or said == wanted or any(f in LINK_FAULTS for f in file.said.faults):
            file.pause_since_ms = -1
            file.told -= {"paused_by_other"} - file.seen
            return
        if file.pause_since_ms < 0:
            file.pause_since_ms = now
        if now - max(file.pause_since_ms, file.word_ms) >= PAUSE_MS:
            if said and "paused_by_other" not in file.told:
                file.told.add("paused_by_other")
                self._state.outbox.append(Alert("paused_by_other", mission.truck, "it is told to go on"))
            self._say_pause(mission)
        self._wake_at(file, mission.truck, now + SAID_AGAIN_MS)

    def _check_load(self, mission: Mission, file: TruckFile) -> None:
        """A truck that says that it is empty has lost a box, or another one has got it; one that is loaded has one that
        nobody knows."""
        said, now = file.said.loaded, self._state.now_ms
        is_dead = any(f in LINK_FAULTS for f in file.said.faults)
        if said is None or said == mission.carries or mission.serving or is_dead:
            file.load_since_ms = -1
            file.told.discard("load_differs")
            return
        file.load_since_ms = now if file.load_since_ms < 0 else file.load_since_ms
        if now < file.load_since_ms + LOAD_MS:
            self._wake_at(file, mission.truck, file.load_since_ms + LOAD_MS)
        elif "load_differs" not in file.told:
            file.told.add("load_differs")
            boxes = [job.container.id for job in mission.unit.jobs] if mission.unit and mission.carries else ["no box"]
            text = f"{'loaded' if said else 'empty'}, not {', '.join(boxes)}"
            self._state.outbox.append(Alert("load_differs", mission.truck, text))

    def handed_over(self, truck: str) -> None:
        """A handover has ended: what the truck says of its load has to follow."""
        file = self.files.get(truck)
        if file is not None and file.said.loaded is not None:
            self._judge(self._state.missions[truck])

    def _fit_again(self, mission: Mission) -> None:
        """Nothing is wrong any more, and it is where it may be; one that was off the road begins its leg anew."""
        state = self._state
        mission.unfit = False
        self._stop(mission, False)
        state.traffic.pause(state.index[mission.truck], mission.paused)
        state.outbox.append(HoldOrders(mission.truck, False))
        was_off, mission.off_road = mission.off_road, False
        if was_off and mission.unit is not None:
            self._interventions.begin_leg(mission)
        elif not mission.paused:
            self._interventions.resumed(mission)
        soon_ms = (state.now_ms // SOON_MS + 1) * SOON_MS
        state.set_timer(soon_ms, "retry")  # many may come at once, say when a server has started

    def _call(self, mission: Mission, file: TruckFile) -> None:
        """Call a person for what has lasted too long, and ask to be woken for the rest."""
        now = self._state.now_ms
        for code in file.faults():
            due = file.since_ms[code] + fault(code).grace_ms
            if due > now:
                self._wake_at(file, mission.truck, due)
            elif code not in file.told:
                file.told.add(code)
                self._state.outbox.append(Alert(code, mission.truck, self._detail(file, mission, code)))
        if mission.unfit and not mission.off_road and now < file.unfit_since_ms + PATIENCE_MS:
            self._wake_at(file, mission.truck, file.unfit_since_ms + PATIENCE_MS)

    def _detail(self, file: TruckFile, mission: Mission, code: str) -> str:
        pose = file.said.pose
        where = "" if pose is None else f"at ({pose[0]:.0f}, {pose[1]:.0f})"
        carries = "with a box" if mission.carries else ""
        return ", ".join(part for part in (file.details.get(code) or file.said.detail, where, carries) if part)

    def _wake_at(self, file: TruckFile, truck: str, at_ms: int) -> None:
        at_ms = -(-at_ms // 1_000) * 1_000
        if at_ms not in file.wakes:
            file.wakes.add(at_ms)
            self._state.set_timer(at_ms, f"fitness:{truck}")

    # -- off the road -------------------------------------------------------------------------------------------

    def _shall_leave(self, mission: Mission, file: TruckFile, faults: list[str]) -> bool:
        """Whether an unfit truck's claims and its place in the order of passage are to be given back."""
        if mission.serving or all(fault(f).keeps_way for f in faults):
            return False
        row = self._state.index[mission.truck]
        in_the_way = "elsewhere" in faults or self._state.traffic.has_way(row)
        if not in_the_way:
            return False
        out_of_patience = self._state.now_ms >= file.unfit_since_ms + PATIENCE_MS
        has_nothing = file.said.holds == "none" and file.said.standing and "drives_unled" not in faults
        return has_nothing or mission.withdrawn or out_of_patience

    def _leave(self, mission: Mission, file: TruckFile, faults: list[str]) -> None:
        state, row = self._state, self._state.index[mission.truck]
        self._suspend(mission, file)
        drives = file.may_drive or "exchanged" in faults
        file.lost = self._state.traffic.undriven(row) if drives else []
        moved = self._was_driven(file) and "not_localised" not in faults and "exchanged" not in faults
        if not KEEPS_LOST.isdisjoint(faults) and file.trusted is not None and not moved:
            file.lost = [*file.lost, file.trusted]  # its position may be wrong, and the steel still there
        mission.held, mission.ahead, mission.ahead_is_leg = False, None, False
        give_to_others(state, self._yard, mission)
        self._yard.forget(mission)
        if mission.unit is not None:
            state.board.placed.discard(mission.unit.id)
        self._lock(mission, file)  # before it gives back what it holds: nobody is allocated the ground under it
        self._state.traffic.leave(row)
        state.traffic.set_load(row, mission.carries)
        state.claims.free(mission.truck)
        state.astray.discard(mission.truck)
        mission.off_road, mission.at_place, mission.wanting_since = True, None, -1
        file.is_locked = False
        state.set_phase(mission, Phase.PARKED)
        state.outbox.append(CancelOrder(mission.truck, True))
        state.work_wanted = state.places_freed = True
        self.look_for_danger()

    def _was_driven(self, file: TruckFile) -> bool:
        """Whether somebody at its wheel explains that it is elsewhere."""
        return any(f in file.said.faults for f in ("manual", "service", "teach_in", "intervened"))

    def _lock(self, mission: Mission, file: TruckFile) -> None:
        """The ground of a truck that is off the road: where it says it is, and where it may be or come to."""
        if not file.may_drive and KEEPS_LOST.isdisjoint(file.faults()):
            file.lost = []
        pose = file.said.pose or file.trusted
        ahead = MARGIN_M if file.said.standing else DRIVEN_M
        grounds = [] if pose is None else [self._ground(pose, ahead)]
        grounds += [self._ground(p, MARGIN_M) for p in file.lost]
        if self._roads.lock(mission.truck, grounds):
            self.look_for_danger()

    def _lock_elsewhere(self, mission: Mission, file: TruckFile) -> None:
        """The ground where a truck says that it is, beside that which it keeps."""
        pose = file.said.pose if "elsewhere" in file.faults() else None
        if pose is None and not file.is_locked:
            return
        file.is_locked = pose is not None
        ahead = MARGIN_M if file.said.standing else DRIVEN_M
        if self._roads.lock(mission.truck, [] if pose is None else [self._ground(pose, ahead)]):
            self.look_for_danger()

    def _ground(self, pose: Pose, margin_m: float) -> Ground:
        length, width = self._roads.size_m
        x, y, heading = (round(v, 2) for v in pose)
        return Ground(x, y, heading, length / 2 + margin_m, width / 2 + min(margin_m, MARGIN_M) / 2)

    def look_for_danger(self) -> None:
        """Trucks with allocated ground that a foreign use has come onto are stopped, and go on when it is free."""
        for truck in sorted(self.files):
            file, mission = self.files[truck], self._state.missions[truck]
            names = [] if mission.off_road else self._state.traffic.endangered(self._state.index[truck])
            names = [name for name in names if name != truck]
            if bool(names) != ("way_blocked" in file.seen):
                file.seen ^= {"way_blocked"}
                file.details["way_blocked"] = f"by {', '.join(names)}"
                self._judge(mission)

    def _come_back(self, mission: Mission, file: TruckFile, looked: bool) -> None:
        """Nothing is wrong any more with a truck off the road: it is led again from where it stands, if that fits."""
        pose = file.said.pose
        if not file.said.standing or file.said.holds != "none" or pose is None:
            if file.said.holds in ("ours", "foreign"):
                self._cancel_again(mission, file, void=True)
            self._lock(mission, file)
            self._call_for(mission, file)
            return
        file.lost, file.kept_off_ms = [], -1
        if self._roads.take_over(mission.truck, lambda: back_on_road(self._state, mission, pose)):
            file.told.discard("no_way_back")
            file.trusted = pose
            self._fit_again(mission)
            self.look_for_danger()
            return
        self._lock(mission, file)
        if "no_way_back" not in file.told or looked:
            file.told.add("no_way_back")
            self._state.outbox.append(Alert("no_way_back", mission.truck, f"from ({pose[0]:.0f}, {pose[1]:.0f})"))
        self._wake_at(file, mission.truck, self._state.now_ms + TRY_AGAIN_MS)

    def _call_for(self, mission: Mission, file: TruckFile) -> None:
        """A truck with which nothing is wrong does not come back for long: a person is called."""
        now = self._state.now_ms
        file.kept_off_ms = now if file.kept_off_ms < 0 else file.kept_off_ms
        due_ms = file.kept_off_ms + KEPT_OFF_MS
        if now < due_ms:
            self._wake_at(file, mission.truck, due_ms)
        elif "no_way_back" not in file.told:
            file.told.add("no_way_back")
            why = "it does not stand still" if file.said.holds == "none" else "it does not give up its order"
            self._state.outbox.append(Alert("no_way_back", mission.truck, why))

    def _cancel_again(self, mission: Mission, file: TruckFile, void: bool) -> None:
        """Have the order that a truck holds cancelled, now and then; `void` when it is led no longer."""
        if self._state.now_ms >= file.cancelled_ms + TRY_AGAIN_MS:
            file.cancelled_ms = self._state.now_ms
            self._state.outbox.append(CancelOrder(mission.truck, void))
        self._wake_at(file, mission.truck, self._state.now_ms + TRY_AGAIN_MS)
