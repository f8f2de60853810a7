"""How long a quay crane is expected to take: the means of its cycle, for plans that are made before it is done."""

from portway.core.model.layout import Terminal
from portway.core.model.work import MoveKind
from portway.core.work.units import Unit


class CranePace:
    """Expected instants of one quay crane, ms."""

    def __init__(self, terminal: Terminal, crane: str) -> None:
        machine = next(c for c in terminal.quay_cranes if c.id == crane)
        pitch_m = terminal.quay.bay_pitch_m if terminal.quay else 0.0
        self._bay_ms = 1000 * pitch_m / machine.gantry_mps
        self.ship_ms = round(1000 * (machine.cycle_s_mean - machine.handover_s))
        self.handover_ms = round(1000 * machine.handover_s)
        self._bay = 0
        self._free_ms = 0
        self.ready_ms = 0  # when it is, or is expected to be, ready for the handover of its next unit

    def prepare(self, unit: Unit, now_ms: int) -> None:
        """The crane was told to get ready for a unit."""
        travel = abs(unit.bay - self._bay) * self._bay_ms if unit.bay and self._bay else 0
        self._bay = unit.bay or self._bay
        ship = self.ship_ms if unit.kind == MoveKind.DISCHARGE else 0
        self.ready_ms = max(now_ms, self._free_ms) + round(travel) + ship

    def handed_over(self, unit: Unit, now_ms: int) -> None:
        """A handover has ended; a load goes on to the ship."""
        self._free_ms = now_ms + (self.ship_ms if unit.kind == MoveKind.LOAD else 0)
