"""What the checker says: one broken rule, when, by whom, and in words."""

from typing import NamedTuple


class Violation(NamedTuple):
    """One breach of one rule; `at_ms` is its first instant, `subjects` are ids of trucks, boxes or job orders."""

    rule: str
    at_ms: int
    subjects: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{self.at_ms / 1000:.1f} s {self.rule}: {self.message}"
