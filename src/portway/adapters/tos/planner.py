"""What a TOS would have planned where the source does not say: berth, crane split, sequence, twins and yard slots.

Deterministic, no randomness. Per call: as many neighbouring cranes as its boxes are worth, the ones free first; the
boxes are split evenly over their rail bays, bay by bay. In a bay the discharge begins, then loads and discharges
alternate (dual cycling), then the rest of the loads follow. Two 20 ft boxes that follow each other become a twin.
Yard slots: blocks near the crane that had little work lately; a slot is used again once its box has left. Which box
stands on which is not modelled: reshuffling is part of the yard crane's cycle time.
"""

import heapq
from collections import defaultdict
from typing import NamedTuple

from portway.adapters.tos.rows import WorkError, WorkProblem, WorkRow
from portway.core.model.layout import PlaceKind, QuayCrane, Terminal
from portway.core.model.work import Container, JobOrder, MoveKind, WorkList, WorkQueue, YardSlot

BOXES_PER_CRANE = 70  # a call gets one more crane for so many boxes
CRANES_MAX = 4
MOVE_S = 130.0  # expected time of a quay move when berths are planned
TURN_S = 1200.0  # between two calls at the same cranes
BUCKET_S = 900.0
DWELL_S = 5 * 86_400.0  # slot of a box whose way out is not in the list
BUSY_M = 60.0  # a box put into a block lately counts like so many metres


class _Stay(NamedTuple):
    """A box in the yard: when it comes (None: it is there) and goes (None: not in this list)."""

    comes_s: float
    goes_s: float
    handled_s: tuple[float, ...]  # when the yard crane is expected to handle it: on the way in, out, or both


class _Yard:
    """Free slots of all blocks by the time at which they become free."""

    def __init__(self, terminal: Terminal) -> None:
        self._free: dict[tuple[str, int], list[tuple[float, int, int]]] = {}
        for block in terminal.blocks:
            for bay in range(1, block.bays + 1):
                cells = [(0.0, tier, row) for tier in range(1, block.tiers + 1) for row in range(1, block.rows + 1)]
                self._free[block.id, bay] = cells
        self._next_bay = {b.id: 0 for b in terminal.blocks}
        self._bays = {b.id: b.bays for b in terminal.blocks}
        self._busy: dict[tuple[str, int], int] = defaultdict(int)
        middle = {
            b.id: (b.origin[0] + 0.5 * b.bays * b.bay_pitch_m, b.origin[1] + 0.5 * b.rows * b.row_pitch_m)
            for b in terminal.blocks
        }
        self._far = {
            c.id: sorted((abs(x - _crane_x(terminal, c)) + y, b) for b, (x, y) in middle.items())
            for c in terminal.quay_cranes
        }
        self._any = sorted((0.0, b) for b in middle)

    def take(self, crane: str, stay: _Stay, slot: YardSlot | None) -> YardSlot | None:
        """A free slot for a box, None when the yard is full."""
        buckets = [int(at // BUCKET_S) for at in stay.handled_s]
        ranked = sorted(
            (m + BUSY_M * sum(self._busy[b, k] for k in buckets), b) for m, b in self._far.get(crane, self._any)
        )
        if slot is not None:
            ranked.insert(0, (0.0, slot.block))
        for _, block in ranked:
            found = self._take_in(block, stay, slot.bay if slot and slot.block == block else None)
            if found:
                for k in buckets:
                    self._busy[block, k] += 1
                return found
        return None

    def _take_in(self, block: str, stay: _Stay, bay: int | None) -> YardSlot | None:
        bays = self._bays[block]
        for step in range(bays):
            at = (bay - 1 + step if bay else self._next_bay[block] + step) % bays
            cells = self._free[block, at + 1]
            if cells and cells[0][0] <= stay.comes_s:
                _, tier, row = heapq.heappop(cells)
                heapq.heappush(cells, (stay.goes_s + BUCKET_S, tier, row))
                if bay is None:
                    self._next_bay[block] = (at + 4) % bays if (at + 4) % bays != at else (at + 1) % bays
                return YardSlot(block, at + 1, row, tier)
        return None

    def keep(self, slot: YardSlot, goes_s: float) -> None:
        """A slot that the source has given."""
        cells = self._free.get((slot.block, slot.bay), [])
        self._free[slot.block, slot.bay] = [c for c in cells if (c[1], c[2]) != (slot.tier, slot.row)]
        heapq.heapify(self._free[slot.block, slot.bay])
        heapq.heappush(self._free[slot.block, slot.bay], (goes_s + BUCKET_S, slot.tier, slot.row))


def _crane_x(terminal: Terminal, crane: QuayCrane) -> float:
    quay = terminal.quay
    return 0.0 if quay is None else quay.origin[0] + 0.5 * (crane.bay_start + crane.bay_end - 2) * quay.bay_pitch_m


def _crane_bays(terminal: Terminal, crane: QuayCrane) -> list[int]:
    """Rail bays a crane can work: those with a place under the portal."""
    own = [p.bay for p in terminal.places if p.kind == PlaceKind.QUAY_TRANSFER and p.bay is not None]
    bays = sorted({b for b in own if crane.bay_start <= b <= crane.bay_end})
    return bays or [crane.bay_start]


def _split(boxes: list[WorkRow], parts: int) -> list[list[WorkRow]]:
    return [boxes[i * len(boxes) // parts : (i + 1) * len(boxes) // parts] for i in range(parts)]


def _dual_order(discharges: list[WorkRow], loads: list[WorkRow]) -> list[WorkRow]:
    """Discharge a third, then alternate, then load the rest."""
    head = -(-len(discharges) // 3) if loads else len(discharges)
    ordered, rest, loads = discharges[:head], discharges[head:], list(loads)
    while rest and loads:
        ordered += [loads.pop(0), rest.pop(0)]
    return ordered + rest + loads


def _pair_twins(rows: list[WorkRow]) -> list[WorkRow]:
    """Neighbouring 20 ft boxes of one kind become twins."""
    out: list[WorkRow] = []
    open_row = None
    for row in rows:
        if open_row is not None and row.length_ft == 20 and row.kind == open_row.kind and not row.twin:
            out[-1] = open_row._replace(twin=row.job_id)
            out.append(row._replace(twin=open_row.job_id))
            open_row = None
            continue
        out.append(row)
        open_row = row if row.length_ft == 20 and not row.twin else None
    return out


def _plan_calls(rows: list[WorkRow], terminal: Terminal) -> tuple[list[WorkRow], dict[str, float]]:
    """Crane, rail bay and sequence of all quay moves that have none; the start of each call in seconds."""
    cranes = sorted(terminal.quay_cranes, key=lambda c: (c.bay_start, c.id))
    bays = {c.id: _crane_bays(terminal, c) for c in cranes}
    calls: dict[str, list[WorkRow]] = defaultdict(list)
    planned = [r for r in rows if not (r.call and not r.quay_crane and r.kind in ("discharge", "load"))]
    for row in rows:
        if row.call and not row.quay_crane and row.kind in ("discharge", "load"):
            calls[row.call].append(row)
    free_s = [0.0] * len(cranes)
    start_s: dict[str, float] = {}
    for call in sorted(calls, key=lambda name: (min(r.release_s for r in calls[name]), name)):
        boxes, arrival = calls[call], min(r.release_s for r in calls[call])
        many = max(1, min(CRANES_MAX, len(cranes), -(-len(boxes) // BOXES_PER_CRANE)))
        first = min(
            range(len(cranes) - many + 1),
            key=lambda i: (max(arrival, *free_s[i : i + many]), sum(free_s[i : i + many]), i),
        )
        start = max(arrival, *free_s[first : first + many])
        start_s[call] = start
        discharges = _split([b for b in boxes if b.kind == "discharge"], many)
        loads = _split([b for b in boxes if b.kind == "load"], many)
        for i in range(many):
            crane = cranes[first + i].id
            planned += _plan_crane(discharges[i], loads[i], crane, bays[crane])
            free_s[first + i] = start + MOVE_S * (len(discharges[i]) + len(loads[i])) + TURN_S
    return planned, start_s


def _plan_crane(discharges: list[WorkRow], loads: list[WorkRow], crane: str, bays: list[int]) -> list[WorkRow]:
    """One crane's share of a call, bay by bay."""
    parts = max(1, min(len(bays), (len(discharges) + len(loads)) // 12))
    used = [bays[(2 * k + 1) * len(bays) // (2 * parts)] for k in range(parts)]
    out: list[WorkRow] = []
    for bay, d, ld in zip(used, _split(discharges, parts), _split(loads, parts), strict=True):
        for row in _dual_order(_pair_twins(d), _pair_twins(ld)):
            out.append(row._replace(quay_crane=crane, quay_bay=bay, sequence=len(out) + 1))
    return _keep_twins_together(out)


def _keep_twins_together(rows: list[WorkRow]) -> list[WorkRow]:
    """The second of a pair takes the place behind the first; sequences are renumbered."""
    by_id = {r.job_id: r for r in rows}
    out: list[WorkRow] = []
    done: set[str] = set()
    for row in rows:
        if row.job_id in done:
            continue
        pair = [row, by_id[row.twin]] if row.twin in by_id else [row]
        for r in pair:
            done.add(r.job_id)
            out.append(r._replace(sequence=len(out) + 1))
    return out


def plan_work(rows: list[WorkRow], terminal: Terminal, source: str) -> WorkList:
    """Job orders and queues; raises WorkError when the yard has no room or a load has no box."""
    planned, start_s = _plan_calls(rows, terminal)
    planned.sort(key=lambda r: (start_s.get(r.call, r.release_s), r.quay_crane, r.sequence or 0, r.job_id))
    came = {r.container_id: r for r in planned if r.kind in ("discharge", "receive")}
    went = {r.container_id: r for r in planned if r.kind in ("load", "deliver")}
    slots, problems = _give_slots(planned, start_s, terminal, came, went, source)
    if problems:
        raise WorkError(problems)
    jobs = [_job(row, slots, start_s, came) for row in planned]
    return WorkList(tuple(sorted(jobs, key=lambda j: j.id)), _queues(planned, start_s))


def _when_s(row: WorkRow, start_s: dict[str, float]) -> float:
    """When a row is expected to happen."""
    if row.call in start_s:
        return start_s[row.call] + MOVE_S * (row.sequence or 0)
    return max(row.release_s, start_s.get(row.call, 0.0))


def _give_slots(
    planned: list[WorkRow], start_s: dict[str, float], terminal: Terminal, came: dict[str, WorkRow],
    went: dict[str, WorkRow], source: str,
) -> tuple[dict[str, YardSlot], list[WorkProblem]]:  # fmt: skip
    """Yard slot of every box, by container; given ones are kept."""
    yard, slots, problems = _Yard(terminal), {}, []
    given = [r for r in planned if r.block and r.bay and r.row and r.tier]
    for row in given:
        goes = _when_s(went[row.container_id], start_s) if row.container_id in went else DWELL_S
        slots[row.container_id] = YardSlot(row.block, row.bay or 1, row.row or 1, row.tier or 1)
        yard.keep(slots[row.container_id], goes)
    twin_of: dict[str, YardSlot] = {}
    first_seen = sorted(planned, key=lambda r: (_when_s(r, start_s) if r.container_id in came else 0.0, r.job_id))
    for row in first_seen:
        if row.container_id in slots:
            continue
        comes = _when_s(came[row.container_id], start_s) if row.container_id in came else 0.0
        goes = _when_s(went[row.container_id], start_s) if row.container_id in went else comes + DWELL_S
        near = row.quay_crane or (went[row.container_id].quay_crane if row.container_id in went else "")
        wish = YardSlot(row.block, row.bay or 1, 1, 1) if row.block else twin_of.get(row.twin)
        handled = (comes,) * (row.container_id in came) + (goes,) * (row.container_id in went)
        slot = yard.take(near, _Stay(comes, max(goes, comes), handled), wish)
        if slot is None:
            message = "the yard is full at that time"
            problems.append(WorkProblem(source, 0, "block", row.job_id, message, "add blocks or take out boxes"))
            continue
        slots[row.container_id] = slot
        if row.twin:
            twin_of[row.job_id] = slot
    return slots, problems


def _job(row: WorkRow, slots: dict[str, YardSlot], start_s: dict[str, float], came: dict[str, WorkRow]) -> JobOrder:
    after = row.after.split()
    inbound = came.get(row.container_id)
    if row.kind in ("load", "deliver", "yard") and inbound is not None and inbound.job_id not in after:
        after.append(inbound.job_id)
    slot_to = YardSlot(row.block_to, row.bay_to or 1, row.row_to or 1, row.tier_to or 1) if row.block_to else None
    return JobOrder(
        id=row.job_id,
        kind=MoveKind(row.kind),
        container=Container(row.container_id, row.length_ft, row.mass_kg, row.iso_type),
        release_ms=round(1000 * (start_s.get(row.call, row.release_s) if row.quay_crane else row.release_s)),
        due_ms=None if row.due_s is None else round(1000 * row.due_s),
        quay_crane=row.quay_crane or None,
        quay_bay=row.quay_bay,
        sequence=row.sequence or 0,
        slot=slots[row.container_id],
        slot_to=slot_to,
        gate=row.gate or None,
        twin=row.twin or None,
        after=tuple(after),
    )


def _queues(planned: list[WorkRow], start_s: dict[str, float]) -> tuple[WorkQueue, ...]:
    groups: dict[tuple[str, str], list[WorkRow]] = defaultdict(list)
    for row in planned:
        if row.quay_crane and row.kind in ("discharge", "load"):
            groups[row.quay_crane, row.call].append(row)
    queues = []
    for (crane, call), rows in sorted(groups.items()):
        rows.sort(key=lambda r: (r.sequence or 0, r.job_id))
        start = start_s.get(call, min(r.release_s for r in rows))
        name = f"{crane}/{call}" if call else crane
        queues.append(WorkQueue(name, crane, tuple(r.job_id for r in rows), round(1000 * start), dual=True))
    return tuple(sorted(queues, key=lambda q: (q.start_ms, q.id)))
