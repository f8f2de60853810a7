"""From a mirror to a recording and a hub, sample by sample."""

import numpy as np

from portway.app.web.hub import Hub
from portway.twin.mirror import Mirror
from portway.twin.recording import RecordingWriter
from portway.twin.tables import Changes

GATHERED_MIN = 8  # frames that are worth a chunk


class Sampler:
    """Takes samples of a mirror; all are recorded, those wanted are shown."""

    def __init__(self, mirror: Mirror, writer: RecordingWriter | None, hub: Hub | None) -> None:
        self.mirror, self.writer, self.hub = mirror, writer, hub
        self._values = np.empty(mirror.points.count, np.int32)
        self._unshown: Changes = {}
        self._marked = 0

    def take(self, at_ms: int) -> None:
        """One sample."""
        self.mirror.sample(at_ms)
        self.mirror.points.quantise(self._values)
        changes = self.mirror.tables.take_changes()
        if self.writer is not None:
            marks = self.mirror.alarms.raised
            self.writer.marks += marks[self._marked :]
            self._marked = len(marks)
            self.writer.add(at_ms, self._values, changes, self.mirror.tables)
        if self.hub is not None:
            for table, rows in changes.items():
                self._unshown.setdefault(table, {}).update(rows)

    def show(self) -> None:
        """Publish the last sample."""
        assert self.hub is not None
        self.hub.marks = self.mirror.alarms.raised
        changes, self._unshown = self._unshown, {}
        self.hub.publish(self.mirror.at_ms, self._values, changes)

    def flush(self) -> None:
        """Write what is recorded so far, unless that is next to nothing."""
        if self.writer is not None and self.writer.gathered >= GATHERED_MIN:
            self.writer.flush()

    def close(self) -> None:
        """End the recording."""
        if self.writer is not None:
            self.writer.close()
