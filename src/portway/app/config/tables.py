"""Pydantic tables that mirror the model's nouns one to one, so that fields and defaults are written once.

House names carry their unit, so the bounds follow from the name: a length, speed, duration or power is positive, a
count is at least one. Every number has a least and a largest value, far from any terminal's: what is calculated from
them, with squares, quotients and products, is finite.
"""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

from portway.core.model.layout import Point

EXTENT_M = 10_000_000.0  # so far count the grids of maps (UTM) from their origin
LEAST, MOST = 0.001, 1e9  # of lengths, speeds, durations and powers
COUNT_MAX = 9_999  # a bay, row or tier that the TOS can name
ANYWHERE: dict[str, Any] = {"ge": -EXTENT_M, "le": EXTENT_M}
POSITIVE: dict[str, Any] = {"ge": LEAST, "le": MOST}
NOT_NEGATIVE: dict[str, Any] = {"ge": 0, "le": MOST}
COUNTED: dict[str, Any] = {"ge": 1, "le": COUNT_MAX}
TURNED: dict[str, Any] = {"ge": -360, "le": 360}
GroundPoint = tuple[Annotated[float, Field(**ANYWHERE)], Annotated[float, Field(**ANYWHERE)]]
POINTS: dict[Any, Any] = {Point: GroundPoint, tuple[Point, ...]: tuple[GroundPoint, ...]}
COORDINATES = {"x_m", "y_m"}
MAY_BE_ZERO = {"at_m", "handover_s", "inspection_s", "gap_m_min", "margin_m", "best_response_s", "delay_s"}
COUNTS = {"bay", "bays", "rows", "tiers", "bay_start", "bay_end", "teu"}
UNITS = ("m", "mps", "mps2", "s", "kw")


class Table(BaseModel):
    """A TOML table: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def bounds(name: str) -> dict[str, Any]:
    """Limits of a number by its name."""
    if name in COORDINATES:
        return ANYWHERE
    if name in COUNTS:
        return COUNTED
    if name in MAY_BE_ZERO or name.endswith("_sd"):
        return NOT_NEGATIVE
    if name == "weight":
        return {"ge": 1, "le": MOST}
    if name == "delay_probability":
        return {"ge": 0, "le": 1}
    units = name.split("_")[1:]
    if "deg" in units:
        return TURNED
    assert any(unit in UNITS for unit in units), f"{name}: a number without a unit has no limits"
    return POSITIVE


def is_number(kind: Any) -> bool:
    """Whether a field's type is a plain or optional number."""
    return kind in (int, float, int | None, float | None)


def mirror(struct: type[msgspec.Struct], leave_out: tuple[str, ...] = ()) -> type[Table]:
    """The table of a model noun: same fields, same defaults, bounds by name."""
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        if field.name in leave_out:
            continue
        kind = POINTS.get(field.type, field.type)
        if is_number(kind):
            kind = Annotated[kind, Field(**bounds(field.name))]
        fields[field.name] = (kind, ... if field.required else field.default)
    return create_model(struct.__name__, __base__=Table, __doc__=struct.__doc__, **fields)


def noun(struct: type[msgspec.Struct], table: Table, **more: Any) -> Any:
    """The model noun a mirrored table stands for."""
    return struct(**{name: getattr(table, name) for name in type(table).model_fields}, **more)
