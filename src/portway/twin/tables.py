"""Rows that change seldom: tables of rows by id, and what has changed in them since it was last asked for."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
Changes = dict[str, dict[str, Row | None]]


class Tables:
    """All tables; a row that is set again without a difference changes nothing."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        self._changed: Changes = {}

    def put(self, table: str, key: str, row: Row) -> None:
        """Set a row."""
        rows = self.rows.setdefault(table, {})
        if rows.get(key) != row:
            rows[key] = row
            self._changed.setdefault(table, {})[key] = row

    def drop(self, table: str, key: str) -> None:
        """Remove a row, if it is there."""
        if self.rows.get(table, {}).pop(key, None) is not None:
            self._changed.setdefault(table, {})[key] = None

    def replace(self, table: str, rows: Mapping[str, Row]) -> None:
        """Make a table consist of these rows."""
        for key in [k for k in self.rows.get(table, {}) if k not in rows]:
            self.drop(table, key)
        for key, row in rows.items():
            self.put(table, key, row)

    def take_changes(self) -> Changes:
        """What has changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed

    def apply(self, changes: Mapping[str, Mapping[str, Row | None]]) -> None:
        """Take over changes that were made elsewhere."""
        for table, rows in changes.items():
            for key, row in rows.items():
                if row is None:
                    self.drop(table, key)
                else:
                    self.put(table, key, row)

    def restore(self, rows: Mapping[str, Mapping[str, Row]]) -> None:
        """Become these rows; what was changed before is forgotten."""
        self.rows = {table: dict(of) for table, of in rows.items()}
        self._changed = {}
