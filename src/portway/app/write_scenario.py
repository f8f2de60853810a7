"""Write a terminal as a scenario folder, in the low-level tables that every scenario file may hold."""

import math
import os
from pathlib import Path
from typing import Any

import msgspec

from portway.core.model.layout import Terminal

TABLES = ("nodes", "lanes", "places", "blocks", "yard_cranes", "quay_cranes", "gates", "zones")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, int | float):
        return repr(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _table(item: dict[str, Any]) -> list[str]:
    if "axis_rad" in item:
        item = {key: value for key, value in item.items() if key != "axis_rad"} | {"axis_deg": math.degrees(item["axis_rad"])}
    return [f"{key} = {_toml(value)}" for key, value in item.items() if value is not None and value != []]


def terminal_toml(terminal: Terminal) -> str:
    """terminal.toml of a terminal, every lane and place written out."""
    plain = msgspec.to_builtins(terminal)
    lines = [f"id = {_toml(terminal.id)}", f"title = {_toml(terminal.title)}"]
    if plain["turns_forbidden"]:
        lines.append(f"turns_forbidden = {_toml(plain['turns_forbidden'])}")
    if plain["quay"]:
        lines += ["", "[quay]", *_table(plain["quay"])]
    for name in TABLES:
        for item in plain[name]:
            lines += ["", f"[[{name}]]", *_table(item)]
    return "\n".join(lines) + "\n"


def write_scenario(terminal: Terminal, trucks: int, folder: Path) -> None:
    """Write terminal.toml and fleet.toml; each file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("terminal.toml", terminal_toml(terminal)), ("fleet.toml", f"trucks = {trucks}\n")):
        temporary = folder / f".{name}.{os.getpid()}"
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)
