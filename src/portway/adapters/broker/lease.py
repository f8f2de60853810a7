"""One master control on a broker: a retained lease that the holder renews, and that a second one respects.

MQTT has no compare-and-set, so the lease is a rule that all masters keep. Who comes first looks at the topic. A holder
that beats is respected: the newcomer goes, having said nothing to any truck. One that has said goodbye, or whose last
will came, is given a moment to return, since a newcomer with the same client id may itself have thrown it off; unless
it was of the same run, which is then gone on with at once. One of the same run that still beats has a copy of our
database open, or we one of its. Two that began at once tell each other; the older claim stays. Who was cut off and
finds another holder when it comes back has lost the lease and stops.

Pure: instants are arguments, what is to be published is returned.
"""

import json
from enum import Enum
from typing import NamedTuple

BEAT_S = 2.0
LOOK_S = 0.5  # what the broker keeps comes at once
RETURN_S = 3.0  # for one that was thrown off; it tries again every second
SILENT_S = 7.0  # a holder that does not beat for so long is dead
THROWN_OFF_MAX = 2  # connections lost while looking: somebody else has our client id and comes back


class Phase(Enum):
    """What we may do."""

    LOOKING = "looking"  # say nothing to anybody
    HELD = "held"
    REFUSED = "refused"  # another holds it
    LOST = "lost"  # another took it while we were cut off


class Holder(NamedTuple):
    """What a lease says."""

    instance: str
    run: str
    since_s: float
    beat: int
    alive: bool


def topic_of(interface: str) -> str:
    """The topic of the lease: whoever holds it speaks to all trucks below the first level `interface`, whatever its
    terminal is called."""
    return f"portway/{interface}/master"


def encode(holder: Holder) -> bytes:
    """A lease as JSON."""
    return json.dumps(holder._asdict(), sort_keys=True).encode()


def decode(payload: bytes) -> Holder | None:
    """The inverse of `encode`; None for anything else, which is nobody's lease."""
    try:
        found = json.loads(payload[:2000])
        return Holder(
            str(found["instance"])[:80], str(found["run"])[:80], float(found["since_s"]), int(found["beat"]),
            bool(found["alive"]),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


class Lease:
    """Our side of it."""

    def __init__(self, instance: str, run: str, since_s: float, only_one: bool = False) -> None:
        """`only_one`: the database is surely the only one of the run, and nobody else has it open."""
        self._me = Holder(instance, run, since_s, 0, True)
        self._only_one = only_one
        self.phase = Phase.LOOKING
        self.other: Holder | None = None
        self._heard_s = 0.0  # when the other's lease came, or when we began to look
        self._beat_s = -1e18
        self._thrown_off = 0
        self._is_up = self._was_away = False

    def will(self) -> bytes:
        """What the broker says for us when we die."""
        return encode(self._me._replace(alive=False))

    def connected(self, now_s: float) -> None:
        """The broker is linked, for the first time or again: look before anything is said."""
        self._is_up, self.other, self._heard_s = True, None, now_s
        if self.phase is Phase.HELD:
            self._was_away = now_s - self._beat_s > SILENT_S
            self._beat_s = now_s + LOOK_S - BEAT_S  # whoever took it is heard first

    def cut_off(self) -> None:
        """The broker is gone, or has thrown us off."""
        self._is_up = False
        if self.phase is Phase.LOOKING:
            self._thrown_off += 1
            if self._thrown_off >= THROWN_OFF_MAX:
                self.phase = Phase.REFUSED

    def heard(self, payload: bytes, now_s: float) -> bytes | None:
        """Something came on the topic; what is to be published, if anything."""
        found = decode(payload)
        if found is None or found.instance == self._me.instance:
            return None
        before, self.other, self._heard_s = self.other, found, now_s
        if self.phase is Phase.LOOKING:
            if found.run == self._me.run and (self._only_one or not found.alive):
                self.phase = Phase.HELD  # it was the server before us
                return self._beat(now_s)
            beats = before is not None and before.instance == found.instance and found.beat > before.beat
            if found.alive and beats:
                self.phase = Phase.REFUSED
        elif self.phase is Phase.HELD and found.alive:
            return self._challenged(found, now_s)
        return None

    def _challenged(self, found: Holder, now_s: float) -> bytes | None:
        """Another holds it, too: the older claim stays."""
        if (found.since_s, found.instance) < (self._me.since_s, self._me.instance):
            self.phase = Phase.LOST
            return None
        if self._was_away:
            self.phase = Phase.LOST
            return None
        return self._beat(now_s)

    def tick(self, now_s: float) -> bytes | None:
        """Time has passed; what is to be published, if anything."""
        if not self._is_up:
            return None
        if self.phase is Phase.LOOKING and now_s >= self._heard_s + self._patience_s():
            self.phase = Phase.HELD
            return self._beat(now_s)
        if self.phase is Phase.HELD and now_s >= self._beat_s + BEAT_S:
            self._was_away = False
            return self._beat(now_s)
        return None

    def _patience_s(self) -> float:
        other = self.other
        if other is None:
            return LOOK_S
        if not other.alive:
            return RETURN_S
        return BEAT_S + LOOK_S if other.run == self._me.run else SILENT_S

    def _beat(self, now_s: float) -> bytes:
        self._beat_s = now_s
        self._me = self._me._replace(beat=self._me.beat + 1)
        return encode(self._me)

    def goodbye(self) -> bytes:
        """We go; the next one need not wait."""
        return encode(self._me._replace(alive=False, beat=self._me.beat + 1))
