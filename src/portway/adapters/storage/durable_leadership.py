"""Who may write: every server that begins to lead takes the next number, and writes only while it is the highest.

A lock keeps a second server away from the first (`durable_seat.py`), but not the first away from its successor: a
process that was stopped for a minute, or whose network was cut, wakes up and goes on where it was. So each transaction
first looks at the number in the table, and holds that row until it ends. A successor that takes the next number waits
for transactions under way and undoes all later ones. What cannot be kept is not sent, so the old one tells trucks
nothing more (fencing: Kleppmann 2017, "Designing Data-Intensive Applications", chapter 8, "Fencing tokens").

On PostgreSQL the leader gives a sign of life every second, on the session that holds the lock. A leader that could not
for LEASE_S, and then for GRACE_S more, gives up by itself; its successor takes the lead after SILENT_S, which is longer
than both. The grace is for a process that has slept and does not know yet whether it was missed. A leader whose own
loop no longer says that it lives gives no sign either.
"""

import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import SQLAlchemyError

from portway.adapters.storage.durable_error import LeadershipLost, StorageError
from portway.adapters.storage.durable_lean import LeanConnection
from portway.adapters.storage.durable_tables import LEADER

BEAT_S = 1.0
LEASE_S = 5.0  # a leader that cannot give a sign of life gives up after so long
GRACE_S = 1.5
SILENT_S = 8.0  # a standby takes the lead when there was no sign for so long
WAIT_MS = 5_000  # for transactions of the one before

_epoch = select(LEADER.c.number, LEADER.c.holder).where(LEADER.c.what == "epoch")
_epoch_held = _epoch.with_for_update(read=True)
_beat = LEADER.update().where(LEADER.c.what == "beat").values(number=LEADER.c.number + 1)


def taken_lead(connection: Connection, holder: str) -> int:
    """Take the next number, in the transaction of a connection; from its commit on nobody else can write. Raises
    StorageError."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {WAIT_MS}"))
    mine = LEADER.c.what == "epoch"
    connection.execute(LEADER.update().where(mine).values(number=LEADER.c.number + 1, holder=holder))
    taken = connection.execute(_epoch).one_or_none()
    if taken is None:
        raise StorageError(f"{holder} cannot lead: rows of {LEADER.name} are missing; restore a backup")
    return taken.number


class Leadership:
    """The number of a server, asked for by every transaction."""

    def __init__(self, name: str, epoch: int) -> None:
        self.name, self.epoch = name, epoch
        self.lost: LeadershipLost | None = None

    def guard(self, connection: Connection | LeanConnection) -> None:
        """Let a transaction go on, which holds the row until its end. Raises LeadershipLost."""
        if self.lost is not None:
            raise self.lost
        found = connection.execute(_epoch_held).one_or_none()
        if found is None or found[0] != self.epoch:
            self.lost = self.superseded("nobody" if found is None else found[1])
            raise self.lost

    def superseded(self, by: str) -> LeadershipLost:
        """Why this server is no longer the one."""
        cure = "nothing more is sent; on PostgreSQL, start it again with --standby to wait for the other"
        return LeadershipLost(f"{self.name}: {by} leads now; {cure}")

    def unheard(self, silent_s: float) -> LeadershipLost:
        """Why this server can no longer know that it is the one."""
        cure = "look at the network and the database server; nothing more is sent, a standby may lead by now"
        return LeadershipLost(f"{self.name}: no sign of life could be given for {silent_s:.0f} s; {cure}")


class SignsOfLife:
    """A thread that says every second that this server lives, and finds out when nobody can know it any more."""

    def __init__(self, leadership: Leadership, session: Connection, renewed: Callable[[], Connection | None]) -> None:
        """`session` holds the seat; `renewed` takes the seat again after the session has broken, or returns None."""
        self._leadership, self._session, self._renewed = leadership, session, renewed
        self._closing = threading.Event()
        self._last_s = time.monotonic()  # of the last sign that was surely given: the instant before it was asked for
        self._late_s: float | None = None  # when it was first seen to be late
        self._loop_s: float | None = None  # when the control loop last said that it lives
        self._thread = threading.Thread(target=self._run, name="signs of life", daemon=True)
        self._thread.start()

    def loop_lives(self) -> None:
        """The control loop is well; once said, it has to be said again within LEASE_S."""
        self._loop_s = time.monotonic()

    @property
    def silent_s(self) -> float:
        """Since when nobody can know that this server lives, seconds."""
        return time.monotonic() - self._last_s

    def is_late(self) -> bool:
        """Whether no sign could be given for too long; to be asked a few times a second."""
        now_s = time.monotonic()
        if now_s - self._last_s <= LEASE_S:
            self._late_s = None
            return False
        self._late_s = now_s if self._late_s is None else self._late_s
        return now_s - self._late_s > GRACE_S

    def close(self) -> None:
        """End the thread; one that hangs in a dead network is left behind."""
        self._closing.set()
        self._thread.join(BEAT_S)

    def _run(self) -> None:
        while not self._closing.wait(BEAT_S) and self._leadership.lost is None:
            began_s = time.monotonic()
            if self._loop_s is not None and began_s - self._loop_s > LEASE_S:
                continue
            try:
                if self._give():
                    self._last_s = began_s
            except SQLAlchemyError:
                self._renew()

    def _give(self) -> bool:
        with self._session.begin():
            self._session.execute(text("SET LOCAL synchronous_commit = off"))  # a sign that a crash loses is no loss
            found = self._session.execute(_epoch).one()
            if found.number == self._leadership.epoch:
                self._session.execute(_beat)
                return True
        self._leadership.lost = self._leadership.superseded(found.holder)
        return False

    def _renew(self) -> None:
        """The session has ended, and the lock with it: take it again, if nobody else has."""
        try:
            session = self._renewed()
        except (SQLAlchemyError, LeadershipLost):
            return
        if session is not None:
            self._session = session
