"""Data points: every device has the same points as all others of its kind, each with a name, a unit and a step.

All values of a terminal lie in one vector of integers, value = integer * step, group by group; in a group first point
0 of all devices, then point 1, and so on. `NO_VALUE` stands where a value is not known. Names follow the manner of
TIC 4.0: subject, concept, observed property.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

NO_VALUE = -(1 << 31)
VALUE_MAX = (1 << 31) - 1


class PointSpec(msgspec.Struct, frozen=True):
    """One point of a kind of device; `values` names the integers of an enumeration, whose step is 1."""

    name: str
    unit: str
    step: float = 1.0
    values: tuple[str, ...] | None = None


class Group:
    """All devices of one kind: `now` (points, devices) holds the quantities, NaN where not known."""

    def __init__(self, kind: str, devices: Sequence[str], points: Sequence[PointSpec], offset: int) -> None:
        self.kind, self.devices, self.points, self.offset = kind, list(devices), tuple(points), offset
        self.now = np.full((len(self.points), len(self.devices)), np.nan)
        self.row = {p.name.removeprefix(kind + "."): i for i, p in enumerate(self.points)}
        self._steps = np.array([p.step for p in self.points]).reshape(-1, 1)

    @property
    def count(self) -> int:
        """Number of values."""
        return self.now.size

    def of(self, name: str) -> np.ndarray:
        """The values (devices,) of a point, by its name without the kind; writable."""
        return self.now[self.row[name]]

    def quantise(self, out: np.ndarray) -> None:
        """The integers of all values into `out` (count,) int32; what no integer can hold has no value."""
        scaled = np.rint(self.now / self._steps).ravel()
        known = np.abs(scaled) <= VALUE_MAX  # false for NaN, too
        out[:] = np.where(known, scaled, NO_VALUE).astype(np.int64)


class Catalogue:
    """The groups of a terminal in their order; devices of a kind are sorted as given."""

    def __init__(self, kinds: Sequence[tuple[str, Sequence[str], Sequence[PointSpec]]]) -> None:
        self.groups: dict[str, Group] = {}
        offset = 0
        for kind, devices, points in kinds:
            self.groups[kind] = Group(kind, devices, points, offset)
            offset += self.groups[kind].count
        self.count = offset

    def __getitem__(self, kind: str) -> Group:
        return self.groups[kind]

    def quantise(self, out: np.ndarray) -> np.ndarray:
        """All integers into `out` (count,) int32, which is returned."""
        for group in self.groups.values():
            group.quantise(out[group.offset : group.offset + group.count])
        return out

    def document(self) -> dict[str, object]:
        """What the page is told of them (`docs/reference/twin-wire.md`)."""
        return {
            "count": self.count,
            "groups": [
                {"kind": g.kind, "offset": g.offset, "devices": g.devices, "points": list(g.points)}
                for g in self.groups.values()
            ],
        }
