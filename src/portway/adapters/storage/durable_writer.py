"""One thread writes everything, so that whatever comes while a commit is under way shares the next one.

A commit costs a flush of the disk (about 1 to 5 ms), a row some microseconds. Ticks of the journal, answers and
deliveries therefore wait in one queue; the thread takes all that is there into one transaction. If it fails, each write
is tried alone, so that one bad write harms no other. `again` tells a write that an earlier attempt may have succeeded
unseen: the connection can break between commit and acknowledgement.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from portway.adapters.storage.durable_error import StorageError, explained

TOGETHER_MAX = 256
RECONNECT_S = 0.2


class _Write(NamedTuple):
    write: Callable[[Connection, bool], Any]
    settled: Callable[[bool], None]
    done: Future


class GroupCommit:
    """Carries out writes in the sequence they were given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
        if self._closed:
            raise StorageError(f"{self._engine.url.database}: the database has been closed")
        done: Future = Future()
        self._queue.put(_Write(write, settled, done))
        return done

    def close(self) -> None:
        """Carry out what is waiting, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            batch, ending = self._next()
            if not batch or self._try(batch, again=False) is None:
                continue
            for write in batch:  # together they failed
                error = self._try([write], again=True)
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    time.sleep(RECONNECT_S)
                    error = self._try([write], again=True)
                if error is not None:
                    write.settled(False)
                    write.done.set_exception(explained(self._engine.url, error))

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
        """One transaction, all or none."""
        try:
            with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
                results = [w.write(connection, again) for w in batch]
        except Exception as error:
            return error
        self.transactions += 1
        for w, result in zip(batch, results, strict=True):
            w.settled(True)
            w.done.set_result(result)
        return None
