"""Random and mutated messages against master control and truck agents, in process.

Starts from a yard's real traffic in all versions of VDA 5050; most messages are broken in one or more places. Whatever
comes back must be facts, answers or a refusal; an exception is a crash.
"""

import copy
import json
import random
import resource
from collections import Counter
from typing import Any, NamedTuple

from portway.adapters.vda5050.facts import Outgoing, RefusedMessage
from portway.adapters.vda5050.versions import MESSAGES_FROM_TRUCK, MESSAGES_TO_TRUCK
from portway.app.config import load_scenario
from portway.testing.vda_yard import VdaYard

ODD: list[Any] = [
    None, True, -1, 0, 2**63, 1e308, -1e-308, "", "\u0000", "漢" * 300, "x" * 50_000, [], {}, [[[[]]]],
    "2.1.0", "1970-01-01T00:00:00.000Z", "not a time", {"a": {"b": {}}}, [None] * 200,
]  # fmt: skip
RAW = [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 5_000, b'{"a":' * 2_000, b"NaN", b'"' + b"y" * 100_000]
WARM = 0.2  # of all messages, before memory is looked at


class Fuzzed(NamedTuple):
    """What became of the messages."""

    counts: Counter[str]
    crashes: list[str]
    grown_kb: int  # of the process, since the first fifth


def fuzz(messages: int, seed: int) -> Fuzzed:
    """Feed so many messages; a crash is kept with the exception and the beginning of its message."""
    yard, rng = VdaYard(load_scenario("huashan"), 1), random.Random(seed)
    for _ in range(3_000):
        yard.tick()
    known = [m for m in yard.sent if not m.topic.endswith("factsheet")][-20_000:]
    counts, crashes, warm_kb = Counter[str](), list[str](), 0
    for n in range(messages):
        message = _mutated(rng.choice(known), rng)
        try:
            counts[_fed(yard, message, rng)] += 1
        except Exception as error:
            crashes.append(f"{error!r}: {message.topic} {message.payload[:200]!r}")
        if n == int(WARM * messages):
            warm_kb = _peak_kb()
    return Fuzzed(counts, crashes, _peak_kb() - warm_kb)


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _fed(yard: VdaYard, message: Outgoing, rng: random.Random) -> str:
    kind = message.topic.rpartition("/")[2]
    assert yard.master is not None
    if kind in MESSAGES_TO_TRUCK:
        parts = message.topic.split("/")
        meant = yard.agents.get(parts[-2]) if len(parts) > 1 else None
        agent = meant or rng.choice(list(yard.agents.values()))
        before = agent.rejected
        agent.received(message.topic, message.payload, yard.now_s)
        agent.step(0.1, yard.now_s)
        return "agent refused" if agent.rejected > before else "agent took"
    facts, _ = yard.master.received(message.topic, message.payload, yard.now_s)
    return "master refused" if any(isinstance(f, RefusedMessage) for f in facts) else "master took"


def _mutated(message: Outgoing, rng: random.Random) -> Outgoing:
    topic, payload = message.topic, message.payload
    if rng.random() < 0.05:
        topic = _topic(topic, rng)
    luck = rng.random()
    if luck < 0.05:
        payload = rng.choice(RAW)
    elif luck < 0.10:
        payload = rng.randbytes(rng.randrange(2_000))
    elif luck < 0.25:
        at = rng.randrange(len(payload))
        payload = payload[:at] + rng.randbytes(rng.randrange(3)) + payload[at + rng.randrange(4) :]
    elif luck < 0.95:
        body = json.loads(payload)
        for _ in range(rng.randrange(1, 4)):
            _break(body, rng)
        payload = json.dumps(body).encode()
    return Outgoing(topic, payload, message.qos, message.retain)


def _topic(topic: str, rng: random.Random) -> str:
    parts = topic.split("/")
    parts[rng.randrange(len(parts))] = rng.choice(
        ["", "+", "x" * 1_000, "漢", *MESSAGES_FROM_TRUCK, *MESSAGES_TO_TRUCK]
    )
    return "/".join(parts[: rng.randrange(1, len(parts) + 1)])


def _break(body: Any, rng: random.Random) -> None:
    """Change, drop, repeat or add something somewhere inside."""
    while True:
        keys = list(body) if isinstance(body, dict) else list(range(len(body)))
        if not keys:
            return
        key = rng.choice(keys)
        inner = body[key]
        if not isinstance(inner, dict | list) or rng.random() < 0.3:
            break
        body = inner
    luck = rng.random()
    if luck < 0.2:
        del body[key]
    elif luck < 0.3 and isinstance(body, list):
        body.append(inner)
    elif luck < 0.5 and isinstance(inner, int | float):
        body[key] = inner * rng.choice([-1, 0, 1.5, 1e9]) + rng.choice([0, 1, -1, 1e6])
    else:
        body[key] = copy.deepcopy(rng.choice(ODD))
