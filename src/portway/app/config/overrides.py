"""`--set a.b=3`: single values of a scenario's files, changed before they are validated."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from portway.app.config.problem import Problem
from portway.app.config.tables import Table

SOURCE = "--set"


def parse_value(text: str) -> Any:
    """A TOML value, or the bare text where it is none (`policies.dispatch=nearest`)."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:  # no TOML, or an integer of more digits than Python reads
        return text


def apply_overrides(
    raw: dict[str, dict[str, Any]], files: Mapping[str, type[Table]], overrides: Mapping[str, str]
) -> list[Problem]:
    """Change the raw tables (`raw["fleet"]["trucks"] = 120`) and return the overrides that name nothing known."""
    problems = []
    for key, text in overrides.items():
        part, *path = key.split(".")
        if part not in files or not path:
            problems.append(_unknown(key, text, [f"{f}.{name}" for f in files for name in files[f].model_fields]))
            continue
        problems += _set(raw.setdefault(part, {}), files[part], path, key, text)
    return problems


def _set(table: dict[str, Any], model: type[Table], path: list[str], key: str, text: str) -> list[Problem]:
    """Walk down to the value; lists of tables are walked by id."""
    head = key[: len(key) - len(".".join(path))]
    name = path[0]
    if name not in model.model_fields:
        return [_unknown(key, text, [head + other for other in model.model_fields])]
    if len(path) == 1:
        table[name] = parse_value(text)
        return []
    inner = table_in(model.model_fields[name].annotation)
    if inner is None:
        return [_unknown(key, text, [head + name])]
    below = table.setdefault(name, {})
    if isinstance(below, list):
        entries = {str(e["id"]): e for e in below if isinstance(e, dict) and "id" in e}
        if len(path) < 3 or path[1] not in entries:
            return [_unknown(key, text, [f"{head}{name}.{i}" for i in entries])]
        return _set(entries[path[1]], inner, path[2:], key, text)
    if not isinstance(below, dict):
        return [_unknown(key, text, [head + name])]
    return _set(below, inner, path[1:], key, text)


def table_in(kind: Any) -> type[Table] | None:
    """The table class inside a field's type: itself, optional, or a list of it."""
    if isinstance(kind, type) and issubclass(kind, Table):
        return kind
    for part in getattr(kind, "__args__", ()):
        found = table_in(part)
        if found is not None:
            return found
    return None


def _unknown(key: str, text: str, known: list[str]) -> Problem:
    close = get_close_matches(key, known, n=3, cutoff=0.5)
    cure = f"did you mean {' or '.join(close)}?" if close else f"known keys: {', '.join(known[:10])}"
    return Problem(SOURCE, key, text, "no such key", cure)
