"""What drives and collects take beyond an empty road, learned as the run goes: dispatch counts on it."""

SHARE = 0.05  # of a new observation in the running mean
EXTRA_MS_MAX = 900_000  # a stranded truck says nothing about the next one


class Experience:
    """Running means, ms."""

    def __init__(self) -> None:
        self.drive_extra_ms = 40_000.0  # planned arrival of a drive to a leg, over the drive on an empty road
        self.unit_ms = 800_000.0  # assignment to free again
        self.collect_extra_ms = 180_000.0  # assignment to box on the truck in the yard, over the empty drive there
        self.collect_spread_ms = 60_000.0  # and by how much that is missed, early or late

    def drove(self, extra_ms: int) -> None:
        """A drive to a leg was planned."""
        self.drive_extra_ms += SHARE * (min(max(extra_ms, 0), EXTRA_MS_MAX) - self.drive_extra_ms)

    def collected(self, extra_ms: int) -> None:
        """A truck has got a box in the yard."""
        missed_ms = min(max(extra_ms, 0), EXTRA_MS_MAX) - self.collect_extra_ms
        self.collect_extra_ms += SHARE * missed_ms
        self.collect_spread_ms += SHARE * (abs(missed_ms) - self.collect_spread_ms)

    def done(self, unit_ms: int) -> None:
        """A truck has done its unit."""
        self.unit_ms += SHARE * (unit_ms - self.unit_ms)
