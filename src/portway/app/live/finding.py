"""What `portway doctor` says of one part of a live server."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What was looked at: `ok`, `warning` or `error`, and the cure."""

    part: str
    state: str
    detail: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.state:8}{self.part}: {self.detail}" + (f"; {self.cure}" if self.cure else "")
