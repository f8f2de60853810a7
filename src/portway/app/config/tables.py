"""Pydantic tables that mirror the model's nouns one to one, so that fields and defaults are written once.

House names carry their unit, so the bounds follow from the name: a length, speed, duration or power is positive, a
count is at least one. Coordinates are free.
"""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model

COORDINATES = {"x_m", "y_m"}
MAY_BE_ZERO = {"at_m", "handover_s", "inspection_s", "gap_m_min", "margin_m", "best_response_s", "delay_s"}
COUNTS = {"bays", "rows", "tiers", "bay_start", "bay_end", "teu"}
UNITS = ("m", "mps", "mps2", "s", "kw")


class Table(BaseModel):
    """A TOML table: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def bounds(name: str) -> dict[str, Any]:
    """Limits of a number by its name; empty where anything goes."""
    if name in COORDINATES:
        return {}
    if name in COUNTS:
        return {"ge": 1}
    if name in MAY_BE_ZERO or name.endswith("_sd"):
        return {"ge": 0}
    if name == "weight":
        return {"ge": 1}
    if name == "delay_probability":
        return {"ge": 0, "le": 1}
    if any(part in UNITS for part in name.split("_")[1:]):
        return {"gt": 0}
    return {}


def is_number(kind: Any) -> bool:
    """Whether a field's type is a plain or optional number."""
    return kind in (int, float, int | None, float | None)


def mirror(struct: type[msgspec.Struct], leave_out: tuple[str, ...] = ()) -> type[Table]:
    """The table of a model noun: same fields, same defaults, bounds by name."""
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        if field.name in leave_out:
            continue
        kind = field.type
        if is_number(kind) and bounds(field.name):
            kind = Annotated[kind, Field(**bounds(field.name))]
        fields[field.name] = (kind, ... if field.required else field.default)
    return create_model(struct.__name__, __base__=Table, __doc__=struct.__doc__, **fields)


def noun(struct: type[msgspec.Struct], table: Table, **more: Any) -> Any:
    """The model noun a mirrored table stands for."""
    return struct(**{name: getattr(table, name) for name in type(table).model_fields}, **more)
