"""Reading one TOML file into its table, with every problem and the line it stands on."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from portway.app.config.overrides import table_in
from portway.app.config.problem import Problem
from portway.app.config.tables import Table

T = TypeVar("T", bound=Table)
Location = tuple[int | str, ...]


def read_toml(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The raw content of a file; a syntax error becomes a problem with its line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except UnicodeDecodeError as e:
        return {}, [Problem(path.name, "", None, f"is not UTF-8 text (byte {e.start})", "save the file as UTF-8")]
    except tomllib.TOMLDecodeError as e:
        found = re.search(r"\(at line (\d+)", str(e))
        line = int(found[1]) if found else len(path.read_text(encoding="utf-8").splitlines())
        return {}, [Problem(path.name, "", None, f"is not valid TOML: {e}", "correct the syntax in this line", line)]
    except ValueError as e:  # Python reads no integer of more than 4,300 digits
        return {}, [Problem(path.name, "", None, f"holds a number that cannot be read: {e}", "shorten it")]


def validate(model: type[T], raw: dict[str, Any], name: str, text: str = "") -> tuple[T | None, list[Problem]]:
    """The table of a raw content, or every problem in it; `text` is searched for the lines."""
    try:
        return model.model_validate(raw), []
    except ValidationError as e:
        found = [_problem(model, raw, name, text, error) for error in e.errors(include_url=False)]
        return None, _without_union_noise(found)


def _problem(model: type[Table], raw: Any, name: str, text: str, error: Any) -> Problem:
    """One pydantic error in our words."""
    loc = tuple(part for part in error["loc"] if isinstance(part, int) or not _is_union_tag(part))
    missing = error["type"] == "missing"
    value = None if missing else error["input"]
    message, cure = error["msg"], "correct the value"
    if missing:
        message, cure = "this key is missing", "add it"
    elif error["type"] == "extra_forbidden":
        message, cure = "no such key", _close_key(model, loc)
    elif error["type"] == "value_error":
        message = str(error["ctx"]["error"])
        value = None
    return Problem(name, _key(raw, loc), value, message, cure, find_line(text, loc))


def _is_union_tag(part: str) -> bool:
    """Pydantic adds the member of a union to a location; it is no key of the file."""
    return part in ("int", "float") or part.startswith(("list[", "tuple[", "constrained-", "function-", "literal["))


def _without_union_noise(found: list[Problem]) -> list[Problem]:
    """One problem a key: for a union pydantic reports every member that did not fit; keep the most specific."""
    keep: list[Problem] = []
    for p in found:
        deeper = any(q is not p and (q.key.startswith(p.key + "[") or q.key.startswith(p.key + ".")) for q in found)
        if not deeper and not any(q.key == p.key for q in keep):
            keep.append(p)
    return keep


def _key(raw: Any, loc: Location) -> str:
    """The key as an author reads it: entries of a list by their id where they have one."""
    text = ""
    for part in loc:
        below = _below(raw, part)
        if isinstance(part, int):
            name = below.get("id", part) if isinstance(below, dict) else part
            text += f"[{name}]"
        else:
            text += f".{part}" if text else part
        raw = below
    return text


def _below(raw: Any, part: int | str) -> Any:
    """What stands under a key or index, None where nothing does."""
    if isinstance(raw, dict):
        return raw.get(part)
    if isinstance(raw, list) and isinstance(part, int) and part < len(raw):
        return raw[part]
    return None


def _close_key(model: type[Table], loc: Location) -> str:
    """Which keys the table would know."""
    table: type[Table] | None = model
    for part in loc[:-1]:
        if isinstance(part, str) and table is not None and part in table.model_fields:
            table = table_in(table.model_fields[part].annotation)
    known = list(table.model_fields) if table is not None else []
    close = get_close_matches(str(loc[-1]), known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"known keys: {', '.join(known)}"


def find_line(text: str, loc: Location) -> int | None:
    """The line of a key in a TOML text, as far as it can be told without a second parser."""
    lines, at, end = text.splitlines(), 0, len(text.splitlines())
    if not lines or not loc or not isinstance(loc[0], str):
        return None
    keys = [part for part in loc if isinstance(part, str)]
    if len(loc) > 1 and isinstance(loc[1], int):
        heads = [i for i, line in enumerate(lines) if line.strip().startswith(f"[[{loc[0]}]]")]
        if loc[1] >= len(heads):
            return _line_of(lines, keys[0], 0, end)
        at = heads[loc[1]]
    elif len(keys) > 1:
        at = next((i for i, line in enumerate(lines) if line.strip().startswith(f"[{loc[0]}]")), 0)
    else:
        return _line_of(lines, keys[0], 0, end)
    stop = next((i for i in range(at + 1, end) if lines[i].lstrip().startswith("[")), end)
    return _line_of(lines, keys[-1], at + 1, stop) or at + 1


def with_line(problem: Problem, raw: dict[str, Any], text: str) -> Problem:
    """A problem of an expanded terminal (`places[Q01W].lane`) with the line it stands on, if the file has the entry."""
    found = re.fullmatch(r"(\w+)(?:\[(.+)\])?(?:\.(\w+))?", problem.key)
    if problem.line is not None or found is None:
        return problem
    table, entry, field = found.groups()
    rows = raw.get(table, [])
    index = None
    if entry is not None and isinstance(rows, list):
        ids = [str(row.get("id", i)) for i, row in enumerate(rows) if isinstance(row, dict)]
        index = ids.index(entry) if entry in ids else None
        if index is None:
            return problem
    loc = tuple(part for part in (table, index, field) if part is not None)
    return msgspec.structs.replace(problem, line=find_line(text, loc))


def _line_of(lines: list[str], key: str, low: int, high: int) -> int | None:
    pattern = re.compile(rf"\s*(\[+\s*)?{re.escape(key)}\s*[=\]]")
    return next((i + 1 for i in range(low, high) if pattern.match(lines[i])), None)
