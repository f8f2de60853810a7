"""The official JSON schemas of VDA 5050, from a folder with `2.1/state.schema` and so on.

A hundred times slower than the typed structs (`wire.py`): for samples, for `conform` and for tests.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema

from portway.adapters.vda5050.versions import Version


class OfficialSchemas:
    """Schemas by version and message; a message that the folder has none for fits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], Any] = {}

    def fault(self, version: Version, message: str, payload: bytes) -> str:
        """Where and why a message does not fit; empty when it does."""
        key = version.name[:3], message
        if key not in self._known:
            path = self._folder / key[0] / f"{message}.schema"
            found = json.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else True
            self._known[key] = jsonschema.validators.validator_for(found)(found)
        try:
            body = json.loads(payload)
        except ValueError as error:
            return f"{message}: {error}"
        found = next(iter(self._known[key].iter_errors(body)), None)
        return "" if found is None else f"{message}: {found.json_path}: {found.message[:120]}"
