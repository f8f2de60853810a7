"""The twin of a live terminal: the same mirror, told by the core loop, sampled ten times a second.

Points that trucks do not report have no value: a live terminal shows nothing that a model has made up.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from portway.adapters.vda5050.master import MasterControl
from portway.app.live.live_desk import LiveDesk
from portway.app.live.server import LiveServer
from portway.app.web.document import document
from portway.app.web.hub import Hub
from portway.app.web.sampling import Sampler
from portway.app.web.sim_desk import alarm_command
from portway.app.web.stage import Problem, Stage
from portway.core.routing.positions import ReportedPositions
from portway.core.snapshot import Snapshot
from portway.twin.mirror import Mirror
from portway.twin.recording import RecordingWriter
from portway.twin.recording_reader import Recording

PERIOD_S = 0.1


class LiveTwin:
    """Mirror, recording and hub of a live server."""

    def __init__(self, server: LiveServer, desk: LiveDesk, folder: Path) -> None:
        self._server, self._desk = server, desk
        traffic = server.run.controller.state.traffic
        self.mirror = Mirror(
            Snapshot(server.run.controller),
            ReportedPositions(traffic, self._silent_ms),
            reported=lambda: reported(server.master),
            persists=self._persists,
        )
        epoch_ms = 1000.0 * server.started_at_s
        doc = document(server.run.scenario, traffic.map, self.mirror, "live", epoch_ms)
        self.hub = Hub(doc, self.mirror.tables, self.mirror.points.count)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"recording-{server.run.clock.now_ms()}"
        writer = RecordingWriter(path, doc, self.mirror.points.count, round(1000 * PERIOD_S))
        self.sampler = Sampler(self.mirror, writer, self.hub)
        self.mirror.note_all((e.event, e.commands) for e in server.durable.journal.news())
        self._sample()
        writer.flush()
        self.stage = Stage(doc, Recording(path), self.hub, self, self.sampler.flush)
        server.loop.listen(self.mirror.note_all)

    def _persists(self, code: str, subject: str) -> bool:
        if code == "broker_lost":
            return not self._server.link.is_up
        return self._server.tos_troubles.persists(code, subject) or self._server.run.controller.persists(code, subject)

    def _silent_ms(self) -> np.ndarray:
        """Age of each truck's last state, from which its position is; one that never came is as old as can be."""
        trucks, now_s = self._server.master.trucks, self._server.run.clock.wall_s()
        silent = [
            now_s - (trucks[name].last_state_s or 0.0) if name in trucks else 0.0
            for name in self._server.run.controller.state.name
        ]
        return 1000.0 * np.array(silent)

    def _sample(self) -> None:
        self.sampler.take(max(self._server.run.clock.now_ms(), self.mirror.at_ms + 1))
        self.sampler.show()

    async def run(self) -> None:
        """Sample until cancelled."""
        try:
            while True:
                await asyncio.sleep(PERIOD_S)
                self._sample()
        finally:
            with contextlib.suppress(OSError):
                self.sampler.close()

    # -- the desk of the page -----------------------------------------------------------------------------------

    async def command(self, name: str, arguments: Mapping[str, Any], by: str, reason: str) -> Sequence[Problem]:
        """See `Desk`: through the same desk as the TOS interface, so each stands in the journal."""
        found = alarm_command(self.mirror.alarms, name, arguments, by, self.mirror.at_ms)
        if found is not None:
            return found
        if not reason:
            return [Problem("reason_missing", "")]
        a, desk = arguments, self._desk
        match name:
            case "pause_truck":
                said = await desk.pause_truck(str(a["truck"]), bool(a["paused"]), by, reason)
            case "withdraw_truck":
                said = await desk.withdraw_truck(str(a["truck"]), bool(a["withdrawn"]), by, reason)
            case "block_road":
                said = await desk.block_road(str(a["road"]), list(map(str, a["lanes"])), bool(a["blocked"]), by, reason)
            case "move_job":
                said = await desk.move_job(str(a["job_order"]), str(a["truck"]), by, reason)
            case "cancel_job":
                said = await desk.cancel(str(a["job_order"]), by, reason)
            case "queue":
                said = await desk.activate(str(a["crane"]), bool(a["active"]), by, reason)
            case _:
                raise ValueError(f"command {name}: unknown")
        return [Problem(p.code, p.message) for p in said]

    def pace(self, speed: float | None, paused: bool | None, step_ms: int | None) -> Sequence[Problem]:
        """Real time cannot be changed."""
        return [Problem("not_possible", "real time")]


def reported(master: MasterControl) -> dict[str, dict[str, float]]:
    """By truck what it reports of itself: points without the kind, in their units."""
    known = {name: truck.charge_percent for name, truck in master.trucks.items()}
    return {name: {"battery.charge": charge} for name, charge in known.items() if charge is not None}
