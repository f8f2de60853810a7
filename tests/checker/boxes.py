"""Every box arrives exactly once where it belongs, in the order asked for, one truck at a time."""

from collections.abc import Iterator
from itertools import pairwise

from checker.trips import NEVER, Trip
from checker.violation import Violation
from portway.core.model import Fleet, JobOrder, MoveKind, Place, PlaceKind, Terminal, WorkList, YardSlot

BY_ROAD = (MoveKind.RECEIVE, MoveKind.DELIVER)
FROM_QUAY = MoveKind.DISCHARGE
TO_QUAY = MoveKind.LOAD


def quay_instant_ms(trip: Trip) -> int:
    """When the quay crane handed over: it gives a discharge and takes a load."""
    return trip.collected_ms if trip.job.kind == FROM_QUAY else trip.delivered_ms


def check_all_done(trips: list[Trip], work: WorkList) -> Iterator[Violation]:
    """At the end of a finished run no job order is open."""
    done = {t.job.id for t in trips if t.is_done}
    for job in work.job_orders:
        if job.id not in done:
            yield Violation(
                "not_done", 0, (job.id, job.container.id), f"{job.kind} of {job.container.id} was never done"
            )


def check_instants(trips: list[Trip]) -> Iterator[Violation]:
    """Assigned, collected, delivered, in this order; nothing before its release."""
    for trip in trips:
        reached = [t for t in (trip.assigned_ms, trip.collected_ms, trip.delivered_ms) if t != NEVER]
        if reached != sorted(reached) or (trip.is_done and trip.collected_ms >= trip.delivered_ms):
            yield Violation(
                "instants", trip.collected_ms, (trip.job.id,), f"{trip.words} is delivered before it is collected"
            )
        start = quay_instant_ms(trip) if trip.job.quay_crane else trip.collected_ms
        if NEVER != start < trip.job.release_ms:
            yield Violation("release", start, (trip.job.id,), f"{trip.words} begins before its release")


def check_one_truck(trips: list[Trip]) -> Iterator[Violation]:
    """A box is never on two trucks at once, and goes on from where it was put down."""
    by_box: dict[str, list[Trip]] = {}
    for trip in trips:
        if trip.collected_ms != NEVER:
            by_box.setdefault(trip.container, []).append(trip)
    for box, own in sorted(by_box.items()):
        own.sort(key=lambda t: t.collected_ms)
        for a, b in pairwise(own):
            if not a.is_done or b.collected_ms < a.delivered_ms:
                yield Violation(
                    "two_trucks", b.collected_ms, (box, a.truck, b.truck), f"{box} is on {a.truck} and on {b.truck}"
                )


def check_after(trips: list[Trip]) -> Iterator[Violation]:
    """A job order begins only when those it comes after have ended."""
    done = {t.job.id: t for t in trips if t.is_done}
    for trip in trips:
        for before in trip.job.after if trip.collected_ms != NEVER else ():
            if before not in done or done[before].delivered_ms > trip.collected_ms:
                text = f"{trip.words} is collected before {before} has ended"
                yield Violation("after", trip.collected_ms, (trip.job.id, before), text)


def _line_of(work: WorkList) -> dict[str, str]:
    """For each job order at the quay the line in which its number counts: its work queue, or else its crane."""
    line = {job.id: job.quay_crane for job in work.job_orders if job.quay_crane is not None}
    return line | {job: queue.id for queue in work.queues for job in queue.job_orders}


def check_sequence(trips: list[Trip], work: WorkList) -> Iterator[Violation]:
    """In each work queue lower sequence numbers are handed over first, and none before the queue's start."""
    line_of, start_ms = _line_of(work), {queue.id: queue.start_ms for queue in work.queues}
    asked: dict[str, list[JobOrder]] = {}
    for job in work.job_orders:
        if job.id in line_of:
            asked.setdefault(line_of[job.id], []).append(job)
    served: dict[str, list[Trip]] = {}
    for trip in trips:
        if trip.job.id in line_of and quay_instant_ms(trip) != NEVER:
            served.setdefault(line_of[trip.job.id], []).append(trip)
    for line, own in sorted(served.items()):
        for trip in own:
            if quay_instant_ms(trip) < start_ms.get(line, 0):
                text = f"{trip.words} is handed over before {line} starts"
                yield Violation("queue_start", quay_instant_ms(trip), (line, trip.job.id), text)
        yield from _in_sequence(line, own)
        yield from _none_skipped(line, own, asked[line])


def _in_sequence(line: str, served: list[Trip]) -> Iterator[Violation]:
    latest: Trip | None = None
    for trip in sorted(served, key=lambda t: (t.job.sequence, quay_instant_ms(t), t.job.id)):
        if (
            latest is not None
            and latest.job.sequence < trip.job.sequence
            and quay_instant_ms(trip) < quay_instant_ms(latest)
        ):
            text = f"{line}: {trip.words}, number {trip.job.sequence}, goes before number {latest.job.sequence}"
            yield Violation("sequence", quay_instant_ms(trip), (line, trip.job.id, latest.job.id), text)
        if latest is None or quay_instant_ms(trip) > quay_instant_ms(latest):
            latest = trip


def _none_skipped(line: str, served: list[Trip], asked: list[JobOrder]) -> Iterator[Violation]:
    """Nothing with a lower number is still open when a higher one has been served."""
    last = max(served, key=lambda t: t.job.sequence)
    done = {t.job.id for t in served}
    for job in asked:
        if job.id not in done and job.sequence < last.job.sequence:
            text = f"{line}: number {job.sequence} ({job.id}) is open although number {last.job.sequence} is done"
            yield Violation("sequence", quay_instant_ms(last), (line, job.id), text)


class Ends:
    """Judges whether a place can be the end of a move."""

    def __init__(self, terminal: Terminal) -> None:
        self._places = {p.id: p for p in terminal.places}
        self._cranes = {c.id for c in terminal.quay_cranes}
        self._quay = [p for p in terminal.places if p.kind == PlaceKind.QUAY_TRANSFER]
        self._yard: dict[str, list[Place]] = {}
        for place in terminal.places:
            if place.kind == PlaceKind.YARD_TRANSFER and place.serves:
                self._yard.setdefault(place.serves, []).append(place)

    def at_quay(self, name: str, job: JobOrder) -> str | None:
        """What is wrong with a quay end, None if nothing."""
        place = self._places.get(name)
        if place is None or place.kind != PlaceKind.QUAY_TRANSFER:
            return f"{name or 'nowhere'} is no place under a quay crane"
        if place.serves in self._cranes and place.serves != job.quay_crane:
            return f"{name} belongs to {place.serves}, not to {job.quay_crane}"
        own = [p for p in self._quay if p.serves == job.quay_crane] or self._quay
        return self._off_bay(place, own, job.quay_bay)

    def at_yard(self, name: str, slot: YardSlot | None) -> str | None:
        """What is wrong with a yard end, None if nothing."""
        place = self._places.get(name)
        if slot is None:
            return "the job order names no slot"
        if place is None or place.kind != PlaceKind.YARD_TRANSFER or place.serves != slot.block:
            return f"{name or 'nowhere'} is no place of block {slot.block}"
        return self._off_bay(place, self._yard[slot.block], slot.bay)

    def at_gate(self, name: str, kind: PlaceKind) -> str | None:
        """What is wrong with a gate end; an empty name stands for outside."""
        place = self._places.get(name)
        return None if not name or (place is not None and place.kind == kind) else f"{name} is no {kind} place"

    @staticmethod
    def _off_bay(place: Place, candidates: list[Place], bay: int | None) -> str | None:
        """The place must be one of those nearest to the bay."""
        if bay is None or place.bay is None:
            return None
        nearest = min(abs(p.bay - bay) for p in candidates if p.bay is not None)
        return (
            f"{place.id} is at bay {place.bay}, the box belongs to bay {bay}"
            if abs(place.bay - bay) > nearest
            else None
        )

    def problems(self, trip: Trip) -> list[str]:
        """What is wrong with origin and destination of a move."""
        job, start, end = trip.job, trip.from_place, trip.to_place
        origin = {
            MoveKind.DISCHARGE: lambda: self.at_quay(start, job),
            MoveKind.RECEIVE: lambda: self.at_gate(start, PlaceKind.GATE_IN),
        }.get(job.kind, lambda: self.at_yard(start, job.slot))
        goal = {
            MoveKind.LOAD: lambda: self.at_quay(end, job),
            MoveKind.DELIVER: lambda: self.at_gate(end, PlaceKind.GATE_OUT),
            MoveKind.YARD: lambda: self.at_yard(end, job.slot_to),
        }.get(job.kind, lambda: self.at_yard(end, job.slot))
        return [
            text
            for text in (origin() if trip.collected_ms != NEVER else None, goal() if trip.is_done else None)
            if text
        ]


def check_ends(trips: list[Trip], terminal: Terminal) -> Iterator[Violation]:
    """Discharges start at their crane and end at their block, loads the other way round, yard moves between blocks."""
    ends = Ends(terminal)
    for trip in trips:
        for text in ends.problems(trip):
            yield Violation(
                "wrong_place", max(trip.collected_ms, trip.delivered_ms), (trip.job.id,), f"{trip.words}: {text}"
            )


def check_carriers(trips: list[Trip], fleet: Fleet) -> Iterator[Violation]:
    """Ours do the moves inside, road trucks those through the gate; nobody carries more than a box or twin 20s."""
    ours = {t.id for t in fleet.trucks}
    for trip in trips:
        if trip.collected_ms != NEVER and (trip.truck in ours) == (trip.job.kind in BY_ROAD):
            who = "a truck of the fleet" if trip.truck in ours else "no truck of the fleet"
            yield Violation(
                "carrier", trip.collected_ms, (trip.job.id, trip.truck), f"{trip.words} by {trip.truck}, {who}"
            )
    by_truck: dict[str, list[Trip]] = {}
    for trip in trips:
        if trip.collected_ms != NEVER:
            by_truck.setdefault(trip.truck, []).append(trip)
    for truck, own in sorted(by_truck.items()):
        yield from _overloads(truck, own)


def _overloads(truck: str, own: list[Trip]) -> Iterator[Violation]:
    aboard: list[Trip] = []
    for trip in sorted(own, key=lambda t: (t.collected_ms, t.job.id)):
        aboard = [t for t in aboard if not t.is_done or t.delivered_ms > trip.collected_ms]
        for other in aboard:
            twins = trip.job.twin == other.job.id and other.job.twin == trip.job.id
            small = trip.job.container.length_ft == other.job.container.length_ft == 20
            if not (twins and small) or len(aboard) > 1:
                text = f"{truck} carries {trip.container} on top of {other.container}"
                yield Violation("overload", trip.collected_ms, (truck, trip.container, other.container), text)
        aboard.append(trip)
