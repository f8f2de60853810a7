"""Nouns of the fleet: what a truck is (type) and which trucks there are."""

import msgspec


class TruckType(msgspec.Struct, frozen=True):
    """Geometry and dynamics of a truck type; defaults from the field figures in the scenario READMEs.

    The footprint is a rectangle `length_m` x `width_m`; its centre follows the lane, its axis the tangent (all-wheel
    steering, so front and rear swing alike).
    """

    id: str = "four_axle"
    length_m: float = 15.0
    width_m: float = 3.0
    speed_mps_max: float = 8.3
    accel_mps2_empty: float = 0.7
    accel_mps2_loaded: float = 0.5
    brake_mps2: float = 0.7
    lateral_mps2_max: float = 0.6
    gap_m_min: float = 2.0  # kept in front and behind while standing
    margin_m: float = 0.2  # added around the footprint when resources are computed
    teu: int = 2


class Truck(msgspec.Struct, frozen=True):
    """One of our trucks; `home` is the rest place it owns."""

    id: str
    home: str
    type: str = "four_axle"


class Fleet(msgspec.Struct, frozen=True):
    """Truck types and trucks, sorted by id."""

    types: tuple[TruckType, ...]
    trucks: tuple[Truck, ...]
