"""Requirements that a standing truck shows: requests, instant actions, orders that must be refused."""

from collections.abc import AsyncIterator
from typing import Any

from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.talk import Talk
from portway.adapters.vda5050.conformance.watching import judge, not_shown

ANSWER_S = 4.0


async def standing(talk: Talk) -> AsyncIterator[Verdict]:
    """Play them through."""
    before = len(talk.heard)
    action = talk.act("stateRequest")
    state = await talk.until("state", lambda _s: True, ANSWER_S, before)
    yield judge("state.request", None if state is not None else f"no state in {ANSWER_S:.0f} s")
    done = await talk.until("state", lambda s: talk.action_status(s, action) == "FINISHED", ANSWER_S, before)
    yield judge("action.finished", None if done else f"stateRequest is reported {_status(talk, action)}")
    yield judge("state.position", _position(talk.state()))
    async for verdict in _factsheet(talk):
        yield verdict
    yield await _unknown(talk)
    yield await _pause(talk)
    yield await _cancel(talk)


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


async def _unknown(talk: Talk) -> Verdict:
    before = len(talk.heard)
    action = talk.act("doAHandstand")
    failed = await talk.until("state", lambda s: talk.action_status(s, action) == "FAILED", ANSWER_S, before)
    return judge("action.unknown", None if failed else f"it is reported {_status(talk, action)}")


async def _pause(talk: Talk) -> Verdict:
    for kind, wanted in (("startPause", True), ("stopPause", False)):
        before = len(talk.heard)
        talk.act(kind)
        if await talk.until("state", lambda s, w=wanted: s.paused is w, ANSWER_S, before) is None:  # type: ignore[misc]
            return judge("action.pause", f"`paused` is not {str(wanted).lower()} {ANSWER_S:.0f} s after {kind}")
    return judge("action.pause", None)


async def _cancel(talk: Talk) -> Verdict:
    state = talk.state()
    if state is not None and state.node_states:
        return not_shown("cancel.idle", "it has an order")
    before = len(talk.heard)
    action, word = talk.act("cancelOrder"), talk.error_word("noOrderToCancel")
    failed = await talk.until("state", lambda s: talk.action_status(s, action) == "FAILED", ANSWER_S, before)
    if failed is None:
        return judge("cancel.idle", f"it is reported {_status(talk, action)}")
    said = [e.error_type for e in failed.errors]
    return judge("cancel.idle", None if word in said else f"no error {word} but {said}")
