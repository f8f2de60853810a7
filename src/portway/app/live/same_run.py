"""Whether the scenario of a command line is the one that a database's run was begun with.

A run goes on with terminal, fleet, work and policies as they were kept when it began: what trucks and cranes have been
told since refers to them. Another scenario would be silently without effect, so it is refused, and what differs is
named. So are other linked cranes: one that was linked would be simulated over a real spreader. What belongs to a start
and not to the run may change every time: broker, versions, keys, TOS links, addresses.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from portway.adapters.storage.durable_error import StorageError
from portway.adapters.storage.durable_run import LiveRun
from portway.core.model.scenario import Scenario

NAMES_MAX = 4  # of what differs, by kind
CURE = "start with what the run was begun with, or give another --db to begin a new run"


class OtherScenarioError(StorageError):
    """The database holds the run of another scenario; the text names what differs."""


def check_same(run: LiveRun, given: Scenario, linked_cranes: Iterable[str], database: str) -> None:
    """Raise OtherScenarioError when a scenario or its linked cranes are not those of a run."""
    if found := [*differences(run.scenario, given), *_links(run.linked_cranes, set(linked_cranes))]:
        listed = "".join(f"\n  {line}" for line in found)
        raise OtherScenarioError(f"{database}: it holds the run of another scenario; {CURE}{listed}")


def differences(kept: Scenario, given: Scenario) -> list[str]:
    """What differs, a line a kind; nothing when a run can go on. Where a scenario was read from is no difference, nor
    are road trucks: a run of an older version had none."""
    lines = []
    if kept.id != given.id:
        lines.append(f"scenario: {kept.id} in the database, {given.id} given")
    lines += _parts("terminal", kept.terminal, given.terminal)
    lines += _parts("fleet", kept.fleet, given.fleet)
    lines += _parts("work", kept.work, given.work)
    policies = msgspec.structs.replace(given.policies, road_trucks=kept.policies.road_trucks)
    return [*lines, *_parts("policies", kept.policies, policies)]


def _links(kept: tuple[str, ...] | None, given: set[str]) -> Iterator[str]:
    """A run of an older version does not know its linked cranes and goes on with any."""
    if kept is not None and set(kept) != given:
        parts = _named("linked only in the database", sorted(set(kept) - given))
        parts = [*parts, *_named("linked only as given", sorted(given - set(kept)))]
        yield f"linked cranes: {'; '.join(parts)}; give --linked-cranes as when the run began"


def _parts(what: str, kept: msgspec.Struct, given: msgspec.Struct) -> Iterator[str]:
    for field in kept.__struct_fields__:
        before, now = getattr(kept, field), getattr(given, field)
        if before != now:
            yield f"{what}.{field}: {_difference(before, now)}"


def _difference(before: Any, now: Any) -> str:
    if isinstance(before, tuple) and isinstance(now, tuple) and all(hasattr(n, "id") for n in (*before, *now)):
        return _by_id({n.id: n for n in before}, {n.id: n for n in now})
    if isinstance(before, tuple) or isinstance(now, tuple):
        return f"{len(before)} in the database, {len(now)} given, not the same"
    return f"{_short(before)} in the database, {_short(now)} given"


def _by_id(before: dict[str, Any], now: dict[str, Any]) -> str:
    said = [f"{len(before)} in the database, {len(now)} given"]
    said += _named("only in the database", sorted(before.keys() - now.keys()))
    said += _named("only given", sorted(now.keys() - before.keys()))
    said += _named("changed", sorted(n for n in before.keys() & now.keys() if before[n] != now[n]))
    return "; ".join(said if len(said) > 1 else [*said, "in another sequence"])


def _named(what: str, names: list[str]) -> Iterable[str]:
    if names:
        more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
        yield f"{what}: {', '.join(names[:NAMES_MAX])}{more}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
