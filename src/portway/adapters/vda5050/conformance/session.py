"""A conformance session from top to bottom."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from portway.adapters.vda5050.conformance.drive import Way
from portway.adapters.vda5050.conformance.driving import NAMES, driving
from portway.adapters.vda5050.conformance.last_will import last_will
from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.standing import standing
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.watching import SILENT_S_MAX, judge_all, not_shown

SETTLE_S = 2.0


async def session(
    talk: Talk, way_from: Callable[[float, float, float], Way | str], wait_s: float, schemas: Path | None,
    cut: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Verdict]:  # fmt: skip
    """Verdicts as they come; `way_from` gives a way from a pose, or says why there is none; `cut` breaks the truck's
    connection to the broker.

    Raises NoTruckError when the truck does not speak within `wait_s`.
    """
    await talk.begin(wait_s)
    before = len(talk.heard)
    talk.look()
    await asyncio.sleep(SETTLE_S)
    await talk.until("state", lambda _s: True, SILENT_S_MAX, before)  # unasked: later on, something always happens
    async for verdict in standing(talk):
        yield verdict
    state = talk.state()
    position = None if state is None else state.agv_position
    way = "it reports no position" if position is None else way_from(position.x, position.y, position.theta)
    if not isinstance(way, str) and state.node_states:
        way = "it has an order of its own; let it end first"
    if isinstance(way, str):
        for name in NAMES:
            yield not_shown(name, way)
    else:
        async for verdict in driving(talk, way):
            yield verdict
    for verdict in judge_all(talk, schemas):
        yield verdict
    yield await last_will(talk, cut)  # last, since numbers and times have a gap where a connection was broken
