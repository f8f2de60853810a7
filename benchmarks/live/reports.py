"""What the trucks themselves say, taken from the broker by an observer that shares nothing with the server.

Judges footprints by the independent checker of the tests: every reported position against the newest one of every
other truck.
"""

import asyncio
import json
import threading
import time
from datetime import datetime

import numpy as np

from checker.footprints import penetration_m
from portway.adapters.vda5050.link import Broker, MqttLink

HALF_LENGTH_M, HALF_WIDTH_M = 7.5, 1.5
NEAR_M = 20.0
LATE_S = 1.0  # a state is late when it is older than this on arrival
SILENT_S = 2.5  # or when its truck had said nothing for so long, at 1 Hz


class Reports:
    """Counts states, late ones, overlaps, and trucks that drive without a released node."""

    def __init__(self, port: int) -> None:
        self.index: dict[str, int] = {}
        self.poses = np.zeros((4096, 3))
        self.last_s = np.zeros(4096)
        self.driving = np.zeros(4096, np.bool_)
        self.states, self.late, self.overlaps, self.beyond = 0, 0, 0, 0
        self.age_s_max = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen(port)))
        self._thread.start()

    def stop(self) -> None:
        """End listening."""
        self._stop.set()
        self._thread.join()

    def restart_clocks(self) -> None:
        """The broker was away: what was not heard meanwhile is nobody's delay."""
        self.last_s[:] = time.time()

    async def _listen(self, port: int) -> None:
        link = MqttLink(Broker(port=port), "bench-listener", ["uagv/+/+/+/state"], self._state)
        link.start()
        while not self._stop.is_set():
            await asyncio.sleep(0.1)
        await link.stop()

    def _state(self, topic: str, payload: bytes) -> None:
        now, state = time.time(), json.loads(payload)
        n = self.index.setdefault(topic, len(self.index))
        age_s = now - datetime.fromisoformat(state["timestamp"]).timestamp()
        silent = self.last_s[n] > 0 and now - self.last_s[n] > SILENT_S
        self.late += age_s > LATE_S or silent
        self.age_s_max, self.last_s[n] = max(self.age_s_max, age_s), now
        self.states += 1
        self.driving[n] = state["driving"]
        self.beyond += state["driving"] and not any(node["released"] for node in state["nodeStates"])
        p = state.get("agvPosition") or state["mobileRobotPosition"]
        self.poses[n] = p["x"], p["y"], p["theta"]
        self.overlaps += self._overlaps(n)

    def _overlaps(self, n: int) -> int:
        poses = self.poses[: len(self.index)]
        near = np.flatnonzero(np.hypot(poses[:, 0] - poses[n, 0], poses[:, 1] - poses[n, 1]) < NEAR_M)
        others = near[near != n]
        if not len(others):
            return 0
        size = np.full(len(others), HALF_LENGTH_M), np.full(len(others), HALF_WIDTH_M)
        mine = tuple(np.full(len(others), v) for v in poses[n])
        theirs = tuple(poses[others, k] for k in range(3))
        return int((penetration_m(mine, theirs, size, size) > 0.0).sum())
