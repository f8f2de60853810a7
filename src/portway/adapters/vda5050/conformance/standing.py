"""Requirements that a standing truck shows: requests, instant actions, orders that must be refused."""

import time
from collections.abc import AsyncIterator
from typing import Any

from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.watching import judge, not_shown

ANSWER_S = 4.0
BETWEEN = 20  # instant actions between one and its repetition
AT_ONCE_S, TRIES = 0.5, 3


async def standing(talk: Talk) -> AsyncIterator[Verdict]:
    """Play them through."""
    before = len(talk.heard)
    action = talk.act("stateRequest")
    done = await talk.until("state", lambda s: talk.action_status(s, action) == "FINISHED", ANSWER_S, before)
    yield judge("action.finished", None if done else f"stateRequest is reported {_status(talk, action)}")
    yield judge("state.position", _position(talk.state()))
    async for verdict in _factsheet(talk):
        yield verdict
    yield await _asked(talk)
    yield await _repeated(talk)
    yield await _unknown(talk)
    yield await _pause(talk)
    async for verdict in _cancel(talk):
        yield verdict


def _status(talk: Talk, action: str) -> str:
    state = talk.state()
    return (talk.action_status(state, action) if state is not None else "") or "not at all"


def _position(state: Any) -> str | None:
    if state is None:
        return "no state"
    if state.agv_position is None:
        return "no position"
    if not state.agv_position.position_initialized:
        return "it is not localised"
    return None if state.operating_mode == "AUTOMATIC" else f"operating mode {state.operating_mode}"


async def _factsheet(talk: Talk) -> AsyncIterator[Verdict]:
    before = len(talk.heard)
    talk.act("factsheetRequest")
    sheet = await talk.until("factsheet", lambda _f: True, ANSWER_S, before)
    yield judge("factsheet.request", None if sheet is not None else f"no factsheet in {ANSWER_S:.0f} s")
    if sheet is None:
        yield not_shown("factsheet.plausible", "there is none")
        return
    size = sheet.physical_parameters
    plausible = 0 < size.speed_max < 30 and 0 < size.length < 40 and 0 < size.width < 10
    seen = f"{size.length:.1f} x {size.width:.1f} m, {size.speed_max:.1f} m/s"
    yield judge("factsheet.plausible", None if plausible else seen, seen)


async def _asked(talk: Talk) -> Verdict:
    """A request right behind a state, when none is due: who does not answer is silent until the next one."""
    limit, waited = AT_ONCE_S + _interval_s(talk), []
    for _ in range(1 + TRIES):  # the first one only finds a state to begin behind
        before, asked_s = len(talk.heard), time.monotonic()
        talk.act("stateRequest")
        if await talk.until("state", lambda _s: True, ANSWER_S, before) is None:
            return judge("state.request", f"no state in {ANSWER_S:.0f} s")
        waited.append(talk.of("state", before)[0].at_s - asked_s)
    best = min(waited[1:])
    return judge("state.request", None if best <= limit else f"a state {best:.1f} s later, {TRIES} times")


def _interval_s(talk: Talk) -> float:
    """As soon as a state may follow another, by the factsheet."""
    sheet = talk.last("factsheet")
    timing = None if sheet is None else sheet.protocol_limits.get("timing")
    said = timing if isinstance(timing, dict) else {}
    found = said.get("minStateInterval", said.get("minimumStateInterval"))
    return found if isinstance(found, int | float) else 0.0


async def _unknown(talk: Talk) -> Verdict:
    before = len(talk.heard)
    action = talk.act("doAHandstand")
    failed = await talk.until("state", lambda s: talk.action_status(s, action) == "FAILED", ANSWER_S, before)
    return judge("action.unknown", None if failed else f"it is reported {_status(talk, action)}")


async def _repeated(talk: Talk) -> Verdict:
    """An id that is known is not carried out again, however many came in between."""
    before = len(talk.heard)
    action = talk.act("factsheetRequest")
    if await talk.until("factsheet", lambda _f: True, ANSWER_S, before) is None:
        return not_shown("action.repeated", "it gives no factsheet")
    between = len(talk.heard)
    for _ in range(BETWEEN):
        last = talk.act("stateRequest")
    await talk.until("state", lambda s: talk.action_status(s, last) == "FINISHED", ANSWER_S, between)
    before = len(talk.heard)
    talk.act("factsheetRequest", action)
    again = await talk.until("factsheet", lambda _f: True, ANSWER_S / 2, before)
    return judge("action.repeated", None if again is None else f"it is carried out again after {BETWEEN} others")


async def _pause(talk: Talk) -> Verdict:
    for kind, wanted in (("startPause", True), ("stopPause", False)):
        before = len(talk.heard)
        talk.act(kind)
        if await talk.until("state", lambda s, w=wanted: s.paused is w, ANSWER_S, before) is None:  # type: ignore[misc]
            return judge("action.pause", f"`paused` is not {str(wanted).lower()} {ANSWER_S:.0f} s after {kind}")
    return judge("action.pause", None)


async def _cancel(talk: Talk) -> AsyncIterator[Verdict]:
    state = talk.state()
    if state is not None and state.node_states:
        yield not_shown("cancel.idle", "it has an order")
        yield not_shown("error.action", "it has an order")
        return
    before = len(talk.heard)
    action, word = talk.act("cancelOrder"), talk.error_word("noOrderToCancel")
    failed = await talk.until("state", lambda s: talk.action_status(s, action) == "FAILED", ANSWER_S, before)
    if failed is None:
        yield judge("cancel.idle", f"it is reported {_status(talk, action)}")
        yield not_shown("error.action", "there is no error")
        return
    said = [e for e in failed.errors if e.error_type == word]
    seen = [e.error_type for e in failed.errors]
    yield judge("cancel.idle", None if said else f"no error {word} but {seen}")
    if not said:
        yield not_shown("error.action", "there is no error")
        return
    named = [(r.reference_key, r.reference_value) for e in said for r in e.error_references or []]
    fault = None if ("actionId", action) in named else f"{word} refers to {named[:6] or 'nothing'}"
    yield judge("error.action", fault)
