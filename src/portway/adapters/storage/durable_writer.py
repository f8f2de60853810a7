"""One thread writes everything, so that whatever comes while a commit is under way shares the next one.

A commit costs a flush of the disk (about 1 to 5 ms), a row some microseconds. Ticks of the journal, answers and
deliveries therefore wait in one queue; the thread takes all that is there into one transaction. If it fails, each write
is tried alone, so that one bad write harms no other. `again` tells a write that an earlier attempt may have succeeded
unseen: the connection can break between commit and acknowledgement. Every transaction begins with the guard, which
refuses once another server leads (`durable_leadership.py`).

Handing a write to a thread and waking up for its answer costs more than the flush itself on a busy machine. So a write
on which the control loop waits is carried out by the loop's own thread when the database is on this machine and
nothing else is being written (`at_once`), and by the shortest way (`durable_lean.py`).
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from portway.adapters.storage.durable_error import StorageError, explained
from portway.adapters.storage.durable_lean import LeanConnection

TOGETHER_MAX = 256
RECONNECT_S = 0.2
ABANDONED_S = 1.0


Either = Connection | LeanConnection


class _Write(NamedTuple):
    write: Callable[[Any, bool], Any]
    settled: Callable[[bool], None]
    done: Future
    tried: bool = False


class GroupCommit:
    """Carries out writes in the sequence they were given."""

    def __init__(self, engine: Engine, guard: Callable[[Either], None] = lambda _: None) -> None:
        self._engine, self._guard = engine, guard
        self._settling = threading.Lock()
        self._under_way: list[_Write] = []  # what the thread has taken
        self._abandoned: StorageError | None = None
        self._turn = threading.Lock()  # whoever holds it writes
        is_near = engine.url.get_backend_name() == "sqlite"
        self._near = LeanConnection(engine) if is_near else None
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="database", daemon=True)
        self._closed = False
        self.transactions = 0
        self._thread.start()

    def submit(
        self, write: Callable[[Connection, bool], Any], settled: Callable[[bool], None] = lambda _: None
    ) -> Future:
        """Write soon. The future holds what `write` has returned once it is safe on disk, or a StorageError;
        `settled` is called in the writing thread just before, with whether it is safe."""
        return self._put(_Write(write, settled, Future()))

    def at_once(self, write: Callable[[Either, bool], Any], settled: Callable[[bool], None] = lambda _: None) -> Future:
        """`submit` for a caller who would only wait: the future is done already unless it had to queue."""
        mine = _Write(write, settled, Future())
        if self._near is None or self._closed or not self._queue.empty() or not self._turn.acquire(blocking=False):
            return self._put(mine)
        try:
            failed = self._commit(self._near, [mine], again=False) is not None
        finally:
            self._turn.release()
        return self._put(mine._replace(tried=True)) if failed else mine.done

    def _put(self, write: _Write) -> Future:
        if self._abandoned is not None:
            self._settle(write, False, self._abandoned)
            return write.done
        if self._closed:
            raise StorageError(f"{self._engine.url.database}: the database has been closed")
        self._queue.put(write)
        return write.done

    def abandon(self, error: StorageError) -> None:
        """Nothing is to be written any more: whoever waits, or will ask, gets this error. What hangs in a dead
        network is left behind."""
        self._abandoned = error
        with contextlib.suppress(queue.Empty):
            while True:
                if (waiting := self._queue.get_nowait()) is not None:
                    self._settle(waiting, False, error)
        for write in self._under_way:
            self._settle(write, False, error)

    def close(self) -> None:
        """Carry out what is waiting, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join(None if self._abandoned is None else ABANDONED_S)
            if self._near is not None:
                self._near.close()

    def _run(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._next()
            self._under_way = batch
            if not batch or self._try(batch, any(w.tried for w in batch)) is None:
                continue
            for write in batch:  # together they failed
                error = self._try([write], again=True)
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    time.sleep(RECONNECT_S)
                    error = self._try([write], again=True)
                if error is not None:
                    self._settle(write, False, explained(self._engine.url, error))

    def _next(self) -> tuple[list[_Write], bool]:
        first = self._queue.get()
        batch: list[_Write] = []
        while first is not None:
            batch.append(first)
            if len(batch) == TOGETHER_MAX or self._queue.empty():
                return batch, False
            first = self._queue.get()
        return batch, True

    def _try(self, batch: list[_Write], again: bool) -> Exception | None:
        with self._turn:
            try:
                with self._engine.connect().execution_options(writes=True) as connection:
                    return self._commit(connection, batch, again)
            except DBAPIError as error:
                return error

    def _commit(self, connection: Either, batch: list[_Write], again: bool) -> Exception | None:
        """One transaction, all or none."""
        try:
            with connection.begin():
                self._guard(connection)
                results = [w.write(connection, again) for w in batch]
        except Exception as error:
            return error
        self.transactions += 1
        for w, result in zip(batch, results, strict=True):
            self._settle(w, True, result)
        return None

    def _settle(self, write: _Write, safe: bool, result: Any) -> None:
        """Tell how a write has ended, once. Nobody may wait any more: a request that was cancelled has cancelled its
        future, too."""
        with self._settling:
            if write.done.done() and not write.done.cancelled():
                return  # abandoned before
            write.settled(safe)
            with contextlib.suppress(InvalidStateError):
                (write.done.set_result if safe else write.done.set_exception)(result)
