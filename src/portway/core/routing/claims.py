"""Claims: a truck drives only to a place that is its own.

A claim is granted when neither the place nor any place that shuts it (`TrafficMap.excludes`) is claimed by another
truck. That makes every instance well-formed (Cap, Vokrinek, Kleiner 2015): all trucks end in private places, so a plan
always exists. The old claim ends when the truck has a plan away: from then on its uses of the old place are finite.
"""

from collections.abc import Iterable, Mapping


class PlaceClaims:
    """Who owns which place; homes are kept for their owners."""

    def __init__(self, excludes: Mapping[str, tuple[str, ...]], homes: Mapping[str, str]) -> None:
        self._excludes = excludes
        self._home_of = {place: truck for truck, place in homes.items()}
        self._holder: dict[str, str] = {}
        self._place: dict[str, str] = {}

    def place_of(self, truck: str) -> str | None:
        """The place a truck has claimed, if any."""
        return self._place.get(truck)

    def holder_of(self, place: str) -> str | None:
        """The truck that has claimed a place, if any."""
        return self._holder.get(place)

    def shut_by(self, place: str) -> tuple[str, ...]:
        """Places that cannot be claimed by others while `place` is."""
        return self._excludes.get(place, ())

    def grantable(self, truck: str, place: str) -> bool:
        """Whether `truck` may claim `place` now."""
        if self._home_of.get(place, truck) != truck or self._holder.get(place, truck) != truck:
            return False
        return all(self._holder.get(other, truck) == truck for other in self._excludes.get(place, ()))

    def claim(self, truck: str, place: str) -> None:
        """Give `place` to `truck` and free what it had."""
        assert self.grantable(truck, place), (truck, place)
        self.free(truck)
        self._holder[place] = truck
        self._place[truck] = place

    def free(self, truck: str) -> None:
        """End the claim of a truck."""
        old = self._place.pop(truck, None)
        if old is not None:
            del self._holder[old]

    def grantable_among(self, truck: str, places: Iterable[str]) -> list[str]:
        """Those of `places` that `truck` may claim now, in the order given."""
        return [p for p in places if self.grantable(truck, p)]


def stacked_homes(excludes: Mapping[str, tuple[str, ...]], homes: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of homes that shut each other: a fleet may not use both."""
    taken = set(homes)
    return [(p, q) for p in sorted(taken) for q in excludes.get(p, ()) if q in taken and p < q]
