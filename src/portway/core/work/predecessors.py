"""A batch in the sequence in which its job orders can be taken one after the other."""

from collections import deque

from portway.core.model.work import JobOrder


def predecessors_first(jobs: list[JobOrder]) -> tuple[list[JobOrder], list[JobOrder]]:
    """Job orders behind all of the batch that they name in `after`, otherwise in the given sequence; and those that
    wait for themselves (A. B. Kahn, Topological sorting of large networks, CACM 5(11), 1962)."""
    by_id = {j.id: j for j in jobs}
    waits = {j.id: {a for a in j.after if a in by_id} for j in jobs}
    followers: dict[str, list[str]] = {}
    for job in jobs:
        for name in sorted(waits[job.id]):
            followers.setdefault(name, []).append(job.id)
    ready = deque(j.id for j in jobs if not waits[j.id])
    ordered = []
    while ready:
        name = ready.popleft()
        ordered.append(by_id[name])
        for follower in followers.get(name, ()):
            waits[follower].discard(name)
            if not waits[follower]:
                ready.append(follower)
    taken = {j.id for j in ordered}
    return ordered, [j for j in jobs if j.id not in taken]
