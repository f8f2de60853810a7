"""Updates of the order under way: the base grows, with an action, and along a curve."""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator

from portway.adapters.vda5050.conformance.drive import DRIVE_S, Drive, Part
from portway.adapters.vda5050.conformance.requirement import Verdict
from portway.adapters.vda5050.conformance.watching import judge, not_shown

NAMES = ("update.stitched", "update.older", "action.reported", "action.blocking", "trajectory.curve")
HARMLESS = ("wait", "detectObject", "finePositioning")  # actions that may be tried on any node
ASIDE_M, WEIGHT = 3.0, 0.001  # a control point so far beside the line, and so light that the curve hardly sees it
OFF_M_MAX = 1.0
SLOW_MPS = 1.5
ASK_S = 0.5


async def updating(drive: Drive) -> AsyncIterator[Verdict]:
    """Three updates, each driven to its end."""
    there, _ = await drive.go_on(2, drive.part(drive.at, 2, 1), DRIVE_S)
    stitched = there is not None and there.order_update_id == drive.update
    yield judge("update.stitched", None if stitched else drive.id_and_errors())
    if not stitched:
        drive.is_over = True
        return
    update = max(0, drive.update - 1)
    yield await drive.refused("update.older", drive.id, update, drive.part(drive.at, 2), "orderUpdateError")
    async for verdict in _action(drive):
        yield verdict
    yield await _curve(drive)


# -- an action on a node ----------------------------------------------------------------------------------------------


def _known_action(drive: Drive) -> str | None:
    """A harmless action for nodes that needs no parameters, by the factsheet."""
    sheet = drive.talk.last("factsheet")
    features = {} if sheet is None else sheet.protocol_features
    for action in [*(features.get("agvActions") or []), *(features.get("mobileRobotActions") or [])]:
        needs = [p for p in action.get("actionParameters") or [] if not p.get("isOptional")]
        if action.get("actionType") in HARMLESS and "NODE" in action.get("actionScopes", []) and not needs:
            return str(action["actionType"])
    return None


async def _action(drive: Drive) -> AsyncIterator[Verdict]:
    kind = _known_action(drive)
    if kind is None:
        why = f"its factsheet has none of {', '.join(HARMLESS)} for nodes without parameters"
        yield not_shown("action.reported", why)
        yield not_shown("action.blocking", why)
        return
    name = f"{drive.id}-{kind}"
    nodes, edges = drive.part(drive.at, 2)
    nodes[1].actions = [drive.talk.words.Action(action_type=kind, action_id=name, blocking_type="HARD")]
    there, before = await drive.go_on(2, (nodes, edges), DRIVE_S)
    said = [s for s in drive.said(before) if s.order_update_id == drive.update]
    statuses = [next((a.action_status for a in s.action_states if a.action_id == name), "") for s in said]
    fault = None if statuses[:1] == ["WAITING"] and "" not in statuses else f"its states are {_steps(statuses)}"
    if fault is None and (there is None or statuses[-1] != "FINISHED"):
        fault = f"it is not done after {DRIVE_S:.0f} s: {_steps(statuses)}"
    early = [s.last_node_sequence_id for s, status in zip(said, statuses, strict=True)
             if status not in ("WAITING", "") and s.last_node_sequence_id < nodes[1].sequence_id]  # fmt: skip
    if fault is None and early:
        fault = f"it begins before its node: {_steps(statuses)}"
    yield judge("action.reported", fault)
    moving = [s.last_node_sequence_id for s, status in zip(said, statuses, strict=True)
              if status in ("INITIALIZING", "RUNNING") and s.driving]  # fmt: skip
    waited = [s.last_node_sequence_id for s, status in zip(said, statuses, strict=True)
              if status in ("WAITING", "") and s.last_node_sequence_id > nodes[1].sequence_id]  # fmt: skip
    seen = "it drives while a HARD action is running" if moving else "it drives past the node of a HARD action"
    yield judge("action.blocking", seen if moving or waited else None)


def _steps(statuses: list[str]) -> str:
    return " > ".join(step or "none" for step, _ in itertools.groupby(statuses)) or "none"


# -- a curve ----------------------------------------------------------------------------------------------------------


def _curved(drive: Drive) -> tuple[Part, list[tuple[float, float]]]:
    """One movement along its line, but told as a curve of degree 2 with a light control point far aside: who drives the
    control polygon or forgets the weights is seen; the line itself comes back, too."""
    nodes, edges = drive.part(drive.at, 1)
    line = [(p.x, p.y) for p in edges[0].trajectory.control_points]
    longest = max(range(len(line) - 1), key=lambda i: math.dist(line[i], line[i + 1]))
    (ax, ay), (bx, by) = line[longest], line[longest + 1]
    length = math.dist((ax, ay), (bx, by))
    aside = ((ax + bx) / 2 - ASIDE_M * (by - ay) / length, (ay + by) / 2 + ASIDE_M * (bx - ax) / length)
    w = drive.talk.words
    points = [w.ControlPoint(x=x, y=y) for x, y in line]
    points.insert(longest + 1, w.ControlPoint(x=aside[0], y=aside[1], weight=WEIGHT))
    spans = len(points) - 2
    knots = [0.0, 0.0, *(i / spans for i in range(spans + 1)), 1.0, 1.0]
    edges[0].trajectory = w.Trajectory(degree=2, knot_vector=knots, control_points=points)
    edges[0].max_speed = min(SLOW_MPS, edges[0].max_speed or SLOW_MPS)
    return (nodes, edges), line


async def _curve(drive: Drive) -> Verdict:
    part, line = _curved(drive)
    asking = asyncio.create_task(_ask(drive))
    try:
        there, before = await drive.go_on(1, part, DRIVE_S)
    finally:
        asking.cancel()
    if there is None and drive.talk.state().order_update_id != drive.update:
        drive.update -= 1
        return not_shown("trajectory.curve", f"it does not take a trajectory of degree 2: {drive.id_and_errors()}")
    if there is None:
        return judge("trajectory.curve", f"it is not at its end after {DRIVE_S:.0f} s")
    shown = [h.body for h in drive.talk.heard[before:] if h.kind in ("state", "visualization") and h.body is not None]
    heard = [body.agv_position for body in shown if body.agv_position is not None]
    off = max((_off_m(line, p.x, p.y) for p in heard), default=math.inf)
    if len(heard) < 5:
        return not_shown("trajectory.curve", f"only {len(heard)} positions on the way")
    return judge("trajectory.curve", None if off <= OFF_M_MAX else f"{off:.1f} m off the curve")


async def _ask(drive: Drive) -> None:
    """States more often, to see where it drives."""
    while True:
        drive.talk.act("stateRequest")
        await asyncio.sleep(ASK_S)


def _off_m(line: list[tuple[float, float]], x: float, y: float) -> float:
    """Distance of a point from a line."""
    found = math.inf
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        share = 0.0 if length == 0 else min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length))
        found = min(found, math.hypot(x - ax - share * dx, y - ay - share * dy))
    return found
