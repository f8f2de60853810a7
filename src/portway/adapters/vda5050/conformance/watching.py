"""Requirements that are judged by everything that was heard: headers, schemas, connection, regularity."""

import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from portway.adapters.vda5050.conformance.requirement import TABLE, Result, Verdict
from portway.adapters.vda5050.conformance.talk import Heard, Talk
from portway.adapters.vda5050.official_schemas import OfficialSchemas

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
SILENT_S_MAX = 31.0  # 30 s by the text, and what a message is late


def judge(name: str, fault: str | None, seen: str = "") -> Verdict:
    """Passed without a fault."""
    return Verdict(TABLE[name], Result.PASSED if fault is None else Result.FAILED, seen if fault is None else fault)


def not_shown(name: str, why: str) -> Verdict:
    """The session could not bring it about."""
    return Verdict(TABLE[name], Result.NOT_SHOWN, why)


def judge_all(talk: Talk, schemas: Path | None) -> Iterator[Verdict]:
    """What the whole session shows."""
    fitting = [h for h in talk.heard if h.body is not None]
    kept = talk.kept_of("connection")
    yield judge("connection.retained", None if kept else "the broker has kept no connection message")
    said = [h.body.connection_state for h in (*kept, *fitting) if h.kind == "connection"]
    yield judge("connection.online", None if said[-1:] == ["ONLINE"] else f"it says {said[-1:] or 'nothing'}")
    yield judge("header.sender", _first([*kept, *fitting], lambda h: _sender(talk, h)))
    yield judge("header.version", _first([*kept, *fitting], lambda h: _version(talk, h)))
    yield judge("header.count", _count(fitting), f"{len(fitting)} messages")
    yield judge("header.timestamp", _first([*kept, *fitting], _stamp) or _stamps(fitting))
    yield judge("message.schema", _schema(talk, schemas), f"{len(talk.heard)} messages"
                + ("" if schemas else ", by our structs; --schemas DIR: by the official schemas"))  # fmt: skip
    times = [*(h.at_s for h in talk.heard[:1]), *(h.at_s for h in talk.of("state")), time.monotonic()]
    longest = max(b - a for a, b in pairwise(times))
    fault = None if len(times) > 2 and longest <= SILENT_S_MAX else f"{longest:.0f} s without a state"
    yield judge("state.regular", fault, f"at most {longest:.1f} s")


def _first(heard: list[Heard], fault) -> str | None:
    return next((f for f in (fault(h) for h in heard) if f is not None), None)


def _sender(talk: Talk, h: Heard) -> str | None:
    said = h.body.manufacturer, h.body.serial_number
    return None if said == (talk.manufacturer, talk.serial) else f"{h.kind} says {said[0]}/{said[1]}"


def _version(talk: Talk, h: Heard) -> str | None:
    assert talk.version is not None
    major = talk.version.topic.removeprefix("v")
    return None if h.body.version.split(".")[0] == major else f"{h.kind} says {h.body.version} on topic v{major}"


def _count(heard: list[Heard]) -> str | None:
    for kind in sorted({h.kind for h in heard}):
        numbers = [h.body.header_id for h in heard if h.kind == kind]
        for before, after in pairwise(numbers):
            if after != before + 1:
                return f"{kind}: {after} follows {before}"
    return None


def _stamp(h: Heard) -> str | None:
    return None if STAMP.fullmatch(h.body.timestamp) else f"{h.kind} says {h.body.timestamp[:40] or 'nothing'}"


def _stamps(heard: list[Heard]) -> str | None:
    for kind in sorted({h.kind for h in heard}):
        for a, b in pairwise([h.body.timestamp for h in heard if h.kind == kind]):
            if b < a:
                return f"{kind}: {b} follows {a}"
    return None


def _schema(talk: Talk, schemas: Path | None) -> str | None:
    """By the typed structs, and by the official schemas in `DIR/2.1/state.schema` and so on where they are given."""
    refused = next((h for h in talk.heard if h.body is None), None)
    if refused is not None:
        return f"{refused.kind}: {refused.refusal}"
    if schemas is None:
        return None
    assert talk.version is not None
    official = OfficialSchemas(schemas)
    for kind in sorted({h.kind for h in talk.heard}):
        for h in talk.of(kind)[:100]:
            if fault := official.fault(talk.version, kind, h.payload):
                return fault
    return None
