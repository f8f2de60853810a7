"""A core at work in the simulator, to which tests say what the TOS and the control room would say."""

from collections.abc import Callable

import msgspec

from portway.app.compose import make_controller, make_world
from portway.app.config import load_scenario
from portway.core.commands import Alert, Command, JobOrderDone, JobOrderStopped, PrepareMove
from portway.core.controller import Mission
from portway.core.model import Container, JobOrder, MoveKind, WorkList, YardSlot
from portway.core.work.units import Unit, UnitState
from portway.runtime import Runtime

WHO = ("operator", "because")


def job(name: str, kind: MoveKind = MoveKind.LOAD, sequence: int = 0, **more) -> JobOrder:
    """A job order with a box and a slot of its own, at bay 4 of QC01 unless told otherwise."""
    number = int("".join(c for c in name if c.isdigit()) or "0")
    quay = {"quay_crane": "QC01", "quay_bay": 4} if kind in (MoveKind.LOAD, MoveKind.DISCHARGE) else {}
    ends = {"slot": YardSlot("A1", number % 15 + 1, number // 15 % 5 + 1, 1)}
    if kind == MoveKind.YARD:
        ends["slot_to"] = YardSlot("B1", number % 15 + 1, number // 15 % 5 + 1, 1)
    length = {"container": Container("B" + name, 20 if "twin" in more else 40)}
    return JobOrder(name, kind, **{**length, "sequence": sequence, **quay, **ends, **more})


class Core:
    """Controller, simulated cranes and a clock."""

    def __init__(self, *jobs: JobOrder, trucks: int = 4) -> None:
        base = load_scenario("huashan", {"fleet.trucks": str(trucks), "terminal.quay_cranes": "2"})
        scenario = msgspec.structs.replace(base, work=WorkList(jobs))
        self.controller = make_controller(scenario, 4)
        self.state, self.board = self.controller.state, self.controller.state.board
        self.said: list[Command] = []
        self._world = make_world(msgspec.structs.replace(scenario, work=WorkList(())), 1, self.controller)
        self._runtime = Runtime(self.controller, self, self)
        self._runtime.start()

    # -- a world and a journal ----------------------------------------------------------------------------------

    def next_ms(self) -> int:
        return self._world.next_ms()

    def drive(self, until_ms: int) -> None:
        self._world.drive(until_ms)

    def take(self, now_ms: int):
        return self._world.take(now_ms)

    def apply(self, commands, now_ms: int) -> None:
        self.said += commands
        self._world.apply(commands, now_ms)

    def note(self, event, commands) -> None:
        pass

    # -- what tests say and see ---------------------------------------------------------------------------------

    def tell(self, event: type, *content) -> list[Command]:
        """Say something now; the answer."""
        commands = self.controller.handle(event(self._runtime.now_ms, *content))
        self.apply(commands, self._runtime.now_ms)
        return commands

    def until(self, happened: Callable[[], bool], hours: float = 8.0) -> None:
        """Let time pass until something has happened."""
        while not happened():
            assert self._runtime.step(round(hours * 3_600_000)), "it never happened"

    def minutes(self, minutes: float) -> None:
        """Let time pass."""
        end_ms = self._runtime.now_ms + round(minutes * 60_000)
        while self._runtime.step(end_ms):
            pass

    def to_the_end(self) -> list[str]:
        """Let everything be done; the job orders in the order in which they ended."""
        self.until(lambda: self.board.jobs_done == self.board.jobs_total)
        return [c.job_order for c in self.said if isinstance(c, JobOrderDone)]

    def unit(self, name: str) -> Unit:
        return self.board.unit_of_job[name]

    def mission(self, name: str) -> Mission:
        """What the truck of a job order does."""
        return self.state.missions[self.unit(name).truck or ""]

    def queue(self, crane: str = "QC01") -> list[str]:
        """Units to come, in their order."""
        queue = self.board.queues[crane]
        return [unit.id for unit in queue.units[queue.head :]]

    def assigned(self, name: str) -> bool:
        return self.unit(name).state == UnitState.ASSIGNED

    def collected(self, name: str) -> bool:
        return self.unit(name).state == UnitState.COLLECTED

    def prepared(self) -> list[str]:
        """Units for which QC01 was told to get ready."""
        return [c.unit for c in self.said if isinstance(c, PrepareMove) and c.crane == "QC01"]


def codes(commands: list[Command]) -> list[tuple[str, str]]:
    """Answers to the TOS and the control room: (about what, code)."""
    stopped = [(c.job_order, c.code) for c in commands if isinstance(c, JobOrderStopped)]
    return stopped + [(c.subject, c.code) for c in commands if isinstance(c, Alert)]
