"""What is wrong with a layout file that somebody gave us."""

from collections.abc import Iterable


class LayoutError(ValueError):
    """A layout that is refused; `problems` names every place in the file, its value and the cure."""

    def __init__(self, source: str, problems: Iterable[str]) -> None:
        self.source = source
        self.problems = list(problems)
        super().__init__(f"{source}: {len(self.problems)} problems\n" + "\n".join(f"  {p}" for p in self.problems))
