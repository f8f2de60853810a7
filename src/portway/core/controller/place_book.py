"""Which places serve a leg: transfer places by crane and bay, by block and bay, and the buffers and gates."""

from collections.abc import Mapping

import numpy as np

from portway.core.model.layout import Place, PlaceKind, Terminal
from portway.core.work.units import Leg


class PlaceBook:
    """Places of a terminal by purpose, with their stops."""

    def __init__(self, terminal: Terminal, stop_of_place: Mapping[str, int]) -> None:
        self._stop = dict(stop_of_place)
        self._kind = {p.id: p.kind for p in terminal.places}
        by_kind: dict[PlaceKind, list[Place]] = {kind: [] for kind in PlaceKind}
        for place in sorted(terminal.places, key=lambda p: p.id):
            by_kind[place.kind].append(place)
        self.buffers = [p.id for p in by_kind[PlaceKind.BUFFER]]
        self.buffer_stops = np.array([self._stop[p] for p in self.buffers], np.int64)
        self._quay = by_kind[PlaceKind.QUAY_TRANSFER]
        self._yard: dict[str, list[Place]] = {}
        for place in by_kind[PlaceKind.YARD_TRANSFER]:
            self._yard.setdefault(place.serves or "", []).append(place)
        self._found: dict[tuple[str | None, str | None, int], list[str]] = {}

    def stop(self, place: str) -> int:
        """Stop index of a place."""
        return self._stop[place]

    def kind(self, place: str) -> PlaceKind:
        """Kind of a place."""
        return self._kind[place]

    def for_leg(self, leg: Leg) -> list[str]:
        """Places at which a leg's handover can take place: those nearest to its bay; ties in the order of their ids."""
        key = (leg.crane, leg.block, leg.bay)
        if key not in self._found:
            self._found[key] = (
                self._quay_places(leg) if leg.crane else self._nearest(self._yard.get(leg.block or "", []), leg)
            )
            assert self._found[key], f"no transfer place for {key}"
        return self._found[key]

    def _quay_places(self, leg: Leg) -> list[str]:
        own = [p for p in self._quay if p.serves == leg.crane]
        return self._nearest(own or [p for p in self._quay if p.bay is not None], leg)

    @staticmethod
    def _nearest(places: list[Place], leg: Leg) -> list[str]:
        if not places:
            return []
        away = [abs((p.bay or leg.bay) - leg.bay) for p in places]
        return [p.id for p, d in zip(places, away, strict=True) if d == min(away)]
