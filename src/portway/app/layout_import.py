"""From a layout file of others to a terminal that can be written as a scenario, or refused with every problem."""

import json
import math
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from portway.adapters.layout.layout_error import LayoutError
from portway.app.config import Problem, ScenarioError, terminal_toml
from portway.app.config.loader import build_terminal
from portway.app.config.terminal_file import TerminalFile
from portway.app.config.toml_file import validate
from portway.core.model import Place, PlaceKind, Terminal

EQUIPMENT = ("quay", "blocks", "yard_cranes", "quay_cranes", "gates", "zones", "turns_forbidden")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no finite number")
    return value


def read_document(path: Path, what: str) -> Any:
    """The JSON of a file; `what` names the format it should have. Raises LayoutError, also when there is no file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=_finite, parse_constant=_finite)
        json.dumps(document, ensure_ascii=False).encode()  # half of a surrogate pair could not be written again
    except OSError as error:
        raise LayoutError(str(path), [f"cannot be read ({error.strerror}); give the path of a {what} file"]) from error
    except (ValueError, RecursionError) as error:
        raise LayoutError(str(path), [f"no JSON: {error}; give a {what} file"]) from error
    return document


def with_equipment(terminal: Terminal, equipment: Terminal) -> Terminal:
    """The roads and places of one terminal with the quay, blocks, cranes, gates, zones and turns of another."""
    return replace(terminal, **{name: getattr(equipment, name) for name in EQUIPMENT})


def _without_crane(place: Place, terminal: Terminal, blocks: set[str]) -> bool:
    if place.kind == PlaceKind.YARD_TRANSFER:
        return place.serves not in blocks
    return place.kind == PlaceKind.QUAY_TRANSFER and terminal.quay is None


def loadable(terminal: Terminal) -> tuple[Terminal, list[str]]:
    """A layout from a format that knows no cranes, made whole, and what had to be changed.

    Transfer places without their block or quay become buffers, lanes forget zones that are not there.
    """
    blocks, zones = {b.id for b in terminal.blocks}, {z.id for z in terminal.zones}
    bare = Counter(p.kind for p in terminal.places if _without_crane(p, terminal, blocks))
    lost = sorted({lane.zone for lane in terminal.lanes if lane.zone is not None} - zones)
    cure = "take them from a scenario with --equipment, or add them to terminal.toml"
    notes = []
    for kind, count in sorted(bare.items()):
        lacking = "quay" if kind == PlaceKind.QUAY_TRANSFER else "blocks"
        notes.append(f"{count} {kind} places became buffers: no {lacking} for them in the file; {cure}")
    if lost:
        notes.append(f"zones {', '.join(lost)} are not in the file: their lanes keep their own speed only; {cure}")
    places = tuple(
        replace(p, kind=PlaceKind.BUFFER, serves=None, bay=None) if _without_crane(p, terminal, blocks) else p
        for p in terminal.places
    )
    lanes = tuple(replace(n, zone=None) if n.zone in lost else n for n in terminal.lanes)
    return replace(terminal, places=places, lanes=lanes), notes


def check_loadable(terminal: Terminal, source: str) -> None:
    """Raise ScenarioError with every problem that reading the terminal from a scenario folder would find."""
    try:
        raw = tomllib.loads(terminal_toml(terminal))
    except tomllib.TOMLDecodeError as error:
        raise LayoutError(source, [f"an id or a title cannot be written to TOML: {error}; rename it"]) from error
    table, problems = validate(TerminalFile, raw, source)
    if isinstance(table, TerminalFile):
        _, found = build_terminal(table, source)
        problems += found
    if problems:
        raise ScenarioError([Problem(source, p.key, p.value, p.message, p.cure) for p in problems], source)
