"""Optional: no slot of the yard holds more than its 40 ft at any time (two 20 ft boxes fit one slot).

A work list may use a slot again without saying so in `after`; a late run then puts a box onto another. That is a defect
of the list rather than of the run, so this rule is judged only when asked for.
"""

from collections.abc import Iterator

from checker.trips import NEVER, Trip
from checker.violation import Violation
from portway.core.model import MoveKind, WorkList, YardSlot

TEU_PER_SLOT = 2


def _changes(trips: list[Trip], work: WorkList) -> dict[YardSlot, list[tuple[int, int, int, str]]]:
    """(instant, 0 out / 1 in, change in TEU, box) by slot; boxes that no move brought are there from the start."""
    out_first: dict[YardSlot, list[tuple[int, int, int, str]]] = {}
    brought = {
        (j.container.id, j.slot_to or j.slot)
        for j in work.job_orders
        if j.kind in (MoveKind.DISCHARGE, MoveKind.RECEIVE)
    }
    brought |= {(j.container.id, j.slot_to) for j in work.job_orders if j.kind == MoveKind.YARD}
    trip_of = {t.job.id: t for t in trips}
    for job in work.job_orders:
        teu, trip, box = (1 if job.container.length_ft == 20 else 2), trip_of.get(job.id), job.container.id
        goal = job.slot_to if job.kind == MoveKind.YARD else job.slot
        if job.kind in (MoveKind.LOAD, MoveKind.DELIVER, MoveKind.YARD) and job.slot:
            if (box, job.slot) not in brought:
                out_first.setdefault(job.slot, []).append((-1, 1, teu, box))
            if trip and trip.collected_ms != NEVER:
                out_first.setdefault(job.slot, []).append((trip.collected_ms, 0, -teu, box))
        if job.kind in (MoveKind.DISCHARGE, MoveKind.RECEIVE, MoveKind.YARD) and goal and trip and trip.is_done:
            out_first.setdefault(goal, []).append((trip.delivered_ms, 1, teu, box))
    return out_first


def check_stacks(trips: list[Trip], work: WorkList) -> Iterator[Violation]:
    """One violation for each box that is put into a full slot."""
    for slot, changes in sorted(_changes(trips, work).items(), key=lambda item: str(item[0])):
        held = 0
        for at, _, teu, box in sorted(changes):
            held += teu
            if teu > 0 and held > TEU_PER_SLOT:
                where = f"{slot.block}/{slot.bay}/{slot.row}/{slot.tier}"
                yield Violation("stack", max(0, at), (box, where), f"{box} is put into {where}, which is taken")
