"""Which vehicle is which truck of the fleet: by default one of our own name, later whatever the journal says."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from portway.core.commands import Command
from portway.core.events import Event, TruckEnrolled

MANUFACTURER = "portway"


class Vehicle(NamedTuple):
    """Who speaks for a truck, and which version of VDA 5050."""

    manufacturer: str
    serial: str
    version: str


class Enrolment:
    """The vehicle of every truck."""

    def __init__(self, trucks: Sequence[str], versions: Sequence[str]) -> None:
        """`versions` are given to the trucks in turn."""
        self.vehicles = {t: Vehicle(MANUFACTURER, t, versions[n % len(versions)]) for n, t in enumerate(trucks)}

    def note(self, entries: Iterable[tuple[Event, Sequence[Command]]]) -> list[str]:
        """Take over what is in the journal; the trucks that have another vehicle now."""
        changed = []
        for event, _ in entries:
            if isinstance(event, TruckEnrolled):
                self.vehicles[event.truck] = Vehicle(event.manufacturer, event.serial, event.version)
                changed.append(event.truck)
        return changed

    def truck_of(self, manufacturer: str, serial: str) -> str | None:
        """The truck that a vehicle speaks for."""
        found = (t for t, v in self.vehicles.items() if (v.manufacturer, v.serial) == (manufacturer, serial))
        return next(found, None)
