"""What a box must be to come in over a border to a TOS: a container number of ISO 6346, a mass that ISO 668 allows.

Work lists in files are not held to it: real lists have wrong numbers, and a scenario may name its boxes as it likes.
A box that the terminal knows already keeps the name under which it is known.
"""

import re
from typing import NamedTuple

from portway.adapters.tos.iso6346 import check_digit

MASS_KG_MAX = 36_000  # ISO 668:2020, rating R of the series 1 sizes from 20 ft on
_NUMBER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")  # ISO 6346, 3.1: owner, category, serial number, check digit
_SIZE_FT = {"2": 20, "4": 40, "L": 45}  # ISO 6346, annex D: first character of the type code


class Fault(NamedTuple):
    """What is wrong with a box."""

    code: str
    key: str
    value: object
    message: str
    cure: str


def number_fault(number: str) -> Fault | None:
    """Why a text is no container number; None when it is one."""
    if not _NUMBER.fullmatch(number):
        cure = "give it as ISO 6346 does: three letters, U, J or Z, and seven digits"
        return Fault("no_container_number", "id", number, "no container number", cure)
    right = check_digit(number)
    if right == int(number[-1]):
        return None
    message = f"the check digit of ISO 6346 is {right}, not {number[-1]}"
    return Fault("check_digit", "id", number, message, "look for the mistyped character")


def mass_fault(number: str, mass_kg: float) -> Fault | None:
    """Why no box has this mass; None when one can."""
    if 0 < mass_kg <= MASS_KG_MAX:
        return None
    cure = f"more than 0, at most {MASS_KG_MAX} kg (ISO 668)"
    return Fault("mass_outside", "mass_kg", mass_kg, f"{number}: out of range", cure)


def type_fault(number: str, length_ft: int, iso_type: str) -> Fault | None:
    """Why length and type code do not fit each other; None when they do, or the code says nothing we know."""
    coded = _SIZE_FT.get(iso_type[:1])
    if coded is None or coded == length_ft:
        return None
    return Fault(
        "type_differs", "iso_type", iso_type, f"{number}: a type of {coded} ft, not {length_ft}", "correct one"
    )


def box_faults(number: str, length_ft: int, mass_kg: float, iso_type: str, is_known: bool) -> list[Fault]:
    """Everything wrong with a box; `is_known`: the terminal has it under this name already."""
    numbered = None if is_known else number_fault(number)
    found = [numbered, mass_fault(number, mass_kg), type_fault(number, length_ft, iso_type)]
    return [fault for fault in found if fault is not None]
