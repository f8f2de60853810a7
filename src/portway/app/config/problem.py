"""What is wrong with a scenario file, said so that the author can cure it."""

from pathlib import Path

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One mistake: where it stands, what was written there, why it is wrong and what cures it."""

    file: str
    key: str
    value: object
    message: str
    cure: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        text = f"{where}: {self.key}" if self.key else where
        if self.value is not None:
            text += f" = {_short(self.value)}"
        return f"{text}: {self.message}" + (f"; {self.cure}" if self.cure else "")


class ScenarioError(Exception):
    """A scenario that cannot be used; `problems` holds every mistake found, not only the first."""

    def __init__(self, problems: list[Problem], source: str | Path = "") -> None:
        self.problems = problems
        self.source = str(source)
        head = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        lines = [f"{head} in scenario {self.source}" if self.source else head, *(f"  {p}" for p in problems)]
        super().__init__("\n".join(lines))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
