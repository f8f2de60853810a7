"""Now and then a message of every truck is checked against the official schemas, beside the loop."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portway.adapters.vda5050.master import EnrolledTruck
from portway.adapters.vda5050.official_schemas import OfficialSchemas

EVERY_S = 60.0  # a message of a kind and truck


class SchemaSampler:
    """Counts what does not fit; `told` (truck, reason) is called in the sampler's own thread."""

    def __init__(self, folder: Path, told: Callable[[str, str], None], every_s: float = EVERY_S) -> None:
        self._schemas, self._told, self._every_s = OfficialSchemas(folder), told, every_s
        self._due_s: dict[tuple[str, str], float] = {}
        self._thread = ThreadPoolExecutor(1, "schemas")
        self.checked = 0
        self.faults: Counter[str] = Counter()  # by truck

    def take(self, truck: EnrolledTruck, message: str, payload: bytes) -> None:
        """Check a message if one of its kind and truck is due."""
        now_s = time.monotonic()
        if now_s >= self._due_s.get((truck.truck, message), 0.0):
            self._due_s[truck.truck, message] = now_s + self._every_s
            self._thread.submit(self._check, truck, message, payload)

    def _check(self, truck: EnrolledTruck, message: str, payload: bytes) -> None:
        fault = self._schemas.fault(truck.version, message, payload)
        self.checked += 1
        if fault:
            self.faults[truck.truck] += 1
            self._told(truck.truck, fault)

    def close(self) -> None:
        """Finish what is under way."""
        self._thread.shutdown()
