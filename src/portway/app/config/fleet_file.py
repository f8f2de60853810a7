"""The tables of `fleet.toml` and `policies.toml`, and the fleet they describe."""

from typing import Any

from pydantic import Field

from portway.app.config.problem import Problem
from portway.app.config.tables import Table, mirror, noun
from portway.core.model import Fleet, PlaceKind, Policies, Terminal, Truck, TruckType

TruckTypeTable: Any = mirror(TruckType)
TruckTable: Any = mirror(Truck)
PoliciesTable: Any = mirror(Policies)


class FleetFile(Table):
    """The whole of `fleet.toml`: a number of equal trucks, or every truck by name."""

    trucks: int | tuple[TruckTable, ...] = 1
    ids: str = "T{n}"
    type: str = "four_axle"
    types: tuple[TruckTypeTable, ...] = Field(default=(TruckTypeTable(),), min_length=1)


def rest_places(terminal: Terminal) -> list[str]:
    """Places a truck can own: parking first, then charging, each in the order of their ids."""
    return [
        place.id
        for kind in (PlaceKind.PARKING, PlaceKind.CHARGING)
        for place in sorted(terminal.places, key=lambda p: p.id)
        if place.kind == kind
    ]


def build_fleet(file: FleetFile, terminal: Terminal, name: str) -> tuple[Fleet, list[Problem]]:
    """The fleet with a home for every truck; problems where there are too few or wrong homes."""
    homes = rest_places(terminal)
    types = tuple(sorted((noun(TruckType, t) for t in file.types), key=lambda t: t.id))
    if isinstance(file.trucks, int):
        if not 1 <= file.trucks <= len(homes):
            message = f"the terminal has {len(homes)} rest places (parking and charging), one a truck"
            cure = f"take 1 to {len(homes)} trucks, or add rest places to terminal.toml"
            return Fleet(types, ()), [Problem(name, "trucks", file.trucks, message, cure)]
        parking = [p.id for p in terminal.places if p.kind == PlaceKind.PARKING]
        trucks = _equal_trucks(file, sorted(parking) if file.trucks <= len(parking) else homes)
    else:
        trucks = [noun(Truck, t) for t in file.trucks]
    fleet = Fleet(types, tuple(sorted(trucks, key=lambda t: t.id)))
    return fleet, _problems(fleet, set(homes), name)


def _equal_trucks(file: FleetFile, homes: list[str]) -> list[Truck]:
    """`trucks = N`: homes spread evenly over the parking places; charging places are used when those run out."""
    assert isinstance(file.trucks, int)
    digits = max(3, len(str(file.trucks)))
    ids = [file.ids.replace("{n}", str(i + 1).zfill(digits)) for i in range(file.trucks)]
    return [Truck(name, homes[i * len(homes) // file.trucks], file.type) for i, name in enumerate(ids)]


def _problems(fleet: Fleet, homes: set[str], name: str) -> list[Problem]:
    """Wrong references and doubles in a fleet."""
    found: list[Problem] = []
    types = [t.id for t in fleet.types]
    owner: dict[str, str] = {}
    for truck in fleet.trucks:
        key = f"trucks[{truck.id}]"
        if truck.type not in types:
            cure = f"known types: {', '.join(types)}"
            found.append(Problem(name, f"{key}.type", truck.type, "no such truck type", cure))
        if truck.home not in homes:
            cure = "name a parking or charging place"
            found.append(Problem(name, f"{key}.home", truck.home, "is no rest place of the terminal", cure))
        if truck.home in owner:
            message, cure = f"is already the home of {owner[truck.home]}", "give every truck a rest place of its own"
            found.append(Problem(name, f"{key}.home", truck.home, message, cure))
        owner.setdefault(truck.home, truck.id)
    ids = [t.id for t in fleet.trucks]
    for double in sorted({i for i in ids if ids.count(i) > 1}):
        found.append(Problem(name, "trucks", double, "this id is used twice", "give every truck its own id"))
    return found
