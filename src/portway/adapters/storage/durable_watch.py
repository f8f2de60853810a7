"""What a standby sees of the server that leads: its journal, whether it has gone, whether it says nothing any more.

Gone is a server whose seat is free: its process has ended, and its session with it. One that is stopped, hangs, or has
lost its network keeps its seat; it is found by its sign of life, which a leader gives every second, and unseated.
"""

from portway.adapters.storage.durable_leadership import SILENT_S
from portway.adapters.storage.durable_reading import JournalReader
from portway.adapters.storage.durable_seat import end_sessions, is_free
from portway.adapters.storage.durable_store import Store

LOOK_S_MAX = 2.0  # whoever has not looked for so long knows nothing about the time in between


class Silence:
    """For how long a number has stayed the same, as far as somebody has looked."""

    def __init__(self) -> None:
        self._seen: object = None
        self._since_s = self._looked_s = float("-inf")

    def heard(self, sign: object, now_s: float) -> float:
        """Seconds since the sign has changed; 0 after a pause in looking, since then nobody knows."""
        if sign != self._seen or now_s - self._looked_s > LOOK_S_MAX:
            self._since_s = now_s
        self._seen, self._looked_s = sign, now_s
        return now_s - self._since_s


class LeaderWatch:
    """One database of PostgreSQL, seen by a standby. Every error is a StorageError."""

    def __init__(self, where: str) -> None:
        """Raises EmptyError while the leader has not made its tables."""
        self._store = Store(where, reads_only=True)
        self.journal = JournalReader(self._store)
        self.leader, self.silent_s = "", 0.0
        self._silence = Silence()

    def has_gone(self, now_s: float) -> bool:
        """Whether nobody leads. Looks at the sign of life, too (`silent_s`); `now_s` is of a clock that never jumps."""
        number, self.leader = self.journal.sign_of_life()
        self.silent_s = self._silence.heard((number, self.leader), now_s) if number >= 0 else 0.0
        with self._store.reading() as connection:
            return is_free(connection)

    @property
    def is_silent(self) -> bool:
        """Whether the leader has given no sign of life for too long."""
        return self.silent_s > SILENT_S

    def unseat(self) -> int:
        """End all sessions of a leader that says nothing; returns how many there were."""
        self._silence, self.silent_s = Silence(), 0.0
        with self._store.reading() as connection:
            return end_sessions(connection, self.leader)

    def close(self) -> None:
        """Look no more."""
        self._store.close()
