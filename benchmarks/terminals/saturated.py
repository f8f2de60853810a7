"""A terminal whose quay cranes never run out of work: how much of a crane's own limit do trucks leave?

Queues alternate runs of discharges and loads in bays next to each other, yard slots are drawn evenly over all blocks.
"""

import numpy as np

from portway.core.model import Container, JobOrder, MoveKind, PlaceKind, Terminal, WorkList, WorkQueue, YardSlot

RUN = 12  # discharges before as many loads


def saturated_work(terminal: Terminal, hours: float, seed: int = 0, dual: bool = False) -> WorkList:
    """Work for `hours` hours at each crane's own limit."""
    rng = np.random.default_rng((seed, 77))
    blocks = sorted(terminal.blocks, key=lambda b: b.id)
    jobs, queues = [], []
    for crane in terminal.quay_cranes:
        bays = sorted({
            p.bay for p in terminal.places
            if p.kind == PlaceKind.QUAY_TRANSFER and p.bay is not None and crane.bay_start <= p.bay <= crane.bay_end
        })  # fmt: skip
        names = []
        for i in range(int(hours * 3600 / crane.cycle_s_mean) + 2 * RUN):
            block = blocks[int(rng.integers(len(blocks)))]
            slot = YardSlot(
                block.id, int(rng.integers(1, block.bays + 1)), int(rng.integers(1, block.rows + 1)),
                int(rng.integers(1, block.tiers + 1)),
            )  # fmt: skip
            kind = MoveKind.LOAD if (i // RUN) % 2 else MoveKind.DISCHARGE
            name = f"{crane.id}-{i:05d}"
            bay = bays[(i // (2 * RUN)) % len(bays)] if bays else None
            box = Container(f"BOX{crane.id}{i:05d}")
            jobs.append(JobOrder(name, kind, box, quay_crane=crane.id, quay_bay=bay, sequence=i + 1, slot=slot))
            names.append(name)
        queues.append(WorkQueue(crane.id, crane.id, tuple(names), dual=dual))
    return WorkList(tuple(sorted(jobs, key=lambda j: j.id)), tuple(queues))
