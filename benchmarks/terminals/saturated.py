"""A terminal whose quay cranes never run out of work: how much of a crane's own limit do trucks leave?

Each crane works bay after bay of its stretch: a run of discharges, then a run of loads, 6 to 18 boxes each, no two
cranes in step. Yard slots come from the same planner that plans a list without slots: blocks near the crane, the blocks
busy at that time avoided. It plans shift by shift and begins each with an empty yard, as if trains and road trucks took
away what was discharged.
"""

import msgspec
import numpy as np

from portway.adapters.tos.planner import plan_work
from portway.adapters.tos.rows import WorkRow
from portway.core.model import PlaceKind, Terminal, WorkList, WorkQueue

RUN = (6, 18)  # boxes of one kind in a row, least and most
SHIFT_S = 8 * 3600


def saturated_work(terminal: Terminal, hours: float, seed: int = 0, dual: bool = False) -> WorkList:
    """Work for `hours` hours at each crane's own limit, all of it released at once."""
    rng = np.random.default_rng((seed, 77))
    rows = []
    for crane in terminal.quay_cranes:
        bays = sorted({
            p.bay for p in terminal.places
            if p.kind == PlaceKind.QUAY_TRANSFER and p.bay is not None and crane.bay_start <= p.bay <= crane.bay_end
        })  # fmt: skip
        run, left = int(rng.integers(2)), int(rng.integers(*RUN))
        for i in range(int(hours * 3600 / crane.cycle_s_mean) + 2 * RUN[1]):
            if left == 0:
                run, left = run + 1, int(rng.integers(RUN[0], RUN[1] + 1))
            left -= 1
            name = f"{crane.id}-{i:05d}"
            rows.append(
                WorkRow(
                    job_id=name, kind="load" if run % 2 else "discharge", container_id=f"BOX{name}",
                    release_s=i * crane.cycle_s_mean, quay_crane=crane.id, sequence=i + 1,
                    quay_bay=bays[(run // 2) % len(bays)] if bays else None,
                )
            )  # fmt: skip
    shifts: dict[int, list[WorkRow]] = {}
    for row in rows:
        shifts.setdefault(int(row.release_s // SHIFT_S), []).append(row)
    jobs = [j for shift in shifts.values() for j in plan_work(shift, terminal, "saturated work").job_orders]
    jobs = sorted((msgspec.structs.replace(j, release_ms=0) for j in jobs), key=lambda j: j.id)
    queues = [
        WorkQueue(c.id, c.id, tuple(j.id for j in jobs if j.quay_crane == c.id), dual=dual)
        for c in terminal.quay_cranes
    ]
    return WorkList(tuple(jobs), tuple(queues))
