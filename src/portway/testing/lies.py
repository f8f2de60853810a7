"""What a truck can get wrong, or do otherwise than told: one line each, for all versions of VDA 5050.

A lie changes what is said (`says`), what the truck hears (`hears`) or what it does (`does`). `calls` are the alarms of
which at least one has to come while it lasts; none for what does no harm.
"""

import copy
import random
from collections.abc import Callable
from typing import Any, NamedTuple

Say = Callable[[dict[str, Any], random.Random], dict[str, Any] | None]  # a state as JSON; None: not said
Hear = Callable[[str, dict[str, Any], random.Random], dict[str, Any] | None]  # message kind and body; None: not heard


class Lie(NamedTuple):
    """One way to misbehave."""

    name: str
    calls: tuple[str, ...] = ()
    says: Say | None = None
    hears: Hear | None = None
    does: str = ""  # stands | restarts | slow | manual | self_pause
    moved_m: tuple[float, float] = (0.0, 0.0)  # along and across, of the steel while it restarts


def _key(body: dict[str, Any], *names: str) -> str:
    return next((n for n in names if n in body), names[0])


def _position(body: dict[str, Any]) -> dict[str, Any]:
    return body.get(_key(body, "agvPosition", "mobileRobotPosition")) or {}


def _with(**changes: Any) -> Say:
    return lambda body, _rng: {**body, **changes}


def _without(*names: str) -> Say:
    return lambda body, _rng: {k: v for k, v in body.items() if k not in names}


def _mode(mode: str) -> Say:
    return _with(operatingMode=mode, driving=False)


def _safety(e_stop: str, field: bool) -> Say:
    def says(body: dict[str, Any], _rng: random.Random) -> dict[str, Any]:
        old = body.get("safetyState") or {}
        return {**body, "driving": False,
                "safetyState": {_key(old, "eStop", "activeEmergencyStop"): e_stop, "fieldViolation":
                field}}  # fmt: skip

    return says


def _placed(**changes: Any) -> Say:
    def says(body: dict[str, Any], _rng: random.Random) -> dict[str, Any]:
        body = copy.deepcopy(body)
        p = _position(body)
        for name, value in changes.items():
            key = _key(p, "positionInitialized", "localized") if name == "initialised" else name
            p[key] = value(p[key]) if callable(value) else value
        return body

    return says


def _sequence(change: Callable[[int], int]) -> Say:
    return lambda body, _rng: {**body, "lastNodeSequenceId": max(0, change(body["lastNodeSequenceId"]))}


def _error(kind: str, level: str) -> Say:
    error = {"errorType": kind, "errorLevel": level, "errorDescription": "so it is"}
    return lambda body, _rng: {**body, "errors": [error]}


def _years_on(stamp: str) -> str:
    return f"{int(stamp[:4]) + 3}{stamp[4:]}"


def _sometimes(share: float) -> Say:
    return lambda body, rng: body if rng.random() > share else None


def _deaf_to(*kinds: str) -> Hear:
    return lambda kind, body, _rng: None if kind in kinds else body


def _deaf_to_action(*actions: str) -> Hear:
    def hears(kind: str, body: dict[str, Any], _rng: random.Random) -> dict[str, Any] | None:
        if kind != "instantActions":
            return body
        key = _key(body, "actions", "instantActions")
        kept = [a for a in body[key] if a["actionType"] not in actions]
        return {**body, key: kept} if kept else None

    return hears


def _lost(body: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Nothing is left of its order or of its position."""
    body = _placed(initialised=False, x=0.0, y=0.0)(_mode("MANUAL")(body, rng) or {}, rng) or {}
    return {**body, "nodeStates": [], "edgeStates": []}


GHOST = [{"nodeId": "X", "sequenceId": 2, "released": True}]
LIES: tuple[Lie, ...] = (
    Lie("manual", ("manual",), _mode("MANUAL"), does="stands"),
    Lie("manual, driven away", ("manual",), _mode("MANUAL"), does="manual"),
    Lie("service", ("service",), _mode("SERVICE"), does="stands"),
    Lie("teach-in", ("teach_in",), _mode("TEACHIN"), does="stands"),
    Lie("unknown mode", ("mode_unknown", "message_refused"), _mode("HOVERING"), does="stands"),
    Lie("emergency stop", ("emergency_stop",), _safety("MANUAL", False), does="stands"),
    Lie("emergency stop by itself", ("emergency_stop",), _safety("AUTOACK", False), does="stands"),
    Lie("field violated", ("field_violation",), _safety("NONE", True), does="stands"),
    Lie("no safety state", ("safety_unknown", "message_refused"), _without("safetyState")),
    Lie("not localised", ("not_localised",), _placed(initialised=False)),
    Lie("on another map", ("not_localised",), _placed(mapId="quay-2")),
    Lie("no position", ("not_localised",), _without("agvPosition", "mobileRobotPosition")),
    Lie("30 m to the side", ("elsewhere",), _placed(y=lambda y: y + 30.0)),
    Lie("8 m to the side", ("elsewhere",), _placed(y=lambda y: y + 8.0)),
    Lie("400 m away", ("jumped", "elsewhere"), _placed(x=lambda x: x + 400.0)),
    Lie("turned across", ("elsewhere",), _placed(theta=lambda t: t + 1.57)),
    Lie("nowhere", ("message_refused", "silent", "unheard"), _placed(x=1e300)),
    Lie("wrong last node", (), _with(lastNodeId="Z999")),
    Lie("a node ahead", (), _sequence(lambda q: q + 2)),
    Lie("far ahead", (), _sequence(lambda q: q + 80)),
    Lie("always at the first node", (), _sequence(lambda q: 0)),
    Lie("finished foreign order", (), _with(orderId="acme-17", nodeStates=[], edgeStates=[])),
    Lie("order of yesterday", (), _with(orderId="deadbeef-T002-140", nodeStates=[], edgeStates=[])),
    Lie("no order", (), _with(orderId="", orderUpdateId=0, nodeStates=[], edgeStates=[], lastNodeId="",
                              lastNodeSequenceId=0)),
    Lie("huge update id", (), _with(orderUpdateId=2**31)),
    Lie("never an update", (), _with(orderUpdateId=0)),
    Lie("claims to be paused", ("paused_by_other",), _with(paused=True)),
    Lie("always loaded", (), _with(loads=[{"loadId": "box"}])),
    Lie("never loaded", (), _with(loads=[])),
    Lie("always driving", (), _with(driving=True)),
    Lie("never driving", (), _with(driving=False)),
    Lie("odometer runs", (), _with(distanceSinceLastNode=1e6)),
    Lie("odometer backwards", (), _with(distanceSinceLastNode=-50.0)),
    Lie("constant header", (), _with(headerId=7)),
    Lie("header counts down", (), lambda b, _r: {**b, "headerId": max(0, 10**6 - b["headerId"])}),
    Lie("time with an offset", (), lambda b, _r: {**b, "timestamp": b["timestamp"].replace("Z", "+00:00")}),
    Lie("clock ahead", (), lambda b, _r: {**b, "timestamp": _years_on(b["timestamp"])}),
    Lie("clock stands", ("silent", "unheard"), _with(timestamp="2026-01-01T00:00:00.000Z", headerId=1)),
    Lie("no time", ("message_refused", "silent", "unheard"), _with(timestamp="noon")),
    Lie("half of the states lost", (), _sometimes(0.5)),
    Lie("nine of ten states lost", (), _sometimes(0.9)),
    Lie("silent", ("silent", "unheard"), lambda _b, _r: None),
    Lie("fatal error", ("fatal_error",), _error("motorFailure", "FATAL")),
    Lie("warnings", (), _error("dirtyLens", "WARNING")),
    Lie("another's name", ("message_refused", "silent", "unheard"), _with(serialNumber="T999")),
    Lie("empty battery", (), _with(batteryState={"batteryCharge": 0.0, "charging": False})),
    Lie("nodes never given up", (), lambda b, _r: {**b, "nodeStates": b["nodeStates"] or GHOST}),
    Lie("restarts without its order", (), does="restarts"),
    Lie("restarts 10 m ahead", (), does="restarts", moved_m=(10.0, 0.0)),
    Lie("restarts 10 m behind", (), does="restarts", moved_m=(-10.0, 0.0)),
    Lie("restarts 30 m aside", ("elsewhere", "jumped", "no_way_back"), does="restarts", moved_m=(0.0, 30.0)),
    Lie("restarts 300 m away", ("elsewhere", "jumped", "no_way_back"), does="restarts", moved_m=(300.0, 80.0)),
    Lie("deaf to orders", (), hears=_deaf_to("order")),
    Lie("deaf", (), hears=_deaf_to("order", "instantActions")),
    Lie("does not pause", (), hears=_deaf_to_action("startPause")),
    Lie("does not cancel", (), hears=_deaf_to_action("cancelOrder")),
    Lie("paused by its own button", ("paused_by_other",), hears=_deaf_to_action("stopPause"), does="self_pause"),
    Lie("stops on the way", (), does="stands"),
    Lie("slow", (), does="slow"),
    Lie("rejects every order", (), _error("orderError", "WARNING"), _deaf_to("order")),
    Lie("rejects every order, urgently", (), _error("VALIDATION_FAILURE", "URGENT"), _deaf_to("order")),
    Lie("drops what it takes", (), _with(nodeStates=[], edgeStates=[]), does="stands"),
    Lie("in manual, and lost", ("manual",), _lost, does="stands"),
    Lie("rejects updates", (), hears=lambda kind, b, _r: None if kind == "order" and b["orderUpdateId"] > 0 else b),
    Lie("link dead", ("broken", "silent", "unheard"), lambda _b, _r: None,
        _deaf_to("order", "instantActions", "responses")),
)  # fmt: skip
BY_NAME = {lie.name: lie for lie in LIES}
