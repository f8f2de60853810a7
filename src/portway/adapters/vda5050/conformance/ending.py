"""Pause and cancel on the way, and which orders are taken afterwards."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

from portway.adapters.vda5050.conformance.drive import ANSWER_S, DRIVE_S, STILL_S, Drive
from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.watching import judge, not_shown

NAMES = (
    "pause.driving", "pause.finished", "cancel.other", "cancel.driving", "cancel.update", "cancel.new_order",
    "order.far_away", "order.elsewhere", "order.other_name", "order.zero_speed",
)  # fmt: skip
ROLL_S = 1.0  # on the way before it is paused


async def ending(drive: Drive) -> AsyncIterator[Verdict]:
    """The rest of the way but one or two movements is released; the truck is paused and cancelled on it."""
    talk, before = drive.talk, len(drive.talk.heard)
    base = len(drive.way.movements) - drive.at - 1
    nodes, edges = drive.part(drive.at, base)
    drive.update += 1
    talk.order(drive.id, drive.update, nodes, edges)
    if await talk.until("state", lambda s: s.driving, ANSWER_S * 3, before) is None:
        return
    await asyncio.sleep(ROLL_S)
    async for verdict in _pause(drive):
        yield verdict
    yield await _cancel_other(drive)
    update = drive.update + 1
    fault = await _cancel(drive, nodes[-1], update)
    yield judge("cancel.driving", fault)
    if fault is not None:
        return
    yield await _update_after(drive, update)
    async for verdict in _afterwards(drive):
        yield verdict


# -- pause ------------------------------------------------------------------------------------------------------------


async def _pause(drive: Drive) -> AsyncIterator[Verdict]:
    talk, before = drive.talk, len(drive.talk.heard)
    action = talk.act("startPause")
    paused = await talk.until("state", lambda s: s.paused is True and not s.driving, DRIVE_S / 4, before)
    said = drive.said(before)
    yield judge("pause.driving", await _stays(drive) if paused is not None else "it drives on")
    early = [s for s in said if talk.action_status(s, action) == "FINISHED" and s.driving]
    done = any(talk.action_status(s, action) == "FINISHED" for s in drive.said(before))
    fault = "it is FINISHED while the truck still rolls" if early else None if done else "it is not FINISHED"
    yield judge("pause.finished", fault)


async def _stays(drive: Drive) -> str | None:
    """What is wrong with a truck that is paused, and is then let go on."""
    talk, first = drive.talk, drive.talk.state().agv_position
    await asyncio.sleep(STILL_S / 2)
    later = talk.state().agv_position
    talk.act("stopPause")
    if first is not None and later is not None and math.hypot(later.x - first.x, later.y - first.y) > 0.5:
        return "it moves while it is paused"
    goes_on = await talk.until("state", lambda s: s.driving or not s.node_states, DRIVE_S / 4)
    return None if goes_on else "it does not go on after stopPause"


# -- cancel -----------------------------------------------------------------------------------------------------------


async def _cancel_other(drive: Drive) -> Verdict:
    """The order of another id is not there to be cancelled (3.0)."""
    talk = drive.talk
    if not drive.version.cancel_by_id:
        return not_shown("cancel.other", "cancelOrder of 2.x names no order")
    before = len(talk.heard)
    action, word = talk.act("cancelOrder", orderId=f"{drive.id}-no-such"), talk.error_word("noOrderToCancel")
    failed = await talk.until("state", lambda s: talk.action_status(s, action) == "FAILED", ANSWER_S, before)
    if failed is None:
        return judge("cancel.other", f"it is reported {talk.action_status(talk.state(), action) or 'not at all'}")
    if not failed.node_states:
        return judge("cancel.other", "its own order is gone")
    said = [e.error_type for e in failed.errors]
    return judge("cancel.other", None if word in said else f"no error {word} but {said}")


async def _cancel(drive: Drive, last: Any, update: int) -> str | None:
    """Cancel under way, with an update right behind; what is wrong with how the order ends."""
    talk, before = drive.talk, len(drive.talk.heard)
    action = talk.act("cancelOrder")
    at_end = drive.part(len(drive.way.movements) - 1, 1)
    talk.order(drive.id, update, *at_end)
    ended = await talk.until(
        "state", lambda s: not s.node_states and not s.edge_states and not s.driving, DRIVE_S / 2, before
    )
    finished = ended is not None and await talk.until(
        "state", lambda s: talk.action_status(s, action) == "FINISHED", ANSWER_S, before
    )
    fault = None if finished else f"{len(talk.state().node_states)} node states left, the action is not FINISHED"
    said = drive.said(before)
    if any(talk.action_status(s, action) == "FINISHED" and (s.driving or s.node_states) for s in said):
        fault = "the action is FINISHED while it still drives"
    if ended is not None and ended.last_node_sequence_id >= last.sequence_id:
        fault = "it drove on to the end of the order"
    return fault


async def _update_after(drive: Drive, update: int) -> Verdict:
    """Neither during the cancellation (number `update`) nor afterwards is an update taken."""
    if any(s.order_id == drive.id and s.order_update_id == update for s in drive.said(0)):
        return judge("cancel.update", "an update is taken while the order is cancelled")
    drive.at = drive.talk.state().last_node_sequence_id // 2
    part = drive.part(drive.at, 1)
    return await drive.refused("cancel.update", drive.id, update + 1, part, "cancelledOrderError")


# -- afterwards -------------------------------------------------------------------------------------------------------


async def _afterwards(drive: Drive) -> AsyncIterator[Verdict]:
    """New orders from where it stands, by two names; one from elsewhere; one that nobody can drive."""
    if drive.at + 1 >= len(drive.way.movements):
        for name in NAMES[-5:]:
            yield not_shown(name, "the way is at its end")
        return
    fault = await _new_order(drive, "-again", "")
    yield judge("cancel.new_order", fault)
    if fault is not None:
        return
    far = drive.carried(drive.fresh(0, 1), "conform-elsewhere")
    yield await drive.refused("order.far_away", drive.id + "-far", 0, far, "startNodeError")
    name = drive.talk.state().last_node_id
    carried = drive.carried(drive.fresh(0, 1), name)
    yield await drive.refused("order.elsewhere", drive.id + "-carried", 0, carried, "startNodeError")
    if drive.at + 1 >= len(drive.way.movements):
        yield not_shown("order.other_name", "the way is at its end")
    else:
        yield judge("order.other_name", await _new_order(drive, "-named", "-by-another-name"))
    yield await _zero(drive)


async def _new_order(drive: Drive, suffix: str, renamed: str) -> str | None:
    """An order of one movement from where the truck stands, its first node under another name if one is given."""
    talk, before, name = drive.talk, len(drive.talk.heard), drive.id + suffix
    nodes, edges = drive.fresh(drive.at, 1)
    drive.renamed((nodes, edges), nodes[0].node_id + renamed)
    talk.order(name, 0, nodes, edges)
    if await talk.until("state", lambda s: s.order_id == name, ANSWER_S, before) is None:
        return drive.id_and_errors()
    done = await talk.until("state", lambda s: s.order_id == name and s.last_node_sequence_id == 2 and not s.driving,
                            DRIVE_S, before)  # fmt: skip
    drive.at += done is not None
    return None if done is not None else drive.id_and_errors()


async def _zero(drive: Drive) -> Verdict:
    """An edge with a speed limit of 0 is not driven: refused, or the truck stays where it is."""
    talk, before = drive.talk, len(drive.talk.heard)
    first = min(drive.at, len(drive.way.movements) - 1)
    if first != drive.at:
        return not_shown("order.zero_speed", "the way is at its end")
    nodes, edges = drive.fresh(first, 1)
    edges[0].max_speed = 0.0
    talk.order(drive.id + "-still", 0, nodes, edges)
    moved = await talk.until("state", lambda s: s.driving or (s.last_node_sequence_id == 2 and s.order_id.endswith(
        "-still")), STILL_S * 2, before)  # fmt: skip
    if talk.state().node_states:
        talk.act("cancelOrder")
        await talk.until("state", lambda s: not s.node_states, DRIVE_S / 4, before)
    return judge("order.zero_speed", None if moved is None else "it drives")
