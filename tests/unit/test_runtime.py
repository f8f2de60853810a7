"""One loop for every world: what it hands to the core, what it notes, and whom it tells, in which order."""

import pytest

from portway.core.commands import Alert, SetTimer
from portway.core.events import TimerFired, TruckArrived
from portway.runtime import CORE_BROKE, Repeat, Runtime, broke


class Core:
    """Answers a timer with an alert of its name; timers called `drive` make a truck arrive a second later."""

    def __init__(self) -> None:
        self.due: list[TruckArrived] = []

    def start(self):
        return [SetTimer(5, "first")]

    def advance(self, until_ms, drive):
        now = [a for a in self.due if a.at_ms <= until_ms][:1]
        self.due = [a for a in self.due if a not in now]
        return now

    def handle(self, event):
        if isinstance(event, TruckArrived):
            return [Alert("arrived", event.truck, str(event.at_ms))]
        if event.name == "drive":
            self.due.append(TruckArrived(event.at_ms + 1_000, "T001", "P01"))
        if event.name == "poison":
            raise RuntimeError("unheard of")
        return [Alert("timer", event.name, "")]


class World:
    """Timers by hand, and a list of all that was noted and told, in sequence."""

    def __init__(self, *timers: TimerFired) -> None:
        self.timers, self.seen = sorted(timers, key=lambda t: t.at_ms), []

    def next_ms(self):
        return self.timers[0].at_ms if self.timers else 1 << 60

    def drive(self, until_ms):
        """The core of these tests has arrivals without trucks."""

    def take(self, now_ms):
        due = [t for t in self.timers if t.at_ms <= now_ms]
        self.timers = [t for t in self.timers if t not in due]
        return due

    def apply(self, commands, now_ms):
        self.seen.append(("told", now_ms, list(commands)))

    def note(self, event, commands):
        self.seen.append(("noted", event, list(commands)))


def noted(world: World) -> list:
    return [(what[1], what[2]) for what in world.seen if what[0] == "noted"]


def run(world: World, end_ms: int = 10_000) -> Runtime:
    runtime = Runtime(Core(), world, world)
    runtime.start()
    while runtime.step(end_ms):
        pass
    return runtime


def test_an_answer_is_noted_before_anybody_is_told():
    world = World(TimerFired(7, "a"))
    run(world)
    assert [w[0] for w in world.seen] == ["told", "noted", "told"]
    assert world.seen[0] == ("told", 0, [SetTimer(5, "first")])
    assert world.seen[2] == ("told", 7, [Alert("timer", "a", "")])


def test_arrivals_are_handled_before_what_comes_at_the_same_instant_and_time_ends_where_asked():
    world = World(TimerFired(10, "drive"), TimerFired(1_010, "b"))
    runtime = run(world, 1_500)
    assert [e for e, _ in noted(world)] == [
        TimerFired(10, "drive"), TruckArrived(1_010, "T001", "P01"), TimerFired(1_010, "b"),
    ]  # fmt: skip
    assert runtime.now_ms == 1_500


def test_a_turn_handles_what_is_due_and_the_arrivals_until_now():
    world = World(TimerFired(10, "drive"))
    runtime = Runtime(Core(), world, world)
    runtime.turn(500)
    assert [e for e, _ in noted(world)] == [TimerFired(10, "drive")]
    runtime.turn(2_000)
    assert [e for e, _ in noted(world)][1:] == [TruckArrived(1_010, "T001", "P01")]


def test_an_event_that_breaks_the_core_is_noted_with_an_alarm_and_nobody_is_told():
    world = World(TimerFired(10, "poison"))
    with pytest.raises(RuntimeError, match="unheard of"):
        run(world)
    event, answer = noted(world)[-1]
    assert event == TimerFired(10, "poison")
    assert broke(answer) == Alert(CORE_BROKE, "TimerFired", "RuntimeError('unheard of')")
    assert world.seen[-1][0] == "noted"


def entries() -> list:
    world = World(*(TimerFired(at, name) for at, name in ((10, "drive"), (20, "drive"), (1_015, "a"), (3_000, "b"))))
    run(world)
    assert len(noted(world)) == 6
    return noted(world)


def test_a_journal_is_answered_alike_and_its_world_is_told_again():
    told = World()
    repeat = Repeat(Core(), told, told)
    repeat.start()
    assert all(repeat.answers_alike(event, answer) for event, answer in entries())
    assert noted(told) == entries()


@pytest.mark.parametrize("cut", range(5))
def test_a_record_that_is_missing_is_found_when_arrivals_or_their_cause_are(cut):
    kept = entries()
    gone = kept.pop(cut)
    repeat = Repeat(Core())
    agrees = [repeat.answers_alike(event, answer) for event, answer in kept]
    assert all(agrees) == (isinstance(gone[0], TimerFired) and gone[0].name != "drive")


def test_what_broke_the_core_is_left_out_and_the_rest_follows():
    kept = entries()
    repeat = Repeat(Core())
    assert repeat.answers_alike(*kept[0])
    assert repeat.answers_alike(*kept[1])
    assert repeat.skip(TimerFired(500, "poison"))
    assert repeat.skip(kept[2][0])
    assert all(repeat.answers_alike(event, answer) for event, answer in kept[3:])


def test_trucks_that_break_the_core_while_they_drive_are_noted_too():
    class Broken(Core):
        def advance(self, until_ms, drive):
            raise RuntimeError("a use that is not in the table")

    world = World()
    with pytest.raises(RuntimeError):
        Runtime(Broken(), world, world).turn(700)
    event, answer = noted(world)[-1]
    assert event == TimerFired(700, "advance")
    assert broke(answer) is not None


def test_a_record_with_another_answer_or_another_arrival_differs():
    kept = entries()
    kept[2] = (kept[2][0], [Alert("arrived", "T002", "1010")])
    repeat = Repeat(Core())
    assert [repeat.answers_alike(event, answer) for event, answer in kept[:3]] == [True, True, False]
    kept = entries()
    kept[2] = (TruckArrived(1_009, "T001", "P01"), kept[2][1])
    repeat = Repeat(Core())
    assert [repeat.answers_alike(event, answer) for event, answer in kept[:3]] == [True, True, False]


def test_trucks_that_drove_ahead_of_the_records_are_compared_when_those_come():
    kept, repeat = entries(), Repeat(Core())
    assert repeat.answers_alike(*kept[0])
    assert repeat.answers_alike(*kept[1])
    repeat.drive(1_014)
    assert repeat.answers_alike(*kept[2])
    assert all(repeat.answers_alike(event, answer) for event, answer in kept[3:])


def test_of_arrivals_at_once_those_behind_the_one_that_broke_the_core_are_handled_by_the_next_server():
    class Two(Core):
        def advance(self, until_ms, drive):
            due, self.due = self.due, []
            return due

    kept = [TruckArrived(5, "T001", "P01"), TruckArrived(5, "T002", "P02")]
    core = Two()
    core.due = kept[:]
    repeat = Repeat(core)
    assert repeat.skip(kept[0]), "it broke the core"
    assert repeat.due == kept[1:]
    world = World()
    Runtime(core, world, world, repeat.due).arrivals(100)
    assert [event for event, _ in noted(world)] == kept[1:]
