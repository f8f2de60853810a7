"""Writing a scenario folder: a terminal one to one (nodes, lanes, places ...), as imports need it.

Each file goes to a temporary name first and is then renamed, so that nothing half-written is left.
"""

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from portway.core.model import Fleet, Policies, Terminal

TABLES = ("nodes", "lanes", "places", "blocks", "yard_cranes", "quay_cranes", "gates", "zones")


def write_scenario(
    folder: Path, terminal: Terminal, fleet: Fleet | None = None, policies: Policies | None = None
) -> None:
    """Write `terminal.toml` and, where given, `fleet.toml` and `policies.toml` into a folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "terminal.toml", terminal_toml(terminal))
    if fleet is not None:
        _replace(folder / "fleet.toml", fleet_toml(fleet))
    if policies is not None:
        _replace(folder / "policies.toml", "\n".join(_entries(policies)) + "\n")


def terminal_toml(terminal: Terminal) -> str:
    """A terminal as the text of a `terminal.toml`; values at their default are left out."""
    lines = [f"id = {_value(terminal.id)}", f"title = {_value(terminal.title)}"]
    if terminal.turns_forbidden:
        lines.append(f"turns_forbidden = {_value(terminal.turns_forbidden)}")
    if terminal.quay is not None:
        lines += ["", "[quay]", *_entries(terminal.quay)]
    for table in TABLES:
        for noun in getattr(terminal, table):
            lines += ["", f"[[{table}]]", *_entries(noun)]
    return "\n".join(lines) + "\n"


def fleet_toml(fleet: Fleet) -> str:
    """A fleet as the text of a `fleet.toml`, every truck by name."""
    lines: list[str] = []
    for table, nouns in (("types", fleet.types), ("trucks", fleet.trucks)):
        for noun in nouns:
            lines += [f"[[{table}]]", *_entries(noun), ""]
    return "\n".join(lines)


def _entries(noun: msgspec.Struct) -> Iterable[str]:
    """`key = value` lines of a noun; angles in degrees."""
    for field in msgspec.structs.fields(noun):
        value = getattr(noun, field.name)
        if field.name == "axis_rad":
            yield f"axis_deg = {_value(round(math.degrees(value), 9))}"
        elif value is not None and (field.required or value != field.default):
            yield f"{field.name} = {_value(value)}"


def _value(value: Any) -> str:
    """A TOML value; JSON's strings, numbers and arrays are TOML as well."""
    return json.dumps(value, ensure_ascii=False)


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
