"""A terminal's file while it is being edited: judged as a whole at every change, saved with its comments kept."""

import datetime
import hashlib
import math
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec
import tomlkit
from tomlkit.items import AoT

from portway.app.check import check_terminal
from portway.app.config.fleet_file import FleetFile, build_fleet
from portway.app.config.loader import build_terminal, find_folder
from portway.app.config.problem import Problem, ScenarioError
from portway.app.config.terminal_file import TerminalFile
from portway.app.config.toml_file import read_toml, validate, with_line
from portway.app.draw.canvas import along, line_of
from portway.app.report.whole_files import whole_file
from portway.app.web.document import ground
from portway.core.model import Fleet, Terminal

NAME = "terminal.toml"


class ChangedMeanwhileError(ValueError):
    """The file on the disk is not the one that was opened."""


class Draft:
    """`terminal.toml` of one scenario folder."""

    def __init__(self, folder_or_name: str) -> None:
        """Raises ScenarioError when there is no such folder, or its file cannot be edited."""
        self.folder = find_folder(folder_or_name)
        self.path = self.folder / NAME
        if not self.path.is_file():
            raise ScenarioError(
                [Problem(NAME, "", None, f"there is no such file in {self.folder}", "every scenario has one")]
            )
        self._raw()

    def opened(self) -> dict[str, Any]:
        """The file as it is, judged, and its mark, which a save has to bring back. Raises ScenarioError when it cannot
        be edited any more."""
        text = self.path.read_text(encoding="utf-8")
        return self.judged(self._raw()) | {"mark": _mark(text), "folder": str(self.folder)}

    def _raw(self) -> dict[str, Any]:
        raw, problems = read_toml(self.path)
        if problems := [*problems, *_unsayable(raw)]:
            raise ScenarioError(problems, self.folder)
        return raw

    def judged(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Tables of a terminal, with what is wrong with them and the ground plan if there is one."""
        table, problems = validate(TerminalFile, raw, NAME)
        terminal: Terminal | None = None
        if table is not None:
            terminal, problems = build_terminal(table, NAME)
        findings: list[dict[str, str]] = []
        plan = None
        if terminal is not None and not problems:
            fleet, found = self._fleet(terminal)
            problems += found
            findings = msgspec.to_builtins(check_terminal(terminal, fleet))
            plan = ground(terminal) | {"places": _places(terminal)}
        text = self.path.read_text(encoding="utf-8")
        located = [with_line(p, raw, text) for p in problems]
        return {
            "raw": raw, "ground": plan, "findings": findings,
            "problems": [{"key": p.key, "message": p.message, "cure": p.cure, "said": str(p)} for p in located],
        }  # fmt: skip

    def save(self, raw: dict[str, Any], mark: str) -> dict[str, Any]:
        """Write the file: what has not changed keeps its place and its comments.

        Raises ChangedMeanwhileError when somebody else has written it, OSError when it cannot be written.
        """
        text = self.path.read_text(encoding="utf-8")
        if _mark(text) != mark:
            raise ChangedMeanwhileError(f"{self.path} has been changed meanwhile; open it again")
        document = tomlkit.parse(text)
        _merge(document, raw)
        written = tomlkit.dumps(document)
        assert tomllib.loads(written) == _as_toml(raw), "what was written is what was meant"
        with whole_file(self.path) as temporary:
            temporary.write_text(written, encoding="utf-8")
        return self.opened()

    def _fleet(self, terminal: Terminal) -> tuple[Fleet, list[Problem]]:
        """The fleet, if its file is there and right; mistakes in it are not the editor's."""
        path = self.folder / "fleet.toml"
        if not path.is_file():
            return Fleet((), ()), []
        raw, problems = read_toml(path)
        table, found = validate(FleetFile, raw, path.name) if not problems else (None, [])
        if table is None:
            return Fleet((), ()), [*problems, *found]
        return build_fleet(table, terminal, path.name)


def _unsayable(value: Any, key: str = "") -> Iterator[Problem]:
    """What TOML has and JSON has not: infinity, what is no number, dates and times. No terminal has them either."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _unsayable(below, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for i, below in enumerate(value):
            yield from _unsayable(below, f"{key}[{_name(below, i)}]")
    elif isinstance(value, datetime.date | datetime.time) or (isinstance(value, float) and not math.isfinite(value)):
        yield Problem(NAME, key, value, "is no number and no text", "correct the value")


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _as_toml(raw: dict[str, Any]) -> dict[str, Any]:
    return tomllib.loads(tomlkit.dumps(raw))


def _places(terminal: Terminal) -> list[dict[str, Any]]:
    lines, found = line_of(terminal), []
    for place in terminal.places:
        x, y, heading_deg = along(lines[place.lane], place.at_m)
        found.append({"id": place.id, "kind": str(place.kind), "x": round(x, 2), "y": round(y, 2),
                      "heading": round(heading_deg * 0.017453292519943295, 4), "serves": place.serves,
                      "lane": place.lane})  # fmt: skip
    return found


def _name(row: Any, index: int) -> str:
    return str(row.get("id") or row.get("ids") or index) if isinstance(row, dict) else str(index)


def _merge(old: Any, new: dict[str, Any]) -> None:
    """Bring a TOML table up to date; what is equal is not touched."""
    for key in [k for k in old if k not in new]:
        del old[key]
    for key, value in new.items():
        if key in old and old[key] == value:
            continue
        if key in old and isinstance(value, dict):
            _merge(old[key], value)
        elif key in old and isinstance(old[key], AoT) and isinstance(value, list):
            _merge_rows(old[key], value)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and key not in old:
            rows = tomlkit.aot()
            _merge_rows(rows, value)
            old[key] = rows
        elif key in old and hasattr(old[key], "trivia"):
            item, trivia = tomlkit.item(value), old[key].trivia
            item.trivia.comment, item.trivia.comment_ws = trivia.comment, trivia.comment_ws
            old[key] = item
        else:
            old[key] = value


def _merge_rows(old: AoT, new: list[dict[str, Any]]) -> None:
    """Rows are the same when their names are; order and comments of those that stay are kept."""
    wanted = {_name(row, i): row for i, row in enumerate(new)}
    for i in reversed(range(len(old))):
        if _name(old[i], i) not in wanted:
            del old[i]
    known = {_name(row, i): row for i, row in enumerate(old)}
    for name, row in wanted.items():
        if name in known:
            _merge(known[name], row)
        else:
            table = tomlkit.table()
            table.update(row)
            old.append(table)
